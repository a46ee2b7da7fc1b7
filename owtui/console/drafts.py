"""Edits that nobody has saved yet: they outlive their screen, whatever took it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that was begun on a generation; `kept` are the secrets behind its marks."""

    name: str
    text: str
    kind: str
    generation: int
    line: int = 1
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


class Drafts:
    """The drafts of a session, by the place of their editor."""

    def __init__(self) -> None:
        self._drafts: dict[tuple[str, ...], Draft] = {}

    def __len__(self) -> int:
        return len(self._drafts)

    def get(self, place: tuple[str, ...]) -> Draft | None:
        """The draft of a place, if there is one."""
        return self._drafts.get(place)

    def keep(self, place: tuple[str, ...], draft: Draft) -> None:
        """Keep it, in the place of an older one."""
        self._drafts[place] = draft

    def drop(self, place: tuple[str, ...]) -> None:
        """Forget it: it was saved, or somebody said so."""
        self._drafts.pop(place, None)

    @property
    def names(self) -> tuple[str, ...]:
        """What has one."""
        return tuple(draft.name for draft in self._drafts.values())

    @property
    def places(self) -> tuple[tuple[str, ...], ...]:
        """The places that have one."""
        return tuple(self._drafts)
