"""The two configurations that are compared, read lazily: most changes touch one package."""

from __future__ import annotations

import re
from functools import cached_property

from owtui.engine.configs.cutoff.model import Way
from owtui.engine.configs.model import File, FileChanges, Files, Running
from owtui.engine.configs.sections import parsed
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.facts import Facts
from owtui.errors import ProtocolError

_CONFIG = "/etc/config/"
_FALSE = ("0", "no", "off", "false", "disabled")
_TRUE = ("1", "yes", "on", "true", "enabled")


def flag(section: uci.Section, option: str, default: bool) -> bool:
    """Read a boolean as OpenWrt's init scripts do: what is neither yes nor no is the default."""
    value = section.get(option)
    return value in _TRUE or (default and value not in _FALSE)


def is_flag(value: str) -> bool:
    """True when procd's validation takes the value as a boolean."""
    return value in _FALSE or value in _TRUE


def label(section: uci.Section) -> str:
    """The section as a person finds it: its name, else libuci's handle."""
    return section.name or section.handle


class Side:
    """One configuration: all files, packages parsed when first asked.

    `shared` is another side; a file that is byte for byte the same there is not parsed again.
    """

    def __init__(self, files: Files, shared: Side | None = None) -> None:
        self.files = files
        self._shared = shared
        self._packages: dict[str, uci.Package] = {}
        self.broken: dict[str, str] = {}

    def file(self, path: str) -> bytes | None:
        """The content of a file; None where it is absent (or was not read)."""
        found = self.files.get(path)
        return None if found is None else found.data

    def has(self, package: str) -> bool:
        """True when the package's file is there."""
        return _CONFIG + package in self.files

    def package(self, name: str) -> uci.Package:
        """Return a package; one that is absent or cannot be parsed has no sections."""
        if name not in self._packages:
            self._packages[name] = self._read(name)
        return self._packages[name]

    def typed(self, package: str, kind: str) -> tuple[uci.Section, ...]:
        """Return the sections of one type in a package."""
        return self.package(package).typed(kind)

    def _read(self, name: str) -> uci.Package:
        path = _CONFIG + name
        data = self.file(path)
        if data is None:
            return uci.Package(name)
        if self._shared is not None and self._shared.file(path) == data:
            found = self._shared.package(name)
            if name in self._shared.broken:
                self.broken[name] = self._shared.broken[name]
            return found
        try:
            return parsed(data, name)
        except ProtocolError as error:
            self.broken[name] = error.sentence
            return uci.Package(name)


class Scene:
    """Everything that the rules look at."""

    def __init__(self, way: Way, running: Running, changes: FileChanges, facts: Facts) -> None:
        self.way = way
        self.facts = facts
        self.before = Side(running.files)
        self.after = Side(after(running.files, changes), self.before)
        self.free_bytes = running.free_bytes
        self.unread = running.unread
        self.touched = frozenset(
            path for path, file in changes.items() if self._differs(path, file)
        )

    def _differs(self, path: str, file: File | None) -> bool:
        """True when a file changes; all packages were read, of other files only some."""
        before = self.before.file(path)
        if file is None:
            return before is not None or not path.startswith(_CONFIG)
        return file.data != before

    def changed(self, package: str) -> bool:
        """True when a package says something else than before; comments and quoting are nothing."""
        path = _CONFIG + package
        if path not in self.touched:
            return False
        if self.before.has(package) != self.after.has(package):
            return True
        before, after_ = self.before.package(package), self.after.package(package)
        return before != after_ or package in self.after.broken or package in self.before.broken

    @property
    def packages_touched(self) -> list[str]:
        """The packages whose files differ."""
        return sorted(p.removeprefix(_CONFIG) for p in self.touched if p.startswith(_CONFIG))

    @cached_property
    def release(self) -> tuple[int, int]:
        """OpenWrt's version as numbers, (24, 10); (99, 0) for a snapshot or an unknown one."""
        found = re.match(r"(\d+)\.(\d+)", self.facts.version)
        return (int(found[1]), int(found[2])) if found else (99, 0)


def after(files: Files, changes: FileChanges) -> Files:
    """Return the files as they would be once the changes are made."""
    merged: dict[str, File] = dict(files)
    for path, file in changes.items():
        if file is None:
            merged.pop(path, None)
        else:
            merged[path] = file
    return merged


def differing(before: uci.Section, after_: uci.Section, *apart: str) -> list[str]:
    """Name the options that differ between two sections, `apart` from some."""
    names = {**before.options, **after_.options}
    return [n for n in names if n not in apart and before.get(n) != after_.get(n)]
