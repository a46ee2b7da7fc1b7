"""Whether a device still has what was applied: values and judgements without I/O.

A file differs when its md5 does; a package only when it also says something else, so that comments,
quotes and the order of options within a section are no drift.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from owtui.engine.configs.model import FileChanges, Running
from owtui.engine.openwrt import sums
from owtui.engine.openwrt.sums import ABSENT, TOLD, Fingerprint, package_of


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a device is to have: path → md5 ("-": absent), and of each package its digest.

    `further` are paths outside /etc/config: each fingerprint has to ask for them.
    """

    sums: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def further(self) -> tuple[str, ...]:
        """Paths outside /etc/config."""
        return tuple(sorted(path for path in self.sums if not package_of(path)))


@dataclass(frozen=True, slots=True)
class DriftRow:
    """How a device stands to what was applied; `since` and `who` only where it drifted.

    `packages` are UCI packages, and paths of other files. `ignored`: somebody chose to leave it.
    """

    device_id: UUID
    device: str
    drifted: bool = False
    packages: tuple[str, ...] = ()
    who: str = ""
    since: datetime | None = None
    ignored: bool = False
    expected: bool = False  # owtui has applied something to this device
    read_at: datetime | None = None


def expectation(files: FileChanges) -> Expectation:
    """What follows from complete files that were applied; None says that a file is gone."""
    found: dict[str, str] = {}
    digests: dict[str, str] = {}
    for path, file in files.items():
        found[path] = ABSENT if file is None else sums.md5(file.data)
        if file is not None and package_of(path):
            digests[path] = sums.digest_of_file(file.data)
    return Expectation(found, digests)


def digests_of(running: Running) -> dict[str, str]:
    """What each package that was read says, by its path."""
    return {
        path: told.removeprefix(TOLD)
        if (told := running.sums.get(path, "")).startswith(TOLD)
        else sums.digest_of_file(file.data)
        for path, file in running.files.items()
        if package_of(path)
    }


def differing(expected: Expectation, running: Running) -> dict[str, str]:
    """The files that are no longer as expected: path → its digest, its md5, or "-".

    Of what could not be read nothing is said.
    """
    digests = digests_of(running)
    moved: dict[str, str] = {}
    for path, wanted in expected.sums.items():
        value = running.sums.get(path, ABSENT)
        unknown = path in running.unread and value in (ABSENT, wanted)
        if unknown or value == wanted:
            continue
        said = digests.get(path, value)
        if said != expected.digests.get(path, wanted):
            moved[path] = said
    return moved


def names(paths: Mapping[str, str]) -> tuple[str, ...]:
    """Paths as people call them: packages by name, first; other files by path."""
    packages = sorted(name for path in paths if (name := package_of(path)))
    return (*packages, *sorted(path for path in paths if not package_of(path)))


def mark(value: object) -> str:
    """One digest that stands for a value of JSON."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def mark_of(fingerprint: Fingerprint) -> str:
    """One digest that stands for a fingerprint."""
    return mark([dict(fingerprint.sums), fingerprint.staged, sorted(fingerprint.unread)])


def fingerprint_of(running: Running) -> Fingerprint:
    """The fingerprint that a device with this configuration has.

    A file that is too large to be carried has a sum none the less, and so is not unread in it.
    """
    unread = tuple(sorted(running.unread.keys() - running.sums.keys()))
    return Fingerprint(running.sums, running.staged, unread)


def mark_to_keep(seen: Fingerprint | None, running: Running) -> str:
    """The mark that the next fingerprint will have unless the device moves.

    A session may tell less of a fingerprint than of the whole, as where commands are refused and
    files are not, or where SSH stood in: then what was seen counts, else it would move each time.
    """
    own = fingerprint_of(running)
    if seen is not None and _kinds(seen) != _kinds(own):
        return mark_of(seen)
    return mark_of(own)


def _kinds(fingerprint: Fingerprint) -> dict[str, bool]:
    return {path: value.startswith(TOLD) for path, value in fingerprint.sums.items()}
