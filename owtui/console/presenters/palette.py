"""What the palette shows, and how a few letters find it: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from widgets.rowmodel import Row
from widgets.rowtable_layout import Column

COLUMNS = (
    Column("help", "", 40, flex=1, min_width=20, priority=10),
    Column("key", "", 20, min_width=6, priority=5, role="accent"),
)


_MOST_SPREAD = 4  # letters further apart than so were not meant


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be done: its id, what it does, how one gets there without the palette."""

    id: str
    help: str
    way: str


def rows(entries: Iterable[Entry]) -> list[Row]:
    """One row an entry."""
    return [Row(entry.id, (entry.help, entry.way)) for entry in entries]


def found(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """The entries that hold the letters in order, whole words and early ones first."""
    scored = [(score, entry) for entry in entries if (score := _score(entry, typed)) is not None]
    return [entry for _, entry in sorted(scored, key=lambda pair: pair[0])]


def _score(entry: Entry, typed: str) -> tuple[int, int] | None:
    wanted, text = typed.casefold().strip(), f"{entry.help} {entry.way} {entry.id}".casefold()
    if wanted in text:
        at = text.index(wanted)
        return (0 if at == 0 or not text[at - 1].isalnum() else 1, at)
    at = -1
    first = text.find(wanted[0])
    for letter in wanted:
        if letter.isspace():
            continue
        at = text.find(letter, at + 1)
        if at < 0:
            return None
    spread = at - first
    return (2, spread) if spread <= _MOST_SPREAD * len(wanted) else None
