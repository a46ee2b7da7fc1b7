"""Reach a device: its credentials in order, each at its addresses in order, until one logs in.

An address that does not answer, or shows the wrong key, is not asked again for the next credential.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from owtui.engine.transport.base import Deadlines, HostKeys, Login, Target
from owtui.engine.transport.errors import Place, worst
from owtui.engine.transport.gates import Gates
from owtui.engine.transport.handshake import Means, Trial, log_in
from owtui.engine.transport.jump import Hops, ResolveJump
from owtui.engine.transport.login import KeyRing
from owtui.engine.transport.ssh import OUTPUT_BYTES, SshConnection
from owtui.errors import AuthError, DeviceError, UnreachableError

HANDSHAKES = 4
"""Logins at once to one address: dropbear closes the sixth that has not authenticated yet."""

OnAttempt = Callable[[UUID | None, bool, str], Awaitable[None]]
"""Told per connection row: its id, whether it worked, else the sentence."""


@dataclass(frozen=True, slots=True)
class Way:
    """What worked last: tried first next time."""

    address: str
    connection_id: UUID | None


@dataclass(slots=True)
class Search:
    """The way to one target, as far as it is known.

    owner: whose host keys to compare; first: what worked last
    dead: addresses that no other credential would change, and why; failures: all, in order
    """

    target: Target
    owner: UUID | str
    first: Way | None
    dead: dict[tuple[str, int, tuple[str, ...]], DeviceError] = field(default_factory=dict)
    failures: list[DeviceError] = field(default_factory=list)

    @property
    def logins(self) -> list[Login]:
        """The caller's order, with what worked last in front."""
        way = self.first
        return sorted(
            self.target.logins, key=lambda one: not way or one.connection_id != way.connection_id
        )

    @property
    def addresses(self) -> list[str]:
        """The caller's order, with what worked last in front."""
        last = self.first.address if self.first else ""
        return sorted(self.target.addresses, key=lambda one: one != last)

    def told(self) -> DeviceError:
        """One error for all that failed; what else was tried is in its hint."""
        name = self.target.name
        if not self.target.logins:
            return AuthError(f"{name}: no credential is assigned.", "Add a connection to it.")
        if not self.target.addresses:
            return UnreachableError(f"{name}: no address is known.", "Set its address.")
        chosen = worst(self.failures)
        others = dict.fromkeys(e.sentence for e in self.failures if e.sentence != chosen.sentence)
        if others:
            chosen.hint = " ".join([chosen.hint, "Tried as well:", *others]).strip()
        return chosen


class Dialer:
    """Logs in to targets; keeps parsed keys, hop connections and the count at each address."""

    def __init__(
        self,
        host_keys: HostKeys,
        deadlines: Deadlines,
        *,
        resolve_jump: ResolveJump | None = None,
        output_bytes: int = OUTPUT_BYTES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hops = Hops(self.connect, resolve_jump, deadlines.idle_s)
        self._means = Means(host_keys, deadlines, sleep, clock, output_bytes)
        self._keys = KeyRing()
        self._gates = Gates(HANDSHAKES)

    async def connect(
        self,
        target: Target,
        *,
        owner: UUID | str | None = None,
        first: Way | None = None,
        on_attempt: OnAttempt | None = None,
    ) -> SshConnection:
        """Log in to a target.

        owner: whose host keys to compare, the device's unless given; first: what worked last
        on_attempt: told for each credential tried
        Raises the DeviceError that says most about why nothing worked.
        """
        search = Search(target, owner or target.device_id, first)
        for login in search.logins if target.addresses else []:
            found = await self._try(search, login)
            said = "" if found else search.failures[-1].sentence
            try:
                if on_attempt:
                    await on_attempt(login.connection_id, found is not None, said)
            except BaseException:
                if found:
                    found.abort()
                raise
            if found:
                return found
        raise search.told()

    async def probe_factory(self, target: Target) -> bool:
        """Tell whether a device lets anybody in: logs in without any credential.

        Raises DeviceError when the question could not be put (unreachable, host key…).
        """
        at = target.logins[0] if target.logins else Login(None, "none")
        bare = replace(at, connection_id=None, kind="none", secret=None, passphrase=None)
        try:
            connection = await self.connect(replace(target, logins=(bare,)))
        except AuthError:
            return False
        connection.close()
        await connection.wait_closed()
        return True

    async def _try(self, search: Search, login: Login) -> SshConnection | None:
        """Try one credential at each address; None when it worked at none of them."""
        for address in search.addresses:
            endpoint = (address, login.port, login.jump)
            if endpoint in search.dead:
                search.failures.append(search.dead[endpoint])
                continue
            try:
                return await self._log_in(search, address, login)
            except AuthError as error:
                search.failures.append(error)
            except DeviceError as error:
                search.dead[endpoint] = error
                search.failures.append(error)
        return None

    async def _log_in(self, search: Search, address: str, login: Login) -> SshConnection:
        """Log in at one address, when it is our turn there."""
        name = search.target.name
        key = await self._keys.key_of(login, name) if login.kind == "key" else None
        via = login.jump[-1] if login.jump else ""
        place = Place(name, address, login.port, via)
        async with self._gates.enter((address, login.port, via)):
            trial = Trial(place, search.owner, search.target, login, key)
            return await log_in(trial, self._means, self.hops)
