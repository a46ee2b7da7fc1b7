"""The two spellings of an Ansible inventory, read into groups of hosts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import yaml

EXPANDED = 20_000
NESTED = 100
_SECTION = re.compile(r"\[([^\]:]+)(?::(vars|children|hosts))?\]\s*(?:[#;].*)?")
_RANGE = re.compile(r"\[([0-9]+|[a-zA-Z]):([0-9]+|[a-zA-Z])(?::([0-9]+))?\]")


class LineError(ValueError):
    """The inventory cannot be read at `line`."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


class Encrypted:
    """A value that only ansible-vault can read."""


@dataclass(slots=True)
class Group:
    """Hosts (patterns, with the line and their variables), children and variables of a group."""

    line: int = 1
    hosts: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


def expand(pattern: str, line: int) -> Iterator[str]:
    """Give the names of `ap-[01:10]`, `node[a:c]`, `h[1:9:2]`. Raises LineError."""
    pieces: list[list[str]] = []
    at, size = 0, 1
    for match in _RANGE.finditer(pattern):
        names = _range(match, line)
        size *= len(names)
        if size > EXPANDED:
            raise LineError(line, f"{pattern} means more than {EXPANDED} hosts.")
        pieces += [[pattern[at : match.start()]], names]
        at = match.end()
    pieces.append([pattern[at:]])
    return ("".join(parts) for parts in product(*pieces))


def _range(match: re.Match[str], line: int) -> list[str]:
    first, last, step = match[1], match[2], int((match[3] or "1")[:6])
    numbers = first.isdigit() and last.isdigit()
    if first.isdigit() != last.isdigit() or step == 0 or max(len(first), len(last)) > 9:
        raise LineError(line, f"{match[0]} is no range.")
    low, high = (int(first), int(last)) if numbers else (ord(first), ord(last))
    if low > high:
        raise LineError(line, f"{match[0]} is no range: it begins after its end.")
    if (high - low) // step >= EXPANDED:
        raise LineError(line, f"{match[0]} means more than {EXPANDED} hosts.")
    width = len(first) if numbers and first.startswith("0") else 0
    values = range(low, high + 1, step)
    return [f"{n:0{width}d}" if numbers else chr(n) for n in values]


def ini_groups(text: str) -> dict[str, Group]:
    """Read the INI form. Raises LineError."""
    groups = {"all": Group()}
    name, part = "ungrouped", ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(("#", ";")):
            continue
        section = _SECTION.fullmatch(line)
        if section is not None:
            name, part = section[1].strip(), section[2] or ""
            groups.setdefault(name, Group(number))
        elif line.startswith("[") and "=" not in line and not _RANGE.match(line):
            raise LineError(number, f"{line[:40]} is no section: [group], :vars or :children.")
        else:
            _ini_line(groups.setdefault(name, Group(number)), part, line, number, groups)
    return groups


def _ini_line(group: Group, part: str, line: str, number: int, groups: dict[str, Group]) -> None:
    if part == "children":
        child = line.split("#")[0].strip()
        group.children[child] = None
        groups.setdefault(child, Group(number))
    elif part == "vars":
        name, equals, value = line.partition("=")
        if not equals:
            raise LineError(number, "A variable is name=value.")
        group.variables[name.strip()] = _unquoted(value.strip())
    else:
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            raise LineError(number, "A quote is not closed.") from None
        if words:
            pairs = (word.partition("=") for word in words[1:])
            variables = {name: value for name, equals, value in pairs if equals}
            _, known = group.hosts.get(words[0], (number, {}))
            group.hosts[words[0]] = (number, {**known, **variables})


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


class _Loader(yaml.SafeLoader):
    """SafeLoader that keeps numbers as they are written and knows Ansible's tags."""


_Loader.yaml_implicit_resolvers = {}  # 0123 and 1e3 are texts here, and so is yes
_Loader.add_constructor("!vault", lambda loader, node: Encrypted())
_Loader.add_constructor("!vault-encrypted", lambda loader, node: Encrypted())
_Loader.add_constructor("!unsafe", lambda loader, node: str(node.value))


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        said = problem.problem or "it ends too early"
        raise LineError(line, f"This is no YAML: {said}.") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise LineError(0, "This YAML cannot be read.") from None


def yaml_variables(text: str, name: str) -> dict[str, Any]:
    """Read a file of variables. Raises LineError that names the file."""
    try:
        data = _yaml(text)
    except LineError as problem:
        raise LineError(0, f"{name}, line {problem.line}: {problem}") from None
    return {str(key): value for key, value in _table(data, name).items()}


def yaml_groups(text: str) -> dict[str, Group]:
    """Read the YAML form. Raises LineError."""
    data = _yaml(text)
    if not isinstance(data, dict):
        raise LineError(1, "An inventory begins with its groups.")
    groups: dict[str, Group] = {"all": Group()}
    left = [(str(name), body, 0) for name, body in data.items()]
    taken = 0
    while left:
        name, body, depth = left.pop()
        taken += 1
        if depth > NESTED or taken > EXPANDED:
            # anchors make a few lines as deep and as wide as one likes
            raise LineError(0, f"The group {name} is nested too deep.")
        children = _yaml_group(groups.setdefault(name, Group()), name, body)
        left += [(child, inner, depth + 1) for child, inner in children.items()]
        for child in children:
            groups.setdefault(child, Group())
    return groups


def _yaml_group(group: Group, name: str, body: Any) -> dict[str, Any]:
    """Take hosts and variables of a group; gives its children."""
    parts = _table(body, name)
    for host, variables in _table(parts.get("hosts"), name).items():
        _, known = group.hosts.get(str(host), (0, {}))
        group.hosts[str(host)] = (0, {**known, **_table(variables, str(host))})
    group.variables.update(_table(parts.get("vars"), name))
    children = {str(child): inner for child, inner in _table(parts.get("children"), name).items()}
    group.children.update(dict.fromkeys(children))
    return children


def _table(value: Any, name: str) -> dict[Any, Any]:
    if value is None or value in ("", "~", "null"):
        return {}
    if not isinstance(value, dict):
        raise LineError(0, f"{name}: a table of names is expected here.")
    return value
