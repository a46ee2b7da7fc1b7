"""JSON with the line of each place, and errors that say what to do (strict: RFC 8259)."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NoReturn

from owtui.engine.configs.model import Problem
from owtui.engine.configs.source import BARE, DEEPEST, Source, bare_variable, pointer

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.])")
_WORD = re.compile(r"[\w.+-]+")
_NAMES = {"true": True, "false": False, "null": None}
_SPELLED = {"True": "true", "False": "false", "None": "null", "yes": "true", "no": "false"}


class _Wrong(Exception):
    def __init__(self, sentence: str, at: int, path: str) -> None:
        super().__init__(sentence)
        self.problem = (sentence, at, path)


def read(text: str) -> Source:
    """Read a JSON text; the first thing that cannot be read ends it."""
    reader = _Reader(text)
    try:
        config = reader.whole()
    except _Wrong as wrong:
        sentence, at, path = wrong.problem
        ended = Problem(sentence, path, reader.line(at))
        return Source(None, reader.lines, (*reader.problems, ended))
    return Source(config, reader.lines, tuple(reader.problems))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._at = 0
        self._end = 0  # of the last thing that was read: where a comma or a bracket is missing

    def line(self, at: int) -> int:
        return bisect_right(self._starts, at)

    def whole(self) -> Any:
        self._at = 1 if self.text.startswith("\ufeff") else 0
        self._skip()
        self.lines["#"] = self.line(self._at)
        value = self._value("#", 0)
        self._skip()
        if self._at < len(self.text):
            what = self.text[self._at]
            self._fail(
                f"The configuration ends in line {self.line(self._end - 1)}; “{what}” is too much.",
                "#",
            )
        return value

    # -- values ----------------------------------------------------------------------------

    def _value(self, path: str, depth: int) -> Any:
        if depth > DEEPEST:
            self._fail(f"It is nested deeper than {DEEPEST} levels.", path)
        sign = self._peek()
        bare = BARE.match(self.text, self._at)
        if bare is not None:
            self._fail(bare_variable(bare[1]), path)
        value: Any
        if sign == "{":
            value = self._collection(path, depth, "{", "}", self._member)
        elif sign == "[":
            value = self._collection(path, depth, "[", "]", self._element)
        elif sign == '"':
            value = self._string(path)
        else:
            value = self._scalar(path)
        self._end = self._at
        return value

    def _collection(
        self,
        path: str,
        depth: int,
        opens: str,
        closes: str,
        one: Callable[[Any, str, int], None],
    ) -> Any:
        started = self._at
        found: Any = {} if opens == "{" else []
        self._at += 1
        self._end = self._at
        self._skip()
        if self._peek() == closes:
            self._at += 1
            return found
        while True:
            self._not_ended(opens, started, path)
            one(found, path, depth)
            self._skip()
            self._not_ended(opens, started, path)
            sign = self._peek()
            if sign == closes:
                self._at += 1
                return found
            if sign != ",":
                self._no_comma(opens, closes, path)
            comma = self._at
            self._at += 1
            self._skip()
            if self._peek() in ("}", "]"):
                self._at = comma
                self._fail("The comma before the bracket is one too many.", path)

    def _member(self, found: dict[str, Any], path: str, depth: int) -> None:
        at = self._at
        if self._peek() != '"':
            self._no_key(path)
        name = self._string(path)
        place = pointer(path, name)
        if name in found:
            sentence = f"“{name}” is here twice; line {self.lines[place]} has the first."
            self.problems.append(Problem(sentence, place, self.line(at)))
        self.lines[place] = self.line(at)
        self._end = self._at
        self._skip()
        if self._peek() != ":":
            self._at = self._end
            self._fail(f"A colon is missing behind “{name}”.", place)
        self._at += 1
        self._end = self._at
        self._skip()
        if self._peek() in ("", ",", "}", "]"):
            self._at = self._end
            self._fail(f"“{name}” has no value.", place)
        found[name] = self._value(place, depth + 1)

    def _element(self, found: list[Any], path: str, depth: int) -> None:
        place = pointer(path, len(found))
        self.lines[place] = self.line(self._at)
        found.append(self._value(place, depth + 1))

    def _string(self, path: str) -> str:
        found = _STRING.match(self.text, self._at)
        if found is None:
            self._bad_string(path)
        self._at = found.end()
        text: str = json.loads(found.group())
        return text

    def _scalar(self, path: str) -> Any:
        number = _NUMBER.match(self.text, self._at)
        if number is not None:
            self._at = number.end()
            value = json.loads(number.group())
            if isinstance(value, float) and value in (float("inf"), float("-inf")):
                self._fail(f"{number.group()} is too large a number.", path)
            return value
        word = _WORD.match(self.text, self._at)
        if word is not None and word.group() in _NAMES:
            self._at = word.end()
            return _NAMES[word.group()]
        self._no_value(word.group() if word else "", path)

    # -- what is wrong ---------------------------------------------------------------------

    def _fail(self, sentence: str, path: str) -> NoReturn:
        raise _Wrong(sentence, self._at, path)

    def _not_ended(self, opens: str, started: int, path: str) -> None:
        if self._at >= len(self.text):
            self._at = max(0, self._end - 1)
            self._fail(f"The “{opens}” of line {self.line(started)} is not closed.", path)

    def _no_comma(self, opens: str, closes: str, path: str) -> NoReturn:
        sign = self._peek()
        self._no_comment(path)
        if sign in ("}", "]"):
            self._fail(f"“{sign}” closes a “{opens}”; that needs “{closes}”.", path)
        before = "" if self.line(self._end) < self.line(self._at) else f" before {self._here()}"
        self._at = max(0, self._end - 1)
        where = before or " at the end of this line"
        self._fail(f"A comma is missing{where}.", path)

    def _no_key(self, path: str) -> NoReturn:
        self._no_comment(path)
        word = _WORD.match(self.text, self._at)
        if self._peek() == "'":
            self._fail("Texts stand in double quotes, not in single ones.", path)
        if self._peek() == ",":
            self._fail("There is one comma too many.", path)
        if word is not None:
            self._fail(f'A key stands in double quotes: "{word.group()}".', path)
        self._fail("Here a key is wanted, in double quotes.", path)

    def _no_value(self, word: str, path: str) -> NoReturn:
        self._no_comment(path)
        sign = self._peek()
        if sign == "'":
            self._fail("Texts stand in double quotes, not in single ones.", path)
        if word in _SPELLED:
            self._fail(f"{word} is written {_SPELLED[word]} in JSON.", path)
        if word[:1].isdigit() or word[:1] in ("+", "-", "."):
            self._fail(f'{word} is no number of JSON; as a text it is "{word}".', path)
        if word:
            self._fail(f'A text stands in double quotes: "{word}".', path)
        self._fail(f"“{sign}” is no value." if sign else "A value is missing.", path)

    def _no_comment(self, path: str) -> None:
        if self.text.startswith(("//", "/*", "#"), self._at):
            self._fail("JSON has no comments; take it away.", path)

    def _bad_string(self, path: str) -> NoReturn:
        rest = self.text[self._at + 1 :].partition("\n")[0]
        broken = re.search(r"\\(?![\"\\/bfnrtu])|\\u(?![0-9a-fA-F]{4})", rest)
        closed = re.match(r'(?:[^"\\]|\\.)*"', rest)
        if closed is not None and broken is not None and broken.start() < closed.end():
            self._fail(r"“\” begins an escape here; a backslash itself is “\\”.", path)
        if closed is not None:
            self._fail(r"A tab or control character is written as \t or \u00….", path)
        self._fail("A text is not closed in its line; a line end in it is written \\n.", path)

    # -- where it is -----------------------------------------------------------------------

    def _here(self) -> str:
        found = _STRING.match(self.text, self._at) or _WORD.match(self.text, self._at)
        return found.group() if found else f"“{self._peek()}”"

    def _peek(self) -> str:
        return self.text[self._at : self._at + 1]

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self._at)
        assert found is not None  # it matches nothing at least
        self._at = found.end()
