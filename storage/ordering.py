"""In which order templates make a configuration: OpenWISP's rule (control.md §1.2). Pure.

Required ones by name, then default ones by name, then those of the group in its order, then the
rest. What comes later to a list goes to its place in that order and not to the end, where a
required template would override all others (§17.2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.errors import RuleError


@dataclass(frozen=True, slots=True)
class Entry:
    """What the order needs to know of a template. `organization_id` None is shared by all."""

    id: UUID
    name: str
    backend: str
    organization_id: UUID | None
    default: bool
    required: bool
    tags: tuple[str, ...] = ()
    generation: int = 1


Entries = Mapping[UUID, Entry]
Rank = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """The order for one configuration: `group` are the templates of the device's group."""

    entries: Entries
    organization_id: UUID
    backend: str
    group: tuple[UUID, ...] = ()

    def usable(self, id_: UUID) -> bool:
        """Whether it is of the device's organization, or shared."""
        return self.entries[id_].organization_id in (None, self.organization_id)

    def is_required(self, id_: UUID) -> bool:
        """Whether the configuration must have it."""
        entry = self.entries[id_]
        return entry.required and entry.backend == self.backend and self.usable(id_)

    def is_default(self, id_: UUID) -> bool:
        """Whether a new configuration gets it; required ones are default ones too."""
        entry = self.entries[id_]
        return entry.default and entry.backend == self.backend and self.usable(id_)

    @property
    def required(self) -> list[UUID]:
        """The required ones, by name."""
        return self._named(id_ for id_ in self.entries if self.is_required(id_))

    @property
    def of_group(self) -> list[UUID]:
        """What the group gives to a configuration of this backend; the rest it has anyhow."""
        return [
            id_
            for id_ in self.group
            if self.entries[id_].backend == self.backend
            and self.usable(id_)
            and not self.is_default(id_)
        ]

    def initial(self) -> list[UUID]:
        """The list of a new configuration."""
        default = (i for i in self.entries if self.is_default(i) and not self.is_required(i))
        return [*self.required, *self._named(default), *self.of_group]

    def reset(self, wanted: Iterable[UUID]) -> list[UUID]:
        """The list that a person chose: required ones stay, first and by name."""
        return list(dict.fromkeys([*self.required, *wanted]))

    def insert(self, current: Sequence[UUID], new: Iterable[UUID]) -> list[UUID]:
        """Put templates into a list, each before the first one that ranks higher."""
        placed = list(current)
        for id_ in new:
            if id_ in placed:
                continue
            rank = self._rank(id_)
            higher = (at for at, other in enumerate(placed) if self._rank(other) > rank)
            placed.insert(next(higher, len(placed)), id_)
        return placed

    def regroup(self, current: Sequence[UUID], before: Collection[UUID]) -> list[UUID]:
        """Follow a group that had `before`: take out what it no longer gives, put in what is new.

        What somebody took off the device stays off; those kept stand in the group's order.
        """
        gives = self.of_group
        gone = {i for i in before if i not in gives and not self.is_default(i)}
        kept = [id_ for id_ in current if id_ not in gone]
        mine = iter(sorted((i for i in kept if i in gives), key=gives.index))
        ordered = [next(mine) if id_ in gives else id_ for id_ in kept]
        return self.insert(ordered, [id_ for id_ in gives if id_ not in before])

    def origin(self, id_: UUID) -> str:
        """Why a configuration has it: required, default, group, or chosen by somebody."""
        return ("required", "default", "group", "chosen")[self._rank(id_)[0]]

    def _rank(self, id_: UUID) -> Rank:
        if self.is_required(id_):
            return (0, self.entries[id_].name, 0)
        if self.is_default(id_):
            return (1, self.entries[id_].name, 0)
        if id_ in self.group:
            return (2, "", self.group.index(id_))
        return (3, "", 0)

    def _named(self, ids: Iterable[UUID]) -> list[UUID]:
        return sorted(ids, key=lambda id_: self.entries[id_].name)


def foreign(names: Sequence[str], what: str = "configuration") -> RuleError:
    """Why these templates cannot be given, in OpenWISP's words."""
    return RuleError(
        "The following templates are owned by organizations which do not match "
        f"the organization of this {what}: {', '.join(names)}",
        field="templates",
    )


def other_backend(names: Sequence[str], backend: str) -> RuleError:
    """Why templates for another backend cannot be given."""
    return RuleError(
        f"{', '.join(names)}: made for another backend than {backend}.", field="templates"
    )
