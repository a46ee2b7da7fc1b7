"""Files and commands over ubus: what rpcd's `file` object can do, made whole.

rpcd reads and writes files in one piece and knows neither rename nor checksums above MD5, so what
has to be atomic is staged, proven and moved by its `exec`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.quoting import absolute
from owtui.engine.transport.base import CommandResult, Rpc
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import (
    FailedError,
    NoDataError,
    NoObjectError,
    Outcome,
    UnsupportedError,
)
from owtui.errors import (
    CommandError,
    DeniedError,
    DeviceError,
    MissingError,
    NoSpaceError,
    ProtocolError,
)

CHUNK_BYTES = 32 * 1024  # uhttpd takes 64 KiB a POST [uhttpd ubus.c], base64 adds a third
ALLOW = (
    "Allow `file exec` of /bin/sh in a file of /usr/share/rpcd/acl.d and restart rpcd,"
    " or give the device an SSH connection."
)
# $1 staged file, $2 "sha256  -", $3 mode, $4 path
_PROVE_AND_MOVE = (
    '[ ! -e "$4" ] || [ -f "$4" ] || exit 8; [ "$(sha256sum <"$1")" = "$2" ] || exit 9;'
    ' chmod "$3" "$1" && mv -f "$1" "$4"'
)
_NO_FILE, _WRONG_SUM = 8, 9


class BatchRpc(Rpc, Protocol):
    """An Rpc that takes several calls in one POST, as UbusSession does."""

    name: str

    async def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Outcome]:
        """Answer each call on its own; see UbusSession.batch."""
        ...


class RpcFiles:
    """The `file` object of one device."""

    def __init__(self, rpc: BatchRpc, token: Callable[[], str]) -> None:
        self._rpc = rpc
        self._name = rpc.name
        self._token = token

    async def read(self, path: str) -> bytes:
        """Read a whole file. Raises DeniedError for 256 KiB and more, which rpcd does not read."""
        try:
            answer = await self._rpc.call("file", "read", {"path": absolute(path), "base64": True})
        except NoObjectError:
            raise
        except UnsupportedError as error:
            raise DeniedError(
                f"{self._name}: {path} is larger than ubus reads.", "Give it an SSH connection."
            ) from error
        except NoDataError:
            return b""  # there, and empty
        except MissingError as error:
            raise MissingError(f"{self._name} could not read {path}: no such file.") from error
        try:
            return base64.b64decode(Answer(answer)["data"].text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProtocolError(f"{self._name} does not tell {path} in base64.") from error

    async def replace(self, path: str, data: bytes, mode: int) -> None:
        """Replace a file atomically: staged beside it, its SHA-256 compared, moved into place.

        Where the ACL allows the path itself and neither staging nor exec (LuCI's authorized_keys),
        up to CHUNK_BYTES are written in one call and compared by MD5. Raises NoSpaceError,
        DeniedError.
        """
        stage = f"{absolute(path)}.{self._token()}"
        try:
            await self._write_staged(stage, path, data, mode)
        except DeniedError as error:
            if len(data) > CHUNK_BYTES:
                raise DeniedError(
                    f"{self._name} could not write {path} in whole.", ALLOW
                ) from error
            await self.put(path, data, mode)
            answer = Answer(await self._rpc.call("file", "md5", {"path": path}))
            if answer["md5"].text != hashlib.md5(data, usedforsecurity=False).hexdigest():
                raise await self._not_whole(path, len(data)) from error

    async def _write_staged(self, stage: str, path: str, data: bytes, mode: int) -> None:
        moved = False
        try:
            await self.put(stage, data, mode)
            proof = f"{hashlib.sha256(data).hexdigest()}  -"
            words = ["-c", _PROVE_AND_MOVE, "sh", stage, proof, f"{mode:o}", path]
            result = await self.run(words)
            if result.exit_status == _NO_FILE:
                raise CommandError(
                    f"{self._name}: {path} is a folder or a device, no file.",
                    "Give the name of the file as well.",
                )
            if result.exit_status == _WRONG_SUM:
                raise await self._not_whole(path, len(data))
            if not result.ok:
                raise CommandError(f"{self._name} could not write {path}: {result.complaint}")
            moved = True
        finally:
            if not moved:
                await self.discard(stage)

    async def put(self, path: str, data: bytes, mode: int) -> None:
        """Write a file in as many calls as uhttpd's limit asks for."""
        for start in range(0, max(len(data), 1), CHUNK_BYTES):
            chunk = base64.b64encode(data[start : start + CHUNK_BYTES]).decode("ascii")
            arguments: dict[str, object] = {
                "path": path,
                "data": chunk,
                "base64": True,
                "append": start > 0,
                "mode": mode,
            }
            try:
                await self._rpc.call("file", "write", arguments)
            except FailedError as error:
                raise await self._not_whole(path, len(data)) from error
            except NoDataError:
                if data:
                    raise

    async def _not_whole(self, path: str, size: int) -> DeviceError:
        """Tell a full file system from other reasons why a file is not what was sent."""
        place = "tmp" if path.startswith("/tmp/") else "root"
        info = Answer()
        with suppress(DeviceError):
            info = Answer(await self._rpc.call("system", "info"))
        room = info[place]["avail"].number * 1024
        if info[place]["total"].number and room < size:
            return NoSpaceError(
                f"{self._name} has no room for {path}: {room} bytes are left of {size}."
            )
        return ProtocolError(f"{self._name} did not write {path} as it was sent.", "Try again.")

    async def discard(self, path: str) -> None:
        """Remove a file as far as the session may; what it holds is of no use any more."""
        with suppress(DeviceError):
            await self._rpc.call("file", "remove", {"path": path}, timeout=5.0)

    async def run(self, words: list[str], timeout: float | None = None) -> CommandResult:
        """Run /bin/sh with these words, whatever its exit status; see UbusRouter.exec."""
        started = time.monotonic()
        arguments: dict[str, object] = {"command": "/bin/sh", "params": words}
        try:
            answer = Answer(await self._rpc.call("file", "exec", arguments, timeout=timeout))
        except (DeniedError, NoObjectError) as error:
            raise DeniedError(
                f"{self._name}: its ubus session may not run commands.", ALLOW
            ) from error
        return CommandResult(
            answer["stdout"].raw,
            answer["stderr"].raw,
            answer["code"].number,
            time.monotonic() - started,
        )
