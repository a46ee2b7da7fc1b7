"""One device as named texts: the columns that CSV and JSON share, OpenWISP's and ours.

`organization` may be an id, a slug or a name (OpenWISP's own code reads the id only, its
documentation says otherwise). Columns that OpenWISP exports and cannot read back are accepted and
ignored in silence; others are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from owtui.engine.inventory.draft import Access, Draft
from owtui.errors import InputError
from storage.secrets import Secret

PLAIN = (
    *("id", "organization", "organization_id", "group", "group_id", "address", "mac_address"),
    *("key", "hardware_id", "model", "os", "system", "last_ip", "management_ip", "zone", "notes"),
)
ACCESS = (
    *("login", "user", "password", "private_key", "key_file", "credentials", "port", "http_url"),
    *("http_tls", "jump", "prefer", "legacy_host_keys"),
)
COLUMNS = ("name", *PLAIN, "tags", "host_key", *ACCESS)

ALIASES = {
    "mac": "mac_address",
    "host": "address",
    "ip": "address",
    "hostname": "name",
    "username": "user",
    "org": "organization",
    "tag": "tags",
    "host_keys": "host_key",
    "identity_file": "key_file",
    "http": "http_url",
    "serial": "hardware_id",
}

# of OpenWISP's export: read-only there, or of a part that reads them itself
READ_ONLY = frozenset(
    {
        *(
            "created",
            "modified",
            "venue",
            "venue_address",
            "location",
            "coords",
            "is_mobile",
            "venue_type",
        ),
        *("floor", "floor_position", "location_id", "floorplan_id", "monitoring_status"),
        *("config_status", "config_backend", "config_data", "config_context", "config_templates"),
        *("status", "last_seen"),
    }
)
# Beside one of these OpenWISP's `address` is the street of the place, no address of the device.
_PLACE = frozenset({"venue", "coords", "venue_type", "floorplan_id"})
SECRETS = frozenset({"password", "private_key"})
_LOGINS = ("password", "key", "agent", "none")
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


def column(header: str) -> str:
    """The name of a column, whatever its case and spaces; "" for one that is not known."""
    name = re.sub(r"[\s-]+", "_", header.strip().casefold())
    name = ALIASES.get(name, name)
    return name if name in COLUMNS or name in READ_ONLY else ""


def names(headers: Iterable[str]) -> list[str]:
    """The names of all columns of a table, in its order."""
    given = list(headers)
    found = [column(header) for header in given]
    if not _PLACE.isdisjoint(found):
        found = [
            "venue_address" if header.strip().casefold() == "address" else name
            for header, name in zip(given, found, strict=True)
        ]
    return found


def draft(line: int, record: Mapping[str, str]) -> Draft:
    """Make a Draft of a record whose keys are columns. Raises InputError."""
    given = {name: value.strip() for name, value in record.items()}
    name = given.get("name") or given.get("mac_address", "")
    if not name:
        raise InputError("The device has no name.", "Fill the column name, or mac_address.")
    return Draft(
        line=line,
        name=name,
        tags=words(given.get("tags", "")),
        host_keys=tuple(
            key.strip() for key in re.split(r"[\n;,]", given.get("host_key", "")) if key.strip()
        ),
        access=_access(given, record),
        **{field: given.get(field, "") for field in PLAIN},
    )


def words(text: str) -> tuple[str, ...]:
    """Tags or jump hosts, separated by commas, semicolons or spaces."""
    return tuple(word for word in re.split(r"[\s,;]+", text) if word)


def port(text: str) -> int | None:
    """A port number, None for "". Raises InputError."""
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise InputError(f"“{text}” is no port: 1 to 65535.")
    return int(text)


def _access(given: Mapping[str, str], raw: Mapping[str, str]) -> Access:
    login = given.get("login", "").casefold()
    if login and login not in _LOGINS:
        raise InputError(f"“{login}” is no kind of login.", f"There are: {', '.join(_LOGINS)}.")
    legacy = _YES.get(given.get("legacy_host_keys", "").casefold())
    if legacy is None:
        raise InputError("legacy_host_keys is yes or no.")
    password = raw.get("password", "")  # spaces may be part of it
    private_key = given.get("private_key", "")
    return Access(
        login=login,
        user=given.get("user", ""),
        password=Secret(password) if password else None,
        private_key=Secret(private_key + "\n") if private_key else None,
        key_file=given.get("key_file", ""),
        credentials=given.get("credentials", ""),
        port=port(given.get("port", "")),
        http_url=given.get("http_url", ""),
        http_tls=given.get("http_tls", ""),
        jump=words(given.get("jump", "")),
        prefer=given.get("prefer", "").casefold(),
        legacy_host_keys=legacy,
    )
