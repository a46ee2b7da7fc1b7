"""What differs between two configurations: UCI section by section, other files line by line.

`compare` finds it, `apply` proves that nothing is missing from it, difftext.py shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from owtui.engine.configs import matching
from owtui.engine.configs.masking import holds_private_key
from owtui.engine.configs.model import File, FileChanges, Files
from owtui.engine.configs.sections import label, package_name, package_path, read, written
from owtui.engine.openwrt.uci import Package, Section, Value
from owtui.errors import InputError, Kind

State = Literal["changed", "new", "gone"]


@dataclass(frozen=True, slots=True)
class OptionDiff:
    """One option; None is "not there"."""

    name: str
    old: Value | None
    new: Value | None


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """One section. `old_at` and `new_at` are its places in the package, -1 where it is not.

    `old_name` and `new_name` are None for anonymous ones; `title` is what people call such a one.
    """

    type: str
    old_at: int
    new_at: int
    old_name: str | None = None
    new_name: str | None = None
    options: tuple[OptionDiff, ...] = ()
    moved: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class PackageDiff:
    """One file of /etc/config: what is new in it, gone or changed, in its order.

    `layout` is the file as it is written where printing its sections does not give that, because of
    comments, quotes or order of options. `mode` is (old, new) where it differs.
    """

    name: str
    state: State = "changed"
    sections: tuple[SectionDiff, ...] = ()
    layout: bytes | None = None
    mode: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `old` from line `at` (counted from 0) on become the lines `new`."""

    at: int
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file that is no UCI, or no readable UCI. `sizes` are (old, new) in bytes.

    `private` files hold a private key, of which no line may be shown.
    """

    path: str
    state: State
    hunks: tuple[Hunk, ...]
    mode: tuple[int, int] | None = None
    binary: bool = False
    private: bool = False
    sizes: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    """All that differs, packages by name, then files by path. False when nothing does."""

    packages: tuple[PackageDiff, ...] = ()
    files: tuple[FileDiff, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.packages or self.files)

    @property
    def touched(self) -> tuple[str, ...]:
        """The paths of all files that differ."""
        packages = [package_path(package.name) for package in self.packages]
        return tuple(sorted([*packages, *(file.path for file in self.files)]))

    @property
    def reloading(self) -> tuple[str, ...]:
        """The packages whose services notice: not those of which only comments differ."""
        return tuple(package.name for package in self.packages if package.sections)


def compare(old: Files, new: Files) -> ConfigDiff:
    """The difference of two whole configurations: what is not in `new` is gone."""
    packages: list[PackageDiff] = []
    files: list[FileDiff] = []
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before == after:
            continue
        found = _compare_package(path, before, after)
        if found is None:
            files.append(_compare_lines(path, before, after))
        else:
            packages.append(found)
    return ConfigDiff(tuple(packages), tuple(files))


def compare_changes(old: Files, changes: FileChanges) -> ConfigDiff:
    """The difference that a push makes: files that it does not name stay as they are."""
    return compare(old, changed(old, changes))


def changed(old: Files, changes: FileChanges) -> dict[str, File]:
    """The configuration after a push."""
    merged: dict[str, File | None] = {**old, **changes}
    return {path: file for path, file in merged.items() if file is not None}


def compare_packages(old: Package, new: Package) -> tuple[SectionDiff, ...]:
    """The difference of two states of one package."""
    pairs = matching.pair(old, new)
    moved = matching.moved(pairs)
    there = {old_at: new_at for new_at, old_at in pairs.items()}
    found: list[tuple[tuple[int, int], SectionDiff]] = []
    for at, section in enumerate(new.sections):
        was = pairs.get(at, -1)
        before = old.sections[was] if was >= 0 else None
        one = _compare_sections(before, section, was, at, moved=at in moved)
        if before is None or one.moved or one.options or one.old_name != one.new_name:
            found.append(((at, 1), one))
    place = 0
    for at, section in enumerate(old.sections):
        if at in there:
            place = there[at] + 1
        else:
            # Shown where it was: behind what stood in front of it.
            found.append(((place, 0), _compare_sections(section, None, at, -1)))
    return tuple(one for _, one in sorted(found, key=lambda entry: entry[0]))


def apply(diff: ConfigDiff, old: Files) -> dict[str, File]:
    """The configuration that `old` becomes. Raises InputError when it is not what was compared."""
    result = dict(old)
    for package in diff.packages:
        path = package_path(package.name)
        if package.state == "gone":
            result.pop(path, None)
        else:
            result[path] = _applied_package(package, path, old.get(path))
    for file in diff.files:
        if file.state == "gone":
            result.pop(file.path, None)
        else:
            result[file.path] = _applied_lines(file, old.get(file.path))
    return result


# -- comparing -------------------------------------------------------------------------------


def _compare_package(path: str, old: File | None, new: File | None) -> PackageDiff | None:
    before, after = read(path, old), read(path, new)
    name = package_name(path)
    if before is None or after is None or name is None:
        return None
    sections = compare_packages(before, after)
    diff = PackageDiff(name, _state(old, new), sections, None, _modes(old, new))
    if new is None or _applied_package(diff, path, old).data == new.data:
        return diff
    return replace(diff, layout=new.data)


def _compare_sections(
    old: Section | None, new: Section | None, old_at: int, new_at: int, *, moved: bool = False
) -> SectionDiff:
    before = old.options if old else {}
    after = new.options if new else {}
    options = tuple(
        OptionDiff(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )
    shown = new or old
    assert shown is not None
    title = label(shown) if shown.anonymous else ""
    old_name = old.name if old else None
    new_name = new.name if new else None
    return SectionDiff(shown.type, old_at, new_at, old_name, new_name, options, moved, title)


def _compare_lines(path: str, old: File | None, new: File | None) -> FileDiff:
    before, after = old.data if old else b"", new.data if new else b""
    binary = b"\0" in before or b"\0" in after
    parts = ([before], [after]) if binary else (_lines(before), _lines(after))
    hunks = tuple(_hunks(*parts))
    sizes = (len(before), len(after))
    private = holds_private_key(before) or holds_private_key(after)
    return FileDiff(path, _state(old, new), hunks, _modes(old, new), binary, private, sizes)


def _hunks(old: list[bytes], new: list[bytes]) -> Iterator[Hunk]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            yield Hunk(a, tuple(old[a:b]), tuple(new[c:d]))


def _lines(data: bytes) -> list[bytes]:
    """Lines with their ends; only \\n ends one, so that joining gives the same bytes."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _state(old: File | None, new: File | None) -> State:
    return "new" if old is None else "gone" if new is None else "changed"


