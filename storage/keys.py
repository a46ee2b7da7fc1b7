"""Where the master key lives: the OS keyring, a passphrase in somebody's head, or a key file.

Keys have ids, so that a new one lies beside the old one during a rotation and the database's own
transaction decides which of them holds.
"""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from storage.errors import SealError

T = TypeVar("T")

KEY_BYTES = 32
SALT_BYTES = 16
SERVICE = "owtui"
KEYRING_DEADLINE_S = 2.0
# Argon2id, RFC 9106's second recommendation: 64 MiB, three passes, four lanes.
ARGON2 = {"name": "argon2id", "time": 3, "memory_kib": 65_536, "lanes": 4}


class Source(StrEnum):
    """In order of preference."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"
    FILE = "file"


class Keyring(Protocol):
    """What we use of a backend of the keyring library."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key and how it is found again: what the Sealing row records, and the key itself."""

    source: Source
    key_id: str
    key: bytes = field(repr=False)
    salt: bytes = b""
    kdf: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keys:
    """The places this process can use.

    `passphrase` gets a question and returns the answer: from OWTUI_PASSPHRASE_FILE, or typed.
    Not `interactive`: the keyring is not chosen, since one that is locked would ask.
    """

    file: Path
    keyring: Callable[[], Keyring | None] = lambda: system_keyring()
    passphrase: Callable[[str], str] | None = None
    interactive: bool = False

    def make_first(self) -> MasterKey:
        """A new key at the best place there is; an empty passphrase means the key file."""
        if self.interactive and self.keyring() is not None:
            try:
                return self.make(Source.KEYRING)
            except SealError:
                pass  # locked or silent: the next best
        if self.passphrase is not None:
            try:
                return self.make(Source.PASSPHRASE)
            except SealError:
                pass
        return self.make(Source.FILE)

    def make(self, source: Source) -> MasterKey:
        """A new key, stored and read back. Raises SealError when the place cannot be used."""
        key_id = secrets.token_hex(8)
        if source is Source.PASSPHRASE:
            salt = secrets.token_bytes(SALT_BYTES)
            answer = self._ask("New passphrase for the secrets of this fleet: ")
            return MasterKey(source, key_id, derive(answer, salt, ARGON2), salt, dict(ARGON2))
        made = MasterKey(source, key_id, secrets.token_bytes(KEY_BYTES))
        if source is Source.KEYRING:
            text = base64.b64encode(made.key).decode()
            keyring = self._keyring()
            within_deadline(lambda: keyring.set_password(SERVICE, key_id, text))
        else:
            KeyFile(self.file).put(key_id, made.key)
        if self.find(source, key_id, b"", {}) != made.key:
            raise SealError(f"The {source} did not keep the new master key.")
        return made

    def find(self, source: Source, key_id: str, salt: bytes, kdf: dict[str, Any]) -> bytes:
        """The key that a Sealing row names. Raises SealError when it is not there."""
        if source is Source.PASSPHRASE:
            return derive(self._ask("Passphrase for the secrets of this fleet: "), salt, kdf)
        if source is Source.FILE:
            return KeyFile(self.file).get(key_id)
        keyring = self._keyring()
        text = within_deadline(lambda: keyring.get_password(SERVICE, key_id))
        if text is None:
            raise SealError(
                f"The keyring has no master key {key_id} for {SERVICE}.",
                "Unlock the keyring of the account that made the database, or restore its entry.",
            )
        return base64.b64decode(text)

    def drop(self, source: Source, key_id: str) -> None:
        """Forget a key that seals nothing any more."""
        if source is Source.FILE:
            KeyFile(self.file).drop(key_id)
        elif source is Source.KEYRING:
            keyring = self._keyring()
            within_deadline(lambda: keyring.delete_password(SERVICE, key_id))

    def describe(self, source: Source) -> str:
        """The place in words, for `owtui info`."""
        match source:
            case Source.KEYRING:
                return "OS keyring"
            case Source.PASSPHRASE:
                return "passphrase"
        return f"key file {self.file}"

    def _keyring(self) -> Keyring:
        keyring = self.keyring()
        if keyring is None:
            raise SealError(
                "The master key is in the OS keyring, and this session has none.",
                "Start owtui in the desktop session of the account that made the database.",
            )
        return keyring

    def _ask(self, question: str) -> str:
        answer = self.passphrase(question) if self.passphrase is not None else ""
        if not answer:
            raise SealError(
                "The secrets are sealed with a passphrase, and none was given.",
                "Put it into a 0600 file and name the file in OWTUI_PASSPHRASE_FILE.",
            )
        return answer


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A 0600 file of lines `id key`; replaced as a whole, so that no crash leaves half of one."""

    path: Path

    def get(self, key_id: str) -> bytes:
        """Raises SealError when the file or the key is missing, or others may read the file."""
        keys = self._read()
        if key_id not in keys:
            raise SealError(
                f"The key file {self.path} does not hold the master key of this database.",
                "Restore the key file that belongs to the database; without it the secrets are "
                "lost and have to be entered again.",
            )
        return keys[key_id]

    def put(self, key_id: str, key: bytes) -> None:
        """Add a key beside those that are there."""
        with self._alone():
            self._replace({**self._read(), key_id: key})

    def drop(self, key_id: str) -> None:
        """Remove a key; missing is as good as removed."""
        with self._alone():
            self._replace({name: key for name, key in self._read().items() if name != key_id})

    def _read(self) -> dict[str, bytes]:
        try:
            mode = self.path.stat().st_mode
            lines = self.path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(str(error)) from error
        if stat.S_IMODE(mode) & stat.S_IRWXO:
            raise SealError(
                f"The key file {self.path} can be read by everybody.", f"chmod 600 {self.path}"
            )
        try:
            pairs = [line.split() for line in lines]
            return {key_id: base64.b64decode(text, validate=True) for key_id, text in pairs}
        except ValueError as error:
            raise self._unusable("it is not a key file") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder: two processes that change the file do it one after another."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self._unusable(str(error)) from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
            os.fsync(folder)
        except OSError as error:
            raise self._unusable(str(error)) from error
        finally:
            os.close(folder)

    def _replace(self, keys: dict[str, bytes]) -> None:
        mode = stat.S_IMODE(self.path.stat().st_mode) if self.path.exists() else 0o600
        text = "".join(f"{name} {base64.b64encode(key).decode()}\n" for name, key in keys.items())
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)

    def _unusable(self, why: str) -> SealError:
        return SealError(f"The key file {self.path} cannot be used: {why}.")


def derive(passphrase: str, salt: bytes, kdf: dict[str, Any]) -> bytes:
    """A key from a passphrase with the recorded Argon2id costs; about 0.1 s."""
    from argon2.low_level import Type, hash_secret_raw  # only who uses a passphrase pays for it

    return hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=kdf["time"],
        memory_cost=kdf["memory_kib"],
        parallelism=kdf["lanes"],
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


def system_keyring() -> Keyring | None:
    """The keyring of this session; None where there is none (no desktop, null backend)."""

    def find() -> Keyring | None:
        import keyring  # 60 ms, only when a key is looked for

        backend = keyring.get_keyring()
        # Below 1 the library itself does not recommend a backend: null, fail, plain text files.
        return backend if backend.priority >= 1 else None

    try:
        return within_deadline(find)
    except SealError:
        return None


def within_deadline(call: Callable[[], T]) -> T:
    """Call a keyring, which may hang on a dialog nobody sees, for two seconds at most."""
    answer: list[T] = []
    failure: list[str] = []

    def run() -> None:
        try:
            answer.append(call())
        except Exception as error:  # noqa: BLE001 - a backend is a plug-in and raises what it likes
            failure.append(f"{type(error).__name__}: {error}".rstrip(": "))

    # A daemon: a call that never returns must not keep the program from ending.
    thread = threading.Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(KEYRING_DEADLINE_S)
    if not answer:
        why = failure[0] if failure else f"no answer within {KEYRING_DEADLINE_S:g} s"
        raise SealError(
            f"The OS keyring cannot be used: {why}.", "Unlock it in its own program and try again."
        )
    return answer[0]
