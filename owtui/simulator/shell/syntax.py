"""The tree a shell script is parsed into: immutable, so that one parse serves a whole fleet."""

from __future__ import annotations

from dataclasses import dataclass


class ShellSyntaxError(Exception):
    """What ash prints after `syntax error: `."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text as it stands; quoted text is neither split nor globbed."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Param:
    """$name or ${name OP word}; `op` is "", "#len" or one of - := + ? # ## % %% with colon."""

    name: str
    op: str
    word: Word
    quoted: bool


@dataclass(frozen=True, slots=True)
class Substitution:
    """$(body) or `body`."""

    body: Script
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """$((expression))."""

    expression: Word
    quoted: bool


Part = Literal | Param | Substitution | Arithmetic
Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """fd OP target, where OP is > >> < >& <& or << (target is then the document)."""

    fd: int
    op: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    assigns: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """( body ) in a subshell of its own, or { body; } in this one."""

    body: Script
    subshell: bool
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Script, Script], ...]
    otherwise: Script
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`words` is None for `for x` without `in`: the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Script
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    until: bool
    condition: Script
    body: Script
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Case:
    word: Word
    arms: tuple[tuple[tuple[Word, ...], Script], ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    body: Command


Command = Simple | Group | If | For | Loop | Case | Function


@dataclass(frozen=True, slots=True)
class Pipeline:
    negated: bool
    stages: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """Pipelines joined by && and ||; `links[i]` joins pipelines i and i+1."""

    pipelines: tuple[Pipeline, ...]
    links: tuple[str, ...]
    background: bool
    text: str


Script = tuple[Item, ...]
