"""What a command prints: data on stdout, talk on stderr, one rule for JSON.

Without --json a table fit for 80 columns; with it one document; --json-lines is one object a line.
Text from devices may hold anything: control characters never reach the terminal.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO
from unicodedata import east_asian_width
from uuid import UUID

from owtui.units import plain_ascii


def plain(value: object) -> Any:
    """JSON for what json does not know: times as ISO 8601 UTC with Z, ids as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def printable(text: str) -> str:
    """The text without control characters; a tab becomes spaces, an escape becomes `␛`."""
    if text.isprintable():
        return text
    text = text.expandtabs(8).replace("\x1b", "␛")
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else "·" for c in text)


def cells(text: str) -> int:
    """How many terminal cells a text takes."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


@dataclass(frozen=True, slots=True)
class Output:
    """Where and how to print."""

    json: bool = False
    json_lines: bool = False
    color: bool = True
    ascii: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    @property
    def machine(self) -> bool:
        """True when a program reads us."""
        return self.json or self.json_lines

    def document(self, value: Any) -> None:
        """Print one JSON document, or a list as lines."""
        if self.json_lines and isinstance(value, list):
            for item in value:
                self.line(item)
            return
        shape = None if self.json_lines else 2
        self.out.write(json.dumps(value, indent=shape, ensure_ascii=False, default=plain) + "\n")

    def line(self, value: Any) -> None:
        """Print one JSON object on one line, at once: somebody follows."""
        self.out.write(json.dumps(value, ensure_ascii=False, default=plain) + "\n")
        self.out.flush()

    def text(self, text: str = "") -> None:
        """Print a line of data, at once."""
        self.out.write(self._said(text) + "\n")
        self.out.flush()

    def talk(self, text: str) -> None:
        """Say something to the person, beside the data."""
        self.err.write(self._said(text) + "\n")
        self.err.flush()

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print columns that fit the terminal, 80 cells without one; the widest gives way."""
        body = [[printable(str(cell)).replace("\n", " ") for cell in row] for row in rows]
        widths = [
            max([cells(title), *(cells(row[i]) for row in body)]) for i, title in enumerate(titles)
        ]
        room = shutil.get_terminal_size((80, 24)).columns
        widths = fit(widths, room - 2 * (len(widths) - 1))
        for row in [list(titles), *body]:
            line = "  ".join(
                self._cell(cell, width) for cell, width in zip(row, widths, strict=True)
            )
            self.out.write(line.rstrip() + "\n")

    def records(self, titles: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Print dictionaries: as JSON, or as a table of the keys of `titles` under its values."""
        if self.machine:
            self.document(list(rows))
            return
        self.table(list(titles.values()), [[said(row.get(key)) for key in titles] for row in rows])

    def _said(self, text: str) -> str:
        return printable(plain_ascii(text) if self.ascii else text)

    def _cell(self, text: str, width: int) -> str:
        if cells(text) > width:
            mark = "~" if self.ascii else "…"  # one cell, as it must be
            while text and cells(text) > width - 1:
                text = text[:-1]
            text += mark
        return text + " " * (width - cells(text))


def titled(*keys: str) -> dict[str, str]:
    """Titles for `records`: each key in capitals."""
    return {key: key.replace("_", " ").upper() for key in keys}


def moment(value: datetime | str | None) -> str:
    """A time as a person at this machine reads it; the year only where it is another one."""
    if not value:
        return "-"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = at.astimezone()
    this_year = local.year == datetime.now(UTC).astimezone().year
    return f"{local:%m-%d %H:%M}" if this_year else f"{local:%Y-%m-%d}"


def said(value: Any) -> str:
    """A JSON value in a table."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "-"
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value)


def fit(widths: Sequence[int], room: int) -> list[int]:
    """Shrink the widest columns until the sum fits `room`, none below 4 cells."""
    fitted = list(widths)
    while sum(fitted) > room and max(fitted) > 4:
        widest = fitted.index(max(fitted))
        fitted[widest] -= 1
    return fitted
