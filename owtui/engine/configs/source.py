"""A configuration as text: JSON or YAML, read with the line of each place, and written.

    parse(text, kind) -> Source       dump(config, kind)      convert(text, kind, other)
    locate(problems, lines)           gives Problems of a JSON pointer the line they are at

Both kinds say the same values: YAML is read by the rules of its 1.2 core schema, so that `no`, a
MAC address or a date are texts as in JSON. Order is kept; comments and anchors of YAML are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from owtui.engine.configs.model import Problem

Kind = Literal["json", "yaml"]
KINDS: tuple[Kind, ...] = ("json", "yaml")
DEEPEST = 64  # levels; a configuration has about eight
INDENT = 2

# {{ name }} outside quotes: neither JSON nor what YAML would make of it.
BARE = re.compile(r"\{\{\s*(\w*)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Source:
    """What a text says. `config` is None where it says nothing that can be used.

    `lines` maps a JSON pointer ("#/radios/0/channel") to the line of its key or element, from 1.
    """

    config: dict[str, Any] | None
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it may be rendered and saved."""
        return self.config is not None and all(one.level != "error" for one in self.problems)


def parse(text: str, kind: Kind) -> Source:
    """Read a text; what is wrong with it are its problems, never an exception. Empty is {}."""
    if not text.strip():
        return Source({}, {"#": 1})
    if kind == "json":
        from owtui.engine.configs.jsontext import read
    else:
        from owtui.engine.configs.yamltext import read
    found = read(text)
    whole: Any = found.config
    if whole is not None and not isinstance(whole, dict):
        what = "a list" if isinstance(whole, list) else "a single value"
        sentence = f"A configuration is an object, and this is {what}."
        return Source(None, found.lines, (*found.problems, Problem(sentence, "#", 1)))
    return found


def dump(config: Mapping[str, Any], kind: Kind) -> str:
    """Write a configuration as text that ends with a line end; the order of its keys is kept."""
    if kind == "yaml":
        from owtui.engine.configs.yamltext import write

        return write(config)
    return visible(json.dumps(config, indent=INDENT, ensure_ascii=False, allow_nan=False)) + "\n"


def visible(text: str) -> str:
    """Spell out what nobody would see, or what would turn round a line, as \\u escapes.

    Only for texts where such characters stand within double quotes alone.
    """
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def convert(text: str, kind: Kind, other: Kind) -> tuple[str, Source]:
    """Write a text anew, as the other kind or tidied as its own; as it is where it has errors.

    The Source holds the problems of the text that was given, a warning for comments that go.
    """
    found = parse(text, kind)
    if found.config is None or not found.ok:
        return text, found
    return dump(found.config, other), found


def pointer(base: str, key: str | int) -> str:
    """One step further: a key of an object or a place in a list (RFC 6901)."""
    return f"{base}/{str(key).replace('~', '~0').replace('/', '~1')}"


def line_of(path: str, lines: Mapping[str, int]) -> int:
    """The line of a place, else of the nearest one around it; 0 where nothing is known."""
    while path not in lines and "/" in path:
        path = path.rpartition("/")[0]
    return lines.get(path, 0)


def locate(problems: Iterable[Problem], lines: Mapping[str, int]) -> tuple[Problem, ...]:
    """Give each problem that has no line yet the line of its path, and put them in order."""
    placed = (one if one.line else replace(one, line=line_of(one.path, lines)) for one in problems)
    return tuple(sorted(placed, key=lambda one: (one.line, one.level != "error")))


def bare_variable(name: str) -> str:
    """What to tell somebody who wrote a variable outside quotes."""
    return f'{{{{ {name} }}}} stands outside quotes. Write "{{{{ {name} }}}}".'
