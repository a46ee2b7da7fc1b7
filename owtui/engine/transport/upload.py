"""Files go to a device through `cat`: dropbear on OpenWrt has no sftp server.

The content is staged beside its place, compared by sha256 on the device and moved there in one
rename. The stage goes when anything of it fails, unless the next one is to go on from it: then what
a cut one has left is kept, and used where its sha256 is that of the same beginning.
"""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from owtui.engine.transport.base import CommandResult, Progress
from owtui.engine.transport.session import Output
from owtui.errors import CommandError, DeniedError, DeviceError, MissingError, NoSpaceError

if TYPE_CHECKING:
    from owtui.engine.transport.ssh import SshConnection

Words = Mapping[str, int | str]  # of the scripts

CHUNK_BYTES = 64 * 1024
HASHED_ASIDE_BYTES = 1 << 20  # from here on sha256 takes longer than the loop may stand still

SAME, NO_FOLDER, IS_FOLDER, DIFFERS, DAMAGED, NO_FILE, OTHER_PART = 0, 20, 21, 22, 23, 24, 25

# Each script is one exec. Arguments come as quoted assignments in front. A size is read with `ls`:
# busybox' `wc -c` reads the file byte by byte and takes longer than the sha256.
_LOOK = """\
o(){{ {part}exit 22;}}
[ -d "$p" ]&&exit 21
[ -d "$d" ]||exit 20
[ -e "$p" ]||o
[ -f "$p" ]||exit 24
set -- $(ls -lL "$p");[ "$5" = {size} ]||o
case $(sha256sum <"$p") in {digest}*)chmod {mode} "$p";;*)o;;esac"""

_PART = """[ -f "$t" ]&&set -- $(ls -l "$t")&&echo $5 $(sha256sum <"$t");"""

# TERM, KILL: `cat` was ended with all of the command (see ending.py), and its file stays.
_WRITE = """\
umask 077;{before}
cat {arrow}"$t"||{{ [ $? -gt 128 ]||{{ rm -f "$t";df -k "$d"|tail -n 1;}};exit 1;}}
case $(sha256sum <"$t") in {digest}*);;*)s=$(wc -c <"$t")
[ "$s" -lt {size} ]&&echo "$s of {size} bytes arrived" >&2&&exit 23
rm -f "$t";echo "the content arrived damaged" >&2;exit 23;;esac
chmod {mode} "$t"&&mv -f "$t" "$p\""""

_CLEAN = """trap 'rm -f "$t"' EXIT;trap 'exit 1' HUP INT PIPE TERM"""
_STILL = """set -- $(ls -l "$t");[ "$5" = {start} ]||exit 25"""


KEPT = ".owtui.part"
"""What the name of a part ends with that waits for the rest."""


def kept(path: str, sha256: str) -> str:
    """Where a part of this content waits for the rest."""
    return f"{path}.{sha256[:8]}{KEPT}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file to be written. `resume`: what a cut upload has left is kept and gone on from."""

    data: bytes
    path: str
    mode: int
    progress: Progress | None
    resume: bool = False

    @property
    def target(self) -> str:
        """The path, which begins with no hyphen."""
        return self.path if "/" in self.path else f"./{self.path}"

    def tell(self, done: int) -> None:
        """Say how many bytes are handed over."""
        if self.progress:
            self.progress(done, len(self.data))


async def upload(connection: SshConnection, parcel: Parcel) -> bool:
    """Write a file unless it is there already; True when it was written.

    Raises MissingError (no such folder), NoSpaceError, DeniedError, CommandError, and what
    `SshConnection.carry` raises.
    """
    name, target = connection.place.name, parcel.target
    digest = await _sha256(parcel.data)
    words: Words = {
        "size": len(parcel.data),
        "digest": digest,
        "mode": f"{parcel.mode & 0o7777:04o}",
    }
    stage = shlex.quote(kept(target, digest) if parcel.resume else f"{target}.{digest[:8]}.part")
    setting = f"p={shlex.quote(target)};d={shlex.quote(posixpath.dirname(target))};t={stage};"
    part = _PART if parcel.resume else ""
    seen = await connection.run(setting + _LOOK.format(**words, part=part))
    if seen.exit_status == SAME:
        parcel.tell(len(parcel.data))
        return False
    if seen.exit_status != DIFFERS:
        raise _refused(name, parcel.path, seen)
    start = await _proved(parcel.data, seen.text)
    written = await _write(connection, parcel, setting, words, start)
    if start and written.exit_status in (DAMAGED, OTHER_PART):
        # Whoever wrote the part before wrote on: a connection that was lost for us alone.
        written = await _write(connection, parcel, setting, words, 0)
    if not written.ok:
        raise _failed(name, parcel.path, len(parcel.data), written)
    return True


