"""A shell line with `{name}` in it, where quoted values are put in and nowhere else can be.

A quoted value is one word only where the shell would read a word: within quotes, backticks, a
comment, arithmetic or a here-document it could break out, so a `{name}` there is refused when the
settings are read. `{{name}}` is the text {name}, and `${name}` stays the shell's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_DOUBLED = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
_PLAIN_VARIABLE = re.compile(r"\$\{[A-Za-z0-9_]+\}")
_COMMENT_AFTER = frozenset(" \t\n;&|()<>")
# What the shell reads by other rules; beside a {name} it is not allowed at all.
_FOREIGN = {
    "`": "in a command with backticks; write $( ) instead",
    "<<": "in a command with a here-document",
    "$((": "in a command with arithmetic, $(( ))",
    "$'": "in a command with $' '",
}


class TemplateError(ValueError):
    """Why a line cannot take its values, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Template:
    """A line taken apart: text, name, text, name, …, text."""

    texts: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, words: Mapping[str, str]) -> str:
        """The line with these words in it; they must be quoted already."""
        ends = (*(words[name] for name in self.names), "")
        return "".join(text + word for text, word in zip(self.texts, ends, strict=True))


def parse(line: str) -> Template:
    """Find the places. Raises TemplateError where a value would not stay one word."""
    if not _PLACE.search(_DOUBLED.sub("", line)):
        return Template((_DOUBLED.sub(r"{\1}", line),), ())
    return _Reader(line).read()


class _Reader:
    """Goes through a line as the shell does, as far as quotes are concerned."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0
        self._state = ""  # "'", '"', "#" or nothing
        self._in_variable = 0  # depth of ${ }
        self._before = "\n"  # the character that the shell saw last
        self._texts = [""]
        self._names: list[str] = []

    def read(self) -> Template:
        """Take it apart."""
        while self._at < len(self._line):
            if not (self._doubled() or self._place()):
                self._step()
        if self._state in ("'", '"'):
            raise TemplateError("a quote is not closed")
        return Template(tuple(self._texts), tuple(self._names))

    def _take(self, count: int = 1) -> None:
        text = self._line[self._at : self._at + count]
        self._texts[-1] += text
        self._at += len(text)
        self._before = text[-1:] or self._before

    def _doubled(self) -> bool:
        found = _DOUBLED.match(self._line, self._at)
        if found is None:
            return False
        self._texts[-1] += f"{{{found[1]}}}"
        self._at, self._before = found.end(), "}"
        return True

    def _place(self) -> bool:
        found = _PLACE.match(self._line, self._at)
        if found is None or self._before == "$":
            return False
        if self._state == "#":
            raise TemplateError(f"{found[0]} stands in a comment")
        if self._state:
            raise TemplateError(f"{found[0]} stands in quotes; take them away, values are quoted")
        if self._in_variable:
            raise TemplateError(f"{found[0]} stands within ${{ }}")
        self._names.append(found[1])
        self._texts.append("")
        self._at, self._before = found.end(), "}"
        return True

    def _step(self) -> None:
        here = self._line[self._at]
        if self._state == "#":
            self._state = "" if here == "\n" else "#"
            self._take()
        elif self._state == "'":
            self._state = "" if here == "'" else "'"
            self._take()
        elif here == "\\":
            self._escape()
        else:
            self._refuse_foreign()
            self._unescaped(here)
            self._take()

    def _escape(self) -> None:
        before = self._before
        self._take(2)
        if self._line[self._at - 1] == "\n":  # a line that goes on: the shell sees neither
            self._before = before

    def _refuse_foreign(self) -> None:
        for mark, why in _FOREIGN.items():
            if not self._line.startswith(mark, self._at):
                continue
            if self._state == '"' and mark in ("<<", "$'"):
                continue  # text, there
            raise TemplateError(f"a value cannot be put {why}")

    def _unescaped(self, here: str) -> None:
        """Change state at a character that is not escaped, outside of single quotes."""
        nests = here == "$" and self._line[self._at + 1 : self._at + 2] in ("(", "{")
        if self._state == '"':
            if nests and not _PLAIN_VARIABLE.match(self._line, self._at):
                raise TemplateError('a value cannot be put in a command with "$( )" in quotes')
            self._state = "" if here == '"' else '"'
        elif here in ("'", '"'):
            self._state = here
        elif here == "#" and self._before in _COMMENT_AFTER:
            self._state = "#"
        elif here == "{" and self._before == "$":
            self._in_variable += 1
        elif here == "}" and self._in_variable:
            self._in_variable -= 1
