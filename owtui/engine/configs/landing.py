"""From a rendered configuration to the complete files that a router is to have.

What OpenWISP's agent does on the router with its merge is done here from what was read of it
(control.md §4.5): options outside the templates stay, what left the templates is put back as it was
or deleted, `unmanaged` sections are never overwritten. Two things are done better than there. The
original of a file is kept as it was: the agent strips from its copy whatever the first
configuration sets, and can then only delete it. And where nothing of a router's own is left in a
file, its original comes back whole, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from owtui.engine.configs import landpackage
from owtui.engine.configs.landpackage import States, Unmanaged
from owtui.engine.configs.model import File, FileChanges, Files
from owtui.engine.configs.sections import package_name, parsed, read, written
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package
from owtui.errors import InputError, ProtocolError

Originals = Mapping[str, File | None]  # path → the file before owtui managed it, None: absent
_PATH = re.compile(r"/[\w.+/-]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Landing:
    """What to put on a router. `changes` are complete files, None deletes; only those that differ.

    `originals` is the whole set to keep from now on, once the push is confirmed and not before.
    `notes` tell what a reader would not expect, in sentences without secrets.
    """

    changes: FileChanges
    originals: Originals
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Result:
    changes: dict[str, File | None] = field(default_factory=dict)
    originals: dict[str, File | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def land(
    running: Files,
    rendered: Files,
    previous: Files,
    originals: Originals,
    *,
    unmanaged: Sequence[str] = (),
    overwrite: bool = False,
) -> Landing:
    """What to put on a router so that it has the rendered configuration.

    `running` must hold all of /etc/config and each other path that `rendered`, `previous` or
    `originals` names, where it exists: what is not in it counts as absent. `previous` is what was
    rendered for the last confirmed push, `originals` what came out of its landing; both are empty
    at first. `overwrite` replaces whole packages instead of merging into them.

    Raises InputError for a rendered file that is no UCI or whose path is not acceptable, before
    anything else, as the agent does.
    """
    _check(rendered)
    result = _Result()
    for path in sorted({*rendered, *previous, *originals}):
        if package_name(path) is None:
            _land_file(path, running, rendered, previous, originals, result)
        else:
            keep = Unmanaged.of(package_name(path) or "", unmanaged)
            _land_package(path, running, rendered, previous, originals, keep, overwrite, result)
    return Landing(result.changes, result.originals, tuple(result.notes))


def needed(rendered: Iterable[str], previous: Iterable[str], originals: Iterable[str]) -> list[str]:
    """The paths beside /etc/config that must be read from a router before its landing."""
    paths = {*rendered, *previous, *originals}
    return sorted(path for path in paths if package_name(path) is None)


def _check(rendered: Files) -> None:
    for path, file in rendered.items():
        steps = path.split("/")[1:]
        if not _PATH.match(path) or any(step in ("", ".", "..") for step in steps):
            raise InputError(
                f"{path} is no path that a file can be put at.",
                "Letters, digits and . _ - + are taken, from the root on.",
            )
        name = package_name(path)
        if name is None:
            continue
        try:
            parsed(file.data, name)
        except ProtocolError as error:
            raise InputError(
                f"The configuration has an invalid UCI file: {name}. {error.sentence}",
                "Correct the template that it comes from; nothing was changed.",
            ) from None


# -- packages of UCI -------------------------------------------------------------------------


def _land_package(
    path: str,
    running: Files,
    rendered: Files,
    previous: Files,
    originals: Originals,
    keep: Unmanaged,
    overwrite: bool,
    result: _Result,
) -> None:
    there, ours = running.get(path), rendered.get(path)
    original = originals.get(path, there if ours else None)
    if ours is not None:
        result.originals[path] = original
    elif path not in previous:
        # Kept by mistake or after a loss: nobody knows what in the file is ours.
        result.originals[path] = original
        return
    has = read(path, there)
    if has is None:
        _replace_broken(path, ours or original, result)
        return
    states = States(
        running=has,
        rendered=read(path, ours) if ours else None,
        previous=read(path, previous.get(path)) or Package(has.name),
        original=read(path, original) if original else None,
    )
    landed = landpackage.overwritten(states, keep) if ours and overwrite else None
    landed = landed or landpackage.merged(states, keep)
    result.notes += landed.notes
    if landed.sections == has.sections:
        return
    result.changes[path] = _file(states, landed.sections, there, ours, original)


def _file(
    states: States,
    sections: tuple[uci.Section, ...],
    there: File | None,
    ours: File | None,
    original: File | None,
) -> File | None:
    """The sections as a file: the one they were read from where there is such a one."""
    if ours is None and original is not None:
        before = states.original
        if before is None or landpackage.same(sections, before.sections):
            return original
    if not sections and ours is None:
        return None
    if ours is not None and states.rendered is not None and sections == states.rendered.sections:
        data = ours.data
    else:
        data = written(Package(states.running.name, sections))
    mode = there or ours
    return File(data, mode.mode if mode else 0o644)


def _replace_broken(path: str, file: File | None, result: _Result) -> None:
    name = package_name(path)
    if file is None:
        result.notes.append(f"{name} on the router is broken UCI and is left as it is.")
        return
    result.notes.append(f"{name} on the router is broken UCI: it is replaced as a whole.")
    result.changes[path] = file


# -- other files -----------------------------------------------------------------------------


def _land_file(
    path: str,
    running: Files,
    rendered: Files,
    previous: Files,
    originals: Originals,
    result: _Result,
) -> None:
    there, ours = running.get(path), rendered.get(path)
    if ours is not None:
        result.originals[path] = originals.get(path, there)
        if there != ours:
            result.changes[path] = ours
        return
    if path in originals:
        wanted = originals[path]
        what = "deleted" if wanted is None else "put back as it was"
    elif there == previous.get(path):
        wanted, what = None, "deleted"
    else:
        result.notes.append(f"{path} was changed on the router and is left as it is.")
        return
    if there != wanted:
        result.notes.append(f"{path} is no longer in the configuration: {what}.")
        result.changes[path] = wanted
