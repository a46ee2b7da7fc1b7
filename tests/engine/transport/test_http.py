"""The HTTP door: certificates checked before a byte is sent, sizes and times bounded."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import ipaddress
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from owtui.engine.transport import http
from owtui.engine.transport.base import Deadlines
from owtui.engine.transport.http import HttpClient, endpoint, pin_of
from owtui.errors import (
    DeadlineError,
    HostKeyError,
    InputError,
    LostError,
    ProtocolError,
    RefusedError,
    UnreachableError,
)
from tests.engine.transport.ubus_server import UbusServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A self-signed certificate as uhttpd makes one: the PEM file and its SHA-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "OpenWrt")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=397))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "uhttpd.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    der = made.public_bytes(serialization.Encoding.DER)
    return path, hashlib.sha256(der).hexdigest()


@pytest.fixture
async def secure(certificate: tuple[Path, str]) -> AsyncIterator[UbusServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0])
    async with UbusServer(respond=lambda body: (200, body)).running(context) as server:
        yield server


@asynccontextmanager
async def client(server: UbusServer, tls: str = "verify") -> AsyncIterator[HttpClient]:
    made = HttpClient("ap-01", server.url, tls)
    try:
        yield made
    finally:
        await made.close()


async def test_a_pinned_certificate_is_accepted(
    secure: UbusServer, certificate: tuple[Path, str]
) -> None:
    pairs = ":".join(certificate[1][i : i + 2] for i in range(0, 64, 2)).upper()
    for pin in (certificate[1], pairs):
        async with client(secure, f"pin:{pin}") as door:
            reply = await door.post(b"hello", timeout=30)
            assert (reply.status, reply.body) == (200, b"hello")


async def test_another_certificate_than_the_pinned_one_gets_not_a_byte(
    secure: UbusServer, certificate: tuple[Path, str]
) -> None:
    async with client(secure, f"pin:{'0' * 64}") as door:
        with pytest.raises(HostKeyError, match="another certificate") as caught:
            await door.post(b"the password", timeout=30)
    assert (caught.value.recorded, caught.value.offered) == ("0" * 64, certificate[1])
    assert secure.posts == 0


async def test_a_self_signed_certificate_is_refused_unless_checks_are_off(
    secure: UbusServer, certificate: tuple[Path, str]
) -> None:
    async with client(secure) as door:
        with pytest.raises(HostKeyError, match="no authority vouches for") as caught:
            await door.post(b"the password", timeout=30)
    assert f"pin:{certificate[1]}" in caught.value.hint
    assert caught.value.offered == certificate[1]
    assert secure.posts == 0
    async with client(secure, "off") as door:
        assert (await door.post(b"x", timeout=30)).body == b"x"


async def test_tls_contexts_are_shared_by_all_devices() -> None:
    assert http._context(True) is http._context(True)
    assert http._context(True) is not http._context(False)
    assert http._context(True).verify_mode == ssl.CERT_REQUIRED


async def test_tls_to_a_port_without_it_is_a_protocol_error() -> None:
    async with UbusServer().running() as plain:
        door = HttpClient("ap-01", plain.url.replace("http:", "https:"), "off")
        with pytest.raises((ProtocolError, LostError), match="ap-01"):
            await door.post(b"x", timeout=30)
        await door.close()


async def test_redirects_and_proxies_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setitem(os.environ, "ALL_PROXY", "http://127.0.0.1:1")
    redirecting = UbusServer(respond=lambda _: (301, b""))
    async with redirecting.running() as server, client(server) as door:
        assert (await door.post(b"x", timeout=30)).status == 301


async def test_an_endless_body_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1000)
    async with UbusServer(respond=lambda _: (200, bytes(1001))).running() as server:
        async with client(server) as door:
            with pytest.raises(ProtocolError, match="answers with more than"):
                await door.post(b"x", timeout=30)
        server.respond = lambda _: (200, bytes(1000))
        async with client(server) as door:
            assert len((await door.post(b"x", timeout=30)).body) == 1000


async def test_a_silent_server_ends_at_the_deadline() -> None:
    async with UbusServer(gate=asyncio.Event()).running() as server:
        async with client(server) as door:
            with pytest.raises(DeadlineError, match=r"did not answer within 0.05 s"):
                await door.post(b"x", timeout=0.05)
        assert server.gate is not None
        server.gate.set()


async def test_a_port_that_speaks_something_else_is_told() -> None:
    done = asyncio.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-dropbear\r\n\r\n")
        await reader.read()  # until the client gives up
        writer.close()
        await writer.wait_closed()
        done.set()

    listener = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with listener:
        door = HttpClient("ap-01", f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        with pytest.raises(ProtocolError, match="does not speak HTTP"):
            await door.post(b"x", timeout=30)
        await door.close()
        await done.wait()


async def test_refused_and_unreachable_are_told_apart() -> None:
    async with UbusServer().running() as server:
        gone = server.url
    door = HttpClient("ap-01", gone)
    with pytest.raises(RefusedError, match=r"http://127.0.0.1:\d+ refuses connections"):
        await door.post(b"x", timeout=30)
    await door.close()
    door = HttpClient("ap-01", "http://does-not-exist.invalid")
    with pytest.raises(UnreachableError):
        await door.post(b"x", timeout=30)
    await door.close()


async def test_connecting_has_a_deadline_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # TCP stands, TLS is never answered
        host, port = listener.getsockname()
        door = HttpClient("ap-01", f"https://{host}:{port}", "off", Deadlines(connect_s=0.05))
        with pytest.raises(UnreachableError, match="no answer"):
            await door.post(b"x", timeout=30)
        await door.close()


def test_settings_are_read_or_refused() -> None:
    assert endpoint("http://[fe80::1]:8080/x") == "http://[fe80::1]:8080/x"
    assert endpoint("https://router", path="/ubus") == "https://router/ubus"
    assert pin_of("verify") == pin_of("off") == ""
    for tls in ("pin:", "pin:12", "PIN", "", f"pin:{'g' * 64}"):
        with pytest.raises(InputError):
            pin_of(tls)
    for url in ("router", "file:///etc/passwd", "http://a:b@c/", "http://[::", "http://x:99999/"):
        with pytest.raises(InputError):
            endpoint(url)
