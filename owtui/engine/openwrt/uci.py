"""UCI as values: what a file of /etc/config says, without a device and without `uci`.

The reader accepts what libuci accepts (quotes of both kinds, values over several lines, comments,
continued lines, `;`), the printer writes what `uci export` writes, byte for byte. Text is UTF-8
with surrogateescape, so that any byte survives the way there and back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from owtui.engine.openwrt.answer import to_bytes
from owtui.errors import ProtocolError

Value = str | list[str]

_BLANK = " \t\r\v\f"
_BLANKS = re.compile(f"[{_BLANK}]*")
_BARE = re.compile(f"[^{_BLANK}\n;#'\"\\\\]*")
_INSIDE = re.compile(r'[^"\\]*')  # double quotes
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")  # of sections, options and packages
_TYPE = re.compile(r"[!-~]+\Z")  # anything visible…
_UNPRINTABLE = re.compile(r"""['"#;\\]""")  # …that `uci export`, which never quotes it, can print


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `name` is None for an anonymous one.

    `handle` is how `uci` and rpcd call it: the name, or libuci's cfg… for an anonymous one. It
    follows from the position and is left out of comparisons.
    """

    type: str
    name: str | None = None
    options: dict[str, Value] = field(default_factory=dict)
    handle: str = field(default="", compare=False)

    @property
    def anonymous(self) -> bool:
        """True when the file gives it no name."""
        return self.name is None

    def get(self, option: str, default: str = "") -> str:
        """Return an option as one string; a list is joined by spaces, as `uci get` prints it."""
        value = self.options.get(option, default)
        return value if isinstance(value, str) else " ".join(value)

    def words(self, option: str) -> list[str]:
        """Return an option as a list; a plain string is split at blanks, as init scripts do."""
        value = self.options.get(option, [])
        return value.split() if isinstance(value, str) else list(value)


@dataclass(frozen=True, slots=True)
class Package:
    """One package: /etc/config/<name>."""

    name: str
    sections: tuple[Section, ...] = ()

    def section(self, handle: str) -> Section | None:
        """Return the section with this name or handle, None when there is none."""
        return next((s for s in self.sections if handle in (s.name, s.handle)), None)

    def typed(self, kind: str) -> tuple[Section, ...]:
        """Return the sections of one type in their order."""
        return tuple(s for s in self.sections if s.type == kind)


def anonymous_handle(position: int, kind: str) -> str:
    """Return libuci's name of an anonymous section: cfg, its place from 1, djb2 of its type."""
    value = 5381
    for byte in kind.encode("utf-8", "surrogateescape"):
        value = (value * 33 + byte) & 0xFFFFFFFF
    return f"cfg{position:02x}{value & 0xFFFF:04x}"


# -- printing --------------------------------------------------------------------------------


def export(package: Package) -> str:
    """Print a package as `uci export` does. Empty options are left out: libuci keeps none."""
    out = [f"package {package.name}\n"]
    for section in package.sections:
        named = f" {_quoted(section.name)}" if section.name is not None else ""
        out.append(f"\nconfig {section.type}{named}\n")
        for option, value in section.options.items():
            if isinstance(value, list):
                out.extend(f"\tlist {option} {_quoted(item)}\n" for item in value)
            elif value:
                out.append(f"\toption {option} {_quoted(value)}\n")
    return "".join(out) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# -- reading ---------------------------------------------------------------------------------


def parse(text: str | bytes, name: str = "") -> Package:
    """Read one package from `uci export` or from its file in /etc/config.

    `name` is used where the text has no `package` line. Raises ProtocolError with the line.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    reader = _Reader(name)
    for line, words in _commands(text):
        reader.take(line, words)
    return Package(reader.name, tuple(reader.sections))


class _Reader:
    """Collects sections with libuci's rules on what repeats."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sections: list[Section] = []
        self._current: Section | None = None

    def take(self, line: int, words: list[str]) -> None:
        command, *rest = words
        if command in ("package", "p") and len(rest) == 1:
            self.name = self.name or _named(line, rest[0])
        elif command in ("config", "c") and 1 <= len(rest) <= 2 and rest[0]:
            self._current = self._open(line, rest[0], rest[1] if len(rest) > 1 else "")
        elif command in ("option", "o", "list", "l") and 1 <= len(rest) <= 2 and rest[0]:
            if self._current is None:
                raise _broken(line, "an option before the first section")
            value = rest[1] if len(rest) > 1 else ""
            store = _put if command[0] == "o" else _append
            store(self._current.options, _named(line, rest[0]), value)
        else:
            raise _broken(line, f"{' '.join(words)[:40]!r} is no command of UCI")

    def _open(self, line: int, kind: str, name: str) -> Section:
        if not _TYPE.match(kind) or _UNPRINTABLE.search(kind):
            raise _broken(line, f"{kind[:40]!r} is no type of a section")
        known = next((s for s in self.sections if name and s.name == name), None)
        if known is not None:
            if known.type != kind:
                raise _broken(line, f"section {name!r} was of type {known.type!r} before")
            return known
        handle = name or anonymous_handle(len(self.sections) + 1, kind)
        section = Section(kind, _named(line, name) if name else None, {}, handle)
        self.sections.append(section)
        return section


def _put(options: dict[str, Value], name: str, value: str) -> None:
    """Set an option: an empty value deletes, a changed one moves to the end (libuci's uci_set)."""
    if options.get(name) == value:
        return
    options.pop(name, None)
    if value:
        options[name] = value


def _append(options: dict[str, Value], name: str, value: str) -> None:
    """Add to a list; a plain option of that name becomes its first item, at the end."""
    old = options.get(name)
    if isinstance(old, list):
        old.append(value)
        return
    options.pop(name, None)
    options[name] = [value] if old is None else [old, value]


def _named(line: int, name: str) -> str:
    if not _NAME.match(name):
        raise _broken(line, f"{name[:40]!r} is no name")
    return name


def _broken(line: int, why: str) -> ProtocolError:
    return ProtocolError(f"UCI text is broken at line {line}: {why}.", "Look at the file itself.")


def _commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each command with the number of the line it starts on."""
    scanner = _Scanner(text)
    while not scanner.done:
        line = scanner.line
        words = scanner.command()
        if words:
            yield line, words


class _Scanner:
    """Cuts text into words as libuci's parse_str does: quotes may begin and end inside a word."""

    def __init__(self, text: str) -> None:
        if "\0" in text:
            raise _broken(text[: text.index("\0")].count("\n") + 1, "a NUL character")
        self._text = text
        self._at = 0
        self.line = 1

    @property
    def done(self) -> bool:
        return self._at >= len(self._text)

    def command(self) -> list[str]:
        """Read up to the end of a command: a newline or `;`, or the end of the text."""
        words: list[str] = []
        while not self.done:
            self._run(_BLANKS)
            char = self._text[self._at : self._at + 1]
            if char in ("\n", ";", ""):
                self._step()
                break
            if char == "#":
                self._skip_comment()
            elif self._continued():
                self._skip_continuation()
            else:
                words.append(self._word())
        return words

    def _word(self) -> str:
        word: list[str] = []
        while not self.done:
            word.append(self._run(_BARE))
            char = self._text[self._at : self._at + 1]
            if char == "'":
                word.append(self._single())
            elif char == '"':
                word.append(self._double())
            elif char != "\\":
                break
            elif self._continued():
                self._skip_continuation()
            else:
                word.append(self._escaped())
        return "".join(word)

    def _single(self) -> str:
        start, line = self._at + 1, self.line
        end = self._text.find("'", start)
        if end < 0:
            raise _broken(line, "a quote ' is never closed")
        inside = self._text[start:end]
        self.line += inside.count("\n")
        self._at = end + 1
        return inside

    def _double(self) -> str:
        line = self.line
        inside: list[str] = []
        self._step()
        while not self.done:
            run = self._run(_INSIDE)
            self.line += run.count("\n")
            inside.append(run)
            if self._text[self._at : self._at + 1] == '"':
                self._step()
                return "".join(inside)
            if self._continued():
                self._skip_continuation()
            elif not self.done:
                inside.append(self._escaped())
        raise _broken(line, 'a quote " is never closed')

    def _escaped(self) -> str:
        """Take the character behind a backslash as it is."""
        self._at += 1
        return self._step()

    def _run(self, pattern: re.Pattern[str]) -> str:
        """Take what matches from here on, possibly nothing."""
        found = pattern.match(self._text, self._at)
        assert found is not None  # each pattern matches the empty text
        self._at = found.end()
        return found[0]

    def _continued(self) -> bool:
        """True at a backslash that ends its line or the text."""
        rest = self._text[self._at : self._at + 3]
        return rest[:2] == "\\\n" or rest == "\\\r\n" or rest == "\\"

    def _skip_continuation(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end + 1
        self.line += end >= 0

    def _skip_comment(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def _step(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        self.line += char == "\n"
        return char


# -- the JSON of rpcd ------------------------------------------------------------------------


def from_rpc(name: str, values: Mapping[str, Any]) -> Package:
    """Read `values` of rpcd's `uci get`. Raises ProtocolError where it is not that."""
    try:
        entries = sorted(values.values(), key=lambda entry: int(entry[".index"]))
        return Package(name, tuple(_from_entry(entry) for entry in entries))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"The device describes UCI package {name} strangely.") from error


def _told(value: object) -> str:
    return to_bytes(str(value)).decode("utf-8", "surrogateescape")


def _from_entry(entry: Mapping[str, Any]) -> Section:
    handle = str(entry[".name"])
    options: dict[str, Value] = {
        option: [_told(item) for item in value] if isinstance(value, list) else _told(value)
        for option, value in entry.items()
        if not option.startswith(".")
    }
    return Section(str(entry[".type"]), None if entry[".anonymous"] else handle, options, handle)


def to_rpc(package: Package) -> dict[str, dict[str, Any]]:
    """Print a package as `values` of rpcd's `uci get`."""
    values: dict[str, dict[str, Any]] = {}
    for index, section in enumerate(package.sections):
        handle = section.name or section.handle or anonymous_handle(index + 1, section.type)
        values[handle] = {
            ".anonymous": section.anonymous,
            ".type": section.type,
            ".name": handle,
            ".index": index,
            **section.options,
        }
    return values
