"""What faces see of templates, configurations and variables, and what they hand in: values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from owtui.engine.configs.model import BACKEND, Json, Problem


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template in a list. `organization` "" is shared by all; `devices` use it."""

    id: UUID
    name: str
    organization: str
    organization_id: UUID | None
    type: str
    backend: str
    tags: tuple[str, ...]
    default: bool
    required: bool
    notes: str
    generation: int
    devices: int
    groups: int
    modified: datetime

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of the command line's contract; `generation` as people say it: v14."""
        return {
            "id": str(self.id),
            "name": self.name,
            "organization": self.organization or None,
            "type": self.type,
            "backend": self.backend,
            "tags": list(self.tags),
            "default": self.default,
            "required": self.required,
            "notes": self.notes,
            "generation": f"v{self.generation}",
            "devices": self.devices,
            "groups": self.groups,
            "modified": self.modified,
        }


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template with what it holds, or held: it may hold secrets."""

    row: TemplateRow
    config: Json = field(repr=False)
    default_values: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template as a person writes it; `organization` "" is shared by all."""

    name: str
    config: Json = field(repr=False)
    default_values: Json = field(repr=False, default_factory=dict)
    organization: str = ""
    type: str = "generic"
    backend: str = BACKEND
    tags: Sequence[str] = ()
    default: bool = False
    required: bool = False
    notes: str = ""


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """One generation of a template or of a device's configuration; `kind` is of the latter."""

    number: int
    at: datetime
    operator: str
    host: str
    note: str = ""
    kind: str = ""
    checksum: str = ""
    job_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConfigText:
    """The configuration of a device: its own part, and what is known of it.

    `generation` 0: it has none. `checksum` is of what it should have, `applied_checksum` of what it
    is known to have. `broken`: it cannot be rendered, `Shelf.render` says why.
    """

    device_id: UUID
    device: str
    generation: int = 0
    backend: str = BACKEND
    status: str = ""
    error_reason: str = ""
    checksum: str = ""
    applied_checksum: str = ""
    applied_at: datetime | None = None
    broken: bool = False
    current: bool = True  # the checksum is of what it should have now; False: being computed
    merge: bool = True
    unmanaged: tuple[str, ...] = ()
    templates: tuple[TemplateRef, ...] = ()
    config: Json = field(repr=False, default_factory=dict)
    context: Json = field(repr=False, default_factory=dict)
    verbatim: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateRef:
    """A template of a device or a group. `origin`: required, default, group, chosen."""

    id: UUID
    name: str
    origin: str
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Guard:
    """How long a device waits for our word after a push, and settles before; None: the usual."""

    window_s: int | None = None
    settle_s: int | None = None


@dataclass(frozen=True, slots=True)
class GroupText:
    """What a group gives to its devices."""

    id: UUID
    name: str
    organization: str
    organization_id: UUID
    templates: tuple[TemplateRef, ...] = ()
    guard: Guard = Guard()
    meta_data: Json = field(default_factory=dict)
    description: str = ""
    upgrade_window: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of the command line's contract."""
        return {
            "id": str(self.id),
            "name": self.name,
            "organization": self.organization,
            "description": self.description,
            "templates": [one.name for one in self.templates],
            "guard_window_s": self.guard.window_s,
            "guard_settle_s": self.guard.settle_s,
            "meta_data": dict(self.meta_data),
            "upgrade_window": self.upgrade_window,
        }


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as a device has it. `origin`: device, predefined, group, organization, global, or
    the name of the template whose default it is; `hides` are the origins that it overrides."""

    name: str
    value: Any = field(repr=False)
    origin: str
    secret: bool = False
    hides: tuple[str, ...] = ()
    used: bool = False  # by a template of the device, or its own configuration


# A change that is not written yet, to look at what it would do.


@dataclass(frozen=True, slots=True)
class TemplateEdit:
    """Another content of a template."""

    template_id: UUID
    config: Json = field(repr=False)
    default_values: Json = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceEdit:
    """Another own part or list of templates of one device; None leaves as it is."""

    device_id: UUID
    config: Json | None = field(repr=False, default=None)
    context: Json | None = field(repr=False, default=None)
    verbatim: Mapping[str, str] | None = field(repr=False, default=None)
    backend: str | None = None
    templates: Sequence[UUID] | None = None


@dataclass(frozen=True, slots=True)
class VariablesEdit:
    """Other variables of a scope; `scope` as faces write it: global, org:NAME, group:NAME, NAME."""

    scope: str
    values: Json = field(repr=False, default_factory=dict)
    unset: Sequence[str] = ()


Edit = TemplateEdit | DeviceEdit | VariablesEdit
Verdict = Literal["change", "same", "blocked"]


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """What a change would do to one device; `key` names its difference, alike for alike ones."""

    device_id: UUID
    device: str
    verdict: Verdict
    reason: str = ""
    key: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference that devices have in common; `text` is masked, and of the first of them.

    `variables` names those by whose values they still differ.
    """

    key: str
    text: str
    devices: tuple[UUID, ...]
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change would do to every device that it can reach."""

    rows: tuple[ImpactRow, ...] = ()
    differences: tuple[Difference, ...] = ()  # the most common first

    def count(self) -> dict[str, int]:
        """How many devices of each verdict."""
        counted = {"change": 0, "same": 0, "blocked": 0}
        for row in self.rows:
            counted[row.verdict] += 1
        return counted
