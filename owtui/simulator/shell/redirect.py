"""Opening what a redirection names: files of the device, copies of descriptors, documents."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from ..devnodes import open_device
from ..openfile import ReadFile, WriteFile
from ..streams import BytesSource, Stream
from . import expand
from .syntax import Redirect

if TYPE_CHECKING:
    from .interpreter import Shell

_CREATE = {
    errno.ENOENT: "nonexistent directory",
    errno.ENOTDIR: "nonexistent directory",
}


class RedirectError(Exception):
    """What ash says when a redirection cannot be made."""


async def open_redirect(shell: Shell, redirect: Redirect, opened: list[Stream]) -> None:
    """Set the shell's descriptor; streams that were opened for it are added to `opened`."""
    target = await expand.text(shell, redirect.target)
    if redirect.op in (">&", "<&"):
        _duplicate(shell, redirect.fd, target)
        return
    if redirect.op == "<<":
        stream: Stream = BytesSource(target.encode("utf-8", "surrogateescape"))
    else:
        stream = _open(shell, redirect.op, target)
    opened.append(stream)
    shell.fds[redirect.fd] = stream


def _duplicate(shell: Shell, fd: int, target: str) -> None:
    if target == "-":
        shell.fds.pop(fd, None)
        if fd < 3:
            shell.fds[fd] = Stream()
        return
    if not target.isdigit() or int(target) not in shell.fds:
        raise RedirectError(f"{target}: bad file descriptor")
    shell.fds[fd] = shell.fds[int(target)]


def _open(shell: Shell, op: str, target: str) -> Stream:
    files = shell.device.files
    special = open_device(shell.device, files.resolve(target, shell.cwd))
    if special is not None:
        return special
    if op == "<":
        try:
            return ReadFile(files, files.resolve(target, shell.cwd), shell.device.locks)
        except OSError as error:
            raise RedirectError(f"can't open {target}: {_opening(error)}") from None
    try:
        path = files.create(target, shell.cwd, shell.device.creation_mode(), keep=op == ">>")
    except OSError as error:
        reason = _CREATE.get(error.errno or 0, error.strerror)
        raise RedirectError(f"can't create {target}: {reason}") from None
    shell.device.effects.writes[path] += 1
    return WriteFile(files, path, shell.device.locks)


def _opening(error: OSError) -> str:
    return "no such file" if error.errno == errno.ENOENT else str(error.strerror)
