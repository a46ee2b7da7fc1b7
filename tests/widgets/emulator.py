"""As much of a terminal as is needed to read what an app shows: cells with their styles."""

from __future__ import annotations

import codecs
import re

from widgets.plaintext import width_of

_PIECE = re.compile(
    r"\x1b\[(?P<numbers>[\d;]*)(?P<verb>[HCmJ])"
    r"|\x1b\[[?<>=]?[\d;:$]*[ -/]*[@-~]|\x1b[\]P][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[()#][0-9A-Z]|\x1b[=>78cM]"
    r"|(?P<text>[^\x00-\x1f\x7f]+)|[\x00-\x1a\x1c-\x1f\x7f]"
)
Look = tuple[frozenset[str], str, str]  # flags, foreground, background
_TAKES = {"22": {"1", "2"}, **{f"2{one}": {str(one)} for one in (3, 4, 5, 7, 9)}}
_PLAIN: Look = (frozenset(), "", "")


class Screen:
    """What a terminal shows after it was fed; a wide character's second cell is empty text."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, Look]] = {}
        self.place = (0, 0)
        self.look = _PLAIN
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, written: bytes) -> None:
        """Show what was written; a sequence that is cut goes on with the next piece."""
        text, at = self._rest + self._decoder.decode(written), 0
        while at < len(text) and (piece := _PIECE.match(text, at)):
            at = piece.end()
            if piece["text"]:
                self._write(piece["text"])
            elif piece["verb"]:
                self._obey(piece["verb"], piece["numbers"])
        self._rest = text[at:]

    @property
    def text(self) -> str:
        """All lines, without colours."""
        return "\n".join(
            self.line(y) for y in range(1 + max((y for y, _ in self.cells), default=0))
        )

    def line(self, y: int) -> str:
        """One line."""
        last = max((x for line, x in self.cells if line == y), default=-1)
        return "".join(self.cells.get((y, x), (" ", _PLAIN))[0] for x in range(last + 1)).rstrip()

    def _write(self, words: str) -> None:
        for one in words:
            (y, x), width = self.place, width_of(one)
            self._spoil(y, x)
            if width == 2:
                self._spoil(y, x + 1)
                self.cells[y, x + 1] = ("", self.look)
            self.cells[y, x] = (one, self.look)
            self.place = (y, x + width)

    def _spoil(self, y: int, x: int) -> None:
        """Half a wide character that is overwritten takes the other half along."""
        if self.cells.get((y, x), (" ", _PLAIN))[0] == "" and (y, x - 1) in self.cells:
            self.cells[y, x - 1] = (" ", self.cells[y, x - 1][1])
        if self.cells.get((y, x + 1), (" ", _PLAIN))[0] == "":
            self.cells[y, x + 1] = (" ", self.cells[y, x + 1][1])

    def _obey(self, verb: str, numbers: str) -> None:
        given = [int(one or 0) for one in numbers.split(";")]
        if verb == "H":
            y, x = (*given, 1)[:2]
            self.place = (max(y, 1) - 1, max(x, 1) - 1)
        elif verb == "C":
            self.place = (self.place[0], self.place[1] + max(given[0], 1))
        elif verb == "J":
            self.cells.clear()
        else:
            self._dress([str(one) for one in given])

    def _dress(self, codes: list[str]) -> None:
        flags, front, back = self.look
        while codes:
            code, *codes = codes
            number, colour = int(code), code
            if code in ("38", "48"):
                length = 4 if codes[0] == "2" else 2
                colour, codes = ";".join((code, *codes[:length])), codes[length:]
            if number == 0:
                flags, front, back = _PLAIN
            elif 30 <= number <= 39 or 90 <= number <= 97:
                front = "" if code == "39" else colour
            elif 40 <= number <= 49 or 100 <= number <= 107:
                back = "" if code == "49" else colour
            elif code in _TAKES:
                flags -= _TAKES[code]
            else:
                flags |= {code}
        self.look = (flags, front, back)

    def seen(self) -> dict[tuple[int, int], tuple[str, Look]]:
        """The cells as an eye tells them apart: a space has no foreground where nothing shows."""
        cells = {place: _seen(*cell) for place, cell in self.cells.items()}
        return {place: cell for place, cell in cells.items() if cell != (" ", _PLAIN)}


def _seen(one: str, look: Look) -> tuple[str, Look]:
    flags, front, back = look
    if one != " ":
        return one, look
    shown = flags - {"1", "2", "3", "5"}
    return " ", (shown, front if shown else "", back)
