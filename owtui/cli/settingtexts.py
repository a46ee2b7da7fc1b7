"""A sentence about each setting, for the manual page and for editors; a test holds it complete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

from owtui.settings import Settings

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fleet": "The fleet that is opened where none is named.",
        "database": "URL of the inventory; empty is SQLite in the data folder.",
        "read_only": "Refuse everything that changes a device or the inventory.",
        "theme": "The colours of the console; `:theme` lists them.",
        "ascii": "Draw with ASCII alone.",
        "color": "Use colours.",
        "mouse": "Take the mouse; off leaves it to the terminal.",
        "low_bandwidth": "Draw less often, for slow lines.",
        "restore": "Begin the console where it was left.",
        "zone": "The zone whose devices this engine serves, on a shared database.",
        "host_keys": "What a first host key gets: ask, accept-new or strict; "
        "empty asks at a terminal and is strict without one.",
        "management_ip_only": "Reach devices at their management address and nowhere else.",
        "shared_management_ip": "Let devices share a management address.",
        "connect_timeout_s": "Seconds for a connection.",
        "login_timeout_s": "Seconds for a login.",
        "auth_timeout_s": "Seconds of a login for the authentication.",
        "command_timeout_s": "Seconds for a command, where nothing else is said.",
        "keepalive_s": "Seconds between signs of life on a connection.",
        "idle_s": "Seconds after which an unused connection is closed.",
        "max_connections": "Connections kept at once.",
        "parallel": "Devices worked on at once by `owtui run`.",
        "facts_every_s": "Seconds between two looks at a device; 0 switches them off.",
        "passphrase_file": "File with the passphrase of the master key.",
        "keys": "Keys by id, as in `owtui keys`; “<disabled>” takes one away.",
        "keys_preset": "A set of keys: default, tmux-safe or no-letters.",
        "log_level": "debug, info, warning or error.",
        "operator": "The name in jobs and audit; on a private database only.",
    }
)
DEFAULTS: Mapping[str, str] = {
    key: json.dumps(value, ensure_ascii=False) for key, value in asdict(Settings()).items()
}
