"""One login at one address: TCP here or at the jump host, host key, credential, all in time.

Asked again while the server is too busy to greet, and once more where an old server cannot take an
RSA key with SHA-2.
"""

from __future__ import annotations

import asyncio
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
)
from owtui.engine.transport.hostkeys import AcceptedMeanwhileError, HostKeyCheck
from owtui.engine.transport.jump import Hops
from owtui.engine.transport.login import Client, denied, is_rsa, options
from owtui.engine.transport.ssh import OUTPUT_BYTES, SshConnection
from owtui.engine.transport.wire import Connection
from owtui.errors import AuthError, DeviceError

SAID_BY_THE_PEER = (asyncssh.Error, OSError, ValueError, UnsupportedAlgorithm)
"""What a login ends with when the other side is the reason; nonsense surfaces as ValueError."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One login to make: where, as whom, with what."""

    place: Place
    owner: UUID | str
    target: Target
    login: Login
    key: asyncssh.SSHKey | None
    sha1: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """What every login uses. `sleep` waits between attempts, `clock` measures commands."""

    book: HostKeys
    deadlines: Deadlines
    sleep: Callable[[float], Awaitable[None]]
    clock: Callable[[], float]
    output_bytes: int = OUTPUT_BYTES


async def log_in(trial: Trial, means: Means, hops: Hops) -> SshConnection:
    """Log in; an RSA key that was refused is offered once more with a SHA-1 signature.

    Raises the DeviceError that says what went wrong.
    """
    try:
        return await _within_deadline(trial, means, hops)
    except AuthError:
        if not is_rsa(trial.key):
            raise
        return await _within_deadline(replace(trial, sha1=True), means, hops)


async def _within_deadline(trial: Trial, means: Means, hops: Hops) -> SshConnection:
    """One login under its deadline; where the server was too busy to greet, again."""
    now = asyncio.get_running_loop().time
    end = now() + means.deadlines.login_s
    pause = FIRST_PAUSE_S
    while True:
        client: Client | None = None
        try:
            async with asyncio.timeout_at(end) as limit:
                client = await _client(trial, means, limit)
                return await _shake(trial, means, hops, client)
        except AcceptedMeanwhileError:
            continue
        except NoBannerError:
            if now() + pause > end:
                raise
        except TimeoutError:
            raise _late(trial.place, means.deadlines, client) from None
        await means.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def _client(trial: Trial, means: Means, limit: asyncio.Timeout) -> Client:
    trusted = await means.book.trusted(trial.owner)
    check = HostKeyCheck(trial.owner, trial.target.host_keys, trusted)
    return Client(trial.login, check, trial.key, means.deadlines.auth_s, limit)


async def _shake(trial: Trial, means: Means, hops: Hops, client: Client) -> SshConnection:
    hop = await hops.take(trial.login, trial.target)
    raw = None
    try:
        raw = await _open(trial, means.deadlines, client, hop.connection if hop else None)
        await client.logged_in
        await client.check.settle(means.book, trial.place)
    except BaseException as error:
        if raw is not None:
            raw.abort()
        if hop:
            hop.release()
        if not isinstance(error, SAID_BY_THE_PEER):
            raise
        await client.check.settle(means.book, trial.place)
        raise _refusal(error, trial, raw) from error
    connection = SshConnection(
        raw,
        trial.place,
        means.deadlines,
        login=trial.login,
        factory=client.factory,
        output_bytes=means.output_bytes,
        clock=means.clock,
    )
    client.when_gone(connection.lost)
    if hop:
        connection.when_lost(hop.release)
    return connection


async def _open(
    trial: Trial, deadlines: Deadlines, client: Client, hop: SshConnection | None
) -> asyncssh.SSHClientConnection:
    """Make the TCP connection, here or at the jump host, and start the login on it."""
    loop = asyncio.get_running_loop()
    place = trial.place
    settings = options(trial.login, client, place, deadlines, sha1=trial.sha1)

    def factory() -> asyncssh.SSHClientConnection:
        # As asyncssh.connect does, without its validating of options in a worker thread.
        return Connection(loop, settings, wait="auth")

    try:
        async with asyncio.timeout(deadlines.connect_s):
            if hop is None:
                _, raw = await loop.create_connection(factory, place.address, place.port)
                return raw
            # asyncssh lets a connection be the session of a forwarded channel, untyped.
            session = cast(Callable[[], asyncssh.SSHTCPSession[bytes]], factory)
            _, far = await hop.raw.create_connection(session, place.address, place.port)
            return cast(asyncssh.SSHClientConnection, far)
    except TimeoutError:
        raise no_answer(place, deadlines.connect_s) from None


def _refusal(
    error: Exception, trial: Trial, raw: asyncssh.SSHClientConnection | None
) -> DeviceError:
    if isinstance(error, asyncssh.PermissionDenied):
        return denied(trial.place, trial.login)
    silent = raw is not None and raw.get_extra_info("server_version") is None
    if silent and isinstance(error, asyncssh.ConnectionLost | ConnectionError):
        return no_banner(trial.place, raw.heard if isinstance(raw, Connection) else b"")
    return of_connecting(error, trial.place)


def _late(place: Place, deadlines: Deadlines, client: Client | None) -> DeviceError:
    if client is not None and client.proving:
        return login_late(place, deadlines.auth_s, "the authentication")
    return login_late(place, deadlines.login_s, "the login")
