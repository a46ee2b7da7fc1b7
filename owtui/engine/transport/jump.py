"""Devices behind jump hosts: chains as ProxyJump writes them, outermost first.

A hop is a login like any other, with a host key of its own; devices behind the same chain that log
in there with the same key share it.
A password is never given to a jump host: it is another machine, whose password that is not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from owtui.engine.transport.base import Login, Target
from owtui.engine.transport.shared import Lease, Shared
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import AuthError, DeviceError, HostKeyError, InputError, UnreachableError

Chain = tuple[str, ...]
ResolveJump = Callable[[str], Awaitable[Target | None]]
"""Finds the device of the inventory that a hop names; None when it names none."""

Connect = Callable[..., Awaitable[SshConnection]]

_walked: ContextVar[tuple[Chain, ...]] = ContextVar("walked", default=())
"""The chains that a login is on its way through; the tasks that make its hops inherit it."""


@dataclass(frozen=True, slots=True)
class HopSpec:
    """A hop as written: "user@host:port", "host", "[fe80::1]:2222"."""

    host: str
    port: int = 22
    user: str = ""

    @classmethod
    def parse(cls, text: str) -> HopSpec:
        """Read one hop; InputError when it is none."""
        user, _, rest = text.rpartition("@")
        if rest.startswith("["):
            host, _, port = rest[1:].partition("]")
            port = port.removeprefix(":")
        elif rest.count(":") > 1:
            host, port = rest, ""
        else:
            host, _, port = rest.partition(":")
        if not host or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
            raise InputError(f'"{text}" is no jump host.', "Write user@host:port.")
        return cls(host, int(port or 22), user)

    @property
    def owner(self) -> str:
        """Whose host key it is in the book."""
        return f"{self.host}:{self.port}"


class Way(NamedTuple):
    """A chain, and as whom and with what it is walked: nobody passes a hop on another's key."""

    chain: Chain
    username: str
    proof: str

    @classmethod
    def of(cls, login: Login) -> Way:
        """The way of a login; `proof` is a digest of its key, "" for the agent."""
        key = login.secret.reveal() if login.kind == "key" and login.secret else ""
        digest = hashlib.sha256(key.encode("utf-8")).hexdigest() if key else ""
        return cls(login.jump, login.username, digest)


class Hops:
    """The last hop of each way in use, connected once and shared."""

    def __init__(self, connect: Connect, resolve: ResolveJump | None, idle_s: float) -> None:
        self._connect = connect
        self._resolve = resolve
        self._shared: Shared[Way] = Shared(idle_s)

    async def take(self, login: Login, target: Target) -> Lease[Way] | None:
        """Join the connection to the last hop of a login's chain; None without one.

        Raises DeviceError whose sentence names the device and the hop; never AuthError, since it
        is not the device that refused.
        """
        chain = login.jump
        if not chain:
            return None
        if chain in _walked.get():  # it would wait for itself
            raise UnreachableError(
                f"jump host {chain[-1]} is reached through itself.",
                "Correct the setting jump of its connection.",
            )
        try:
            return await self._shared.take(Way.of(login), lambda: self._reach(chain, login, target))
        except HostKeyError as error:
            raise HostKeyError(
                f"{target.name}: {error.sentence}",
                error.hint,
                recorded=error.recorded,
                offered=error.offered,
            ) from error
        except DeviceError as error:
            sentence = f"{target.name}: {error.sentence}"
            raise DeviceError(sentence, error.hint, kind=error.kind) from error

    async def close(self) -> None:
        """Close the hops."""
        await self._shared.close()

    async def _reach(self, chain: Chain, login: Login, target: Target) -> SshConnection:
        """Log in to the last hop of a chain, through the others."""
        *before, text = chain
        _walked.set((*_walked.get(), chain))
        known = await self._resolve(text) if self._resolve else None
        if known is not None:
            through = tuple(replace(one, jump=tuple(before) or one.jump) for one in known.logins)
            return await self._connect(
                replace(known, name=f"jump host {known.name}", logins=through)
            )
        spec = HopSpec.parse(text)
        hop = Target(
            device_id=UUID(int=0),
            name=f"jump host {spec.owner}",
            addresses=(spec.host,),
            logins=(_hop_login(spec, login, tuple(before)),),
            host_keys=target.host_keys,
        )
        return await self._connect(hop, owner=spec.owner)


def _hop_login(spec: HopSpec, login: Login, before: Chain) -> Login:
    """What to log in to a hop with: the device's key, else the agent."""
    own = Login(None, login.kind, spec.user or login.username, port=spec.port, jump=before)
    if login.kind == "key":
        return replace(own, secret=login.secret, passphrase=login.passphrase)
    if login.kind == "agent" or os.environ.get("SSH_AUTH_SOCK"):
        return replace(own, kind="agent")
    raise AuthError(
        f"jump host {spec.owner}: the device's password is not given to another machine.",
        "Use a key or an agent, or add the jump host as a device and name that device.",
    )
