"""A difference as text: packages, sections, `-` and `+` lines, without secrets.

    wireless
      config wifi-device radio1
    -   option channel '36'
    +   option channel '100'

Lines of one change are the same on every device: options are in the order of their names, and what
is not printable is written as an escape, so that no value can steer a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from owtui.engine.configs.diff import (
    ConfigDiff,
    FileDiff,
    Hunk,
    OptionDiff,
    PackageDiff,
    SectionDiff,
)
from owtui.engine.configs.masking import MASK, mask_text, mask_value
from owtui.engine.configs.services import Service, services
from owtui.engine.openwrt.uci import Value

Sign = Literal["-", "+", " "]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference; `head` is true for packages, files and headers of sections."""

    sign: Sign
    text: str
    head: bool = False

    def __str__(self) -> str:
        return self.text if self.head and self.sign == " " else f"{self.sign} {self.text}"


Item = tuple[str, str]  # "option" or "list", and a value


@dataclass(frozen=True, slots=True)
class Counts:
    """What differs, in numbers: files, lines that come, lines that go."""

    files: int
    added: int
    removed: int

    def __str__(self) -> str:
        return f"{self.files} file{'s' * (self.files != 1)}, +{self.added} -{self.removed}"


def lines(diff: ConfigDiff, *, masked: bool = True) -> tuple[Line, ...]:
    """Every line of a difference, in a stable order."""
    shown = _Shown(masked)
    return (
        *(line for package in diff.packages for line in shown.package(package)),
        *(line for file in diff.files for line in shown.file(file)),
    )


def text(diff: ConfigDiff) -> str:
    """The difference for plans, jobs, screens and exports: secrets show as "•••"."""
    return _joined(lines(diff))


def told(diff: ConfigDiff) -> tuple[str, str]:
    """`text` and `summary`, for many devices: the lines are made once."""
    made = lines(diff)
    return _joined(made), _summary(diff, made)


def counts(diff: ConfigDiff) -> Counts:
    """The numbers of the last line of a difference: "2 files, +2 -1"."""
    return _counts(diff, lines(diff))


def _joined(made: tuple[Line, ...]) -> str:
    return "".join(f"{line}\n" for line in made)


def _counts(diff: ConfigDiff, made: tuple[Line, ...]) -> Counts:
    signs = [line.sign for line in made]
    return Counts(len(diff.touched), signs.count("+"), signs.count("-"))


def reloads(diff: ConfigDiff) -> tuple[Service, ...]:
    """The services that take the change in."""
    return services(diff.reloading, (file.path for file in diff.files))


def summary(diff: ConfigDiff) -> str:
    """One line: "2 files, +2 -1, reload: wifi"."""
    return _summary(diff, lines(diff))


def _summary(diff: ConfigDiff, made: tuple[Line, ...]) -> str:
    if not diff:
        return "no change"
    names = ", ".join(service.name for service in reloads(diff))
    numbers = _counts(diff, made)
    return f"{numbers}, reload: {names}" if names else str(numbers)


def printable(value: str) -> str:
    """A value as it can be shown in one line; bytes that are no UTF-8 as \\xff."""
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else _escaped(char) for char in value)


def _moves(old: list[Item], new: list[Item]) -> Sequence[tuple[str, int, int, int, int]]:
    if set(old).isdisjoint(new):  # as of most options, which have one value
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


class _Shown:
    """Makes the lines, with or without secrets."""

    def __init__(self, masked: bool) -> None:
        self._masked = masked

    def package(self, diff: PackageDiff) -> Iterator[Line]:
        yield Line(" ", diff.name + _STATES[diff.state], head=True)
        yield from _mode(diff.mode)
        if not diff.sections and diff.state == "changed" and diff.layout is not None:
            yield Line(" ", "  (only comments or layout)", head=True)
        for section in diff.sections:
            yield from self._section(section)

    def _section(self, diff: SectionDiff) -> Iterator[Line]:
        if diff.old_at < 0:
            yield Line("+", _header(diff, diff.new_name), head=True)
        elif diff.new_at < 0:
            yield Line("-", _header(diff, diff.old_name), head=True)
        elif diff.old_name != diff.new_name:
            yield Line("-", _header(diff, diff.old_name), head=True)
            yield Line("+", _header(diff, diff.new_name), head=True)
        else:
            place = "  (moved)" if diff.moved else ""
            yield Line(" ", f"  {_header(diff, diff.new_name)}{place}", head=True)
        for option in diff.options:
            yield from self._option(option)

    def _option(self, diff: OptionDiff) -> Iterator[Line]:
        old, new = _items(diff.old), _items(diff.new)
        word = {True: "list", False: "option"}
        minus = [(word[isinstance(diff.old, list)], one) for one in old]
        plus = [(word[isinstance(diff.new, list)], one) for one in new]
        for tag, a, b, c, d in _moves(minus, plus):
            if tag == "equal":
                continue
            for kind, value in minus[a:b]:
                yield Line("-", f"  {kind} {diff.name} {self._value(diff.name, value)}")
            for kind, value in plus[c:d]:
                shown = self._value(diff.name, value)
                # Both sides look the same; only this says that they are not.
                told = " (changed)" if MASK in shown and a < b else ""
                yield Line("+", f"  {kind} {diff.name} {shown}{told}")

    def _value(self, name: str, value: str) -> str:
        return f"'{printable(mask_value(name, value) if self._masked else value)}'"

    def file(self, diff: FileDiff) -> Iterator[Line]:
        yield Line(" ", diff.path + _STATES[diff.state], head=True)
        yield from _mode(diff.mode)
        if diff.binary:
            yield Line(" ", f"  ({diff.sizes[0]} → {diff.sizes[1]} bytes, no text)", head=True)
            return
        if diff.private and self._masked:
            yield from self._contents(diff)
            return
        for hunk in diff.hunks:
            yield from self._hunk(hunk)

    def _contents(self, diff: FileDiff) -> Iterator[Line]:
        """All of a private key is one secret: a single line of it must not be shown either."""
        if diff.hunks and diff.state != "new":
            yield Line("-", f"  contents {MASK}")
        if diff.hunks and diff.state != "gone":
            yield Line("+", f"  contents {MASK}" + " (changed)" * (diff.state == "changed"))

    def _hunk(self, hunk: Hunk) -> Iterator[Line]:
        old, new = self._plain(hunk.old), self._plain(hunk.new)
        yield from (Line("-", f"  {line}") for line in old)
        for line in new:
            told = " (changed)" if self._masked and MASK in line and line in old else ""
            yield Line("+", f"  {line}{told}")

    def _plain(self, parts: tuple[bytes, ...]) -> list[str]:
        whole = b"".join(parts).decode("utf-8", "surrogateescape")
        plain = mask_text(whole) if self._masked else whole
        return [printable(line) for line in plain.removesuffix("\n").split("\n")] if plain else []


_STATES = {"changed": "", "new": "  (new file)", "gone": "  (deleted)"}


def _header(diff: SectionDiff, name: str | None) -> str:
    if name is not None:
        return f"config {diff.type} {name}"
    return f"config {diff.type}" + (f" ({printable(diff.title)})" if diff.title else "")


def _items(value: Value | None) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _mode(mode: tuple[int, int] | None) -> Iterator[Line]:
    if mode:
        yield Line(" ", f"  mode {mode[0]:04o} → {mode[1]:04o}", head=True)


def _escaped(char: str) -> str:
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char)
    if named:
        return named
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
