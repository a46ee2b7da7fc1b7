"""Once a day: old backups go, and what a killed process left among the files of images.

Only what this database surely owns: backups of its jobs, files in the folders of its builds. Other
databases may keep theirs in the same folders. The newest backup of a device always stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Column, select
from sqlmodel import Session

from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.firmware.upgrading import BACKUPS
from owtui.errors import PROBLEMS
from storage.core import FIRMWARE_BUILD, FIRMWARE_IMAGE, JOB
from storage.db import Database
from storage.tables import now

DAY_S = 86_400.0
"""Between two sweeps; and what is younger may still be written by somebody, and is left alone."""

PART = ".part"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Owned:
    """What this database knows of: its jobs, and by build the names of its images' files."""

    jobs: frozenset[str]
    images: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Swept:
    """Files that were removed."""

    backups: tuple[Path, ...] = ()
    parts: tuple[Path, ...] = ()
    images: tuple[Path, ...] = ()


def owned(session: Session) -> Owned:
    """Read it."""
    builds: dict[str, set[str]] = {str(id_): set() for id_ in _ids(session, FIRMWARE_BUILD.c.id)}
    c = FIRMWARE_IMAGE.c
    for build_id, name in session.execute(select(c.build_id, c.file_name)):
        builds[str(build_id)].add(name)
    jobs = frozenset(map(str, _ids(session, JOB.c.id)))
    return Owned(jobs, {build: frozenset(names) for build, names in builds.items()})


class Sweeping:
    """The duty of who holds the engine. `backup_days` 0: backups are kept for ever."""

    def __init__(
        self,
        database: Database,
        store: FirmwareStore,
        backup_days: float,
        present: Callable[[], datetime] = now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._store = store
        self._images = store.folder
        self._backups = store.folder.with_name(BACKUPS)
        self._days = backup_days
        self._present = present
        self._sleep = sleep

    async def run(self) -> None:
        """Until it is cancelled; the first time at once."""
        while True:
            try:
                await self.sweep()
            except (*PROBLEMS, OSError) as error:
                _log.warning("old firmware files are not swept: %s", error)
            await self._sleep(DAY_S)

    async def sweep(self) -> Swept:
        """Do it now; what was removed is in the log."""
        known = await self._database.aread(owned)
        swept = await asyncio.to_thread(self._remove, known, self._present().timestamp())
        for what, files in (
            (f"backups older than {self._days:g} days", swept.backups),
            ("files that were never finished", swept.parts),
            ("files of images that are in no build", swept.images),
        ):
            if files:
                _log.warning("removed %d %s: %s", len(files), what, ", ".join(map(str, files)))
        return swept

    def _remove(self, known: Owned, at: float) -> Swept:
        yesterday = at - DAY_S
        kept = [one for one in _files(self._backups) if one.parent.name in known.jobs]
        stored = [one for one in _files(self._images) if one.parent.name in known.images]
        parts = [one for one in kept if one.suffix == PART]
        alien = [one for one in stored if one.name not in known.images[one.parent.name]]
        swept = Swept(
            backups=_removed(self._old(kept, at), at),
            parts=(*_removed(parts, yesterday), *self._store.sweep(yesterday)),
            images=_removed(alien, yesterday),
        )
        for folder in {one.parent for one in (*swept.backups, *swept.parts, *swept.images)}:
            if folder != self._images:
                with suppress(OSError):  # there is something in it still
                    folder.rmdir()
        return swept

    def _old(self, kept: Collection[Path], at: float) -> list[Path]:
        """Backups of devices that have a newer one, and are older than they need be."""
        by_device: dict[str, list[tuple[float, Path]]] = {}
        for one in kept if self._days else ():
            if one.suffix == ".tgz":
                by_device.setdefault(one.name, []).append((_age_of(one), one))
        oldest = at - self._days * DAY_S
        return [
            file
            for found in by_device.values()
            for written, file in sorted(found)[:-1]
            if written < oldest
        ]


def _files(folder: Path) -> Iterator[Path]:
    """What is in the folders of this folder."""
    with suppress(OSError):
        for inner in sorted(folder.iterdir()):
            with suppress(OSError):
                yield from sorted(one for one in inner.iterdir() if one.is_file())


def _removed(files: Iterable[Path], before: float) -> tuple[Path, ...]:
    """Remove those that were written before; what cannot be removed is there the next time."""
    gone = []
    for one in files:
        with suppress(OSError):
            if _age_of(one) < before:
                one.unlink()
                gone.append(one)
    return tuple(gone)


def _age_of(file: Path) -> float:
    return file.stat().st_mtime


def _ids(session: Session, column: Column[UUID]) -> list[UUID]:
    return list(session.scalars(select(column)))
