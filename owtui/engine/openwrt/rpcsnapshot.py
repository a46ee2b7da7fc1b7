"""A whole configuration over ubus, with what the session may.

Best is `file exec` of the line that SSH uses too, and `file read` in base64 for the bytes. LuCI's
ACL allows neither; then each package is what `uci get` tells: its values, printed by us, with a
sum that says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from owtui.engine.configs.model import File, Running
from owtui.engine.openwrt import snapshot, sums, uci
from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.rpcfiles import ALLOW, BatchRpc
from owtui.engine.openwrt.snapshot import DEFAULT_MODE, UNREADABLE, Told
from owtui.engine.openwrt.sums import ABSENT, FOLDER, TOLD, Fingerprint, package_of
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import NoDataError, NoObjectError, Outcome, UnsupportedError
from owtui.errors import DeniedError, DeviceError, MissingError, ProtocolError

CALLS = 100
"""Calls in one POST: uhttpd takes 64 KiB of request [uhttpd ubus.c]."""

_KIB = 1024
_ABOUT = {
    "configs": Call("uci", "configs"),
    "list": Call("file", "list", {"path": FOLDER.rstrip("/")}),
    "info": Call("system", "info"),
    "lock": Call("file", "stat", {"path": snapshot.AGENT_LOCK}),
    "checksum": Call("file", "read", {"path": snapshot.AGENT_CHECKSUM}),
    **{name: Call("service", "list", {"name": name}) for name in snapshot.AGENT_SERVICES},
}


@dataclass(slots=True)
class _Found:
    """What is known so far: which files there are, and of each its content or why not."""

    names: tuple[str, ...]  # packages
    files: dict[str, File] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)


class RpcSnapshot:
    """Reads the configuration of one device."""

    def __init__(self, rpc: BatchRpc, token: Callable[[], str]) -> None:
        self._rpc = rpc
        self._name = rpc.name
        self._token = token

    async def configuration(self, paths: Sequence[str], at: datetime) -> Running:
        """See Router.configuration."""
        token = self._token()
        further = sums.asked(paths)
        calls = {"exec": shell(snapshot.about(token, paths)), **_ABOUT}
        outcomes = await self._batch(calls.values())
        told = {name: _answer(outcome) for name, outcome in zip(calls, outcomes, strict=True)}
        parts = _parts(told["exec"], token)
        found = _Found(self._names(told, outcomes), modes=_modes(told, parts))
        await self._read(found, [*(f"{FOLDER}{name}" for name in found.names), *further])
        await self._get(found)
        summed = sums.read(_part(parts, "sums"), paths) or Fingerprint({})
        for path in found.unread.keys() & summed.sums.keys():
            found.sums[path] = summed.sums[path]
        fingerprint = Fingerprint(dict(sorted(found.sums.items())), summed.staged)
        return snapshot.running(found.files, fingerprint, _told(told, parts), found.unread, at)

    async def fingerprint(
        self, said: Outcome, configs: Outcome, paths: Sequence[str]
    ) -> Fingerprint | None:
        """The fingerprint from the outcomes of `shell(sums.command)` and of `uci configs`.

        Where the command was refused, each package is asked for; None where that is refused, too.
        """
        text = _answer(said)["stdout"].raw.decode("utf-8", "surrogateescape")
        if found := sums.read(text, paths):
            return found
        names = [entry.text for entry in _answer(configs)["configs"]]
        if not names:
            return None
        found_ = _Found(tuple(names))
        await self._get(found_)
        if not found_.sums:
            return None
        unread = (*found_.unread, *sums.asked(paths))
        return Fingerprint(dict(sorted(found_.sums.items())), (), tuple(sorted(unread)))

    def _names(self, told: Mapping[str, Answer], outcomes: Sequence[Outcome]) -> tuple[str, ...]:
        """All packages. Raises what keeps them from being listed."""
        listed = {entry.text for entry in told["configs"]["configs"]}
        for entry in told["list"]["entries"]:
            change = listed.add if entry["type"].text == "file" else listed.discard
            change(entry["name"].text)  # rpcd takes a folder for a package
        names = tuple(sorted(name for name in listed if package_of(f"{FOLDER}{name}")))
        if names:
            return names
        for outcome in outcomes[1:]:  # not of the command, which few sessions may run
            if isinstance(outcome, DeniedError):
                raise outcome
        raise DeniedError(f"{self._name}: its ubus session shows no configuration.", ALLOW)

    async def _read(self, found: _Found, paths: Sequence[str]) -> None:
        """Read files in base64, as far as the session may."""
        calls = [Call("file", "read", {"path": path, "base64": True}) for path in paths]
        for path, outcome in zip(paths, await self._batch(calls), strict=True):
            if isinstance(outcome, NoDataError):
                self._keep(found, path, b"")
            elif isinstance(outcome, UnsupportedError):
                found.unread[path] = "it is larger than 256 KiB"
            elif isinstance(outcome, MissingError) and not isinstance(outcome, NoObjectError):
                if not package_of(path):
                    found.sums[path] = ABSENT
            elif isinstance(outcome, DeviceError):
                found.unread[path] = UNREADABLE
            else:
                try:
                    self._keep(found, path, base64.b64decode(_data(outcome), validate=True))
                except (binascii.Error, ValueError):
                    found.unread[path] = UNREADABLE

    def _keep(self, found: _Found, path: str, data: bytes) -> None:
        found.files[path] = File(data, found.modes.get(path, DEFAULT_MODE))
        found.sums[path] = sums.md5(data)

    async def _get(self, found: _Found) -> None:
        """Ask rpcd for the values of each package whose file is not known."""
        known = found.sums.keys() | {p for p, why in found.unread.items() if why != UNREADABLE}
        wanted = [name for name in found.names if f"{FOLDER}{name}" not in known]
        calls = [Call("uci", "get", {"config": name}) for name in wanted]
        for name, outcome in zip(wanted, await self._batch(calls), strict=True):
            path = f"{FOLDER}{name}"
            if isinstance(outcome, DeviceError):
                found.unread.setdefault(path, UNREADABLE)
                continue
            values = outcome.get("values")
            try:
                package = uci.from_rpc(name, values if isinstance(values, dict) else {})
            except ProtocolError:
                found.unread[path] = UNREADABLE
                continue
            found.unread.pop(path, None)
            text = uci.export(package).partition("\n")[2]  # a file has no line `package`
            found.files[path] = File(text.encode("utf-8", "surrogateescape"), DEFAULT_MODE)
            found.sums[path] = TOLD + sums.digest(package)

    async def _batch(self, calls: Iterable[Call]) -> list[Outcome]:
        wanted = list(calls)
        outcomes: list[Outcome] = []
        for start in range(0, len(wanted), CALLS):
            outcomes += await self._rpc.batch(wanted[start : start + CALLS])
        return outcomes


def shell(line: str) -> Call:
    """A call that runs a command line."""
    return Call("file", "exec", {"command": "/bin/sh", "params": ["-c", line]})


def _answer(outcome: Outcome) -> Answer:
    return Answer(None if isinstance(outcome, DeviceError) else outcome)


def _data(outcome: Outcome) -> str:
    return _answer(outcome)["data"].text


def _parts(said: Answer, token: str) -> dict[str, bytes]:
    """The parts of `about`; none where it was refused."""
    output = said["stdout"].raw
    return snapshot.parts_of(output, token) if output else {}


def _part(parts: Mapping[str, bytes], name: str) -> str:
    return parts.get(name, b"").decode("utf-8", "surrogateescape")


def _modes(told: Mapping[str, Answer], parts: Mapping[str, bytes]) -> dict[str, int]:
    listed = {
        f"{FOLDER}{entry['name'].text}": entry["mode"].number & 0o7777
        for entry in told["list"]["entries"]
        if entry["mode"].number
    }
    return listed | snapshot.modes_of(parts)


def _told(told: Mapping[str, Answer], parts: Mapping[str, bytes]) -> Told:
    """What is known beside the files; a ubus session does not tell how it came in."""
    if parts:
        found = snapshot.told_of(parts)
        found.connection = ""
        return found
    room = told["info"]["root"]["avail"]
    return Told(
        services=[told[name] for name in snapshot.AGENT_SERVICES],
        locked=bool(told["lock"]["type"].text),
        checksum=told["checksum"]["data"].text,
        free_bytes=room.number * _KIB if told["info"]["root"]["total"].number else None,
    )
