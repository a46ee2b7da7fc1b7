"""What can go wrong, in the words the user reads.

Every failure is mapped once, where it is understood, to a kind, one sentence and a hint. Faces show
the sentence and the hint and never a traceback; results of jobs keep all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from storage.errors import StaleError, StorageError


class Kind(StrEnum):
    """The closed set of reasons; scripts read it in JSON, so it only ever grows."""

    UNREACHABLE = "unreachable"  # no route, no answer, name not found
    REFUSED = "refused"  # the port answers and says no, or closes without a banner
    AUTH = "auth"  # reached, but no credential was accepted
    HOST_KEY = "host_key"  # unknown under a strict policy, or changed
    TIMEOUT = "timeout"  # a deadline of ours passed
    PROTOCOL = "protocol"  # the answer makes no sense
    NO_SPACE = "no_space"  # the device's file system is full
    WRONG_MODEL = "wrong_model"
    DENIED = "denied"  # the session may not do this (ACL), or read-only
    COMMAND = "command"  # ran and returned non-zero
    MISSING = "missing"  # the device lacks the program, object, file or package
    LOST = "lost"  # the connection went away in the middle
    CHANGED = "changed"  # the world is not what the plan was made from
    UNKNOWN = "unknown"  # started and never reported: it may have run
    INPUT = "input"  # what the user gave cannot be used
    CANCELLED = "cancelled"
    BUSY = "busy"  # another change of the same device is under way


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as data: what results, rows and JSON carry."""

    kind: Kind
    sentence: str
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """The JSON form of the command line's contract."""
        return {"kind": self.kind.value, "sentence": self.sentence, "hint": self.hint}


class OwtuiError(Exception):
    """Base of all that is raised on purpose; `str()` is the sentence for the user."""

    kind: Kind = Kind.PROTOCOL

    def __init__(self, sentence: str, hint: str = "", *, kind: Kind | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        if kind is not None:
            self.kind = kind

    @property
    def failure(self) -> Failure:
        """The same as a value."""
        return Failure(self.kind, self.sentence, self.hint)


class InputError(OwtuiError):
    """Something the user typed or a file he gave: exit code 2."""

    kind = Kind.INPUT


class BlockedError(OwtuiError):
    """Read-only, a permission, a plan out of date: exit code 4."""

    kind = Kind.DENIED


# Storage knows nobody above it and has sentences of its own; a face catches both.
PROBLEMS = (OwtuiError, StorageError)


def failure_of(error: OwtuiError | StorageError) -> Failure:
    """A problem of either tree as a value; what storage refuses is bad input, or came too late."""
    if isinstance(error, OwtuiError):
        return error.failure
    kind = Kind.CHANGED if isinstance(error, StaleError) else Kind.INPUT
    return Failure(kind, error.sentence, error.hint)


class DeviceError(OwtuiError):
    """Talking to a device failed; raised by transports and verbs only."""


class UnreachableError(DeviceError):
    kind = Kind.UNREACHABLE


class RefusedError(DeviceError):
    kind = Kind.REFUSED


class AuthError(DeviceError):
    kind = Kind.AUTH


class HostKeyError(DeviceError):
    """Unknown under the policy or changed; `fingerprints` are (recorded, offered)."""

    kind = Kind.HOST_KEY

    def __init__(
        self, sentence: str, hint: str = "", *, recorded: str = "", offered: str = ""
    ) -> None:
        super().__init__(sentence, hint)
        self.recorded = recorded
        self.offered = offered


class DeadlineError(DeviceError):
    """A deadline of ours passed; `printed` is what a command had said until then."""

    kind = Kind.TIMEOUT

    def __init__(
        self, sentence: str, hint: str = "", *, kind: Kind | None = None, printed: bytes = b""
    ) -> None:
        super().__init__(sentence, hint, kind=kind)
        self.printed = printed


class ProtocolError(DeviceError):
    kind = Kind.PROTOCOL


class NoSpaceError(DeviceError):
    kind = Kind.NO_SPACE


class DeniedError(DeviceError):
    kind = Kind.DENIED


class MissingError(DeviceError):
    kind = Kind.MISSING


class LostError(DeviceError):
    kind = Kind.LOST


class CommandError(DeviceError):
    """A command of ours returned non-zero; the sentence holds what it said."""

    kind = Kind.COMMAND
