"""YAML with the line of each place: what JSON can say, by the rules of YAML's 1.2 core schema.

PyYAML reads 1.1, where `no` is false, `10:20:30:40:50:11` a number and `2026-11-26` a date. Here
plain words are texts unless JSON would read them as something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from owtui.engine.configs.model import Problem
from owtui.engine.configs.source import BARE, DEEPEST, INDENT, Source, bare_variable, pointer

_TAG = "tag:yaml.org,2002:"
_RULES = (  # YAML 1.2.2, 10.3.2
    ("null", re.compile(r"(?:~|null|Null|NULL|)"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)"), list("tTfF")),
    ("int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"), list("-+0123456789")),
    (
        "float",
        re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"),
        list("-+0123456789."),
    ),
)


class _Loader(yaml.SafeLoader):
    """SafeLoader with the resolvers of 1.2 alone."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 — as PyYAML has it


class _Dumper(yaml.SafeDumper):
    """Writes so that a reader of 1.1 and one of 1.2 find the same, lists one step in."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _name, _rule, _first in _RULES:
    whole = re.compile(rf"(?:{_rule.pattern})\Z")
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", whole, _first)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    read_otherwise = any(rule.fullmatch(value) for _, rule, _ in _RULES)
    style = None
    if "\n" in value and _fits_a_block(value):
        style = "|"
    elif not value.isprintable():
        style = '"'  # PyYAML loses a NEL or U+2028 in the other styles
    elif read_otherwise:
        style = "'"
    return dumper.represent_scalar(f"{_TAG}str", value, style)


def _fits_a_block(value: str) -> bool:
    """Whether lines can stand as they are, which a file's contents should."""
    lines = value.split("\n")
    return all(line.isprintable() and line == line.rstrip() for line in lines) and (
        not value.startswith((" ", "\n")) and not value.endswith("\n\n")
    )


def _float(dumper: yaml.SafeDumper, value: float) -> yaml.Node:
    """As JSON spells it, with a point and a signed exponent, which 1.1 wants."""
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    if e:
        point = mantissa if "." in mantissa else f"{mantissa}.0"
        text = f"{point}e{exponent if exponent[:1] in '+-' else '+' + exponent}"
    return dumper.represent_scalar(f"{_TAG}float", text)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _float)


def write(config: Mapping[str, Any]) -> str:
    """Write YAML in blocks, the keys in their order."""
    text: str = yaml.dump(
        dict(config),
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        indent=INDENT,
        width=10_000,
    )
    return _visible(text)


def _visible(text: str) -> str:
    """Spell out what nobody would see; `_text` puts all of it into double quotes."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else f"\\U{ord(c):08x}" for c in text)


def read(text: str) -> Source:
    """Read a YAML text; the first thing that cannot be read ends it."""
    reader = _Reader()
    try:
        refused = _anchor(text)
        if refused is not None:
            return Source(None, {}, (refused,))
        node = yaml.compose(text, Loader=_Loader)
        config = reader.value(node, "#", 0) if node is not None else {}
        comment = _comment_line(text)
    except yaml.MarkedYAMLError as error:
        return Source(None, reader.lines, (_told(error, text),))
    except (yaml.YAMLError, ValueError) as error:  # such as a character no YAML has
        sentence = str(error).splitlines()[0].rstrip(".") + "."
        return Source(None, reader.lines, (Problem(sentence, "#", 0),))
    problems = reader.problems
    if comment:
        lost = "Comments are not kept: what is saved is the configuration alone."
        problems.append(Problem(lost, "#", comment, "warning"))
    failed = any(one.level == "error" for one in problems)
    return Source(None if failed else config, reader.lines, tuple(problems))


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[str, int] = {"#": 1}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: str, depth: int) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if depth > DEEPEST:
            self._wrong(f"It is nested deeper than {DEEPEST} levels.", path, line)
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value(one, pointer(path, number), depth + 1)
                for number, one in enumerate(node.value)
            ]
        return self._scalar(node, path, line)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        bare = _bare(node)
        if bare is not None:
            self._wrong(bare_variable(bare), path, node.start_mark.line + 1)
            return found
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._wrong("A key is a single word or a text in quotes.", path, line)
                continue
            name = key.value
            place = pointer(path, name)
            if key.tag != f"{_TAG}str":
                self._wrong(f'A key is a text: write "{name}" in quotes.', place, line)
            if name in found:
                sentence = f"“{name}” is here twice; line {self.lines[place]} has the first."
                self._wrong(sentence, place, line)
            self.lines[place] = line
            found[name] = self.value(value, place, depth + 1)
        return found

    def _scalar(self, node: yaml.Node, path: str, line: int) -> Any:
        tag, text = node.tag.removeprefix(_TAG), node.value
        if tag == "str":
            return text
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        try:
            if tag == "int":
                return int(text, 0) if text[:2] in ("0o", "0x") else int(text, 10)
            if tag == "float" and abs(value := float(text)) != float("inf"):
                return value
        except ValueError:
            pass
        self._wrong(f"{node.tag} {text} is nothing that JSON knows.", path, line)
        return None

    def _wrong(self, sentence: str, path: str, line: int) -> None:
        self.problems.append(Problem(sentence, path, line))


def _bare(node: yaml.MappingNode) -> str | None:
    """The name of a variable that stands outside quotes: YAML takes it for {{name: null}: null}."""
    if len(node.value) != 1:
        return None
    key, value = node.value[0]
    if not isinstance(key, yaml.MappingNode) or len(key.value) != 1 or value.value:
        return None
    name, nothing = key.value[0]
    return str(name.value) if isinstance(name, yaml.ScalarNode) and not nothing.value else None


def _told(error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 0
    said = error.problem or error.context or "This is no YAML"
    if "\\t" in said:
        return Problem("A tab stands where YAML wants spaces.", "#", line)
    bare = BARE.search(text.split("\n")[line - 1]) if line else None
    if bare is not None:
        return Problem(bare_variable(bare[1]), "#", line)
    return Problem(f"{said[:1].upper()}{said[1:].rstrip('.')}.", "#", line)


def _anchor(text: str) -> Problem | None:
    """What is wrong with a text that names a part of itself; a few lines could mean gigabytes."""
    for token in yaml.scan(text, Loader=_Loader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
            sentence = f"“{token.value}” is an anchor or alias; write out what it stands for."
            return Problem(sentence, "#", token.start_mark.line + 1)
    return None


def _comment_line(text: str) -> int:
    """The line of the first comment, 0 without one: a # between two tokens of the text."""
    end = 0
    for token in yaml.scan(text, Loader=_Loader):
        between = text[end : token.start_mark.index]
        if "#" in between:
            return text.count("\n", 0, end + between.index("#")) + 1
        end = max(end, token.end_mark.index)
    return 0


def scalar(value: Any) -> str:
    """Write a single value as it would stand behind a key."""
    text: str = yaml.dump({"": value}, Dumper=_Dumper, allow_unicode=True, width=10_000)
    return _visible(text.partition(": ")[2].rstrip("\n"))
