"""What an editor of configurations is given and gives back: plain values, no secret shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from owtui.engine.configs.entries import GenerationRow
from owtui.engine.configs.model import BACKEND, Json, Problem
from owtui.engine.configs.source import Kind

What = Literal["template", "device"]
ScopeKind = Literal["global", "organization", "group", "device", "template"]
Verdict = Literal["change", "same", "blocked"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A template's configuration, or a device's own, as text in which secrets are marks.

    `generation` is that of what was read: whoever saves says so, and is refused where it moved.
    `devices` are those that it is for, by name. `kept` are the secrets by their marks, `values` the
    default values of a template; neither is for showing.
    """

    what: What
    id: UUID
    name: str
    text: str
    kind: Kind = "json"
    generation: int = 1
    devices: tuple[UUID, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)
    backend: str = BACKEND
    values: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a device: its value as it may be shown, and the scope that gave it.

    `scope` is "" where nothing gives it a value; `used` says that a configuration names it.
    """

    name: str
    shown: str = ""
    scope: str = ""
    used: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """A text as it would be on one device: what is wrong with it, and what comes of it.

    `blocks` says that it cannot be saved as it is. `diff` is against what the device runs, masked,
    and `summary` that in a line ("2 files, +2 -1"); `against` says what it was compared with.
    """

    problems: tuple[Problem, ...] = ()
    blocks: bool = False
    rendered: str = ""
    diff: str = ""
    summary: str = ""
    against: str = ""
    variables: tuple[Variable, ...] = ()


@dataclass(frozen=True, slots=True)
class Fields:
    """What of a template people choose beside its configuration."""

    name: str
    organization: str = ""
    tags: tuple[str, ...] = ()
    default: bool = False
    required: bool = False
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where variables have their values: global, an organization, a group; `id` None is global.

    `templates` are those that a group gives to its devices, in their order.
    """

    kind: ScopeKind
    id: UUID | None
    name: str
    organization: str = ""
    variables: int | None = None  # None while the vault is closed
    templates: tuple[tuple[UUID, str], ...] = ()
    devices: int = 0


@dataclass(frozen=True, slots=True)
class Assigned:
    """A template of a device at its place; `by` is why: required, default, a group, chosen."""

    id: UUID
    name: str
    generation: int = 1
    by: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """What is known of the configuration of a device, without its contents.

    `status` is "" where it has none. `drift` names packages that are not as they were applied,
    "" where none is known to differ, `ignored` says that somebody left them so; `read_at` is when
    the device was last read. `own` are the keys of its own NetJSON, `variables` how many it sets,
    `unset` those that nothing sets.
    """

    status: str = ""
    reason: str = ""
    backend: str = BACKEND
    checksum: str = ""
    applied_at: datetime | None = None
    drift: str = ""
    ignored: bool = False
    read_at: datetime | None = None
    templates: tuple[Assigned, ...] = ()
    own: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()  # packages with UCI that NetJSON cannot say
    unmanaged: tuple[str, ...] = ()
    merge: bool = True
    variables: int = 0
    unset: tuple[str, ...] = ()
    last: GenerationRow | None = None  # that was applied
    closed: str = ""  # why contents cannot be read now


@dataclass(frozen=True, slots=True)
class Alike:
    """Devices on which the same would change, or that are blocked for the same reason."""

    verdict: Verdict
    title: str
    diff: str
    devices: tuple[tuple[UUID, str], ...]  # id and name, by name


@dataclass(frozen=True, slots=True)
class Impact:
    """What a text would change on all devices that it is for, grouped by what it would be."""

    groups: tuple[Alike, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """How many devices."""
        return sum(len(one.devices) for one in self.groups if one.verdict == verdict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(len(one.devices) for one in self.groups)

    @property
    def blocked_by(self) -> str:
        """The reason that blocks most of them, "" where none is blocked."""
        blocked = [one for one in self.groups if one.verdict == "blocked"]
        return max(blocked, key=lambda one: len(one.devices)).title if blocked else ""
