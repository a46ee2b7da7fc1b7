"""Sends a terminal only the cells that differ from what it shows; free of Textual.

    Frugal().feed(text)     what is left to write of an app's output; "" when it changes nothing
    Frugal().forget()       the terminal may show anything: it was resized, or lent to others

Textual writes a changed cell with all that stands left of it in its widget, every piece with all of
its colours, and a new screen whole. Here a picture is kept of what the terminal shows. Whatever is
not plain painting (modes, titles, the clipboard) passes as it is, and the picture is forgotten.
"""

from __future__ import annotations

import re
from functools import lru_cache

from widgets.plaintext import width_of

_TOKEN = re.compile(
    r"\x1b\[(?:(?P<y>\d+);(?P<x>\d+)H|(?P<style>[\d;]*)m)|(?P<end>\n)|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"  # a frame, for terminals that draw it at once
_RESET = "\x1b[0m"
_FRONT = frozenset((*range(30, 40), *range(90, 98)))
_BACK = frozenset((*range(40, 50), *range(100, 108)))
_NO_FRONT, _NO_BACK = 39, 49
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "9": "29"}  # ECMA-48
_GAP = 4  # so many cells that are as they were cost no more than a move over them

_Cell = tuple[str, str]  # character and style; ("", "") is what nobody knows
_UNKNOWN: _Cell = ("", "")


class Frugal:
    """The picture of one terminal."""

    def __init__(self) -> None:
        self._lines: dict[int, list[_Cell]] = {}
        self._begun = False  # a frame was begun and nothing in it has been written yet
        self._pen = _Pen()

    def forget(self) -> None:
        """Believe nothing of what the terminal shows."""
        self._lines.clear()
        self._pen.place = None

    def feed(self, text: str) -> str:
        """Give what is to be written in the place of a piece of output."""
        if text == _BEGIN:
            self._begun = True
            return ""
        if text == _END:
            shown, self._begun = not self._begun, False
            return _END if shown else ""
        painted = self._painted(text)
        if painted is None:
            self.forget()
            painted = text
        if painted and self._begun:
            self._begun = False
            return _BEGIN + painted
        return painted

    def _painted(self, text: str) -> str | None:
        """Paint what differs; None when this is more than painting."""
        pen, at, style = self._pen, 0, ""
        place: tuple[int, int] | None = None
        pen.begin()
        for token in _TOKEN.finditer(text):
            if token.start() != at:
                return None
            at = token.end()
            if (words := token["text"]) is not None:
                if place is None:
                    return None
                y, x = place
                place = (y, x + self._paint(y, x, words, style))
            elif token["style"] is not None:
                style = "" if token["style"] in ("", "0") else token["style"]
            elif token["end"] is None:
                place = int(token["y"]) - 1, int(token["x"]) - 1
            else:
                place = None
        return pen.end(place) if at == len(text) else None

    def _paint(self, y: int, x: int, words: str, style: str) -> int:
        """Paint a run of one style; gives its width."""
        line = self._lines.setdefault(y, [])
        width = width_of(words)
        if len(line) < x + width:
            line += [_UNKNOWN] * (x + width - len(line))
        if width != len(words):  # cells of two, or none: their halves are nobody's to know
            self._pen.write(y, x, words, style)
            line[x : x + width] = [_UNKNOWN] * width
            self._pen.place = None
            return width
        bare = blank(style)
        now = [(one, bare if one == " " else style) for one in words]
        was = line[x : x + width]
        if now != was:
            line[x : x + width] = now
            for first, last in _differences(was, now):
                self._pen.write(y, x + first, words[first:last], style)
        return width


class _Pen:
    """Where the terminal writes next and how, and what it was told in this piece of output."""

    def __init__(self) -> None:
        self.place: tuple[int, int] | None = None
        self._style = ""
        self._told: list[str] = []

    def begin(self) -> None:
        self._style = ""
        self._told = []

    def write(self, y: int, x: int, words: str, style: str) -> None:
        """Write words in a style at a place."""
        self._move((y, x))
        wanted = self._style
        if style != wanted and (words.strip(" ") or blank(style) != blank(wanted)):
            self._told.append(turn(wanted, style))
            self._style = style
        self._told.append(words)
        self.place = (y, x + len(words))

    def end(self, place: tuple[int, int] | None) -> str:
        """Leave the terminal as the app does: no style, the cursor where it was put last."""
        if self._style:
            self._told.append(_RESET)
        if place is not None:
            self._move(place)
        return "".join(self._told)

    def _move(self, place: tuple[int, int]) -> None:
        if place == self.place:
            return
        (y, x), here = place, self.place
        # Behind the last cell of a line a terminal may not have moved on: never step from there.
        if here is not None and here[0] == y and here[1] < x < here[1] + 100:
            self._told.append(f"\x1b[{x - here[1]}C" if x > here[1] + 1 else "\x1b[C")
        else:
            self._told.append(f"\x1b[{y + 1};{x + 1}H")
        self.place = place


def _differences(was: list[_Cell], now: list[_Cell]) -> list[tuple[int, int]]:
    """The parts of a run that differ; parts with little between them are one."""
    found: list[tuple[int, int]] = []
    for number, pair in enumerate(zip(was, now, strict=True)):
        if pair[0] != pair[1]:
            if found and number - found[-1][1] <= _GAP:
                found[-1] = (found[-1][0], number + 1)
            else:
                found.append((number, number + 1))
    return found


@lru_cache(4096)
def blank(style: str) -> str:
    """What is seen of a style in a space: its background, lines, and reverse video."""
    flags, front, back = _parsed(style)
    shown = tuple(one for one in flags if one not in ("1", "2", "3", "5"))
    return ";".join((*shown, *((front,) if shown and front else ()), *((back,) if back else ())))


@lru_cache(4096)
def turn(before: str, after: str) -> str:
    """The shortest way from one style to another."""
    (flags, front, back), (new_flags, new_front, new_back) = _parsed(before), _parsed(after)
    parts: list[str] = []
    gone = [one for one in flags if one not in new_flags]
    if all(one in _OFF for one in gone):
        parts += dict.fromkeys(_OFF[one] for one in gone)
        dulled = "22" in parts  # takes bold and faint together
        parts += [one for one in new_flags if one not in flags or (dulled and one in "12")]
        parts += [new_front or "39"] if front != new_front else []
        parts += [new_back or "49"] if back != new_back else []
    whole = f"0;{after}" if after else "0"
    short = ";".join(parts)
    return f"\x1b[{short if parts and len(short) < len(whole) else whole}m"


@lru_cache(4096)
def _parsed(style: str) -> tuple[tuple[str, ...], str, str]:
    """Flags, foreground and background; a colour of its own is "" where it is the terminal's."""
    codes = iter(style.split(";") if style else ())
    flags, front, back = [], "", ""
    for code in codes:
        if code in ("38", "48"):
            kind = next(codes)
            more = [next(codes) for _ in range(3 if kind == "2" else 1)]
            colour = ";".join((code, kind, *more))
        else:
            colour = code
        number = int(code)
        if number in _FRONT:
            front = "" if number == _NO_FRONT else colour
        elif number in _BACK:
            back = "" if number == _NO_BACK else colour
        else:
            flags.append(code)
    return tuple(flags), front, back
