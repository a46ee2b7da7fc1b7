"""A filter: parsed, checked and compiled once, then asked for each row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from owtui.engine.selection.evaluation import Predicate, predicate
from owtui.engine.selection.nodes import And, Node
from owtui.engine.selection.parser import Parser, Views
from storage.rows import DeviceRow


@dataclass(frozen=True, slots=True)
class Filter:
    """Equal filters have equal nodes; `str()` is the normal form, which parses to them again."""

    node: Node
    matches: Predicate = field(compare=False, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing, and so lets everything pass."""
        return self.node == And()

    def choose(self, rows: Iterable[DeviceRow], now: datetime) -> list[DeviceRow]:
        """Give the rows that match, in their order."""
        matches = self.matches
        return [row for row in rows if matches(row, now)]

    def __str__(self) -> str:
        return str(self.node)


def parse(text: str, views: Views | None = None) -> Filter:
    """Read a filter. `views` gives the text of a saved view, or None where there is none.

    Raises FilterError with the column.
    """
    node = Parser(text, views).filter()
    return Filter(node, predicate(node))
