"""rpcd's file object. exec runs the device's own programs, never the host's."""

from __future__ import annotations

import base64
import errno
import hashlib
import stat
from typing import TYPE_CHECKING, Any

from ..files import Node
from ..shell.interpreter import Shell
from .core import (
    INVALID_ARGUMENT,
    NO_DATA,
    NOT_FOUND,
    NOT_SUPPORTED,
    UNKNOWN_ERROR,
    Family,
    Request,
    UbusError,
)

if TYPE_CHECKING:
    from ..device import Device

FILES = Family()
_EXEC_S = 30.0
_READ_BYTES = 256 * 1024  # no larger file is read, and an empty one has no data [rpcd file.c]
_NOT_FOUND = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


def _failure(error: OSError) -> UbusError:
    return UbusError(NOT_FOUND if error.errno in _NOT_FOUND else UNKNOWN_ERROR)


@FILES.method("file", "read", path="String", base64="Boolean")
async def read(request: Request) -> dict[str, Any]:
    try:
        data = request.device.files.read(request.text("path"))
    except OSError as error:
        raise _failure(error) from None
    if len(data) >= _READ_BYTES:
        raise UbusError(NOT_SUPPORTED)
    if not data:
        raise UbusError(NO_DATA)
    if request.args.get("base64"):
        return {"data": base64.b64encode(data).decode()}
    return {"data": data.decode("utf-8", "replace")}


@FILES.method(
    "file",
    "write",
    path="String",
    data="String",
    append="Boolean",
    mode="Integer",
    base64="Boolean",
)
async def write(request: Request) -> None:
    device, text = request.device, request.text("data")
    try:
        data = (
            base64.b64decode(text, validate=True) if request.args.get("base64") else text.encode()
        )
    except ValueError:
        raise UbusError(INVALID_ARGUMENT) from None
    mode = request.args.get("mode")
    keep = bool(request.args.get("append"))
    try:
        where = device.files.create(request.text("path"), keep=keep)
        device.effects.writes[where] += 1
        device.files.append(where, data)
        if isinstance(mode, int):
            device.files.chmod(where, mode)
    except OSError as error:
        raise _failure(error) from None


def _kind(node: Node) -> str:
    return {stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}.get(node.kind, "file")


def _stat(node: Node) -> dict[str, Any]:
    when = int(node.mtime)
    return {
        "type": _kind(node),
        "size": 240 if node.is_dir else len(node.data),
        "mode": node.kind | node.mode,
        "atime": when,
        "mtime": when,
        "ctime": when,
        "inode": 10,
        "uid": 0,
        "gid": 0,
    }


@FILES.method("file", "list", path="String")
async def listing(request: Request) -> dict[str, Any]:
    files, path = request.device.files, request.text("path")
    try:
        names = files.names(path)
    except OSError as error:
        raise _failure(error) from None
    where = files.resolve(path).rstrip("/")
    return {
        "entries": [
            {"name": name} | _stat(files.node(f"{where}/{name}", follow=False)) for name in names
        ]
    }


@FILES.method("file", "stat", path="String")
async def stat_(request: Request) -> dict[str, Any]:
    path = request.text("path")
    node = request.device.files.find(path)
    if node is None:
        raise UbusError(NOT_FOUND)
    return {"path": path} | _stat(node)


@FILES.method("file", "md5", path="String")
async def md5(request: Request) -> dict[str, Any]:
    try:
        data = request.device.files.read(request.text("path"))
    except OSError as error:
        raise _failure(error) from None
    return {"md5": hashlib.md5(data, usedforsecurity=False).hexdigest()}


@FILES.method("file", "remove", path="String")
async def remove(request: Request) -> None:
    try:
        request.device.files.remove(request.text("path"))
    except OSError as error:
        raise _failure(error) from None


@FILES.method("file", "exec", command="String", params="Array", env="Table")
async def execute(request: Request) -> dict[str, Any]:
    params = request.args.get("params", [])
    if not isinstance(params, list) or not all(isinstance(p, str) for p in params):
        raise UbusError(INVALID_ARGUMENT)
    return await run_words(request.device, [request.text("command"), *params])


async def run_words(device: Device, words: list[str]) -> dict[str, Any]:
    """Run a program as rpcd does for `exec`: its exit status and what it printed."""
    command, *params = words
    if device.program(command, "/") is None:
        raise UbusError(NOT_FOUND)
    line = " ".join([command, *params])
    device.effects.commands[line] += 1
    process = device.processes.begin(1, [command, *params])
    try:
        shell = Shell(device, {}, process.pid)
        code, out, err = await device.within(shell.feed([command, *params], b""), _EXEC_S)
    except TimeoutError:
        raise UbusError(NO_DATA) from None
    finally:
        device.processes.end(process)
    answer: dict[str, Any] = {"code": code}
    if out:
        answer["stdout"] = out.decode("utf-8", "replace")
    if err:
        answer["stderr"] = err.decode("utf-8", "replace")
    return answer
