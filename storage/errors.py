"""What storage refuses or cannot do, as a sentence and a hint.

Storage knows nobody above it, so these are its own; the engine maps them to the program's errors.
"""

from __future__ import annotations


class StorageError(Exception):
    """The database cannot be opened or used. `str()` is the sentence for the user."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class UnusableError(StorageError):
    """The database does not answer or cannot be written now; it may again in a moment."""


class BusyError(StorageError):
    """Another process kept the database longer than our deadline."""


class NewerDatabaseError(StorageError):
    """The database was written by a newer program."""


class RuleError(StorageError):
    """A row breaks a rule of the domain; `field` is the column to point at, "" for none."""

    def __init__(self, sentence: str, hint: str = "", *, field: str = "") -> None:
        super().__init__(sentence, hint)
        self.field = field


class MissingError(StorageError):
    """No such row: it was never there, or somebody removed it meanwhile."""


class StaleError(StorageError):
    """Somebody else changed it since it was read; nothing was written."""


class SealError(StorageError):
    """The master key is missing or wrong, or a sealed value was tampered with."""
