"""Reach a device: its credentials in order, each at its addresses in order, until one logs in.

An address that does not answer, or shows the wrong key, is not asked again for the next credential.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

import asyncssh
from cryptography.exceptions import UnsupportedAlgorithm

from owtui.engine.transport.base import Deadlines, HostKeys, Login, Target
from owtui.engine.transport.errors import (
    NoBannerError,
    Place,
    login_late,
    no_answer,
    no_banner,
    of_connecting,
    worst,
)
from owtui.engine.transport.gates import Gates
from owtui.engine.transport.hostkeys import AcceptedMeanwhileError, HostKeyCheck
from owtui.engine.transport.jump import Hops, ResolveJump
from owtui.engine.transport.login import Client, KeyRing, denied, is_rsa, options
from owtui.engine.transport.ssh import OUTPUT_BYTES, SshConnection
from owtui.errors import AuthError, DeviceError, UnreachableError

HANDSHAKES = 4
"""Logins at once to one address: dropbear closes the sixth that has not authenticated yet."""

SAID_BY_THE_PEER = (asyncssh.Error, OSError, ValueError, UnsupportedAlgorithm)
"""What a login ends with when the other side is the reason; nonsense surfaces as ValueError."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0

OnAttempt = Callable[[UUID | None, bool, str], Awaitable[None]]
"""Told per connection row: its id, whether it worked, else the sentence."""


