"""What an inventory file says, before anybody asks the database.

A Draft holds what was written and nothing else: "" and () mean "not told", so that importing a
file never clears what it is silent about.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from storage.secrets import Secret

FIELDS = (
    "name",
    "group",
    "address",
    "mac_address",
    "key",
    "hardware_id",
    "model",
    "os",
    "system",
    "last_ip",
    "management_ip",
    "tags",
    "zone",
    "notes",
)


@dataclass(frozen=True, slots=True)
class Access:
    """How to log in, as a file has it.

    `login`: "", password, key, agent or none. `key_file` is a path still to be read.
    `credentials` names a login that the inventory already has.
    """

    login: str = ""
    user: str = ""
    password: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None  # of the private key
    key_file: str = ""
    credentials: str = ""
    port: int | None = None
    http_url: str = ""
    http_tls: str = ""
    jump: tuple[str, ...] = ()
    prefer: str = ""
    legacy_host_keys: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """One device of a file; `line` is where it stands there, from 1."""

    line: int
    name: str
    id: str = ""
    organization: str = ""
    organization_id: str = ""
    group: str = ""
    group_id: str = ""
    address: str = ""
    mac_address: str = ""
    key: str = ""
    hardware_id: str = ""
    model: str = ""
    os: str = ""
    system: str = ""
    last_ip: str = ""
    management_ip: str = ""
    tags: tuple[str, ...] = ()
    zone: str = ""
    notes: str = ""
    host_keys: tuple[str, ...] = ()
    access: Access = field(default_factory=Access)
    skip: str = ""  # why this one is left out, in words


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used; `line` 0 is the whole file."""

    line: int
    sentence: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from one file. `ignored` names columns and settings nobody understood."""

    kind: str
    drafts: tuple[Draft, ...] = ()
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()
