"""The files of images, beside the database: `firmware/<build id>/<file>`.

Private as the database is (0600, folders 0700), written under another name first, and proved by
SHA-256 whenever one is used. With PostgreSQL they are in the data folder of the machine on which
they were added: the engine that is to write them to devices must run there, or share that folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from owtui.errors import InputError, Kind, OwtuiError
from owtui.settings import Loaded
from storage.db import Database

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,254}")
_CHUNK = 256 << 10
_LEFT_S = 86400


class LostFileError(OwtuiError):
    """The file of an image is not there, or is not what was added."""

    kind = Kind.MISSING


class FirmwareStore:
    """Keeps files; all of it blocks. Raises OwtuiError for what the file system refuses."""

    def __init__(self, folder: Path, mode: int = 0o600) -> None:
        self.folder = folder
        self._mode = mode

    @classmethod
    def of(cls, loaded: Loaded, database: Database) -> FirmwareStore:
        """Beside the inventory; in the data folder where that is on a server."""
        if database.path is None:
            fleet = loaded.settings.fleet
            return cls(loaded.paths.data / ("firmware" if fleet == "main" else f"firmware-{fleet}"))
        stem = database.path.stem.replace("owtui", "firmware", 1)
        name = stem if stem.startswith("firmware") else f"firmware-{stem}"
        # Where a group shares the database, whoever of it runs the engine must read these as well.
        return cls(database.path.with_name(name), 0o600 | database.path.stat().st_mode & 0o060)

    def path(self, build_id: UUID, file_name: str) -> Path:
        """Where a file is, or would be."""
        return self.folder / str(build_id) / file_name

    def stage(self, source: Path, sha256: str) -> Path:
        """Copy a file in, under a name that nobody looks for; `publish` gives it its own.

        Raises InputError where the source is another one than it was a moment ago.
        """
        staged = self.folder / f".{uuid4().hex}.part"
        try:
            self._make(self.folder)
            _copy(source, staged, sha256, self._mode)
            self.sweep(staged.stat().st_mtime - _LEFT_S)
        except OSError as error:
            staged.unlink(missing_ok=True)
            raise _refused(self.folder, error) from error
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        return staged

    def publish(self, staged: Path, build_id: UUID, file_name: str) -> Path:
        """Give a staged file its place; once more does no harm, as a transaction may be repeated.

        Whoever calls it sees to it that no other image has that place.
        """
        path = self.path(build_id, file_name)
        try:
            self._make(path.parent)
            if staged.exists() or not path.exists():
                staged.replace(path)
                _sync(path.parent)
        except OSError as error:
            raise _refused(path.parent, error) from error
        return path

    def proved(self, build_id: UUID, file_name: str, sha256: str) -> Path:
        """The path of a file that is what was added. Raises LostFileError."""
        path = self.path(build_id, file_name)
        try:
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise LostFileError(
                f"The file of {file_name} is not on this machine ({error.strerror}).",
                f"It was at {path}. Remove the image and add it again.",
            ) from error
        if found != sha256:
            raise LostFileError(
                f"The file of {file_name} is not the one that was added.",
                f"Remove the image and add it again; {path} was changed or is damaged.",
            )
        return path

    def trouble(self, build_id: UUID, file_name: str, size: int) -> str:
        """Why a file cannot be used, by a look at it alone; "" where nothing is to be seen."""
        try:
            found = self.path(build_id, file_name).stat().st_size
        except OSError:
            return "The file is not on this machine."
        return "" if found == size else "The file has another size than the one that was added."

    def remove(self, build_id: UUID, file_name: str) -> None:
        """Delete a file, and its folder where it was the last one."""
        with suppress(OSError):
            self.path(build_id, file_name).unlink(missing_ok=True)
        self._tidy(build_id)

    def remove_build(self, build_id: UUID) -> None:
        """Delete all files of a build."""
        shutil.rmtree(self.folder / str(build_id), ignore_errors=True)
        self._tidy(build_id)

    def sweep(self, before: float) -> tuple[Path, ...]:
        """Remove what somebody who died had staged before this time (Unix seconds)."""
        gone = []
        for part in self.folder.glob(".*.part"):
            with suppress(OSError):
                if part.stat().st_mtime < before:
                    part.unlink()
                    gone.append(part)
        return tuple(gone)

    def _tidy(self, build_id: UUID) -> None:
        """Empty folders go."""
        for folder in (self.folder / str(build_id), self.folder):
            with suppress(OSError):
                folder.rmdir()

    def _make(self, folder: Path) -> None:
        execute = (self._mode & 0o440) >> 2  # who may read the files may enter the folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(PermissionError):  # another one of the group made it
            folder.chmod(self._mode | execute)


def plain_name(name: str) -> str:
    """A file name that is one word to every shell and file system. Raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"“{name}” cannot be the name of an image.",
            "Letters, digits, dots, hyphens, plus and underscores; at most 255.",
        )
    return name


def _copy(source: Path, staged: Path, sha256: str, mode: int) -> None:
    digest = hashlib.sha256()
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as target, source.open("rb") as stream:
        os.fchmod(target.fileno(), mode)
        while piece := stream.read(_CHUNK):
            digest.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    if digest.hexdigest() != sha256:
        raise InputError(f"{source.name} was changed while it was read.", "Try again.")


def _sync(folder: Path) -> None:
    """The new name is on the disk before the row that tells of it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(folder: Path, error: OSError) -> OwtuiError:
    return OwtuiError(
        f"The image cannot be kept in {folder}: {error.strerror}.",
        "Free space there, or let this user write.",
        kind=Kind.INPUT,
    )
