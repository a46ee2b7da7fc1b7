"""Read the filter language; its grammar is docs/filter.md.

Recursive descent over characters. Depth, length and the number of parts are bounded, so that no
text and no chain of saved views can exhaust the reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from owtui import columns
from owtui.engine.selection.nodes import (
    WILD,
    And,
    Fuzzy,
    Node,
    Not,
    Or,
    Regex,
    Test,
    View,
    Word,
    plain,
)
from owtui.errors import InputError

Views = Callable[[str], str | None]

LENGTH = 2000
DEPTH = 40
PARTS = 500

_TEST = re.compile(r"(?P<key>[A-Za-z_][A-Za-z0-9_]*)(?P<op>>=|<=|!=|=|:|>|<)")
_HEX_WORD = re.compile(r"[0-9a-fA-F]*:[0-9a-fA-F:.]*(?=[\s|()]|$)")
_OPERATORS = "=:<>"


class FilterError(InputError):
    """A filter that cannot be used; `column` counts from 1 in the text that was given."""

    def __init__(self, sentence: str, at: int, hint: str = "") -> None:
        super().__init__(sentence, hint or f"It is at column {at + 1} of the filter.")
        self.column = at + 1


class Parser:
    """One reading of one text. `inside` names the saved views that are being expanded."""

    def __init__(
        self, text: str, views: Views | None, inside: tuple[str, ...] = (), parts: int = 0
    ) -> None:
        if len(text) > LENGTH:
            raise FilterError(f"The filter is longer than {LENGTH} characters.", LENGTH)
        self._text = text
        self._at = 0
        self._views = views
        self._inside = inside
        self.parts = parts

    def filter(self) -> Node:
        """Read the whole text."""
        self._space()
        if self._ended():
            return And()
        node = self._or(0)
        if not self._ended():
            raise FilterError("This ) closes nothing.", self._at)
        return node

    def _or(self, depth: int) -> Node:
        nodes = [self._and(depth)]
        while self._take("|"):
            nodes.append(self._and(depth))
        return _joined(Or, nodes)

    def _and(self, depth: int) -> Node:
        nodes: list[Node] = []
        self._space()
        while not self._ended() and self._peek() not in "|)":
            nodes.append(self._not(depth))
            self._space()
        if not nodes:
            raise FilterError("Something is missing here.", self._at)
        return _joined(And, nodes)

    def _not(self, depth: int) -> Node:
        if depth > DEPTH:
            raise FilterError(f"The filter is nested more than {DEPTH} deep.", self._at)
        if not self._take("!"):
            return self._term(depth)
        if self._ended() or self._peek().isspace() or self._peek() in "|)":
            raise FilterError("There is nothing after the !.", self._at)
        return Not(self._not(depth + 1))

    def _term(self, depth: int) -> Node:
        self.parts += 1
        if self.parts > PARTS:
            raise FilterError(f"The filter has more than {PARTS} parts.", self._at)
        start = self._at
        if self._take("("):
            node = self._or(depth + 1)
            if not self._take(")"):
                raise FilterError("This ( is not closed.", start)
            return node
        if self._take("/"):
            return Regex(self._pattern(start), start)
        if self._take("~"):
            return Fuzzy(self._text_here("There is nothing after the ~."))
        match = _TEST.match(self._text, self._at)
        if match is not None and not self._is_word(match):
            self._at = match.end()
            return self._test(match)
        if self._peek() in _OPERATORS and not _HEX_WORD.match(self._text, self._at):
            raise FilterError("An operator needs a key before it, without a space.", self._at)
        return Word(self._text_here("A word is missing here."))

    def _is_word(self, match: re.Match[str]) -> bool:
        known = columns.column(match["key"].lower()) or match["key"].lower() == "view"
        return not known and _HEX_WORD.match(self._text, self._at) is not None

    def _test(self, match: re.Match[str]) -> Node:
        key, op, start, value_at = match["key"].lower(), match["op"], match.start(), self._at
        value = self._text_or_empty()
        if key == "view" and op in (":", "="):
            return self._view(plain(value), value_at)
        if columns.column(key) is None:
            near = get_close_matches(key, [*columns.keys(), "view"], 1, 0.5)
            raise FilterError(
                f"There is no key “{key}” (column {start + 1}).",
                start,
                f"The nearest is {near[0]}." if near else "Put quotes round it for a plain word.",
            )
        if op == "!=":
            return Not(Test(key, "=", value, start, value_at))
        return Test(key, op, value, start, value_at)

    def _view(self, name: str, at: int) -> Node:
        text = self._views(name) if self._views else None
        if text is None:
            raise FilterError(f"There is no saved view “{name}”.", at)
        if name in self._inside:
            chain = " → ".join((*self._inside, name))
            raise FilterError(f"The saved view “{name}” contains itself ({chain}).", at)
        within = Parser(text, self._views, (*self._inside, name), self.parts)
        try:
            node = within.filter()
        except FilterError as problem:
            raise FilterError(f"The saved view “{name}”: {problem.sentence}", at) from problem
        self.parts = within.parts
        return View(name, node)

    def _pattern(self, start: int) -> str:
        match = re.compile(r"((?:[^/\\]|\\.)*)/", re.DOTALL).match(self._text, self._at)
        if match is None:
            raise FilterError("This / needs a second one at the end of the pattern.", start)
        self._at = match.end()
        if not self._ended() and not self._peek().isspace() and self._peek() not in "|)":
            raise FilterError("A space is missing after the pattern.", self._at)
        return match[1]

    def _text_here(self, missing: str) -> str:
        start = self._at
        text = self._text_or_empty()
        if self._at == start or not text:
            raise FilterError(missing, start)
        return text

    def _text_or_empty(self) -> str:
        kept: list[str] = []
        while not self._ended():
            character = self._peek()
            if character.isspace() or character in "|()":
                break
            start = self._at
            self._at += 1
            if character == '"':
                kept.extend(self._quoted(start))
            elif character == "\\":
                kept.append(_literally(self._escaped(start)))
            else:
                kept.append(character)
        return "".join(kept)

    def _quoted(self, start: int) -> list[str]:
        kept: list[str] = []
        while not self._ended():
            character = self._peek()
            self._at += 1
            if character == '"':
                return kept
            kept.append(_literally(self._escaped(start) if character == "\\" else character))
        raise FilterError("This quote is not closed.", start)

    def _escaped(self, start: int) -> str:
        if self._ended():
            raise FilterError("There is nothing after the backslash.", start)
        character = self._peek()
        self._at += 1
        return character

    def _peek(self) -> str:
        return self._text[self._at]

    def _ended(self) -> bool:
        return self._at >= len(self._text)

    def _space(self) -> None:
        while not self._ended() and self._peek().isspace():
            self._at += 1

    def _take(self, character: str) -> bool:
        if self._ended() or self._peek() != character:
            return False
        self._at += 1
        return True


def _literally(character: str) -> str:
    return f"\\{character}" if character in WILD or character == "\\" else character


def _joined(kind: type[And] | type[Or], nodes: list[Node]) -> Node:
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, kind) else (node,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
