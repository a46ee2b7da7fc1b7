"""Edits that nobody has saved yet: they outlive their screen, whatever took it away.

The engine keeps them sealed on disk (engine.configs.draftbox), so that they outlive a crash, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that was begun on a generation; `kept` are the secrets behind its marks."""

    name: str
    text: str
    kind: str
    generation: int
    line: int = 1
    kept: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Drafts:
    """The drafts of a session, by the place of their editor."""

    def __init__(self) -> None:
        self._drafts: dict[Place, Draft] = {}
        self._stored: dict[Place, Draft] = {}

    def __len__(self) -> int:
        return len(self._drafts)

    def get(self, place: Place) -> Draft | None:
        """The draft of a place, if there is one."""
        return self._drafts.get(place)

    def keep(self, place: Place, draft: Draft) -> None:
        """Keep it, in the place of an older one."""
        self._drafts[place] = draft

    def drop(self, place: Place) -> None:
        """Forget it: it was saved, or somebody said so."""
        self._drafts.pop(place, None)

    @property
    def names(self) -> tuple[str, ...]:
        """What has one."""
        return tuple(draft.name for draft in self._drafts.values())

    @property
    def places(self) -> tuple[Place, ...]:
        """The places that have one."""
        return tuple(self._drafts)

    # --- on disk ---

    def to_store(self) -> list[dict[str, Any]] | None:
        """All of them as plain values, None where nothing moved since they were stored."""
        if self._drafts == self._stored:
            return None
        return [{"place": list(place), **asdict(one)} for place, one in self._drafts.items()]

    def stored(self) -> None:
        """They are on disk as they are now."""
        self._stored = dict(self._drafts)

    @property
    def are_stored(self) -> bool:
        """Whether nothing would be lost by the end of the program."""
        return self._drafts == self._stored

    def take_in(self, told: Iterable[Mapping[str, Any]]) -> int:
        """Add what was on disk, unless there is a newer one; gives how many. What makes no sense
        is left out."""
        count = 0
        for one in told:
            values = dict(one)
            place = tuple(map(str, values.pop("place", ())))
            try:
                draft = Draft(**values)
            except TypeError:
                continue
            self._stored[place] = draft
            count += place not in self._drafts
            self._drafts.setdefault(place, draft)
        return count