async def _write(
    connection: SshConnection,
    parcel: Parcel,
    setting: str,
    words: Words,
    start: int,
) -> CommandResult:
    """Send what follows the first `start` bytes, which the stage holds."""

    async def feed(output: Output, limit: asyncio.Timeout) -> None:
        await _stream(connection, output, limit, parcel, start)

    before = (_STILL.format(start=start) if start else "") if parcel.resume else _CLEAN
    script = _WRITE.format(**words, before=before, arrow=">>" if start else ">")
    output = await connection.carry(
        setting + script,
        feed,
        connection.stall_s,
        doing="upload",
        after="" if parcel.resume else f'{setting}rm -f "$t"',
    )
    return output.result(0.0)


async def _proved(data: bytes, told: str) -> int:
    """How many bytes of the content a stage holds, by its size and sha256; 0 for any other."""
    size, _, digest = told.strip().partition(" ")
    start = int(size) if size.isascii() and size.isdigit() else 0
    if not 0 < start <= len(data):
        return 0
    return start if digest.startswith(await _sha256(memoryview(data)[:start])) else 0


async def _sha256(data: bytes | memoryview) -> str:
    if len(data) < HASHED_ASIDE_BYTES:
        return hashlib.sha256(data).hexdigest()
    return await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())


async def _stream(
    connection: SshConnection,
    output: Output,
    limit: asyncio.Timeout,
    parcel: Parcel,
    begin: int,
) -> None:
    """Send the content as the device takes it; each piece that moves renews the deadline.

    OpenSSH's window takes 2 MiB at once: that many would wait here where the line is slow.
    """
    now, stall_s = asyncio.get_running_loop().time, connection.stall_s
    assert output.channel is not None, "the channel is open"
    parcel.tell(begin)
    for start in range(begin, len(parcel.data), CHUNK_BYTES):
        await output.writable.wait()
        await connection.writable()
        if output.ended.is_set() or output.channel.is_closing():
            return
        piece = parcel.data[start : start + CHUNK_BYTES]
        output.channel.write(piece)
        limit.reschedule(now() + stall_s)
        parcel.tell(start + len(piece))
    await output.writable.wait()
    limit.reschedule(now() + stall_s)
    output.send(b"")


def _refused(name: str, path: str, seen: CommandResult) -> DeviceError:
    """Say why nothing was sent."""
    if seen.exit_status == NO_FOLDER:
        return MissingError(f"{name}: the folder of {path} does not exist.")
    if seen.exit_status == IS_FOLDER:
        return CommandError(f"{name}: {path} is a folder.", "Give the name of the file as well.")
    if seen.exit_status == NO_FILE:
        return CommandError(
            f"{name}: {path} is a device or a pipe, no file.", "It was left as it is."
        )
    return _complaint(name, path, seen)


def _failed(name: str, path: str, size: int, written: CommandResult) -> DeviceError:
    """Say why the content did not get into place."""
    if "No space left" not in written.complaint:
        return _complaint(name, path, written)
    free = written.text.split()[-3:-2]
    told = f"{free[0]} KiB are free" if free and free[0].isdigit() else "too little is free"
    return NoSpaceError(
        f"{name}: {path} needs {-(-size // 1024)} KiB, {told}.",
        "Nothing of it was left. Remove files on the device and try again.",
    )


def _complaint(name: str, path: str, result: CommandResult) -> DeviceError:
    said = result.complaint or f"exit status {result.exit_status}"
    if "ermission denied" in said or "Read-only" in said:
        return DeniedError(f"{name}: {path} cannot be written: {said}")
    return CommandError(f"{name}: {path} was not written: {said}", "The old file is untouched.")
