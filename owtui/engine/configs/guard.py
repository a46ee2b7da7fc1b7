"""The guarded push of files over SSH: what is sent, what the guard on the device answers.

`guard.sh` is the other half; the protocol is in its head. A push is known by its id alone: every
other fact of it can be had from the device. guardsteps.py says what to do next.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from owtui.engine.configs.model import FileChanges
from owtui.engine.openwrt.quoting import package_name, service_verb
from owtui.errors import DeviceError, InputError, Kind, ProtocolError

WINDOW_S = 90
SETTLE_S = 10
HOLD_S = 600
"""Seconds until an unconfirmed push is taken back, until a confirm is taken, and that a staged push
is kept. 90 and 10 are the estimate for hardware of guarded-apply.md, section 5."""

CONFIG = "/etc/config/"
FORBIDDEN = ("/tmp/", "/var/", "/proc/", "/sys/", "/dev/", "/rom/", "/overlay/", "/etc/owtui/")
"""Not on the overlay, or the guard's own: nothing there can be put back."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_ADDRESS = re.compile(r"[0-9A-Za-z.:-]+\Z")
_RAM, _FLASH = "/tmp/owtui", "/etc/owtui"


@lru_cache(maxsize=1)
def script() -> bytes:
    """Return guard.sh as it is sent."""
    return resources.files("owtui.engine.configs").joinpath("guard.sh").read_bytes()


@dataclass(frozen=True, slots=True)
class Bundle:
    """One push to one device. Raises InputError for what a guard could not carry out.

    `base` is the md5 of each touched file as it was read, "-" where there was none: the device
    refuses when a file is another by now. `services` are (init script, verb) after the swap.
    `reboot`: one reboot within the window belongs to the push. `ping`: when this address answers
    the device before the push and does not after a restore, the device reboots.
    """

    id: str
    changes: FileChanges
    base: Mapping[str, str]
    window_s: int = WINDOW_S
    settle_s: int = SETTLE_S
    hold_s: int = HOLD_S
    services: tuple[tuple[str, str], ...] = ()
    reboot: bool = False
    ping: str = ""

    def __post_init__(self) -> None:
        check_id(self.id)
        if not self.changes:
            raise InputError("The push has no files.", "There is nothing to send.")
        if not 0 <= self.settle_s < self.window_s:
            raise InputError(
                f"A window of {self.window_s} s is over before {self.settle_s} s to settle.",
                "Set a longer window or a shorter time to settle.",
            )
        if self.ping and not _ADDRESS.match(self.ping):
            raise InputError(f"{self.ping!r} is not an address.", "Give an IP address or a name.")
        for path in self.changes:
            _check_path(path)
            if path not in self.base:
                raise InputError(f"Nothing is known of {path} on the device.", "Read it first.")
        for name, verb in self.services:
            service_verb(name, verb)

    def archive(self) -> bytes:
        """Return the tar.gz for stdin of `start_line` or `stage_line`, the same bytes each time."""
        files = {f"new{path}": file.data for path, file in self.changes.items() if file}
        files["plan"] = "".join(map(self._plan_line, sorted(self.changes))).encode()
        files["services"] = "".join(f"{name} {verb}\n" for name, verb in self.services).encode()
        files["guard"] = script()
        sums = (f"{hashlib.sha256(data).hexdigest()}  {at}\n" for at, data in files.items())
        files["sums"] = "".join(sums).encode()  # last: what is cut off lacks it
        buffer = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
        ):
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(data), 0o600
                tar.addfile(entry, io.BytesIO(data))
        return buffer.getvalue()

    def _plan_line(self, path: str) -> str:
        file, base = self.changes[path], self.base[path]
        if file is None:
            return f"{base} - - {path}\n"
        # A configuration that exists keeps its mode, as uci would; a new one is root's alone.
        mode = "0600" if path.startswith(CONFIG) else f"{file.mode & 0o7777:04o}"
        if path.startswith(CONFIG) and base != "-":
            mode = "-"
        return f"{base} {hashlib.md5(file.data).hexdigest()} {mode} {path}\n"

    def start_line(self) -> str:
        """Return the command line that unpacks stdin and starts the push."""
        return self._upload(f"start {self.id} {self.window_s} {self.settle_s}")

    def stage_line(self) -> str:
        """Return the command line that does all but the swap; `commit` or `abort` follows."""
        return self._upload(f"stage {self.id} {self.window_s} {self.settle_s} {self.hold_s}")

    def _upload(self, words: str) -> str:
        words += " reboot" if self.reboot else ""
        words += f" ping={self.ping}" if self.ping else ""
        # All in the foreground: behind an & nothing would read what is sent.
        return (
            "umask 077; d=$(mktemp -d /tmp/owtui-XXXXXX) && cd $d && tar xzf - && sh guard "
            f"{words}; s=$?; cd /; rm -rf $d; exit $s"
        )


