"""Files go to a device through `cat`: dropbear on OpenWrt has no sftp server.

The content is staged beside its place, compared by size and sha256 on the device and moved there
in one rename; the shell's own trap removes the stage when anything of it fails.
"""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
import shlex
from typing import TYPE_CHECKING

from owtui.engine.transport.base import CommandResult, Progress
from owtui.engine.transport.session import Output
from owtui.errors import CommandError, DeniedError, DeviceError, MissingError, NoSpaceError

if TYPE_CHECKING:
    from owtui.engine.transport.ssh import SshConnection

CHUNK_BYTES = 64 * 1024

SAME, NO_FOLDER, IS_FOLDER, DIFFERS, NO_FILE = 0, 20, 21, 22, 24

# Each script is one exec. Arguments come as quoted assignments in front.
_LOOK = """\
[ -d "$p" ]&&exit 21
[ -d "$d" ]||exit 20
[ -e "$p" ]||exit 22
[ -f "$p" ]||exit 24
[ "$(wc -c <"$p")" -eq {size} ]||exit 22
case $(sha256sum <"$p") in {digest}*)chmod {mode} "$p";;*)exit 22;;esac"""

_WRITE = """\
umask 077;trap 'rm -f "$t"' EXIT;trap 'exit 1' HUP INT PIPE TERM
cat >"$t"||{{ rm -f "$t";df -k "$d"|tail -n 1;exit 1;}}
s=$(wc -c <"$t");[ "$s" -eq {size} ]||{{ echo "$s of {size} bytes arrived" >&2;exit 23;}}
case $(sha256sum <"$t") in {digest}*);;*)echo "the content arrived damaged" >&2;exit 23;;esac
chmod {mode} "$t"&&mv -f "$t" "$p\""""


async def upload(
    connection: SshConnection, data: bytes, path: str, mode: int, progress: Progress | None
) -> bool:
    """Write `data` to `path` unless it is there already; True when it was written.

    Raises MissingError (no such folder), NoSpaceError, DeniedError, CommandError, and what
    `SshConnection.carry` raises.
    """
    name = connection.place.name
    digest = hashlib.sha256(data).hexdigest()
    words = {"size": len(data), "digest": digest, "mode": f"{mode & 0o7777:04o}"}
    target = path if "/" in path else f"./{path}"
    setting = f"p={shlex.quote(target)};d={shlex.quote(posixpath.dirname(target))};"
    seen = await connection.run(setting + _LOOK.format(**words))
    if seen.exit_status == SAME:
        if progress:
            progress(len(data), len(data))
        return False
    if seen.exit_status != DIFFERS:
        raise _refused(name, path, seen)
    stage = shlex.quote(f"{target}.{digest[:8]}.part")

    async def feed(output: Output, limit: asyncio.Timeout) -> None:
        await _stream(output, limit, data, connection.stall_s, progress)

    output = await connection.carry(
        f"{setting}t={stage};{_WRITE.format(**words)}",
        feed,
        connection.stall_s,
        doing="upload",
        after=f"rm -f {stage}",
    )
    written = output.result(0.0)
    if not written.ok:
        raise _failed(name, path, len(data), written)
    return True


async def _stream(
    output: Output,
    limit: asyncio.Timeout,
    data: bytes,
    stall_s: float,
    progress: Progress | None,
) -> None:
    """Send the content as the device takes it; each piece that moves renews the deadline."""
    now = asyncio.get_running_loop().time
    assert output.channel is not None, "the channel is open"
    for start in range(0, len(data), CHUNK_BYTES):
        await output.writable.wait()
        if output.ended.is_set() or output.channel.is_closing():
            return
        piece = data[start : start + CHUNK_BYTES]
        output.channel.write(piece)
        limit.reschedule(now() + stall_s)
        if progress:
            progress(start + len(piece), len(data))
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
