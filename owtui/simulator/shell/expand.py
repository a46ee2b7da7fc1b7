"""Turning words into fields: parameters, substitutions, splitting by IFS, path names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import glob
from .arithmetic import evaluate
from .syntax import Arithmetic, Literal, Param, Part, Script, ShellSyntaxError, Word

if TYPE_CHECKING:
    from .interpreter import Shell

# How a piece of a word behaves: kept whole, globbed, or split into fields and globbed.
QUOTED, BARE, SPLIT = 0, 1, 2
Piece = tuple[str, int] | None  # None ends a field, between the parameters of "$@"
_LIMIT = 4 << 20


async def pieces(shell: Shell, word: Word) -> list[Piece]:
    """Expand parameters, substitutions and arithmetic; keep what was quoted apart."""
    out: list[Piece] = []
    for index, part in enumerate(word):
        if isinstance(part, Literal):
            text = part.text
            if index == 0 and not part.quoted and text.startswith("~"):
                text = re.sub(r"^~(?=/|$)", shell.vars.get("HOME", "/root"), text)
            out.append((text, QUOTED if part.quoted else BARE))
        elif isinstance(part, Param):
            out += await _param(shell, part)
        else:
            how = QUOTED if part.quoted else SPLIT
            out.append((await _computed(shell, part), how))
    if sum(len(piece[0]) for piece in out if piece) > _LIMIT:
        raise ShellSyntaxError("out of memory")
    return out


async def _computed(shell: Shell, part: Part) -> str:
    if isinstance(part, Arithmetic):
        return str(evaluate(await text(shell, part.expression), shell.vars))
    assert not isinstance(part, (Literal, Param))
    return await _captured(shell, part.body)


async def _captured(shell: Shell, body: Script) -> str:
    return (await shell.capture(body)).rstrip("\n")


async def _param(shell: Shell, part: Param) -> list[Piece]:
    how = QUOTED if part.quoted else SPLIT
    if part.name in "@*" and not part.op:
        return _positional(shell, part, how)
    value = shell.parameter(part.name)
    op = part.op
    if op == "#len":
        return [(str(len(value or "")), how)]
    if op in ("#", "##", "%", "%%"):
        return [(glob.trim(value or "", await pattern(shell, part.word), op), how)]
    if op:
        return await _default(shell, part, value, how)
    if value is None and "u" in shell.options:
        raise ShellSyntaxError(f"{part.name}: parameter not set")
    return [(value or "", how)]


def _positional(shell: Shell, part: Param, how: int) -> list[Piece]:
    if part.quoted and part.name == "*":
        return [(shell.vars.get("IFS", " ")[:1].join(shell.args), QUOTED)]
    out: list[Piece] = []
    for index, arg in enumerate(shell.args):
        out += [None, (arg, how)] if index else [(arg, how)]
    return out


async def _default(shell: Shell, part: Param, value: str | None, how: int) -> list[Piece]:
    op = part.op
    missing = value is None or (op.startswith(":") and not value)
    kind = op[-1]
    if kind == "+":
        return [] if missing else await pieces(shell, part.word)
    if not missing:
        return [(value or "", how)]
    if kind == "?":
        said = await text(shell, part.word) or "parameter not set"
        raise ShellSyntaxError(f"{part.name}: {said}")
    if kind == "=":
        shell.vars[part.name] = await text(shell, part.word)
        return [(shell.vars[part.name], how)]
    inner = await pieces(shell, part.word)
    return [(p[0], SPLIT if p[1] == BARE and how == SPLIT else p[1]) if p else p for p in inner]


async def text(shell: Shell, word: Word) -> str:
    """Expand a word to one text, as in an assignment."""
    if len(word) == 1 and isinstance(word[0], Literal) and not word[0].text.startswith("~"):
        return word[0].text
    return "".join(piece[0] if piece else " " for piece in await pieces(shell, word))


async def pattern(shell: Shell, word: Word) -> str:
    """Expand a word to a shell pattern in which quoted text is literal."""
    found = await pieces(shell, word)
    return "".join(glob.escape(p[0]) if p[1] == QUOTED else p[0] for p in found if p)


async def fields(shell: Shell, word: Word) -> list[str]:
    """Expand a word to the arguments it stands for."""
    if len(word) == 1 and isinstance(word[0], Literal):
        only = word[0]
        if only.quoted or not re.search(r"[*?\[~]", only.text):
            return [only.text]
    splitter = _Splitter(shell)
    for piece in await pieces(shell, word):
        splitter.feed(piece)
    splitter.end_field()
    return splitter.fields


class _Splitter:
    """Collects fields; each is kept as a pattern in which quoted text is escaped."""

    def __init__(self, shell: Shell) -> None:
        self.fields: list[str] = []
        self._shell = shell
        self._field: list[str] = []
        self._begun = False
        ifs = shell.vars.get("IFS", " \t\n")
        blank = "".join(c for c in ifs if c in " \t\n")
        other = "".join(c for c in ifs if c not in " \t\n")
        blanks = f"[{re.escape(blank)}]" if blank else "(?!)"
        marks = f"(?:{blanks})*[{re.escape(other)}](?:{blanks})*|" if other else ""
        self._separator = re.compile(f"({marks}(?:{blanks})+)") if ifs else None
        self._marks = other

    def feed(self, piece: Piece) -> None:
        if piece is None:
            self._begun = True
            self.end_field()
            self._begun = True
            return
        value, how = piece
        if how == SPLIT and self._separator is not None:
            self._split(value)
        elif how == QUOTED or value:
            self._field.append(glob.escape(value) if how == QUOTED else value)
            self._begun = True

    def _split(self, value: str) -> None:
        assert self._separator is not None
        for index, part in enumerate(self._separator.split(value)):
            if index % 2:
                self._begun = self._begun or any(mark in part for mark in self._marks)
                self.end_field()
            elif part:
                self._field.append(part.replace("\\", "\\\\"))
                self._begun = True

    def end_field(self) -> None:
        if not self._begun:
            return
        word = "".join(self._field)
        self._field, self._begun = [], False
        shell = self._shell
        found = glob.paths(word, shell.device.files, shell.cwd) if glob.has_magic(word) else []
        self.fields += found or [glob.unescape(word)]
