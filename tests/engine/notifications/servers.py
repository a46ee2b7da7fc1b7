"""A mail server and a webhook's receiver on 127.0.0.1, with what goes wrong with real ones."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import h11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificate(path: Path) -> Path:
    """Write a self-signed certificate of 127.0.0.1 with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, form, plain)
    )
    return path


def server_context(pem: Path) -> ssl.SSLContext:
    """The server's side of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@contextlib.asynccontextmanager
async def _listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()
        tasks.discard(task)

    server = await asyncio.start_server(kept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class MailServer:
    """SMTP as far as a client needs it. `at_data`: what it does with a whole message.

    at_data: "250 queued", another answer, "hang up" (after it was taken), or "silence".
    """

    tls: ssl.SSLContext | None = None
    starttls: bool = True
    password: str = "letter-7f3a"
    at_data: str = "250 queued"
    at_rcpt: str = "250 fine"
    at_quit: str = "221 bye"
    messages: list[Message] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @contextlib.asynccontextmanager
    async def running(self, *, wrapped: bool = False) -> AsyncIterator[MailServer]:
        async with _listening(self._serve, self.tls if wrapped else None) as self.port:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 mail ready")
        secure = False
        while line := await reader.readline():
            words = line.decode().strip()
            verb = words.split(" ")[0].upper()
            self.commands.append(verb)
            if verb == "EHLO":
                offers = ["250-mail", "250-AUTH PLAIN"]
                offers += ["250-STARTTLS"] if self.tls and self.starttls and not secure else []
                say("\r\n".join([*offers, "250 8BITMIME"]))
            elif verb == "STARTTLS" and self.tls:
                say("220 go on")
                await writer.drain()
                await writer.start_tls(self.tls)
                secure = True
            elif verb == "AUTH":
                _, user, password = base64.b64decode(words.split(" ")[2]).decode().split("\0")
                self.logins.append((user, password))
                say("235 welcome" if password == self.password else "535 who are you")
            elif verb == "RCPT":
                say(self.at_rcpt)
            elif verb == "DATA":
                say("354 go on")
                if not await self._message(reader, say):
                    return
            elif verb == "QUIT":
                say(self.at_quit)
                return
            else:
                say("250 fine")
            await writer.drain()

    async def _message(self, reader: asyncio.StreamReader, say: Callable[[str], None]) -> bool:
        body = await reader.readuntil(b"\r\n.\r\n")
        self.raw.append(body)
        self.messages.append(
            message_from_bytes(body[:-3].replace(b"\r\n..", b"\r\n."), policy=default)
        )
        self.taken.set()
        if self.at_data == "silence":
            await asyncio.Event().wait()
        if self.at_data == "hang up":
            return False
        say(self.at_data)
        return True


@dataclass
class Receiver:
    """A webhook's other end: keeps what is posted, answers `status`; "hang up" answers nothing."""

    status: int = 200
    hang_up: bool = False
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    posted: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
        self.scheme = "https" if tls else "http"
        async with _listening(self._serve, tls) as self.port:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http, body = h11.Connection(h11.SERVER), b""
        headers: dict[str, str] = {}
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self.posts.append((headers, body))
                self.posted.set()
                if self.hang_up:
                    return
                answer = h11.Response(status_code=self.status, headers=[("content-length", "0")])
                writer.write(http.send(answer) + http.send(h11.EndOfMessage()))
                await writer.drain()
                return
            else:
                return
