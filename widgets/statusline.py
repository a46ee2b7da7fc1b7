"""The status line: small facts side by side, the least important dropped when it is narrow.

StatusLine(pieces=(), *, glyphs)     update_pieces(pieces)     update_piece(piece)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from widgets.glyphs import UTF8, Glyphs
from widgets.oneline import OneLine, Piece, Spans, fit_pieces
from widgets.plaintext import width_of

__all__ = ["Piece", "StatusLine"]


class StatusLine(OneLine):
    """Pieces with a divider between them; repaints only what reads differently."""

    def __init__(
        self,
        pieces: Sequence[Piece] = (),
        *,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._pieces = {piece.key: piece for piece in pieces}

    def update_pieces(self, pieces: Iterable[Piece]) -> None:
        """Show these pieces, in this order."""
        self._pieces = {piece.key: piece for piece in pieces}
        self._show()

    def update_piece(self, piece: Piece) -> None:
        """Replace the piece of the same key, or add it at the right; an empty text hides it."""
        self._pieces[piece.key] = piece
        self._show()

    def _spans(self, width: int) -> Spans:
        divider = self._glyphs.divider
        spans: Spans = [(" ", "")]
        for piece in fit_pieces(list(self._pieces.values()), width - 1, width_of(divider)):
            if len(spans) > 1:
                spans.append((divider, "muted"))
            spans.append((piece.text, piece.role))
        return spans