class Verb(StrEnum):
    """What can be asked of a guard on a device; `restore` takes a word that says why."""

    STATUS = "status"
    CONFIRM = "confirm"
    RESTORE = "restore"
    COMMIT = "commit"
    ABORT = "abort"


def line(verb: Verb, id: str, reason: str = "") -> str:
    """Return the command line of a verb. After a push or a reboot only its record may be left."""
    words = f"{verb} {check_id(id)}"
    words += f" {check_id(reason)}" if reason else ""
    return (
        f"g={_RAM}/guard; [ -f $g ] || g={_FLASH}/guard/guard; [ -f $g ] && exec sh $g {words}; "
        f"cat {_FLASH}/last 2>/dev/null; echo none {id}"
    )


class State(StrEnum):
    """Where a push is, as the device says it. STARTED and NOTYET are only answers."""

    NONE = "none"
    STAGED = "staged"
    STARTED = "STARTED"
    PENDING = "pending"
    NOTYET = "NOTYET"
    APPLIED = "applied"
    RESTORING = "restoring"
    RESTORED = "restored"
    CONFIRMED = "confirmed"


class Refusal(StrEnum):
    """Why a guard did nothing; the device is as it was."""

    BUSY = "BUSY"
    PENDING = "PENDING"
    CHANGED = "CHANGED"
    STAGED = "STAGED"
    SYNTAX = "SYNTAX"
    NOTFILE = "NOTFILE"
    NOSPACE = "NOSPACE"
    READONLY = "READONLY"
    VOLATILE = "VOLATILE"
    UPLOAD = "UPLOAD"
    MISSING = "MISSING"
    NOWATCHDOG = "NOWATCHDOG"
    USAGE = "USAGE"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a state of the push, or a refusal and what it is about.

    left_s: until the device takes the push back (staged: drops it); of staged, pending, applied
    reason: of restored: deadline, reboot, swap, request or what `restore` was given; of a refusal:
        the file, package, program or the id of the other push
    lost: files that somebody changed within the window and the restore replaced; copies are on the
        device under `lost_folder`
    """

    state: State | None = None
    refusal: Refusal | None = None
    left_s: int | None = None
    reason: str = ""
    lost: tuple[str, ...] = ()


def lost_folder(id: str) -> str:
    """Return where a restore keeps the files that others changed, by their path."""
    return f"{_FLASH}/lost/{check_id(id)}"


def parse(text: str, id: str, name: str) -> Answer:
    """Read what a guard printed; `name` is the device's. Raises ProtocolError for no answer."""
    lines = [found.removeprefix("# ").split() for found in text.splitlines()]
    lost = tuple(" ".join(words[1:]) for words in lines if words[:1] == ["lost"])
    for words in lines:
        word, rest = (words[0], words[1:]) if words else ("", [])
        if word in Refusal.__members__:
            return Answer(refusal=Refusal(word), reason=" ".join(rest))
        if word not in _STATES or rest[:1] != [id]:
            continue
        state, detail = State(word), rest[1] if len(rest) > 1 else ""
        if state is State.RESTORED or state is State.RESTORING:
            return Answer(state, reason=detail, lost=lost)
        return Answer(state, left_s=int(detail) if detail.isdigit() else None)
    said = text.strip().splitlines()[-1:] or ["nothing"]
    raise ProtocolError(f"{name}: its guard answered {said[0][:80]!r}.")


