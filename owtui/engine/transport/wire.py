"""asyncssh's client connection with fewer packets and fewer system calls: half the CPU of a login.

asyncssh sends each packet by itself and a meaningless one before each, which hides the chaining of
CBC ciphers and nothing else. Here packets of one turn of the loop leave together, and the
meaningless ones go with CBC only. A key that is known to work is proven at once: asyncssh would
ask which methods there are, then whether the key is welcome, and wait for both answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import warnings
from typing import Any, cast

import asyncssh
from asyncssh.auth import ClientAuth
from asyncssh.constants import MSG_IGNORE
from asyncssh.logging import SSHLogger
from asyncssh.mac import MAC, register_mac_alg
from asyncssh.packet import Boolean, SSHPacketLogger, String
from asyncssh.public_key import SSHKeyPair, load_keypairs
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.utils import CryptographyDeprecationWarning

from owtui.engine.transport import chacha
from owtui.engine.transport.login import Client

# That an old router knows old algorithms only is its operator's choice (legacy_host_keys), and
# nothing to tell him about this program's libraries at each login.
warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module="asyncssh")

HEARD_BYTES = 64


class Collected(asyncio.Transport):
    """A transport that hands on what was written in one turn of the loop at once."""

    def __init__(self, below: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._below = below
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it until the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(bytes(data))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport below knows."""
        return self._below.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether the transport below is."""
        return self._below.is_closing()

    def close(self) -> None:
        """Send what waits, then close."""
        self._flush()
        self._below.close()

    def abort(self) -> None:
        """Close at once; what waits is lost."""
        self._waiting.clear()
        self._below.abort()

    def _flush(self) -> None:
        data, self._waiting = b"".join(self._waiting), []
        if data:
            # A jump host's channel raises when it is gone; the connection hears of it anyway.
            with contextlib.suppress(ConnectionError):
                self._below.write(data)


class Quiet(SSHLogger):
    """asyncssh's logger without the twenty lines a login that owtui.log would drop once worded."""

    def get_child(self, child: str = "", context: str = "") -> Quiet:
        """The same for every channel."""
        return self

    def log(self, level: int, msg: object, *args: Any, **kwargs: Any) -> None:
        """Say errors."""
        if level >= logging.ERROR:
            super().log(level, msg, *args, **kwargs)


_LOGGER = Quiet()


class Hmac(MAC):
    """The MAC of a packet from a context made once a connection, not once a packet."""

    def __init__(self, key: bytes, hash_size: int, algorithm: HashAlgorithm) -> None:
        super().__init__(key, hash_size)
        self._keyed = HMAC(key, algorithm)

    def sign(self, seq: int, packet: bytes) -> bytes:
        """The MAC of the packet with this number."""
        context = self._keyed.copy()
        context.update(seq.to_bytes(4, "big") + packet)
        return context.finalize()

    def verify(self, seq: int, packet: bytes, sig: bytes) -> bool:
        """Whether this is its MAC, compared in constant time."""
        return hmac.compare_digest(self.sign(seq, packet), sig)


for _name, _etm in ((b"hmac-sha2-256", False), (b"hmac-sha2-256-etm@openssh.com", True)):
    register_mac_alg(_name, 32, 32, _etm, Hmac, (SHA256(),), False)

chacha.use()


class AtOnce(ClientAuth):
    """The proof of a key, sent without asking first whether it is welcome."""

    def __init__(self, connection: Connection, client: Client, pair: SSHKeyPair) -> None:
        self._client = client
        self._pair = pair
        super().__init__(connection, b"publickey")

    async def _start(self) -> None:
        pair = self._pair
        algorithm, public = String(pair.algorithm), String(pair.public_data)
        await self.send_request(Boolean(True), algorithm, public, key=pair, trivial=False)

    def auth_failed(self) -> None:
        """Begin anew, as if nothing had been offered: the device may be a factory one by now."""
        self._client.ask_first()
        self._conn._auth_methods = [b"none"]


class Connection(asyncssh.SSHClientConnection):
    """A client connection on a Collected transport.

    heard: the first bytes the other side sent, whether or not they are an SSH banner
    writable: clear while what was sent waits here, which asyncssh lets grow by a whole window
    """

    heard = b""

    def __init__(self, *args: Any, **named: Any) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        super().__init__(*args, **named)

    def pause_writing(self) -> None:
        """The socket takes nothing more just now."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self.writable.set()

    def connection_lost(self, exc: Exception | None = None) -> None:
        """Nobody has to wait any more."""
        self.writable.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Remember how the other side began."""
        if not self.heard:
            self.heard = data[:HEARD_BYTES]
        super().data_received(data, datatype)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin on the transport, collected."""
        below = cast(asyncio.Transport, transport)
        super().connection_made(Collected(below, asyncio.get_running_loop()))

    def try_next_auth(self, *, next_method: bool = False) -> None:
        """Prove a known key at once; without one, or when it is refused, do as asyncssh does."""
        client = self._owner
        key = client.known_key() if isinstance(client, Client) else None
        if key is None:
            super().try_next_auth(next_method=next_method)
        else:
            self._auth = AtOnce(self, cast(Client, client), load_keypairs(key)[0])

    def send_packet(
        self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None
    ) -> None:
        """Send a packet; one that means nothing only where the cipher wants it."""
        if pkttype == MSG_IGNORE and "cbc" not in self.get_extra_info("send_cipher", ""):
            return
        super().send_packet(pkttype, *args, handler=handler)

    @property
    def logger(self) -> SSHLogger:
        """One for all connections and their channels, which says errors only."""
        return _LOGGER

    # asyncssh words a line for each packet before it asks whether anybody reads it, and nobody does

    def log_sent_packet(self, *said: object, **more: object) -> None:
        """Say nothing."""

    def log_received_packet(self, *said: object, **more: object) -> None:
        """Say nothing."""
