"""UCI packages as libuci keeps them: parse, print, find sections.

Stands in for libuci inside a lab device; written from its documented file format and from what
openwrt.md saw, so it shares no line with the simulator or the engine it is used to judge.
"""

from __future__ import annotations

import re

NAME = re.compile(r"[A-Za-z0-9_]+\Z")
TYPE = re.compile(r"[!-~]+\Z")

Value = str | list[str]


class ParseError(Exception):
    """A file libuci would refuse; its text is libuci's own sentence."""


class Section:
    """One section; `anonymous` ones carry a name made from their place and type."""

    def __init__(self, type: str, name: str, anonymous: bool) -> None:
        self.type, self.name, self.anonymous = type, name, anonymous
        self.options: dict[str, Value] = {}


class Package:
    """One file of /etc/config. (No dataclass here: its import takes longer than all the rest.)"""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sections: list[Section] = []
        self.made = 0  # ever, since libuci counts them into the names of anonymous ones

    def add(self, type: str, name: str | None = None) -> Section:
        """Append a section; a named one that exists is returned with its type changed."""
        if name is not None and (known := self.find(name)):
            known.type = type
            return known
        self.made += 1
        section = Section(type, name or self._hashed(type), name is None)
        self.sections.append(section)
        return section

    def _hashed(self, type: str) -> str:
        value = 5381  # djb2, of the type alone when a section is made
        for char in type.encode():
            value = (value * 33 + char) & 0xFFFFFFFF
        return f"cfg{self.made:02x}{value & 0xFFFF:04x}"

    def find(self, name: str) -> Section | None:
        """Return a section by name or by `@type[index]` (negative counts from the end)."""
        if match := re.fullmatch(r"@([^\[\]]*)\[(-?\d+)\]", name):
            kind, index = match[1], int(match[2])
            same = [s for s in self.sections if not kind or s.type == kind]
            return same[index] if -len(same) <= index < len(same) else None
        return next((s for s in self.sections if s.name == name), None)

    def shown(self, section: Section) -> str:
        """Return how `uci show` names a section: anonymous ones by type and index."""
        if not section.anonymous:
            return section.name
        same = [s for s in self.sections if s.type == section.type]
        return f"@{section.type}[{same.index(section)}]"


def quoted(value: str) -> str:
    """Quote for the shell, as every printing command of uci does."""
    return "'" + value.replace("'", "'\\''") + "'"


def text(package: Package, header: bool) -> str:
    """Return the package as a file, with its `package` line for `uci export`."""
    lines = [f"package {package.name}\n"] if header else []
    for section in package.sections:
        name = "" if section.anonymous else f" {quoted(section.name)}"
        lines.append(f"\nconfig {section.type}{name}\n")
        for key, value in section.options.items():
            if isinstance(value, str):
                lines.append(f"\toption {key} {quoted(value)}\n")
            else:
                lines += [f"\tlist {key} {quoted(item)}\n" for item in value]
    return "".join(lines) + "\n"


def parse(content: str, name: str) -> list[Package]:
    """Parse a configuration file, or several behind `package` lines.

    Raises ParseError with line and byte as libuci counts them.
    """
    packages: list[Package] = []
    current: Package | None = Package(name) if name else None
    section: Section | None = None
    if current:
        packages.append(current)
    for number, words in _statements(content):
        if words[0] == "package" and len(words) == 2:
            current, section = Package(words[1]), None
            packages = [p for p in packages if p.sections or p.name != name] + [current]
        elif current is None:
            raise ParseError(f"Parse error (attempt to import a file without a package) {number}")
        elif words[0] == "config" and len(words) in (2, 3):
            section = current.add(words[1], words[2] if len(words) == 3 else None)
        elif words[0] in ("option", "list") and len(words) == 3 and NAME.match(words[1]):
            if section is None:
                raise _error("option/list command found before the first section", number)
            _put(section, *words)
        else:
            known = words[0] in ("package", "config", "option", "list")
            raise _error("invalid argument" if known else "invalid command", number)
    return packages


def _put(section: Section, kind: str, key: str, value: str) -> None:
    before = section.options.get(key)
    if kind == "option":
        section.options[key] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        section.options[key] = [value]


def _error(what: str, line: int, byte: int = 0) -> ParseError:
    return ParseError(f"Parse error ({what}) at line {line}, byte {byte}")


def _statements(content: str) -> list[tuple[int, list[str]]]:
    """Split a file into lines of words; quotes may span lines."""
    found: list[tuple[int, list[str]]] = []
    number, rest = 1, content
    while rest:
        words, used = words_of(rest, number)
        if words:
            found.append((number, words))
        number += rest[:used].count("\n")
        rest = rest[used:]
    return found


_PLAIN = re.compile(r"(?:[^\\'\"\s#;]|\\.|(?<=\S)#)+", re.DOTALL)


def words_of(source: str, line: int = 1) -> tuple[list[str], int]:
    """Return the words up to the end of the statement and how much text they took.

    Raises ParseError for a quote that never ends.
    """
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(source):
        char = source[at]
        if char in "'\"":
            piece, at = _quoted_piece(source, at, line)
            word = (word or "") + piece
        elif char in "\n;" or (char == "#" and word is None):
            end = source.find("\n", at) if char == "#" else at
            at = len(source) if end < 0 else end + 1
            break
        elif char.isspace():
            if word is not None:
                words.append(word)
            word, at = None, at + 1
        else:
            match = _PLAIN.match(source, at)
            piece, at = (match[0], match.end()) if match else (char, at + 1)
            word = (word or "") + re.sub(r"\\(.)", r"\1", piece, flags=re.DOTALL)
    return (words if word is None else [*words, word]), at


def _quoted_piece(source: str, at: int, line: int) -> tuple[str, int]:
    """Return the text between quotes starting at `at`, and where it ends."""
    mark, out, start = source[at], "", at
    at += 1
    while at < len(source):
        char = source[at]
        if char == mark:
            return out, at + 1
        if char == "\\" and mark == '"' and at + 1 < len(source):
            at += 1
            char = source[at]
        out += char
        at += 1
    raise _error(f"EOF with unterminated {mark}", line + source[start:].count("\n"), 0)