@dataclass(frozen=True, slots=True)
class Way:
    """What worked last: tried first next time."""

    address: str
    connection_id: UUID | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One login to make: where, as whom, with what."""

    place: Place
    owner: UUID | str
    target: Target
    login: Login
    key: asyncssh.SSHKey | None
    sha1: bool = False


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
        self.deadlines = deadlines
        self.hops = Hops(self.connect, resolve_jump, deadlines.idle_s)
        self._book = host_keys
        self._keys = KeyRing()
        self._output_bytes = output_bytes
        self._sleep = sleep
        self._clock = clock
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
        failures: list[DeviceError] = []
        dead: dict[tuple[str, int, tuple[str, ...]], DeviceError] = {}
        for login in _known_good_first(target.logins, first):
            found = await self._try(target, owner or target.device_id, login, first, dead, failures)
            said = "" if found else failures[-1].sentence
            try:
                if on_attempt:
                    await on_attempt(login.connection_id, found is not None, said)
            except BaseException:
                if found:
                    found.abort()
                raise
            if found:
                return found
        raise _summed_up(target, failures)

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

    async def _try(
        self,
        target: Target,
        owner: UUID | str,
        login: Login,
        first: Way | None,
        dead: dict[tuple[str, int, tuple[str, ...]], DeviceError],
        failures: list[DeviceError],
    ) -> SshConnection | None:
        """Try one credential at each address; None when it worked at none of them."""
        addresses = sorted(target.addresses, key=lambda a: first is None or a != first.address)
        for address in addresses:
            endpoint = (address, login.port, login.jump)
            if endpoint in dead:
                failures.append(dead[endpoint])
                continue
            try:
                return await self._log_in(target, owner, address, login)
            except AuthError as error:
                failures.append(error)
            except DeviceError as error:
                dead[endpoint] = error
                failures.append(error)
        if not addresses:
            failures.append(
                UnreachableError(f"{target.name}: no address is known.", "Set its address.")
            )
        return None

    async def _log_in(
        self, target: Target, owner: UUID | str, address: str, login: Login
    ) -> SshConnection:
        """Log in at one address; an RSA key that was refused is tried once more with SHA-1."""
        key = await self._keys.key_of(login, target.name) if login.kind == "key" else None
        via = login.jump[-1] if login.jump else ""
        place = Place(target.name, address, login.port, via)
        trial = Trial(place, owner, target, login, key)
        async with self._gates.enter((address, login.port, via)):
            try:
                return await self._within_deadline(trial)
            except AuthError:
                if not is_rsa(key):
                    raise
                return await self._within_deadline(replace(trial, sha1=True))

    async def _within_deadline(self, trial: Trial) -> SshConnection:
        """One login under its deadline; where the server was too busy to greet, again."""
        now = asyncio.get_running_loop().time
        end = now() + self.deadlines.login_s
        pause = FIRST_PAUSE_S
        while True:
            client: Client | None = None
            try:
                async with asyncio.timeout_at(end) as limit:
                    client = await self._client(trial, limit)
                    return await self._handshake(trial, client)
            except NoBannerError:
                if now() + pause > end:
                    raise
            except AcceptedMeanwhileError:
                continue
            except TimeoutError:
                raise self._late(trial.place, client) from None
            await self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _client(self, trial: Trial, limit: asyncio.Timeout) -> Client:
        trusted = await self._book.trusted(trial.owner)
        check = HostKeyCheck(trial.owner, trial.target.host_keys, trusted)
        return Client(trial.login, check, trial.key, self.deadlines.auth_s, limit)

    async def _handshake(self, trial: Trial, client: Client) -> SshConnection:
        place = trial.place
        hop = await self.hops.take(trial.login, trial.target)
        raw = None
        try:
            raw = await self._open(trial, client, hop.connection if hop else None)
            await client.logged_in
            await client.check.settle(self._book, place)
            connection = SshConnection(
                raw,
                place,
                self.deadlines,
                login=trial.login,
                factory=client.factory,
                output_bytes=self._output_bytes,
                clock=self._clock,
            )
        except BaseException as error:
            if raw is not None:
                raw.abort()
            if hop:
                hop.release()
            if not isinstance(error, SAID_BY_THE_PEER):
                raise
            await client.check.settle(self._book, place)
            raise self._refusal(error, trial, raw) from error
        client.when_gone(connection.lost)
        if hop:
            connection.when_lost(hop.release)
        return connection

    def _refusal(
        self, error: Exception, trial: Trial, raw: asyncssh.SSHClientConnection | None
    ) -> DeviceError:
        if isinstance(error, asyncssh.PermissionDenied):
            return denied(trial.place, trial.login)
        silent = raw is not None and raw.get_extra_info("server_version") is None
        if silent and isinstance(error, asyncssh.ConnectionLost | ConnectionError):
            return no_banner(trial.place)
        return of_connecting(error, trial.place)

    async def _open(
        self, trial: Trial, client: Client, hop: SshConnection | None
    ) -> asyncssh.SSHClientConnection:
        """Make the TCP connection, here or at the jump host, and start the login on it."""
        loop = asyncio.get_running_loop()
        place = trial.place
        settings = options(trial.login, client, place, self.deadlines, sha1=trial.sha1)

        def factory() -> asyncssh.SSHClientConnection:
            # As asyncssh.connect does, without its validating of options in a worker thread.
            return asyncssh.SSHClientConnection(loop, settings, wait="auth")

        try:
            async with asyncio.timeout(self.deadlines.connect_s):
                if hop is None:
                    _, raw = await loop.create_connection(factory, place.address, place.port)
                    return raw
                # asyncssh lets a connection be the session of a forwarded channel, untyped.
                session = cast(Callable[[], asyncssh.SSHTCPSession[bytes]], factory)
                _, far = await hop.raw.create_connection(session, place.address, place.port)
                return cast(asyncssh.SSHClientConnection, far)
        except TimeoutError:
            raise no_answer(place, self.deadlines.connect_s) from None

    def _late(self, place: Place, client: Client | None) -> DeviceError:
        if client is not None and client.proving:
            return login_late(place, self.deadlines.auth_s, "the authentication")
        return login_late(place, self.deadlines.login_s, "the login")


def _known_good_first(logins: tuple[Login, ...], first: Way | None) -> list[Login]:
    """The caller's order, with what worked last in front."""
    return sorted(logins, key=lambda one: first is None or one.connection_id != first.connection_id)


def _summed_up(target: Target, failures: list[DeviceError]) -> DeviceError:
    """One error for all that failed; addresses that failed otherwise are told in the hint."""
    if not target.logins:
        return AuthError(f"{target.name}: no credential is assigned.", "Add a connection to it.")
    chosen = worst(failures)
    others = dict.fromkeys(e.sentence for e in failures if e.sentence != chosen.sentence)
    if others:
        chosen.hint = " ".join([chosen.hint, "Tried as well:", *others]).strip()
    return chosen
