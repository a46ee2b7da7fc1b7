"""What answers at an address, before anybody logs in: SSH banner and host key, ubus, LuCI.

Nothing is sent that could be a secret: the SSH login is given up when the host key was shown, and
HTTP is asked as a stranger.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from uuid import uuid4

from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.http import HttpClient
from owtui.errors import DeviceError

CONNECT_S = 1.5
ANSWER_S = 5.0
BANNER_BYTES = 4096  # a server may talk before its banner (RFC 4253, 4.2)

_STRANGER = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "call", "params": ["0" * 32, "session", "access", {}]}
).encode()


@dataclass(frozen=True, slots=True)
class Web:
    """An HTTP server of a router: its URL, and what it serves."""

    url: str
    ubus: bool
    luci: bool


async def banner(address: str, port: int, seconds: float = CONNECT_S) -> str:
    """Read what an SSH server calls itself; "" where none listens or something else does."""
    writer = None
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(address, port, limit=BANNER_BYTES)
            seen = 0
            while seen < BANNER_BYTES:
                line = await reader.readline()
                if line.startswith(b"SSH-"):
                    return line.decode("ascii", "replace").strip()
                if not line:
                    break
                seen += len(line)
    except (OSError, ValueError):  # refused, unreachable, late; a line without end
        return ""
    finally:
        if writer is not None:
            writer.transport.abort()  # no farewell: the server counts us until it is gone
    return ""


async def host_key(address: str, port: int, seconds: float = ANSWER_S) -> str:
    """Ask for the public host key, "ssh-ed25519 AAAA…"; "" when it was not told."""
    book = MemoryHostKeys()
    limits = Deadlines(connect_s=CONNECT_S, login_s=seconds)
    login = Login(None, "none", port=port, legacy_host_keys=True)
    target = Target(uuid4(), address, (address,), (login,), HostKeyPolicy.ASK)
    try:
        connection = await Dialer(book, limits).connect(target)
    except DeviceError:
        return book.offers[0][1] if book.offers else ""
    connection.abort()  # cannot be: an unknown key ends the login
    return ""


async def web(address: str, port: int, seconds: float = ANSWER_S) -> Web | None:
    """Ask an HTTP server for ubus and LuCI, whatever its certificate; None where none answers."""
    scheme = "https" if port in (443, 8443) else "http"
    host = f"[{address}]" if ":" in address else address
    url = f"{scheme}://{host}" + ("" if port == {"http": 80, "https": 443}[scheme] else f":{port}")
    try:
        ubus = _is_rpc(await _post(address, f"{url}/ubus", _STRANGER, seconds))
        page = await _post(address, f"{url}/cgi-bin/luci/", b"", seconds)
    except DeviceError:
        return None
    return Web(url, ubus, b"luci" in page.lower())


async def _post(name: str, url: str, body: bytes, seconds: float) -> bytes:
    client = HttpClient(name, url, "off", Deadlines(connect_s=CONNECT_S))
    try:
        reply = await client.post(body, timeout=seconds)
    finally:
        await client.close()
    return reply.body if reply.status in (200, 403) else b""


def _is_rpc(body: bytes) -> bool:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("jsonrpc") == "2.0"
