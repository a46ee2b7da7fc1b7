"""The text of UCI: parsing, printing, anonymous names and the lines of the staging area.

Names of anonymous sections are libuci's: the position in the package and a hash of the type, so
`system.@system[0]` is cfg01e48a here as it is on every router.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Value = str | list[str]

NOT_FOUND = "Entry not found"
INVALID = "Invalid argument"
PARSE = "Parse error"


class UciError(Exception):
    """What libuci says: one of its error texts, with a place for a parse error."""


@dataclass(slots=True)
class Section:
    """One section; `name` is always set, made from a hash when `anonymous`."""

    name: str
    type: str
    anonymous: bool
    options: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Package:
    """One file of /etc/config; `made` counts the sections it ever had, for their hashes."""

    name: str
    sections: list[Section] = field(default_factory=list)
    made: int = 0

    def add(self, kind: str, name: str = "") -> Section:
        """Append a section; without a name it becomes anonymous."""
        self.made += 1
        section = Section(name or anonymous_name(self.made, kind), kind, not name)
        self.sections.append(section)
        return section

    def find(self, reference: str) -> Section | None:
        """Return the section called `name`, or `@type[index]` where the index may be negative."""
        if not reference.startswith("@"):
            return next((s for s in self.sections if s.name == reference), None)
        kind, bracket, index = reference[1:].partition("[")
        if not bracket or not index.endswith("]") or not index[:-1].lstrip("-").isdigit():
            raise UciError(INVALID)
        matching = [s for s in self.sections if not kind or s.type == kind]
        position = int(index[:-1])
        if not -len(matching) <= position < len(matching):
            return None
        return matching[position]

    def typed(self, kind: str) -> Iterator[Section]:
        return (s for s in self.sections if s.type == kind)


def anonymous_name(position: int, kind: str) -> str:
    """Return libuci's name for the section at a position: cfgNN and a djb2 hash of its type."""
    value = 5381
    for byte in kind.encode():
        value = (value * 33 + byte) & 0xFFFFFFFF
    return f"cfg{position:02x}{value & 0xFFFF:04x}"


def is_name(text: str, kind: bool = False) -> bool:
    """Tell whether libuci takes `text` as the name of a section or option, or as a type."""
    return bool(text) and all(
        (c.isascii() and (c.isalnum() or c == "_")) or (kind and "!" <= c <= "~") for c in text
    )


def first(value: Value | None, default: str = "") -> str:
    """Return an option's value as one string."""
    if value is None:
        return default
    return value if isinstance(value, str) else " ".join(value)


def listed(value: Value | None) -> list[str]:
    """Return an option's value as the words of a list, however it was written."""
    if value is None:
        return []
    return value.split() if isinstance(value, str) else list(value)


# -- reading ---------------------------------------------------------------------------------


def parse(text: str, name: str) -> Package:
    """Read a file of /etc/config; raises UciError with line and byte as `uci` prints them."""
    package = Package(name)
    section: Section | None = None
    for number, words in _lines(text):
        command, *rest = words
        if command == "package":
            continue
        if command == "config":
            if not rest or not is_name(rest[0], kind=True) or len(rest) > 2:
                raise _bad("invalid character in name field", number, len(command) + 1)
            named = rest[1] if len(rest) > 1 else ""
            old = package.find(named) if named else None
            section = old if old is not None else package.add(rest[0], named)
        elif command in ("option", "list"):
            if section is None or not rest or not is_name(rest[0]):
                raise _bad("invalid command", number, 0)
            _store(section, command, rest[0], rest[1] if len(rest) > 1 else "")
        else:
            raise _bad("invalid command", number, 0)
    return package


def _store(section: Section, command: str, name: str, value: str) -> None:
    if command == "option":
        if value:
            section.options[name] = value
        else:
            section.options.pop(name, None)
        return
    section.options[name] = [*listed_exactly(section.options.get(name)), value]


def listed_exactly(value: Value | None) -> list[str]:
    """Return a value as a list without splitting a plain string."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def _bad(reason: str, line: int, byte: int) -> UciError:
    return UciError(f"{PARSE} ({reason}) at line {line}, byte {byte}")


_TOKEN = re.compile(
    r"""'(?P<raw>[^']*)' | "(?P<soft>(?:\\.|[^"\\])*)" | \\(?P<escaped>.) | (?P<comment>\#[^\n]*)
      | (?P<end>[\n;]) | (?P<space>[ \t\r]+) | (?P<bare>[^\s'"\\\#;]+)""",
    re.VERBOSE | re.DOTALL,
)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each command's line number and words; a quote may run over several lines."""
    words: list[str] = []
    joined = False  # the next piece continues the last word
    line, position = 1, 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise _bad("unterminated quote", line, position - text.rfind("\n", 0, position) - 1)
        position = token.end()
        kind = token.lastgroup
        if kind in ("raw", "soft", "escaped", "bare"):
            piece = token[kind]
            if kind == "soft":
                piece = re.sub(r"\\(.)", r"\1", piece, flags=re.DOTALL)
            words[-1:] = [words[-1] + piece] if joined else [*words[-1:], piece]
            joined = True
        else:
            joined = False
        if kind == "end" and words:
            yield line, words
            words = []
        line += token[0].count("\n")
    if words:
        yield line, words


def unquoted_lines(text: str) -> Iterator[str]:
    """Yield the commands of a staging file, quotes resolved."""
    return (" ".join(words) for _, words in _lines(text))


# -- printing --------------------------------------------------------------------------------


def quoted(text: str) -> str:
    """Return a value in single quotes the way uci prints and stores it."""
    return "'" + text.replace("'", "'\\''") + "'"


def file_text(package: Package) -> str:
    """Return what `uci commit` writes to /etc/config."""
    out: list[str] = []
    for section in package.sections:
        name = "" if section.anonymous else f" '{section.name}'"
        out.append(f"\nconfig {section.type}{name}\n")
        for key, value in section.options.items():
            if isinstance(value, str):
                out.append(f"\toption {key} {quoted(value)}\n")
            else:
                out.extend(f"\tlist {key} {quoted(item)}\n" for item in value)
    return "".join(out) + "\n"


def export_text(package: Package) -> str:
    """Return what `uci export` prints."""
    return f"package {package.name}\n{file_text(package)}"


def show_value(value: Value, delimiter: str = " ") -> str:
    if isinstance(value, str):
        return quoted(value)
    return delimiter.join(quoted(item) for item in value)


def show_names(package: Package, extended: bool = True) -> dict[str, str]:
    """Map each section's name to how `uci show` refers to it."""
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for section in package.sections:
        index = counts.get(section.type, 0)
        counts[section.type] = index + 1
        plain = not section.anonymous or not extended
        names[section.name] = section.name if plain else f"@{section.type}[{index}]"
    return names


def show_section(package: Package, section: Section, shown: str, delimiter: str = " ") -> str:
    head = f"{package.name}.{shown}"
    lines = [f"{head}={section.type}\n"]
    lines += [f"{head}.{k}={show_value(v, delimiter)}\n" for k, v in section.options.items()]
    return "".join(lines)


def show_text(package: Package, extended: bool = True, delimiter: str = " ") -> str:
    """Return what `uci show PACKAGE` prints."""
    names = show_names(package, extended)
    return "".join(show_section(package, s, names[s.name], delimiter) for s in package.sections)
