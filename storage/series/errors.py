"""What the store of series refuses or cannot do now."""

from __future__ import annotations

from pathlib import Path

from storage.errors import NewerDatabaseError, StorageError, UnusableError


class SeriesDamaged(StorageError):
    """The file is no store of series, or its bytes were changed. `path` is the file.

    Nothing is repaired by itself: `set_aside` renames it, and the next opening starts anew.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The monitoring history in {path} is damaged: {why}.",
            "Let owtui set the file aside and start a new history; the old one stays beside it"
            " for repair (sqlite3 FILE .recover).",
        )
        self.path = path


class SeriesFull(UnusableError):
    """There was no room for the batch: none of it was written. Writing goes on when there is."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The disk has no room for the monitoring history in {path}.",
            "Free space on it, or shorten how long points are kept; polling goes on meanwhile.",
        )
        self.path = path


class SeriesBusy(UnusableError):
    """Another process held the write lock of the file for longer than five seconds."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Another process keeps the monitoring history in {path} locked.",
            "See which process holds it (fuser on the file), then try again.",
        )


class SeriesUnusable(UnusableError):
    """The file cannot be opened, read or written: rights, a missing folder, a dead disk."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The monitoring history in {path} cannot be used: {why}.",
            "Check the folder, its rights and its disk.",
        )


class SeriesNewer(NewerDatabaseError):
    """A newer owtui wrote the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The monitoring history in {path} was written by a newer owtui.",
            "Update owtui here, or give this one a data folder of its own.",
        )
