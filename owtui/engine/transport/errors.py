"""The one place where what asyncssh and the operating system say becomes what the user reads.

A sentence names the device and the address; the hint says what to do next. Nothing above this room
catches an asyncssh exception.
"""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass

from owtui.engine.transport.library import asyncssh
from owtui.errors import (
    AuthError,
    DeadlineError,
    DeviceError,
    Kind,
    LostError,
    ProtocolError,
    RefusedError,
    UnreachableError,
)

LEGACY_HINT = (
    "An old dropbear offers nothing newer: set legacy_host_keys on the device's connection."
)
BANNER_HINT = (
    "dropbear does this when five logins from here wait already; "
    "close other sessions that stand at a password prompt, or look for a filter on the way."
)
BUSY = (b"SSH-", b"Exceeded MaxStartups", b"Not allowed at this time")
"""How an SSH server begins that ends the connection: in its banner, or OpenSSH when it is busy."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whom we talk to, for sentences: the device's name, where, and through which jump host."""

    name: str
    address: str
    port: int
    via: str = ""

    @property
    def where(self) -> str:
        """The address as a sentence says it."""
        through = f" through {self.via}" if self.via else ""
        return f"{self.address} port {self.port}{through}"


class NoBannerError(RefusedError):
    """TCP was accepted and closed before an SSH banner; worth another try."""


class UnsentError(LostError):
    """The connection was found dead before the command was sent: safe to send it again."""


def no_banner(place: Place, heard: bytes = b"") -> DeviceError:
    """The server accepted the connection and closed it without a banner.

    heard: what it said instead; another protocol than SSH is not worth another try
    """
    if heard and not heard.startswith(BUSY):
        return _no_ssh(place)
    return NoBannerError(f"{place.name}: {place.where} closes the connection at once.", BANNER_HINT)


def no_answer(place: Place, seconds: float) -> UnreachableError:
    """Nothing came back for the TCP connection."""
    return UnreachableError(
        f"{place.name}: no answer from {place.where} within {seconds:g} s.",
        "Check that the device is on and that the address is right.",
    )


def login_late(place: Place, seconds: float, doing: str) -> DeadlineError:
    """The login as a whole, or its authentication, took longer than allowed."""
    return DeadlineError(
        f"{place.name}: {doing} at {place.where} took longer than {seconds:g} s.",
        "The device may be overloaded or the link very slow; deadlines are in the settings.",
    )


def of_connecting(error: Exception, place: Place) -> DeviceError:
    """Map what went wrong before a login stood."""
    if isinstance(error, DeviceError):
        return error
    if isinstance(error, asyncssh.Error):
        return _of_handshake(error, place)
    if isinstance(error, OSError):
        return _of_network(error, place)
    return ProtocolError(f"{place.name}: {place.where} cannot be talked to: {error}")


def of_session(error: Exception, place: Place) -> DeviceError:
    """Map what went wrong while a command or an upload ran on a login that stood."""
    if isinstance(error, DeviceError):
        return error
    if isinstance(error, asyncssh.ChannelOpenError) and "closed" not in error.reason:
        return ProtocolError(
            f"{place.name}: {place.where} gives no further session: {error.reason}.",
            "It may be out of memory or processes.",
        )
    return lost(place)


def lost(place: Place, more: str = "") -> LostError:
    """The connection went away while something ran."""
    return LostError(
        f"{place.name}: the connection to {place.where} went away{more}.",
        "What was started may still be running on the device.",
    )


def unsent(place: Place) -> UnsentError:
    """The connection was dead before anything was sent."""
    return UnsentError(f"{place.name}: the connection to {place.where} had gone away.")


def worst(failures: list[DeviceError]) -> DeviceError:
    """Choose what to tell when several addresses or credentials failed.

    A host key that does not fit outweighs a refused credential, and that an address without
    answer; of equals the last tried speaks.
    """
    weight = {Kind.HOST_KEY: 2, Kind.AUTH: 1}
    return max(enumerate(failures), key=lambda item: (weight.get(item[1].kind, 0), item[0]))[1]


def _of_handshake(error: asyncssh.Error, place: Place) -> DeviceError:
    at = f"{place.name}: {place.where}"
    match error:
        case asyncssh.PermissionDenied():
            return AuthError(
                f"{place.name}: login refused at {place.where}.",
                "Check the credential of the device's connection.",
            )
        case asyncssh.KeyExchangeFailed():
            return ProtocolError(f"{at} and owtui share no algorithm: {error.reason}.", LEGACY_HINT)
        case asyncssh.ProtocolNotSupported():
            return ProtocolError(f"{at} does not speak SSH 2.")
        case asyncssh.ChannelOpenError():
            return _of_tunnel(error, place)
        case asyncssh.ConnectionLost():
            return RefusedError(f"{at} closed the connection during the login.", "Try again.")
        case asyncssh.ProtocolError() if "anner" in error.reason:
            return _no_ssh(place)
    return ProtocolError(f"{at} broke the login off: {error.reason}.")


def _no_ssh(place: Place) -> ProtocolError:
    return ProtocolError(f"{place.name}: {place.where} does not speak SSH.", "Check the port.")


def _of_tunnel(error: asyncssh.ChannelOpenError, place: Place) -> DeviceError:
    """Map a jump host's answer that it did not connect us onward."""
    hint = "Ask the jump host itself: it was reached, the device behind it was not."
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        return RefusedError(
            f"{place.name}: {place.via} does not forward to {place.address} port {place.port}.",
            "Allow TCP forwarding on the jump host.",
        )
    if "refused" in error.reason.lower():
        return RefusedError(f"{place.name}: {place.where} refuses connections.", hint)
    return UnreachableError(f"{place.name}: no way to {place.where}: {error.reason}.", hint)


def _of_network(error: OSError, place: Place) -> DeviceError:
    if isinstance(error, ConnectionRefusedError):
        return RefusedError(
            f"{place.name}: {place.where} refuses connections.",
            "No SSH server listens there: check the port, or wait if the device is booting.",
        )
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return no_banner(place)
    if isinstance(error, socket.gaierror):
        return UnreachableError(f"{place.name}: the name {place.address} is not known.")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return UnreachableError(
            f"{place.name}: this machine has no file descriptor left for another connection.",
            "Raise the limit (ulimit -n) or lower max_connections.",
        )
    # asyncio puts its own words, "Connect call failed (…)", in the place of the system's.
    why = os.strerror(error.errno) if error.errno else str(error)
    return UnreachableError(
        f"{place.name}: no way to {place.where}: {why}.",
        "Check the address and the routes from here.",
    )
