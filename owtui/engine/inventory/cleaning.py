"""The texts of a draft by the rules of the table: clean values, or why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from owtui.engine.inventory.draft import Access, Draft
from storage import hostkeys, rules
from storage.core import DEVICE, length
from storage.errors import RuleError

_JUMP = re.compile(r"(?:[^@\s\0]+@)?(?:\[[0-9a-fA-F:.]+\]|[^:@\s\[\]\0]+)(?::[0-9]{1,5})?")
_URL = re.compile(r"https?://[^\s/@\0]+(?:/[^\s\0]*)?")
_TLS = re.compile(r"verify|off|pin:[0-9a-fA-F]{64}")


def _text(field: str) -> Callable[[str], Any]:
    return lambda value: rules.text(value, length(DEVICE.c[field]), field)


_RULES: dict[str, Callable[[str], Any]] = {
    "name": rules.device_name,
    "address": rules.address,
    "mac_address": rules.mac_address,
    "key": rules.key,
    "hardware_id": rules.hardware_id,
    "last_ip": lambda value: rules.ip_address(value, "last_ip"),
    "management_ip": lambda value: rules.ip_address(value, "management_ip"),
    "notes": str,
    **{field: _text(field) for field in ("model", "os", "system", "zone")},
}


def fields(draft: Draft) -> dict[str, Any]:
    """Give the device's columns that the draft tells. Raises RuleError."""
    clean = {}
    for name, rule in _RULES.items():
        value = getattr(draft, name)
        if value:
            if "\0" in value:
                raise RuleError(f"The {name} has a NUL character.", field=name)
            clean[name] = rule(value)
    if draft.tags:
        clean["tags"] = rules.tags(draft.tags)
    return clean


def params(access: Access) -> dict[str, Any]:
    """Give the parameters of the connection that the draft tells. Raises RuleError."""
    _check(access)
    told = {
        "port": access.port,
        "http_url": access.http_url,
        "http_tls": access.http_tls,
        "jump": list(access.jump),
        "prefer": access.prefer,
        "legacy_host_keys": access.legacy_host_keys,
    }
    return {name: value for name, value in told.items() if value}


def _check(access: Access) -> None:
    if access.http_url and not _URL.fullmatch(access.http_url):
        raise RuleError(f"“{access.http_url}” is no URL.", "As in https://192.0.2.1/ubus")
    if access.http_tls and not _TLS.fullmatch(access.http_tls):
        raise RuleError("http_tls is verify, off or pin: and 64 hexadecimal digits.")
    for jump in access.jump:
        if not _JUMP.fullmatch(jump):
            raise RuleError(f"“{jump}” is no jump host.", "Write it as user@host:port.")
    if access.prefer not in ("", "ssh", "ubus"):
        raise RuleError("prefer is ssh or ubus.")


def host_keys(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Give public keys without comments. Raises RuleError."""
    for line in lines:
        hostkeys.fingerprint(line)
    return tuple(" ".join(line.split()[:2]) for line in lines)
