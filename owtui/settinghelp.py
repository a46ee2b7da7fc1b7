"""What each setting means, how it is shown, and how it is changed: for the console and the CLI."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from owtui.settings import CHOICES, TABLES, Loaded, Origin, Settings

HELP: Mapping[str, str] = {
    "fleet": "The fleet that is opened where none is named: a [fleet.NAME] section, or main.",
    "database": "URL of the inventory. Empty: a SQLite file in the data folder, one a fleet.",
    "read_only": "Nothing is changed, neither on devices nor in the inventory.",
    "theme": "The colours of the console; Enter on it chooses for this fleet.",
    "ascii": "Draw with ASCII alone, for terminals without Unicode.",
    "color": "Colours. Off, or with NO_COLOR set, the terminal's own are used.",
    "mouse": "Use the mouse. Off, the terminal selects text with it; % switches meanwhile.",
    "low_bandwidth": "Repaint every two seconds at most, for slow lines.",
    "restore": "Begin where the console was left: screen, filter, order, theme.",
    "zone": "Poll and run jobs for devices of this zone only; empty is all of them.",
    "host_keys": "A first host key: ask, accept-new, strict. Empty asks at a terminal only.",
    "management_ip_only": "Only try addresses that were given, not where a device was last seen.",
    "shared_management_ip": "A management address may belong to a device of each organization.",
    "connect_timeout_s": "Seconds for a device to take the connection.",
    "login_timeout_s": "Seconds for the whole login; small routers compute long.",
    "auth_timeout_s": "Seconds for the answer to a password or key, once it was sent.",
    "command_timeout_s": "Seconds for a command to end; after that it is ended on the device.",
    "keepalive_s": "Seconds between signs of life on a connection that is silent.",
    "idle_s": "Seconds that a connection nobody uses is kept open.",
    "max_connections": "How many devices are connected at the same time.",
    "parallel": "How many devices are worked on at once: polls, commands, jobs.",
    "facts_every_s": "Seconds between two looks at a device; 0 switches polling and checks off.",
    "ping": "How devices are pinged: icmp, tcp, or auto: tcp where ICMP may not be sent.",
    "auto_ping": "Ping devices, unless a device or group says otherwise.",
    "auto_config_check": "Check that devices have their configuration.",
    "auto_data_collected": "Check that devices tell their monitoring data.",
    "auto_iperf3": "Measure the throughput of devices with iperf3; it costs traffic.",
    "auto_wifi_clients": "Check that devices have neither too few nor too many Wi-Fi clients.",
    "checks_every_s": "Seconds between two runs of a check; 0 switches all checks off.",
    "checks": 'Params of checks by type, as [checks.ping], or [checks."ORG/ping"].',
    "series": "URL of a VictoriaMetrics for the history. Empty: a file beside the inventory.",
    "notify_site": "How mails name this fleet in their subjects; empty: by its name.",
    "notify_bell": "Ring the terminal's bell when a problem is told; never on slow lines.",
    "notify_email_every_s": "Seconds for which mails are gathered after one went; 0: a mail each.",
    "notify_email_limit": "How many notifications a mail shows; it counts the others.",
    "notify_smtp_host": "The mail server. Empty: no mail is sent.",
    "notify_smtp_port": "Its port; 0 is 587 with starttls, 465 with tls, 25 without.",
    "notify_smtp_tls": "starttls, tls, or off for a server on this machine; always verified.",
    "notify_smtp_user": "Who logs in there; the password: `owtui notifications secret email`.",
    "notify_smtp_from": "The sender's address of mails.",
    "notify_webhook_url": "Where notifications are posted as JSON; empty: nowhere.",
    "notify_webhook_tls": "verify, or pin:<SHA-256 of the certificate> for one of your own.",
    "notify_webhook_repeat": "Post again what may have arrived; it must know Idempotency-Key.",
    "notify_exec": "A program with full path and arguments that is given JSON; never a shell.",
    "notify_exec_s": "Seconds after which that program is ended.",
    "alert_hold_s": "Seconds within which an alert that comes back is the same one, and flaps.",
    "alert_grace_s": "Seconds that an alert waits for its cause before people are told.",
    "topology_updates": "Read topologies in their turns; off: when somebody asks for it alone.",
    "topology_fetch_s": "Seconds for a URL to give out a topology.",
    "topology_link_days": "Days after which a link that is down is forgotten; 0: never.",
    "topology_node_days": "Days after which a node without links is forgotten; 0: never.",
    "topology_history_days": "Days for which is kept how topologies moved.",
    "topology_down_percent": "More links of a topology down than this raise an alert; 0: none.",
    "topology_mesh": "Make topologies of 802.11s meshes, by what devices report.",
    "firmware_max_mib": "How large an image may be, in MiB; 64 at most are ever read.",
    "firmware_keys": "Public keys of usign that images are checked with: FILE:FOLDER.",
    "firmware_boards": "Board maps: JSON files that say which models an image is for.",
    "firmware_backup_days": "Days for which old backups of upgraded devices are kept; 0: for ever.",
    "passphrase_file": "A file with the passphrase of the master key, for services.",
    "keys": "Keys by id, as in `owtui keys`; “<disabled>” takes one away.",
    "keys_preset": "The keys to begin with: default, tmux-safe or no-letters.",
    "log_level": "How much is logged: debug, info, warning or error.",
    "operator": "Who you are in the audit, on a database that only you use.",
}
OPTIONS: Mapping[str, str] = {
    "fleet": "--fleet NAME",
    "database": "--database URL",
    "read_only": "--read-only or --write",
    "ascii": "--ascii",
    "color": "--no-color",
    "mouse": "--no-mouse",
    "low_bandwidth": "--low-bandwidth",
    "log_level": "--log-level LEVEL",
}
_PASSWORD = re.compile(r"(://[^:/@]*):[^@]*@")
_PATH = re.compile(r"(://[^/?]*[/?]).+")


def masked(key: str, value: Any) -> Any:
    """The value without what is secret in it: the password of a database, and a webhook's path,
    which with many receivers is all that keeps others from posting."""
    if key == "notify_webhook_url":
        return _PATH.sub(r"\1***", value)
    return _PASSWORD.sub(r"\1:***@", value) if key == "database" else value


def toml(value: Any) -> str:
    """A value as TOML writes it; JSON's scalars are the same, a table is written inline."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if v is not None}
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in kept.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


