"""Where one has been: places with their state, to go back and forward through. Pure.

It works as a browser's does: a new place drops what lay ahead; closing what is on top is a step
back, so that forward opens it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MOST = 100  # places remembered


@dataclass(frozen=True, slots=True)
class Place:
    """A root screen by its id, and what is open over it: a kind and what it is of.

    `state` is what the screen on top wants to find again: filter, sort, cursor, marks, tab.
    """

    view: str
    over: tuple[str, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)

    def is_at(self, other: Place) -> bool:
        """Whether it is the same screen, whatever its state."""
        return (self.view, self.over) == (other.view, other.over)


class History:
    """The places of one session; the state of the one that is shown is told when it is left."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1

    @property
    def current(self) -> Place | None:
        """The place that is shown; None before the first."""
        return self._places[self._at] if self._places else None

    @property
    def places(self) -> tuple[Place, ...]:
        """All that are remembered, the oldest first."""
        return tuple(self._places)

    def leave(self, state: Mapping[str, Any]) -> None:
        """Note how the place that is shown looks now."""
        if self._places:
            self._places[self._at] = replace(self._places[self._at], state=dict(state))

    def visit(self, place: Place) -> None:
        """Come to a new place; what lay ahead is forgotten."""
        del self._places[self._at + 1 :]
        self._places.append(place)
        del self._places[:-MOST]
        self._at = len(self._places) - 1

    def step_down(self, place: Place) -> None:
        """Come to what lay under the place that was shown: a step back where one came from it."""
        if self._at > 0 and self._places[self._at - 1].is_at(place):
            self._at -= 1
        else:
            self.visit(place)

    def back(self) -> Place | None:
        """Go one place back; None where there is none."""
        return self._step(-1)

    def forward(self) -> Place | None:
        """Go one place forward; None where there is none."""
        return self._step(1)

    def _step(self, by: int) -> Place | None:
        if not 0 <= self._at + by < len(self._places):
            return None
        self._at += by
        return self._places[self._at]