_STATES = frozenset(State)


class GuardError(DeviceError):
    """A guard refused; `refusal` is its word. Nothing on the device has changed."""

    def __init__(self, refusal: Refusal, sentence: str, hint: str, kind: Kind) -> None:
        super().__init__(sentence, hint, kind=kind)
        self.refusal = refusal


def refused(answer: Answer, name: str) -> GuardError:
    """Put a refusal into words."""
    assert answer.refusal is not None, "an answer that is no refusal"
    kind, sentence, hint = _WORDS[answer.refusal]
    about = answer.reason or "a file"
    return GuardError(
        answer.refusal, f"{name}: {sentence.format(about=about)} Nothing was changed.", hint, kind
    )


_WORDS: dict[Refusal, tuple[Kind, str, str]] = {
    Refusal.BUSY: (Kind.BUSY, "another push is at work on it.", "Try again in a minute."),
    Refusal.PENDING: (
        Kind.BUSY,
        "push {about} waits for its confirm.",
        "Wait until it is confirmed or the device has taken it back.",
    ),
    Refusal.CHANGED: (
        Kind.CHANGED,
        "{about} is no longer what the push was made from.",
        "Somebody changed it: look at the difference and plan again.",
    ),
    Refusal.STAGED: (
        Kind.CHANGED,
        "somebody has uncommitted changes of {about}.",
        "Commit or revert them on the device (uci changes), then plan again.",
    ),
    Refusal.SYNTAX: (
        Kind.INPUT,
        "uci does not understand the new {about}.",
        "Correct the template that makes it.",
    ),
    Refusal.NOTFILE: (
        Kind.CHANGED,
        "{about} is a link or a folder there.",
        "Name the file itself in the template.",
    ),
    Refusal.NOSPACE: (
        Kind.NO_SPACE,
        "there is no space to keep the old files beside the new ones.",
        "Remove files or packages, then push again.",
    ),
    Refusal.READONLY: (
        Kind.DENIED,
        "its file system is mounted read-only.",
        "Look into its log (dmesg); a device in failsafe mode or with bad flash cannot be changed.",
    ),
    Refusal.VOLATILE: (
        Kind.DENIED,
        "its file system is in RAM, so a change would not survive a reboot.",
        "Boot it from flash (an initramfs image, or an overlay that could not be mounted).",
    ),
    Refusal.UPLOAD: (Kind.LOST, "the upload arrived damaged.", "Push again."),
    Refusal.MISSING: (
        Kind.MISSING,
        "it lacks {about}, which a guarded push needs.",
        "Install the package that has it.",
    ),
    Refusal.NOWATCHDOG: (
        Kind.MISSING,
        "its service manager did not start the watchdog.",
        "Check that procd and ubus run there.",
    ),
    Refusal.USAGE: (
        Kind.PROTOCOL,
        "its guard is of another version.",
        "Wait until the push of the other version is over.",
    ),
}


def check_id(id: str) -> str:
    """Return an id (or a reason) that can be a word of the protocol. Raises InputError."""
    if not _ID.match(id):
        raise InputError(f"{id!r} cannot be the id of a push.", "Letters, digits and - only.")
    return id


def _check_path(path: str) -> None:
    parts = path.split("/")
    if (
        not path.startswith("/")
        or path.startswith(FORBIDDEN)
        or any(part in ("", ".", "..") for part in parts[1:])
        or any(ord(char) < 0x20 or ord(char) == 0x7F or char == "\\" for char in path)
        or path != path.strip()
    ):
        raise InputError(f"{path!r} cannot be pushed.", "Give the path of a file on the flash.")
    if path.startswith(CONFIG):
        package_name(path.removeprefix(CONFIG))
