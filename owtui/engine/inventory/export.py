"""Write devices so that `import` reads them again: OpenWISP's columns first, then ours.

Secrets are never in it, nor is the agent's key unless asked for: who has it gets the device's
configuration from a controller. Logins are named, so that an import here finds them again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from owtui import units
from owtui.engine.inventory import csvfile, jsonfile
from owtui.engine.inventory.book import Book, KnownDevice
from owtui.errors import InputError

COLUMNS = (
    *("name", "hardware_id", "mac_address", "organization", "group", "model", "os", "system"),
    *("notes", "last_ip", "management_ip", "created", "modified", "id", "key"),
    *("organization_id", "group_id", "address", "tags", "zone", "credentials", "user", "port"),
    *("http_url", "http_tls", "jump", "prefer", "legacy_host_keys", "host_key"),
)
_PLAIN = (
    *("hardware_id", "mac_address", "model", "os", "system", "notes", "last_ip", "management_ip"),
    *("address", "zone"),
)


def export(book: Book, ids: Collection[UUID], kind: str = "csv", *, with_keys: bool = False) -> str:
    """Write the devices with these ids as "csv" or "json"; see Book.load (no vault is needed)."""
    if kind not in ("csv", "json"):
        raise InputError(f"There is no export kind “{kind}”.", "There are: csv, json.")
    columns = tuple(name for name in COLUMNS if with_keys or name != "key")
    wanted = set(ids)
    records = _records(book, wanted)
    write = csvfile.write if kind == "csv" else jsonfile.write
    return write(records, columns)


def _records(book: Book, wanted: set[UUID]) -> Iterator[dict[str, str]]:
    names = {organization.id: organization.name for organization in book.organizations}
    for device in book.devices:
        if device.id in wanted:
            yield _record(device, names[device.organization_id]) | _access(device, book)


def _record(device: KnownDevice, organization: str) -> dict[str, str]:
    values = device.values
    return {name: str(values[name] or "") for name in _PLAIN} | {
        "name": device.name,
        "organization": organization,
        "organization_id": str(device.organization_id),
        "group": device.group,
        "group_id": str(values["group_id"] or ""),
        "id": str(device.id),
        "key": values["key"],
        "created": units.iso(values["created"]),
        "modified": units.iso(values["modified"]),
        "tags": ",".join(values["tags"]),
        "host_key": "\n".join(device.host_keys),
    }


def _access(device: KnownDevice, book: Book) -> dict[str, str]:
    """How it is reached, by its first connection."""
    first = next(iter(device.connections.items()), None)
    login = next((one for one in book.logins if first and one.id == first[0]), None)
    if first is None or login is None:
        return {}
    merged = {**login.params, **first[1]}
    return {
        "credentials": login.name,
        "user": login.user,
        "port": str(merged.get("port", "")),
        "http_url": str(merged.get("http_url", "")),
        "http_tls": str(merged.get("http_tls", "")),
        "jump": ",".join(merged.get("jump", ())),
        "prefer": str(merged.get("prefer", "")),
        "legacy_host_keys": "yes" if merged.get("legacy_host_keys") else "",
    }
