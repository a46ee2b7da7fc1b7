"""Facts of one thing in titled sections, side by side where the width allows.

    Section(title, facts)   Fact(label, value, role)
    FactView(sections)      update_sections(sections)

80 columns hold two sections abreast; a value too long for its column goes on in the next line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.geometry import Size

from widgets.glyphs import UTF8, Glyphs
from widgets.lineview import LineView
from widgets.oneline import Spans
from widgets.plaintext import clean, fit, width_of, wrap

_COLUMN = 38
"""The least width of a section."""

_LABEL = 12
"""The most a label may take before values start in its line."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, with a role (see widgets.roles)."""

    label: str
    value: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A title over facts that belong together."""

    title: str
    facts: tuple[Fact, ...]


class FactView(LineView):
    """Sections of facts; repaints only the lines that differ."""

    def __init__(
        self,
        sections: Iterable[Section] = (),
        *,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._sections = tuple(sections)
        self._lines: list[Spans] = []

    def update_sections(self, sections: Iterable[Section]) -> None:
        """Show other facts."""
        self._sections = tuple(sections)
        self._relay()

    def _measure(self, width: int) -> Size:
        self._lines = lay_out(self._sections, width, self._glyphs)
        return Size(width, len(self._lines))

    def _spans_at(self, line: int) -> Spans:
        return self._lines[line]


def lay_out(sections: Iterable[Section], width: int, glyphs: Glyphs = UTF8) -> list[Spans]:
    """Set sections into as many columns as fit, each into the shortest so far."""
    count = max(1, (width - 1) // (_COLUMN + 1))
    wide = max(8, (width - 1 - count) // count)
    columns: list[list[Spans]] = [[] for _ in range(count)]
    for section in sections:
        column = min(columns, key=len)
        if column:
            column.append([(" " * wide, "")])
        column.extend(_section_lines(section, wide, glyphs.ellipsis))
    lines = []
    for number in range(max(map(len, columns))):
        spans: Spans = []
        for column in columns:
            spans.append((" ", ""))
            spans += column[number] if number < len(column) else [(" " * wide, "")]
        lines.append(spans)
    return lines


def _section_lines(section: Section, width: int, ellipsis: str) -> list[Spans]:
    lines: list[Spans] = [[(fit(clean(section.title), width, ellipsis=ellipsis), "strong")]]
    longest = max((width_of(clean(fact.label)) for fact in section.facts), default=0)
    label_width = min(_LABEL, longest) + 1
    for fact in section.facts:
        label = clean(fact.label)
        parts = wrap(clean(fact.value), max(2, width - label_width - 1))
        for part in parts:
            value = fit(part, width - label_width - 1)
            told = fit(label, label_width - 1, ellipsis=ellipsis)
            lines.append([(f" {told} ", "muted"), (value, fact.role)])
            label = ""
    return lines