DEFAULTS: Mapping[str, str] = {key: toml(value) for key, value in asdict(Settings()).items()}


def explain(loaded: Loaded, key: str) -> str:
    """One setting in full: what it means, what it is, why, and how to change it."""
    value, origin = getattr(loaded.settings, key), loaded.origin(key)
    lines = [f" {key} = {toml(masked(key, value))}", "", f" {HELP[key]}"]
    if any(CHOICES.get(key, ())):
        lines.append(f" One of: {', '.join(filter(None, CHOICES[key]))}.")
    lines += ["", f" It comes from {origin.words()}.", f" By default: {DEFAULTS[key]}", ""]
    return "\n".join([*lines, *_ways(loaded, key, origin)]) + "\n"


def _ways(loaded: Loaded, key: str, origin: Origin) -> list[str]:
    file = origin.where if origin.kind in ("file", "fleet") else str(loaded.user_file)
    line = f", line {origin.line}" if origin.line else ""
    ways = [" To change it", f"   for good       {key} = VALUE in {file}{line}"]
    if key != "fleet":
        section = f"[fleet.{loaded.settings.fleet}]"
        ways.append(f"                  under {section} it holds for this fleet alone")
    if key not in TABLES:
        ways.append(f"   for one run    OWTUI_{key.upper()}=VALUE owtui")
    if key in OPTIONS:
        ways.append(f"                  owtui {OPTIONS[key]}")
    if origin.kind in ("environment", "command line"):
        ways += ["", f" While {origin.where} says so, what a file says does not count."]
    return [*ways, "", " It holds from the next start on; a service is restarted for it."]
