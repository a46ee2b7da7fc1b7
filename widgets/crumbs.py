"""The title row: where one is at the left, the counts of what is shown at the right.

Crumbs(name, *, glyphs)     update_path(path, note)     update_counts(pieces)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from widgets.glyphs import UTF8, Glyphs
from widgets.oneline import OneLine, Piece, Spans, fit_pieces
from widgets.plaintext import clean, fit, width_of

__all__ = ["Crumbs", "Piece"]

_LEAST_PATH = 24


class Crumbs(OneLine):
    """`owtui  lab › Fleet  /tag=roof                 128 dev  ▲119 ▼6`."""

    def __init__(
        self,
        name: str,
        path: Sequence[str] = (),
        *,
        note: str = "",
        counts: Iterable[Piece] = (),
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._name = name
        self._path = tuple(path)
        self._note = note
        self._counts = tuple(counts)

    def update_path(self, path: Sequence[str], note: str = "") -> None:
        """Show another place; the note is a filter or a state behind it."""
        self._path, self._note = tuple(path), note
        self._show()

    def update_counts(self, counts: Iterable[Piece]) -> None:
        """Show other counts at the right; the lowest priority goes first."""
        self._counts = tuple(counts)
        self._show()

    def _spans(self, width: int) -> Spans:
        head = f" {self._name}  "
        path = clean(self._glyphs.crumb.join(self._path))
        note = f"  {clean(self._note)}" if self._note else ""
        wanted = width_of(head) + width_of(path) + width_of(note)
        room = max(width - wanted, width - width_of(head) - _LEAST_PATH) - 3
        counts = fit_pieces(self._counts, room, 2)
        right = sum(width_of(piece.text) + 2 for piece in counts)
        left = width - right - width_of(head) - 1
        spans: Spans = [(head, "strong")]
        if width_of(path) + width_of(note) <= left:
            gap = left - width_of(path) - width_of(note)
            spans += [(path, ""), (note + " " * gap, "accent")]
        else:
            spans.append((fit(path + note, left, "left", self._glyphs.ellipsis), ""))
        for piece in counts:
            spans += [("  ", ""), (piece.text, piece.role)]
        return spans
