"""Text by lines, with the number of each, for formats that must say where a document is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator

from owtui.engine.topology.formats.base import Format, FormatError
from owtui.engine.topology.formats.values import LONGEST, clean

MOST_LINES = 500_000
"""32 MiB of line ends would take 20 s; this many rows take two or three."""


class Line:
    """One line: its text without the end, and its number from 1."""

    __slots__ = ("_format", "at", "text")

    def __init__(self, text: str, at: int, format_: Format) -> None:
        self.text = text
        self.at = at
        self._format = format_

    def wrong(self, reason: str) -> FormatError:
        """The format's error for this line."""
        return self._format.wrong(f"line {self.at}", reason)

    def fields(self, wanted: int, separator: str | None = None) -> list[str]:
        """At least this many fields, of which no more are given back."""
        found = self.text.split(separator)
        if len(found) < wanted:
            raise self.wrong(f"there are {len(found)} fields where {wanted} belong")
        return [self.name(one) for one in found[:wanted]]

    def name(self, text: str) -> str:
        """A field as it can be kept as an id or a label."""
        if len(text) > LONGEST:
            raise self.wrong(f"a field is longer than {LONGEST} letters")
        return clean(text.strip())

    def number(self, text: str) -> float:
        """A field that is a finite number."""
        try:
            number = float(text)
        except ValueError:
            raise self.wrong(f"{text[:40]!r} is not a number") from None
        if not math.isfinite(number):
            raise self.wrong(f"{text[:40]!r} is not a finite number")
        return number

    def count(self, text: str) -> int:
        """A field that is a whole number, at most what a database holds."""
        number = self.number(text)
        if number != int(number) or abs(number) >= 2**63:
            raise self.wrong(f"{text[:40]!r} is not a count")
        return int(text) if text.lstrip("+-").isdigit() else int(number)


class Lines:
    """All lines of a document, made as they are walked over. Raises FormatError for too many."""

    def __init__(self, text: str, format_: Format) -> None:
        if text.count("\n") > MOST_LINES:
            raise format_.wrong("", f"it has more than {MOST_LINES} lines")
        self._text = text
        self._format = format_

    def __iter__(self) -> Iterator[Line]:
        """Those that are not blank."""
        return (line for line in self._all() if line.text.strip())

    def table(self, heading: str) -> Iterator[Line]:
        """The rows under a heading and a line of column names, up to a blank line.

        Raises FormatError where there is no such heading.
        """
        rows = self._all()
        if not any(line.text.strip() == heading for line in rows):
            raise self._format.wrong("", f"there is no “{heading}”")
        next(rows, None)  # the names of the columns
        for line in rows:
            if not line.text.strip():
                return
            yield line

    def _all(self) -> Iterator[Line]:
        start, number = 0, 1
        while start < len(self._text):
            end = self._text.find("\n", start)
            end = len(self._text) if end < 0 else end
            yield Line(self._text[start:end].rstrip("\r"), number, self._format)
            start, number = end + 1, number + 1
