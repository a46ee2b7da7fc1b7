"""What is pushed: NetJSON for each kind of change, with three files of a good one in each."""

from __future__ import annotations

from typing import Any

from tests.chaos.scenario import Change, Place, Scenario

_ADDRESS = "config interface 'lan'\n\toption proto 'static'\n\toption ipaddr '192.168.77.1'\n"
_REMOVED = "config interface 'lan'\n\toption proto 'none'\n\toption ipaddr '0.0.0.0'\n"
_ZONE = "config zone\n\toption name 'lan'\n\toption input 'REJECT'\n"
_RULE = "config rule 'chaos'\n\toption src 'lan'\n\toption target 'DROP'\n"
_PORT = "config dropbear 'main'\n\toption Port '2222'\n"
_DISABLED = "config dropbear 'main'\n\toption enable '0'\n"
_SHADOW = "root:$1$abcdefgh$0000000000000000000000:1:0:99999:7:::\n"
_KEYS = "ssh-ed25519 AAAA nobody\n"

_FILES: dict[Change, dict[str, str]] = {
    Change.GOOD: {},
    Change.ADDRESS: {"/etc/config/network": _ADDRESS},
    Change.INTERFACE: {"/etc/config/network": _REMOVED},
    Change.FIREWALL: {"/etc/config/firewall": _ZONE},
    Change.PORT: {"/etc/config/dropbear": _PORT},
    Change.DISABLED: {"/etc/config/dropbear": _DISABLED},
    Change.PASSWORD: {"/etc/shadow": _SHADOW, "/etc/dropbear/authorized_keys": _KEYS},
}


def netjson(scenario: Scenario) -> dict[str, Any]:
    """A device's configuration: a package, a new one, a file in new folders, the cut."""
    files = dict(_FILES[scenario.change])
    if scenario.change is Change.FIREWALL and scenario.place is Place.LAB:
        files = {"/etc/config/firewall": _RULE}  # the lab's door asks its rules, too
    files["/etc/chaos/deep/note"] = f"{scenario.number}\n" * 300
    files["/etc/config/chaos"] = f"config note 'note'\n\toption number '{scenario.number}'\n"
    return {
        "general": {"timezone": "Europe/Rome", "note": f"chaos {scenario.number}"},
        "files": [
            {"path": path, "mode": "0600" if path == "/etc/shadow" else "0644", "contents": text}
            for path, text in files.items()
        ],
    }
