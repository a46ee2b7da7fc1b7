"""Which part of a plane a terminal shows, and how large: from places to cells and dots. No Textual.

A cell is twice as high as wide; the scale is in cells of width a unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor
from typing import Any

from widgets.glyphs import Glyphs
from widgets.graphcells import fine

MARGIN = 10
"""Cells at each side that names of the outermost nodes may take."""

NEAREST = 60.0
_ROOMY = 14.0  # cells a unit: no small graph is blown up further by itself


@dataclass(frozen=True, slots=True)
class View:
    """What is in the middle, cells a unit, and the cells there are."""

    centre: tuple[float, float]
    scale: float
    width: int
    height: int

    @classmethod
    def around(cls, places: Any, width: int, height: int) -> View:
        """All of these places, as large as they can be drawn."""
        if not len(places):
            return cls((0.0, 0.0), 1.0, width, height)
        (left, top), (right, bottom) = places.min(axis=0).tolist(), places.max(axis=0).tolist()
        across = max(4, width - 2 * MARGIN) / max(right - left, 1e-6)
        down = max(2, height - 2) * 2 / max(bottom - top, 1e-6)
        centre = ((left + right) / 2, (top + bottom) / 2)
        return cls(centre, min(across, down, _ROOMY), width, height)

    def moved(self, x: float, y: float) -> View:
        """As many cells farther to the right and down."""
        return self.centred((self.centre[0] + x / self.scale, self.centre[1] + 2 * y / self.scale))

    def scaled(self, by: float, at: tuple[float, float]) -> View:
        """Nearer or farther; what is `at` stays where it is."""
        scale = min(NEAREST, max(1e-3, self.scale * by))
        by = scale / self.scale
        x, y = (own + (one - own) * (1 - 1 / by) for own, one in zip(self.centre, at, strict=True))
        return replace(self, centre=(x, y), scale=scale)

    def centred(self, at: tuple[float, float]) -> View:
        """With another place in the middle."""
        return replace(self, centre=at)

    def sized(self, width: int, height: int) -> View:
        """On another number of cells."""
        return replace(self, width=width, height=height)

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """The cell of a place."""
        return (
            floor((x - self.centre[0]) * self.scale + self.width / 2),
            floor((y - self.centre[1]) * self.scale / 2 + self.height / 2),
        )

    def place(self, x: int, y: int) -> tuple[float, float]:
        """The place of a cell."""
        return (
            (x + 0.5 - self.width / 2) / self.scale + self.centre[0],
            (y + 0.5 - self.height / 2) * 2 / self.scale + self.centre[1],
        )

    def cells(self, places: Any) -> Any:
        """The cells of many places, (n, 2)."""
        at = (places - self.centre) * (self.scale, self.scale / 2)
        middle = (self.width / 2, self.height / 2)
        return ((at + middle) // 1).astype(int)

    def dots(self, places: Any, glyphs: Glyphs) -> Any:
        """Where many places are in dots of these glyphs, (n, 2)."""
        across, down = fine(glyphs)
        at = (places - self.centre) * (self.scale * across, self.scale * down / 2)
        middle = (self.width * across / 2 - 0.5, self.height * down / 2 - 0.5)
        return at + middle
