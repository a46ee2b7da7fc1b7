"""HTTP to devices: the one door of httpx.

Each device has a small client of its own and all share one TLS context a mode, since one client
over 200 hosts costs 12 ms a request and a context of its own 25 ms. A pinned certificate is checked
on the live connection before a byte of the request is sent; redirects are not followed, proxies of
the environment are not used.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import socket
import ssl
from collections.abc import AsyncIterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import httpx

from owtui.engine.transport.base import Deadlines
from owtui.errors import (
    DeadlineError,
    DeviceError,
    HostKeyError,
    InputError,
    LostError,
    ProtocolError,
    RefusedError,
    UnreachableError,
)

MAX_BODY_BYTES = 8 * 1024 * 1024
_IDLE_S = 10.0  # uhttpd closes a silent connection after 20 s [uci-export-uhttpd.txt]
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and body of an answer."""

    status: int
    body: bytes


def endpoint(url: str, *, path: str = "") -> str:
    """Return the URL in full; `path` where it has none. Raises InputError."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError(f"{url!r} is not a URL.", "Write http://192.0.2.1 or https://…") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or (parsed.port or 0) > 65535:
        raise InputError(f"{url!r} is not an HTTP URL.", "Write http://192.0.2.1 or https://…")
    if parsed.userinfo:
        raise InputError("A URL of a device holds no password.", "Put it into the credential.")
    if path and parsed.path in ("", "/"):
        parsed = parsed.copy_with(path=path)
    return str(parsed)


def pin_of(tls: str) -> str:
    """Return the SHA-256 a TLS setting pins, "" for verify and off. Raises InputError."""
    if tls in ("verify", "off"):
        return ""
    mode, _, pin = tls.partition(":")
    pin = pin.replace(":", "").lower()  # openssl prints it in pairs
    if mode == "pin" and _SHA256.match(pin):
        return pin
    raise InputError(
        f"{tls!r} is no TLS setting.", "Use verify, off or pin:<SHA-256 of the certificate in hex>."
    )


class HttpClient:
    """One device's HTTP: connections are opened when needed and closed by `rest` or `close`.

    `name` is for sentences, `tls` is verify, off or pin:<sha256 hex of the DER certificate>.
    """

    def __init__(
        self,
        name: str,
        url: str,
        tls: str = "verify",
        deadlines: Deadlines | None = None,
        *,
        most_bytes: int | None = None,
    ) -> None:
        self._most_bytes = most_bytes
        self.url = endpoint(url)
        self._name = name
        self._pin = pin_of(tls)
        self._verified = tls == "verify"
        self._deadlines = deadlines or Deadlines()
        self._client: httpx.AsyncClient | None = None
        parsed = httpx.URL(self.url)
        self.where = f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"

    async def post(
        self,
        body: bytes | AsyncIterable[bytes],
        *,
        timeout: float,
        path: str = "",
        kind: str = "application/json",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        """Post a body, JSON unless told, and read the answer, whatever its status.

        `path` is relative to the URL, which then should end with a slash, or absolute. A body that
        comes in pieces needs its Content-Length in `headers`, as uhttpd's CGI takes no chunks.

        Raises UnreachableError, RefusedError, HostKeyError (certificate), DeadlineError after
        `timeout` seconds, LostError, ProtocolError (no HTTP, or more than `most_bytes`, which are
        MAX_BODY_BYTES unless told).
        """
        url = str(httpx.URL(self.url).join(path)) if path else self.url
        return await self._ask("POST", url, timeout, body, {"Content-Type": kind, **headers})

    async def get(self, *, timeout: float) -> Reply:
        """Get the URL and read the answer, whatever its status; raises as `post` does."""
        return await self._ask("GET", self.url, timeout, None, {})

    async def _ask(
        self,
        verb: str,
        url: str,
        timeout: float,
        body: bytes | AsyncIterable[bytes] | None,
        headers: Mapping[str, str],
    ) -> Reply:
        limits = httpx.Timeout(timeout, connect=min(timeout, self._deadlines.connect_s))
        client = self._opened()
        try:
            async with asyncio.timeout(timeout):
                async with client.stream(
                    verb,
                    url,
                    content=body,
                    headers={"Accept-Encoding": "identity", **headers},
                    timeout=limits,
                    extensions={"trace": self._trace},
                ) as response:
                    return Reply(response.status_code, await self._body(response))
        except TimeoutError as error:
            raise self._late(timeout) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            for cause in _causes(error):
                if isinstance(cause, ssl.SSLCertVerificationError):
                    raise await self._unvouched(cause) from error
            raise self._mapped(error, timeout) from error

    async def rest(self) -> None:
        """Close the connections; the next request opens one."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    close = rest

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=_context(self._verified),
                trust_env=False,
                limits=httpx.Limits(
                    max_connections=2, max_keepalive_connections=1, keepalive_expiry=_IDLE_S
                ),
            )
        return self._client

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        most = self._most_bytes or MAX_BODY_BYTES
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most:
                raise ProtocolError(
                    f"{self._name}: {self.where} answers with more than {most // 2**20} MiB."
                )
        return bytes(body)

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Compare the certificate once TLS stands; httpcore sends nothing until this returns."""
        if event != "connection.start_tls.complete" or not self._pin:
            return
        stream = info["return_value"]
        offered = _sha256_of(stream.get_extra_info("ssl_object"))
        if not hmac.compare_digest(offered, self._pin):
            await stream.aclose()
            raise HostKeyError(
                f"{self._name}: {self.where} shows another certificate than the pinned one.",
                f"If that is expected (a factory reset makes a new one), pin {offered}.",
                recorded=self._pin,
                offered=offered,
            )

    async def _unvouched(self, why: ssl.SSLCertVerificationError) -> HostKeyError:
        """Say what to pin: one more handshake that takes any certificate and sends nothing."""
        url = httpx.URL(self.url)
        offered = ""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._deadlines.connect_s):
                _, writer = await asyncio.open_connection(
                    url.host, url.port or 443, ssl=_context(False)
                )
            offered = _sha256_of(writer.get_extra_info("ssl_object"))
            writer.transport.abort()
        return HostKeyError(
            f"{self._name}: {self.where} shows a certificate that no authority vouches for:"
            f" {why.verify_message}.",
            "OpenWrt signs its own: when it is the device's, set http_tls of its connection to"
            f" pin:{offered or '<SHA-256>'}.",
            offered=offered,
        )

    def _late(self, timeout: float) -> DeadlineError:
        return DeadlineError(
            f"{self._name}: {self.where} did not answer within {timeout:g} s.",
            "The device may be busy; deadlines are in the settings.",
        )

    def _mapped(self, error: Exception, timeout: float) -> DeviceError:
        at = f"{self._name}: {self.where}"
        if isinstance(error, httpx.ConnectTimeout):
            return UnreachableError(
                f"{self._name}: no answer from {self.where}.",
                "Check that the device is on and that the address is right.",
            )
        if isinstance(error, httpx.TimeoutException):
            return self._late(timeout)
        if isinstance(error, httpx.ConnectError):
            return self._of_connecting(error)
        if isinstance(error, httpx.NetworkError) or "disconnected" in str(error):
            return LostError(
                f"{at} closed the connection before it answered.",
                "What was asked may have been done.",
            )
        return ProtocolError(f"{at} does not speak HTTP.", "Check the port of the HTTP URL.")

    def _of_connecting(self, error: httpx.ConnectError) -> DeviceError:
        at = f"{self._name}: {self.where}"
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                return ProtocolError(
                    f"{at} does not agree on TLS: {cause.reason}.", "Check the port and the scheme."
                )
            if isinstance(cause, ConnectionRefusedError):
                return RefusedError(
                    f"{at} refuses connections.",
                    "No HTTP server listens there: check the URL, or install uhttpd.",
                )
            if isinstance(cause, socket.gaierror):
                return UnreachableError(f"{at}: the name is not known.")
        said = next((c.strerror for c in causes if isinstance(c, OSError) and c.strerror), "")
        return UnreachableError(
            f"{self._name}: no way to {self.where}{': ' if said else ''}{said}.",
            "Check the address and the routes from here.",
        )


@cache
def _context(verified: bool) -> ssl.SSLContext:
    """The shared TLS contexts: one that asks the system's authorities, one that takes any."""
    context = ssl.create_default_context()
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _sha256_of(tls: ssl.SSLObject) -> str:
    """Return the SHA-256 of the certificate that the other side showed."""
    return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what an error came from, the members of groups too."""
    waiting: list[BaseException | None] = [error]
    seen = set()
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        waiting += [one.__cause__, one.__context__]
