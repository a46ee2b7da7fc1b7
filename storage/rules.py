"""What a name, a MAC, a key and an address may be: OpenWISP's rules with OpenWISP's words.

Pure functions text -> clean text, raising RuleError; importers use them before there is a row.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any

from storage.errors import RuleError, StaleError

_LABEL = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_KEY = re.compile(r"[^\s/.]+")

_PACKAGE = re.compile(r"[\w-]+(?:\.[\w@\[\]-]+){0,2}")
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]+)+")
_VARIABLE = re.compile(r"\w+")

BACKENDS = ("netjsonconfig.OpenWrt", "netjsonconfig.OpenWisp")  # the first is the usual one
NAME_LENGTH = 64
KEY_LENGTH = 64
HARDWARE_ID_LENGTH = 32
ADDRESS_LENGTH = 255
TAG_LENGTH = 64


def device_name(text: str) -> str:
    """A hostname or a MAC, at most 64 characters."""
    name = text.strip()
    if len(name) > NAME_LENGTH or not (_HOSTNAME.fullmatch(name) or _MAC.fullmatch(name)):
        raise RuleError(
            f"The name {name!r} must be either a valid hostname or mac address.",
            "Letters, digits, hyphens and dots; at most 64 characters, 63 between dots.",
            field="name",
        )
    return name


def mac_address(text: str) -> str:
    """Upper-case with colons: `aa-bb-cc-00-11-22` becomes `AA:BB:CC:00:11:22`."""
    mac = text.strip()
    if not _MAC.fullmatch(mac):
        raise RuleError(
            f"{mac!r} must be a valid mac address.",
            "Six pairs of hexadecimal digits, as 00:11:22:AA:BB:CC.",
            field="mac_address",
        )
    return mac.replace("-", ":").upper()


def key(text: str) -> str:
    """What a device shows to identify itself; unique in the whole system."""
    value = text.strip()
    if len(value) > KEY_LENGTH or not _KEY.fullmatch(value):
        raise RuleError(
            "Key must not contain spaces, dots or slashes.",
            "At most 64 characters; leave it out to get a random one.",
            field="key",
        )
    return value


def new_key() -> str:
    """A random key: 32 letters and digits, as OpenWISP makes them without a shared secret."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


def consistent_key(identity: str, shared_secret: str) -> str:
    """The key that a device and its controller both know how to make (control.md §3.2).

    `identity` is the MAC as the agent prints it, upper case, or the serial number.
    """
    text = f"{identity}+{shared_secret}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def backend(text: str) -> str:
    """What renders a configuration."""
    if text not in BACKENDS:
        raise RuleError(
            f"There is no backend {text!r}.", f"Known: {', '.join(BACKENDS)}.", field="backend"
        )
    return text


def variables(values: Any, field: str) -> dict[str, Any]:
    """Variables by name; a name is what may stand between the braces of `{{ name }}`."""
    if not isinstance(values, Mapping):
        raise RuleError("the supplied value is not a JSON object", field=field)
    for name in values:
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            raise RuleError(
                f"{name!r} cannot be the name of a variable.",
                "Letters, digits and underscores, as in {{ wifi_key }}.",
                field=field,
            )
    return dict(values)


def paths(values: Sequence[str], field: str) -> list[str]:
    """UCI packages ("network", or one section: "network.lan") and absolute paths; no doubles."""
    clean = sorted({value.strip() for value in values} - {""})
    for value in clean:
        if not _PACKAGE.fullmatch(value) and not _PATH.fullmatch(value):
            raise RuleError(
                f"{value!r} is neither a UCI package nor a path.",
                "As in: network, wireless.radio0, /etc/banner",
                field=field,
            )
    return clean


def unmoved(generation: int, expected: int | None, what: str) -> None:
    """Refuse to overwrite what somebody else wrote since. Raises StaleError."""
    if expected is not None and expected != generation:
        raise StaleError(
            f"{what} was changed meanwhile: it is v{generation} now, yours began at v{expected}.",
            "Look at the newer one and make your change again.",
        )


def hardware_id(text: str | None) -> str | None:
    """A serial number; an empty one is none, so that many devices may have none."""
    value = (text or "").strip()
    if len(value) > HARDWARE_ID_LENGTH:
        raise RuleError(
            f"The serial number {value!r} is longer than 32 characters.", field="hardware_id"
        )
    return value or None


def ip_address(text: str | None, field: str) -> str | None:
    """An IPv4 or IPv6 address in its canonical spelling; empty is none."""
    value = (text or "").strip()
    if not value:
        return None
    try:
        return str(ipaddress.ip_address(value))
    except ValueError as error:
        raise RuleError(f"{value!r} is not an IPv4 or IPv6 address.", field=field) from error


def address(text: str) -> str:
    """What the operator wants dialled: a host name or an IP address, without port or user."""
    value = text.strip()
    try:
        return str(ipaddress.ip_address(value.strip("[]")))
    except ValueError:
        pass
    bare = value.replace("_", "-")  # no host name by the book, but resolvers and /etc/hosts know it
    if value and (len(value) > ADDRESS_LENGTH or not _HOSTNAME.fullmatch(bare)):
        raise RuleError(
            f"The address {value!r} is neither a host name nor an IP address.",
            "The port goes into the connection: port=2222.",
            field="address",
        )
    return value


def tags(values: list[str] | tuple[str, ...]) -> list[str]:
    """Sorted, without doubles; a tag has no spaces and no commas, which separate tags."""
    clean = sorted({value.strip() for value in values} - {""})
    for tag in clean:
        if len(tag) > TAG_LENGTH or re.search(r"[\s,]", tag):
            raise RuleError(
                f"The tag {tag!r} must not contain spaces or commas.",
                "At most 64 characters.",
                field="tags",
            )
    return clean


def text(value: str, length: int, field: str) -> str:
    """Any text up to a length."""
    clean = value.strip()
    if len(clean) > length:
        raise RuleError(
            f"The {field.replace('_', ' ')} is longer than {length} characters.", field=field
        )
    return clean


def is_private(ip: str) -> bool:
    """Whether an address may be in use behind many routers at once, as OpenWISP decides it.

    Python's meaning, traps included: documentation networks (203.0.113.0/24) are private, the
    carriers' shared space (100.64.0.0/10) is not (control.md, acceptance 8).
    """
    return ipaddress.ip_address(ip).is_private


def storable(value: Any) -> Any:
    """A text, or JSON with texts in it, as both databases can keep it.

    What devices say may hold anything: PostgreSQL has no NUL in a text, and neither database takes
    half a surrogate. Both are replaced, so that one device cannot spoil the batch of all.
    """
    if isinstance(value, str):
        return value.replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {storable(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value
