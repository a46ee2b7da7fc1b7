"""The values of a configuration on its way from templates to a router and back.

Plain and frozen, without I/O: what renders, compares, judges and pushes hands these on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

BACKEND = "netjsonconfig.OpenWrt"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it lies on a device."""

    data: bytes
    mode: int = 0o644


# Absolute path → file: "/etc/config/network". In a change, None says that the file is to go.
Files = Mapping[str, File]
FileChanges = Mapping[str, File | None]


@dataclass(frozen=True, slots=True)
class Layer:
    """A template as it takes part in a device's configuration, in its order."""

    id: UUID
    name: str
    config: Json
    default_values: Json = field(default_factory=dict)
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Contexts:
    """The variables of each scope; `global_` is the settings' and the database's, merged."""

    global_: Json = field(default_factory=dict)
    organization: Json = field(default_factory=dict)
    group: Json = field(default_factory=dict)
    device: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """All that goes into the rendered configuration of one device.

    `config` is the device's own NetJSON, the last layer. `verbatim` maps a UCI package to UCI text
    that NetJSON cannot say; its sections are added to what is rendered.
    """

    device_id: UUID
    name: str
    mac_address: str
    key: str
    os: str = ""
    hardware_id: str = ""
    backend: str = BACKEND
    layers: tuple[Layer, ...] = ()
    config: Json = field(default_factory=dict)
    contexts: Contexts = field(default_factory=Contexts)
    verbatim: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A configuration in the device's own terms.

    `archive` is the deterministic tar.gz and `checksum` its md5, hexadecimal: the bytes hashed are
    the bytes kept and sent. `unset` names variables that nothing defines, left as they stand;
    `notes` are sentences on what was left out or lost, for who is about to push it.
    """

    files: Files
    archive: bytes
    checksum: str
    unset: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a configuration, and where.

    `path` is a JSON pointer ("#/radios/0/channel"); `line` counts from 1 in the text that was
    edited, 0 where there is none.
    """

    sentence: str
    path: str = "#"
    line: int = 0
    level: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class SeenFrom:
    """How the device itself saw us come in: SSH_CONNECTION, or what a ubus session tells."""

    client: str = ""
    server: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """The OpenWISP agent of a device: it, too, applies configurations."""

    version: str = ""
    running: bool = False
    url: str = ""
    applying: bool = False  # its lock is held
    checksum: str = ""  # of what it applied last
    unmanaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """The configuration that a device has, as it was read at one moment.

    `files` are all packages of /etc/config and the other files that were asked for, `sums` the md5
    of each of them ("-": absent). A sum that begins with "uci:" says that the device let us see the
    package's values and not its file: the file here is our own print of them. `unread` maps a path
    that is there to why it was not read. `staged` names packages with uncommitted changes.
    """

    files: Files
    sums: Mapping[str, str]
    staged: tuple[str, ...] = ()
    seen_from: SeenFrom = field(default_factory=SeenFrom)
    agent: Agent | None = None
    free_bytes: int | None = None  # of the overlay
    read_at: datetime | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