def _modes(old: File | None, new: File | None) -> tuple[int, int] | None:
    """(old, new) where they differ; a new file's old mode counts as 0644."""
    before, after = old.mode if old else 0o644, new.mode if new else None
    return None if after is None or before == after else (before, after)


# -- applying --------------------------------------------------------------------------------


def _applied_package(diff: PackageDiff, path: str, old: File | None) -> File:
    before = read(path, old)
    if before is None:
        raise _not_that(path)
    changes = {one.old_at: one for one in diff.sections if one.old_at >= 0}
    placed: dict[int, Section] = {}
    kept: list[Section] = []
    for at, section in enumerate(before.sections):
        if at not in changes:
            kept.append(section)
        elif changes[at].new_at >= 0:
            placed[changes[at].new_at] = _applied_section(changes[at], section, path)
    for one in diff.sections:
        if one.old_at < 0:
            placed[one.new_at] = _applied_section(one, Section(one.type), path)
    unchanged = iter(kept)
    sections = [placed.get(at) or next(unchanged) for at in range(len(placed) + len(kept))]
    data = diff.layout
    if data is None:
        data = written(Package(before.name, tuple(sections)))
    return File(data, diff.mode[1] if diff.mode else old.mode if old else 0o644)


def _applied_section(diff: SectionDiff, section: Section, path: str) -> Section:
    options = dict(section.options)
    for change in diff.options:
        if options.get(change.name) != change.old:
            raise _not_that(path)
        if change.new is None:
            options.pop(change.name, None)
        else:
            options[change.name] = change.new
    return Section(section.type, diff.new_name, options)


def _applied_lines(diff: FileDiff, old: File | None) -> File:
    data = old.data if old else b""
    lines = [data] if diff.binary else _lines(data)
    for hunk in reversed(diff.hunks):
        end = hunk.at + len(hunk.old)
        if tuple(lines[hunk.at : end]) != hunk.old:
            raise _not_that(diff.path)
        lines[hunk.at : end] = hunk.new
    return File(b"".join(lines), diff.mode[1] if diff.mode else old.mode if old else 0o644)


def _not_that(path: str) -> InputError:
    return InputError(
        f"{path} is not what the difference was made from.", "Compare again.", kind=Kind.CHANGED
    )
