"""How far a job is, in one line: a bar, a count, and what became of the devices so far.

progress_spans(done, total, pieces, width, glyphs)     pure
ProgressLine(*, glyphs)      update_progress(done, total, pieces)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from widgets.glyphs import UTF8, Glyphs
from widgets.oneline import OneLine, Piece, Spans, fit_pieces
from widgets.plaintext import width_of

__all__ = ["Piece", "ProgressLine", "progress_spans"]

_LEAST_BAR = 10


def progress_spans(
    done: int, total: int, pieces: Sequence[Piece], width: int, glyphs: Glyphs
) -> Spans:
    """Draw ` ████░░  5/30  ok 4  fail 1`: the words first, the bar in what is left."""
    count = f"{done}/{total}"
    room = width - 4 - width_of(count)
    shown = fit_pieces(pieces, max(0, room - _LEAST_BAR - 2), 2)
    bar = room - sum(width_of(piece.text) + 2 for piece in shown)
    full = 0 if total <= 0 else min(bar, bar * done // total)
    spans: Spans = [(" ", ""), (glyphs.bar_full * full, "accent")]
    spans += [(glyphs.bar_empty * (bar - full), "muted"), (f"  {count}", "strong")]
    for piece in shown:
        spans += [("  ", ""), (piece.text, piece.role)]
    return spans


class ProgressLine(OneLine):
    """A progress bar with its words."""

    def __init__(
        self,
        done: int = 0,
        total: int = 0,
        pieces: Iterable[Piece] = (),
        *,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._done, self._total = done, total
        self._pieces = tuple(pieces)

    def update_progress(self, done: int, total: int, pieces: Iterable[Piece] = ()) -> None:
        """Tell how far it is and what became of it."""
        self._done, self._total, self._pieces = done, total, tuple(pieces)
        self._show()

    def _spans(self, width: int) -> Spans:
        return progress_spans(self._done, self._total, self._pieces, width, self._glyphs)
