"""UCI as programs use it: packages in one folder, staged changes in another, commit and revert.

The staging area is files, as on a device: every CLI session shares /tmp/.uci, so one session's
commit takes another's changes with it, while each rpcd session has a folder of its own.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

from .files import FileTree
from .uci import (
    INVALID,
    NOT_FOUND,
    Package,
    Section,
    UciError,
    file_text,
    is_name,
    listed_exactly,
    parse,
    quoted,
    unquoted_lines,
)

CONFIG = "/etc/config"
STAGING = "/tmp/.uci"

SET, ADD, REMOVE, LIST_ADD, LIST_DEL, RENAME, ORDER = "", "+", "-", "|", "~", "@", "^"


@dataclass(frozen=True, slots=True)
class Change:
    """One staged change; `op` is the mark libuci writes before its line."""

    op: str
    section: str
    option: str = ""
    value: str = ""

    def line(self, package: str) -> str:
        where = f"{self.op}{package}.{self.section}" + (f".{self.option}" if self.option else "")
        bare = self.op == REMOVE and not self.value
        return where if bare else f"{where}={quoted(self.value)}"


def read_change(line: str) -> Change:
    """Return the change a staging line holds."""
    op = line[0] if line[0] in "+-|~@^" else SET
    where, _, value = line[len(op) :].partition("=")
    _, section, option, *_ = [*where.split(".", 2), "", ""]
    return Change(op, section, option, value)


def apply(package: Package, change: Change) -> None:
    """Change a package in memory; raises UciError where libuci would."""
    if change.op == ADD or (change.op == SET and not change.option):
        _set_type(package, change)
        return
    section = package.find(change.section)
    if section is None:
        raise UciError(NOT_FOUND if change.op == REMOVE else INVALID)
    if not change.option:
        _change_section(package, change)
        return
    _change_option(section, change)


def _change_option(section: Section, change: Change) -> None:
    name, options = change.option, section.options
    old = options.get(name)
    if change.op in (REMOVE, LIST_DEL, RENAME) and old is None:
        raise UciError(NOT_FOUND)
    if change.op == SET and not is_name(name):
        raise UciError(INVALID)
    if change.op == REMOVE or (change.op == SET and not change.value):
        options.pop(name, None)
    elif change.op == SET:
        options[name] = change.value
    elif change.op == LIST_ADD:
        options[name] = [*listed_exactly(old), change.value]
    elif change.op == LIST_DEL:
        options[name] = [v for v in listed_exactly(old) if v != change.value]
    elif change.op == RENAME:
        renamed = {change.value if k == name else k: v for k, v in options.items()}
        section.options = renamed


def _set_type(package: Package, change: Change) -> None:
    if not is_name(change.value, kind=True):
        raise UciError(INVALID)
    section = package.find(change.section)
    if section is not None:
        section.type = change.value
    elif change.section.startswith("@"):
        raise UciError(NOT_FOUND)
    elif change.op == ADD:
        package.add(change.value).name = change.section
    elif not is_name(change.section):
        raise UciError(INVALID)
    else:
        package.add(change.value, change.section)


def _change_section(package: Package, change: Change) -> None:
    section = package.find(change.section)
    assert section is not None
    if change.op == REMOVE:
        package.sections.remove(section)
    elif change.op == RENAME:
        section.name, section.anonymous = change.value, False
    elif change.op == ORDER and change.value.isdigit():
        package.sections.remove(section)
        package.sections.insert(int(change.value), section)
    else:
        raise UciError(INVALID)


@dataclass(frozen=True, slots=True)
class UciStore:
    """The packages of one configuration folder with one staging folder over them."""

    files: FileTree
    folder: str = CONFIG
    staging: str = STAGING

    def names(self) -> list[str]:
        """Return the packages there are, sorted."""
        return [n for n in self.files.names(self.folder) if is_name(n.replace("-", "_"))]

    def load(self, name: str, staged: bool = True) -> Package:
        """Return a package with its staged changes; raises UciError."""
        node = None if "/" in name else self.files.find(f"{self.folder}/{name}")
        if node is None or node.is_dir:
            raise UciError(NOT_FOUND)
        package = parse(self.files.read(f"{self.folder}/{name}").decode(errors="replace"), name)
        if staged:
            for change in self.changes(name):
                try:
                    apply(package, change)
                except UciError:
                    continue  # libuci too skips what no longer fits
        return package

    def staged_in(self, name: str) -> str:
        """Return the path of what is staged for a package."""
        return f"{self.staging}/{name}"

    def changes(self, name: str) -> list[Change]:
        """Return what is staged for a package, oldest first."""
        path = self.staged_in(name)
        if self.files.find(path) is None:
            return []
        text = self.files.read(path).decode(errors="replace")
        return [read_change(line) for line in unquoted_lines(text)]

    def changed(self) -> Iterator[tuple[str, list[Change]]]:
        """Yield each package that has something staged."""
        for name in self.names():
            if staged := self.changes(name):
                yield name, staged

    def stage(self, name: str, change: Change) -> None:
        """Check a change against the package and keep it; raises UciError."""
        package = self.load(name)
        if change.section.startswith("@"):
            section = package.find(change.section)
            if section is None:
                raise UciError(NOT_FOUND)
            change = Change(change.op, section.name, change.option, change.value)
        apply(package, change)
        self._keep(name, [*self.changes(name), change])

    def add(self, name: str, kind: str) -> str:
        """Stage a new anonymous section and return its name."""
        if not is_name(kind, kind=True):
            raise UciError(INVALID)
        section = self.load(name).add(kind)
        self._keep(name, [*self.changes(name), Change(ADD, section.name, value=kind)])
        return section.name

    def _keep(self, name: str, changes: list[Change]) -> None:
        self.files.mkdir(self.staging, parents=True, mode=0o700)
        lines = "".join(change.line(name) + "\n" for change in changes)
        self.files.write(f"{self.staging}/{name}", lines)

    def revert(self, name: str, section: str = "", option: str = "") -> None:
        """Forget what is staged for a package, a section or an option."""
        if section.startswith("@"):
            found = self.load(name).find(section)
            section = found.name if found else section
        kept = [
            c
            for c in self.changes(name)
            if section and (c.section != section or (option and c.option != option))
        ]
        self._keep(name, kept)

    def commit(self, name: str) -> bool:
        """Write a package with its staged changes; says whether there were any.

        A full flash is not noticed: the file is then empty and the staged changes are gone, as
        on a device.
        """
        changes = self.changes(name)
        package = self.load(name)
        if not changes:
            return False
        self.replace(name, file_text(package))
        self._keep(name, [])
        return True

    def replace(self, name: str, text: str) -> None:
        """Write a package's file; on a full flash it ends up empty and nobody is told."""
        path = f"{self.folder}/{name}"
        try:
            self.files.write(path, text, mode=0o600)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self.files.create(path)
