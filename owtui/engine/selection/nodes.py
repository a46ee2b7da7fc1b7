"""What a filter consists of: frozen nodes, and the normal form that parses to the same nodes.

Texts keep a backslash before a `*`, `?` or backslash that is meant literally; every other
backslash and quote of the source is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WILD = "*?"
_SPECIAL = frozenset('|()"\\')
WORD_SPECIAL = _SPECIAL | frozenset("!~/=:<>")
VALUE_SPECIAL = _SPECIAL | frozenset("=<>")


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word."""

    text: str

    def __str__(self) -> str:
        return written(self.text, WORD_SPECIAL)


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A word that may be misspelt."""

    text: str

    def __str__(self) -> str:
        return "~" + written(self.text, VALUE_SPECIAL)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression; `at` is where it stands in the source."""

    pattern: str
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"/{self.pattern}/"


@dataclass(frozen=True, slots=True)
class Test:
    """A key compared with a value; `at` and `value_at` are where they stand in the source."""

    key: str
    op: str
    value: str
    at: int = field(default=0, compare=False)
    value_at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.key}{self.op}{written(self.value, VALUE_SPECIAL)}"


@dataclass(frozen=True, slots=True)
class View:
    """A saved view with what it stands for."""

    name: str
    node: Node

    def __str__(self) -> str:
        return f"view:{written(self.name, VALUE_SPECIAL)}"


@dataclass(frozen=True, slots=True)
class Not:
    """What does not match `node`."""

    node: Node

    def __str__(self) -> str:
        return "!" + _grouped(self.node, (And, Or))


@dataclass(frozen=True, slots=True)
class And:
    """What matches all nodes; without nodes it is everything, and the whole filter."""

    nodes: tuple[Node, ...] = ()

    def __str__(self) -> str:
        return " ".join(_grouped(node, (Or,)) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """What matches one of the nodes."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " | ".join(str(node) for node in self.nodes)


Node = Word | Fuzzy | Regex | Test | View | Not | And | Or


def _grouped(node: Node, kinds: tuple[type[Node], ...]) -> str:
    return f"({node})" if isinstance(node, kinds) else str(node)


def pairs(text: str) -> list[tuple[str, bool]]:
    """Take a kept text apart into characters and whether each is meant literally."""
    result, escaped = [], False
    for character in text:
        if character == "\\" and not escaped:
            escaped = True
            continue
        result.append((character, escaped or character not in WILD))
        escaped = False
    return result


def is_wild(text: str) -> bool:
    """Whether a `*` or `?` in it is a wildcard."""
    return any(not literal for _, literal in pairs(text))


def plain(text: str) -> str:
    """The text without its backslashes."""
    return "".join(character for character, _ in pairs(text))


def literal(text: str) -> str:
    """Keep a text in which nothing is a wildcard: the opposite of `plain`."""
    return "".join(f"\\{c}" if c in WILD or c == "\\" else c for c in text)


def written(text: str, special: frozenset[str]) -> str:
    characters = pairs(text)
    simple = characters and not any(
        c in special or c.isspace() or (kept and c in WILD) for c, kept in characters
    )
    if simple:
        return plain(text)
    if is_wild(text):
        return "".join(
            f"\\{c}" if kept and (c in special or c in WILD or c.isspace()) else c
            for c, kept in characters
        )
    return '"' + plain(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
