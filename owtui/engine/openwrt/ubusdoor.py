"""One device's ubus by itself: a session that is kept while its connections and logins are renewed.

A change on rpcd's probation may be confirmed by the session alone that applied it, so the sessions
here are never ended on the device (they expire), and are not those that polls share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from owtui.engine.transport.base import Login, Target
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import AuthError, DeviceError, Kind, UnreachableError

_NEXT = (Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT)

Place = tuple[str, int]  # address and port


def http_logins(logins: Iterable[Login], addresses: Sequence[str]) -> list[Login]:
    """Logins that ubus could take: with a password, and a URL or the wish to use ubus."""
    return [
        login
        for login in logins
        if login.kind in ("password", "none")
        and (login.http_url or (login.prefer == "ubus" and addresses))
    ]


def moved(url: str, place: Place) -> str:
    """The same URL at another address and port."""
    address, port = place
    host = f"[{address}]" if ":" in address else address
    return urlsplit(url)._replace(netloc=f"{host}:{port}").geturl()


class UbusDoor:
    """Opens sessions of one device. `make` gives one for a target and a login."""

    def __init__(self, target: Target, make: Callable[[Target, Login], UbusSession]) -> None:
        self._target = target
        self._make = make
        self._current: UbusSession | None = None

    async def open(self, place: Place | None = None, *, anew: bool = True) -> UbusSession:
        """A session that is logged in; `anew`: over a new connection and with a new login.

        place: where the device is to be from now on, in place of what is stored
        Raises the DeviceError of the last login and address that were tried.
        """
        if self._current is not None and not anew:
            return self._current
        error: DeviceError = UnreachableError(
            f"{self._target.name} has no connection for HTTP.",
            "Set the HTTP URL of one that has a password.",
        )
        for session in self._candidates(place):
            try:
                await session.renew()
            except DeviceError as failed:
                error = failed
                await session.rest()
                if not isinstance(failed, AuthError) and failed.kind not in _NEXT:
                    raise
            else:
                await self.rest()
                self._current = session
                return session
        raise error

    async def rest(self) -> None:
        """Close the connection; the session stays on the device until it expires there."""
        current, self._current = self._current, None
        if current is not None:
            await current.rest()

    def _candidates(self, place: Place | None) -> Iterator[UbusSession]:
        target = self._target
        for login in http_logins(target.logins, target.addresses):
            if place is not None:
                url = moved(login.http_url or "https://device", place)
                yield self._make(target, replace(login, http_url=url))
                continue
            for address in [""] if login.http_url else target.addresses:
                there = replace(target, addresses=(address,)) if address else target
                yield self._make(there, login)
