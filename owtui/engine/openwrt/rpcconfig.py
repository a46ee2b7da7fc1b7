"""Packages changed on probation by rpcd: staged in our session, applied, confirmed or rolled back.

What rpcd covers and what it does not is in guarded-apply.md, section 6; configs/rpcguard.py says
when to do which. Other files than packages cannot be reached this way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from owtui.engine.openwrt import uci
from owtui.engine.openwrt.rpcfiles import BatchRpc
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import NoDataError, NotPermittedError
from owtui.errors import DeviceError, MissingError, ProtocolError

POST_BYTES = 32 * 1024  # uhttpd takes 64 KiB a POST [uhttpd ubus.c]

Packages = Mapping[str, uci.Package]
_NO_PACKAGE = (MissingError, NotPermittedError)


class Reply(StrEnum):
    """What rpcd answers to apply, confirm and rollback; each else is an error."""

    DONE = "done"
    NOTHING = "nothing"  # 5: nothing is staged, or nothing pends (any more)
    OTHERS = "others"  # 6: the change of another session pends


class RpcConfig:
    """The configuration of one device, as a session may change it."""

    def __init__(self, rpc: BatchRpc) -> None:
        self._rpc = rpc

    async def committed(self, names: Iterable[str]) -> dict[str, uci.Package]:
        """Read packages as they are in flash; what the session has staged is dropped for it.

        After a rollback rpcd puts the new values back into the session's staging, where they
        would read as if they were in force. Raises as `_read` does.
        """
        wanted = list(names)
        await self.revert(wanted)
        return await self._read(wanted)

    async def _read(self, names: Iterable[str]) -> dict[str, uci.Package]:
        """Read packages as this session sees them, with what it has staged.

        Raises MissingError or DeniedError for one that is not there, and what the session raises.
        """
        wanted = list(names)
        told = await self._rpc.batch([Call("uci", "get", {"config": name}) for name in wanted])
        found: dict[str, uci.Package] = {}
        for name, answer in zip(wanted, told, strict=True):
            if isinstance(answer, DeviceError):
                raise answer
            values = answer.get("values")
            found[name] = uci.from_rpc(name, values if isinstance(values, dict) else {})
        return found

    async def stage(self, packages: Packages) -> None:
        """Let the session's view be exactly these packages, and prove it; nothing is written.

        Raises MissingError for a package that the device does not have (rpcd makes no files),
        DeniedError where the ACL does not open it, which LuCI's says of both.
        """
        present = await self.committed(packages)
        calls: list[Call] = []
        for name, package in packages.items():
            if present[name] != package:
                calls += _rewrite(present[name], package)
        for part in _posts(calls):
            for outcome in await self._rpc.batch(part):
                if isinstance(outcome, DeviceError):
                    raise outcome
        if await self._read(packages) != dict(packages):
            raise ProtocolError(f"{self._rpc.name} did not stage the configuration as it was sent.")

    async def revert(self, names: Iterable[str]) -> None:
        """Drop what the session has staged: after a rollback rpcd puts it back there."""
        wanted = list(names)
        told = await self._rpc.batch([Call("uci", "revert", {"config": name}) for name in wanted])
        for outcome in told:
            if isinstance(outcome, DeviceError) and not isinstance(outcome, _NO_PACKAGE):
                raise outcome

    async def apply(self, window_s: int) -> Reply:
        """Write what is staged and reload; rpcd takes it back after so many seconds."""
        return await self._asked("apply", {"rollback": True, "timeout": window_s})

    async def confirm(self) -> Reply:
        """Keep what was applied for good."""
        return await self._asked("confirm", {})

    async def rollback(self) -> Reply:
        """Take back at once what was applied."""
        return await self._asked("rollback", {})

    async def _asked(self, method: str, arguments: dict[str, object]) -> Reply:
        try:
            await self._rpc.call("uci", method, arguments)
        except NoDataError:
            return Reply.NOTHING
        except NotPermittedError:
            return Reply.OTHERS
        return Reply.DONE


def _rewrite(present: uci.Package, wanted: uci.Package) -> list[Call]:
    """All sections anew and in order: what is left of an old order could not be told to rpcd."""
    config: dict[str, object] = {"config": wanted.name}
    calls = [
        Call("uci", "delete", config | {"section": section.handle}) for section in present.sections
    ]
    for section in wanted.sections:
        values = {option: value for option, value in section.options.items() if value}
        named = {"name": section.name} if section.name is not None else {}
        calls.append(
            Call("uci", "add", {**config, "type": section.type, **named, "values": values})
        )
    return calls


def _posts(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """Divide calls into POSTs that uhttpd takes."""
    part: list[Call] = []
    size = 0
    for call in calls:
        length = len(json.dumps(call.args)) + 200
        if part and size + length > POST_BYTES:
            yield part
            part, size = [], 0
        part.append(call)
        size += length
    if part:
        yield part
