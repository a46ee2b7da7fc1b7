"""The `uci` command of a lab device: one staging area for everybody, commits that apply nothing.

Messages and exit codes are libuci's: `uci: Entry not found` and 1, 255 for a usage error, and a
batch that ends 0 whatever its lines did (openwrt.md, "uci").
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from .uci_delta import apply, statements
from .uci_file import NAME, TYPE, Package, ParseError, Section, Value, parse, quoted, text, words_of

USAGE = "Usage: uci [<options>] <command> [<arguments>]\n"
NOT_FOUND, INVALID = "Entry not found", "Invalid argument"


class UciError(Exception):
    """What libuci answers instead of a result."""


class UsageError(Exception):
    """A command line that gets the usage and 255."""


class Target:
    """`package.section.option=value` taken apart; parts not given are None."""

    def __init__(
        self, package: str, section: str | None, option: str | None, value: str | None
    ) -> None:
        self.package, self.section, self.option, self.value = package, section, option, value

    @classmethod
    def of(cls, word: str) -> Target:
        path, equals, value = word.partition("=")
        match = re.fullmatch(r"([\w-]+)(?:\.(@[^.\[]*\[-?\d+\]|\w+)(?:\.(\w+))?)?", path, re.ASCII)
        if not match:
            raise UciError(INVALID)
        return cls(match[1], match[2], match[3], value if equals else None)


class Uci:
    """The packages of /etc/config with what is staged in /tmp/.uci on top."""

    def __init__(self, config: str = "/etc/config", staged: str = "/tmp/.uci") -> None:
        self.config, self.staged = Path(config), Path(staged)
        self.delimiter = " "
        self.hashed = False
        self.merge = False

    # reading

    def names(self) -> list[str]:
        return sorted(path.name for path in self.config.iterdir() if path.is_file())

    def load(self, name: str, staged: bool = True) -> Package:
        try:
            content = (self.config / name).read_text()
        except OSError:
            raise UciError(NOT_FOUND) from None
        try:
            package = parse(content, name)[0]
        except ParseError as error:
            raise UciError(str(error)) from None
        for line in self.delta(name) if staged else []:
            apply(package, line)
        return package

    def delta(self, name: str) -> list[str]:
        """Return the staged statements of a package, oldest first."""
        path = self.staged / name
        content = path.read_text() if path.exists() else ""
        lines: list[str] = []
        while content:
            _, used = words_of(content)
            if line := content[:used].rstrip("\n"):
                lines.append(line)
            content = content[used:]
        return lines

    def lookup(self, target: Target) -> tuple[Package, Section | None, Value | None]:
        package = self.load(target.package)
        section = package.find(target.section) if target.section else None
        option = section.options.get(target.option) if section and target.option else None
        return package, section, option

    def existing(self, word: str) -> tuple[Package, Section, Value | None, Target]:
        target = Target.of(word)
        package, section, option = self.lookup(target)
        if section is None or (target.option and option is None):
            raise UciError(NOT_FOUND)
        return package, section, option, target

    # writing

    def stage(self, package: str, *lines: str) -> None:
        """Append to the staging area, which all sessions of root share."""
        self.staged.mkdir(mode=0o700, exist_ok=True)
        with (self.staged / package).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write("".join(f"{line}\n" for line in lines))

    def write(self, package: Package) -> None:
        """Write a package into place and forget what was staged for it.

        libuci does not look whether the writing went well before it renames: on a full flash the
        file ends up cut or empty, and uci says nothing.
        """
        path = self.config / package.name
        fresh = path.with_name(f".{package.name}.uci-{os.getpid()}")
        try:
            fresh.touch(mode=0o600)
        except OSError:
            raise UciError("I/O error") from None
        with contextlib.suppress(OSError):
            fresh.write_text(text(package, header=False))
        fresh.replace(path)
        (self.staged / package.name).unlink(missing_ok=True)

    # commands that print

    def show(self, word: str | None = None) -> None:
        if word is None:
            for name in self.names():
                try:
                    self.show(name)
                except UciError as error:
                    complain(error)
            return
        target = Target.of(word)
        if target.section is None:
            package = self.load(target.package)
            for section in package.sections:
                self._show_section(package, section)
            return
        package, section, option, target = self.existing(word)
        if option is None:
            self._show_section(package, section)
        else:
            self._show_option(package, section, str(target.option), option)

    def _prefix(self, package: Package, section: Section) -> str:
        return f"{package.name}.{section.name if self.hashed else package.shown(section)}"

    def _show_section(self, package: Package, section: Section) -> None:
        print(f"{self._prefix(package, section)}={section.type}")
        for name, value in section.options.items():
            self._show_option(package, section, name, value)

    def _show_option(self, package: Package, section: Section, name: str, value: Value) -> None:
        items = [value] if isinstance(value, str) else value
        printed = self.delimiter.join(quoted(item) for item in items)
        print(f"{self._prefix(package, section)}.{name}={printed}")

    def get(self, word: str) -> None:
        _, section, option, target = self.existing(word)
        if target.option is None:
            print(section.type)
        elif isinstance(option, str):
            print(option)
        else:
            items = [quoted(i) if re.search(r"\s", i) else i for i in option or []]
            print(self.delimiter.join(items))

    def export(self, name: str | None = None) -> None:
        for each in [name] if name else self.names():
            try:
                print(text(self.load(each), header=True), end="")
            except UciError as error:
                if name:
                    raise
                complain(error)

    def changes(self, name: str | None = None) -> None:
        for each in [name] if name else self.names():
            if name:
                self.load(each)
            for line in self.delta(each):
                mark, rest = (line[0], line[1:]) if line[0] in "+-|~@^" else ("", line)
                operator = {"|": "+=", "~": "-="}.get(mark, "=")
                keep = mark if mark in "-@^" else ""
                path, equals, value = rest.partition("=")
                print(f"{keep}{path}{operator if equals else ''}{value}")

    # commands that stage

    def set(self, word: str) -> None:
        target = Target.of(word)
        package, section, _ = self.lookup(target)
        if target.section is None or target.value is None:
            raise UciError(INVALID)
        if section is None and (target.option or not NAME.match(target.section)):
            raise UciError(INVALID)
        if not target.option and target.value and not TYPE.match(target.value):
            raise UciError(INVALID)
        if target.value == "":
            if section is not None and (not target.option or target.option in section.options):
                self.delete(word.partition("=")[0])
            return
        name = section.name if section else target.section
        option = f".{target.option}" if target.option else ""
        self.stage(package.name, f"{package.name}.{name}{option}={quoted(target.value)}")

    def add(self, name: str, type: str) -> None:
        package = self.load(name)
        if not TYPE.match(type):
            raise UciError(INVALID)
        section = package.add(type)
        self.stage(name, f"+{name}.{section.name}={quoted(type)}")
        print(section.name)

    def delete(self, word: str) -> None:
        package, section, _, target = self.existing(word)
        option = f".{target.option}" if target.option else ""
        self.stage(package.name, f"-{package.name}.{section.name}{option}")

    def _list(self, mark: str, word: str) -> None:
        target = Target.of(word)
        package, section, _ = self.lookup(target)
        if section is None or target.option is None or target.value is None:
            raise UciError(INVALID)
        path = f"{package.name}.{section.name}.{target.option}"
        self.stage(package.name, f"{mark}{path}={quoted(target.value)}")

    def add_list(self, word: str) -> None:
        self._list("|", word)

    def del_list(self, word: str) -> None:
        self._list("~", word)

    def rename(self, word: str) -> None:
        package, section, _, target = self.existing(word)
        if not target.value or not NAME.match(target.value):
            raise UciError(INVALID)
        option = f".{target.option}" if target.option else ""
        path = f"{package.name}.{section.name}{option}"
        self.stage(package.name, f"@{path}={quoted(target.value)}")

    def reorder(self, word: str) -> None:
        package, section, _, target = self.existing(word)
        if target.option or not (target.value or "").isdigit():
            raise UciError(INVALID)
        self.stage(package.name, f"^{package.name}.{section.name}={quoted(str(target.value))}")

    # commands that write

    def commit(self, name: str | None = None) -> None:
        for each in [Target.of(name).package] if name else self.names():
            package = self.load(each)
            if self.delta(each):
                self.write(package)

    def revert(self, word: str) -> None:
        target = Target.of(word)
        package, section, _ = self.lookup(target)
        path = ".".join(
            p for p in (package.name, section.name if section else None, target.option) if p
        )
        kept = [
            line
            for line in self.delta(package.name)
            if not (line.lstrip("+-|~@^").partition("=")[0] + ".").startswith(path + ".")
        ]
        (self.staged / package.name).unlink(missing_ok=True)
        if kept:
            self.stage(package.name, *kept)

    def import_(self, name: str | None = None) -> None:
        try:
            packages = parse(sys.stdin.read(), name or "")
        except ParseError as error:
            raise UciError(str(error)) from None
        for package in packages:
            if self.merge:
                self.stage(package.name, *statements(package))
            else:
                self.write(package)

    def batch(self) -> None:
        for line in sys.stdin:
            words, _ = words_of(line)
            if not words:
                continue
            try:
                run(self, words)
            except UciError as error:
                complain(error)
            except UsageError:
                print("Unknown command", file=sys.stderr)


def complain(error: UciError) -> None:
    sys.stdout.flush()
    print(f"uci: {error}", file=sys.stderr)


ARGUMENTS = {
    "show": (0, 1), "get": (1, 1), "export": (0, 1), "import": (0, 1), "changes": (0, 1),
    "set": (1, 1), "add": (2, 2), "delete": (1, 1), "del": (1, 1), "add_list": (1, 1),
    "del_list": (1, 1), "rename": (1, 1), "reorder": (1, 1), "commit": (0, 1), "revert": (1, 1),
    "batch": (0, 0),
}  # fmt: skip


def run(uci: Uci, words: list[str]) -> None:
    """Run one command; UsageError where uci would print its usage."""
    name, *arguments = words
    few, many = ARGUMENTS.get(name, (1, 0))
    if not few <= len(arguments) <= many:
        raise UsageError
    method = {"del": "delete", "import": "import_"}.get(name, name)
    command: Callable[..., None] = getattr(uci, method)
    command(*arguments)


def main(arguments: list[str]) -> int:
    """Return the exit code of `uci <arguments>`."""
    uci, quiet = Uci(), False
    words = list(arguments)
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag[:2] in ("-c", "-P", "-p", "-t", "-d", "-f"):
            value = flag[2:] or (words.pop(0) if words else "")
            _set_option(uci, flag[1], value)
        elif set(flag[1:]) <= set("qXmnNsSL"):
            quiet = quiet or "q" in flag
            uci.hashed = uci.hashed or "X" in flag
            uci.merge = uci.merge or "m" in flag
        else:
            words = []
    try:
        if not words:
            raise UsageError
        run(uci, words)
    except UciError as error:
        if not quiet:
            complain(error)
        return 1
    except UsageError:
        print(USAGE, file=sys.stderr, end="")
        return 255
    return 0


def _set_option(uci: Uci, flag: str, value: str) -> None:
    if flag == "c":
        uci.config = Path(value)
    elif flag == "d":
        uci.delimiter = value
    elif flag == "f":
        sys.stdin = Path(value).open()  # noqa: SIM115  # read to its end by import or batch
    else:
        uci.staged = Path(value)
