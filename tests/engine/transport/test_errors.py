"""What asyncssh and the system say, as the user reads it."""

from __future__ import annotations

import errno
import socket

import asyncssh
import pytest

from owtui.engine.transport.errors import Place, of_connecting, of_session, worst
from owtui.errors import AuthError, DeviceError, HostKeyError, Kind, UnreachableError

HERE = Place("ap-1", "192.0.2.7", 22)
BEHIND = Place("ap-1", "10.0.0.2", 22, via="ops@gw:22")


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (ConnectionRefusedError(), Kind.REFUSED, "ap-1: 192.0.2.7 port 22 refuses connections."),
        (ConnectionResetError(), Kind.REFUSED, "closes the connection at once"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Kind.UNREACHABLE, "no way to"),
        (
            OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.1', 22)"),
            Kind.UNREACHABLE,
            ": No route to host.",
        ),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Kind.UNREACHABLE, "No route to host"),
        (socket.gaierror(-2, "Name or service not known"), Kind.UNREACHABLE, "is not known"),
        (OSError(errno.EMFILE, "Too many open files"), Kind.UNREACHABLE, "no file descriptor"),
        (asyncssh.PermissionDenied("no"), Kind.AUTH, "login refused"),
        (asyncssh.KeyExchangeFailed("No matching"), Kind.PROTOCOL, "share no algorithm"),
        (asyncssh.ProtocolNotSupported("1.0"), Kind.PROTOCOL, "does not speak SSH 2"),
        (asyncssh.ProtocolError("Too many banner lines"), Kind.PROTOCOL, "does not speak SSH."),
        (asyncssh.ConnectionLost("gone"), Kind.REFUSED, "closed the connection during the login"),
        (asyncssh.MACError("bad"), Kind.PROTOCOL, "broke the login off: bad"),
        (ValueError("nonsense"), Kind.PROTOCOL, "cannot be talked to: nonsense"),
    ],
)
def test_what_stops_a_login_is_told_with_device_and_address(
    error: Exception, kind: Kind, says: str
) -> None:
    told = of_connecting(error, HERE)
    assert (told.kind, says in told.sentence) == (kind, True)
    assert told.sentence.startswith("ap-1: ")
    assert "192.0.2.7" in told.sentence or error.__class__ is OSError


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "no", Kind.REFUSED),
        (asyncssh.OPEN_CONNECT_FAILED, "Connection refused", Kind.REFUSED),
        (asyncssh.OPEN_CONNECT_FAILED, "timed out", Kind.UNREACHABLE),
    ],
)
def test_what_a_jump_host_says_is_told_as_its_own(code: int, reason: str, kind: Kind) -> None:
    told = of_connecting(asyncssh.ChannelOpenError(code, reason), BEHIND)
    assert told.kind is kind
    assert "ops@gw:22" in told.sentence


def test_a_device_that_opens_no_session_is_not_a_lost_connection() -> None:
    full = asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "no more")
    assert of_session(full, HERE).kind is Kind.PROTOCOL
    assert of_session(asyncssh.ConnectionLost("gone"), HERE).kind is Kind.LOST


def test_the_failure_that_says_most_is_told() -> None:
    silent, refused = UnreachableError("silent"), AuthError("refused")
    changed = HostKeyError("changed")
    assert worst([refused, silent]) is refused
    assert worst([changed, refused, silent]) is changed
    last: list[DeviceError] = [silent, UnreachableError("last")]
    assert worst(last) is last[1]
