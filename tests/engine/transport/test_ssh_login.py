"""How a device is reached: addresses, credentials, deadlines, host keys."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import asyncssh
import pytest

from owtui.engine.transport.base import Deadlines, Login
from owtui.engine.transport.dial import Dialer, Way
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.errors import (
    AuthError,
    DeadlineError,
    DeviceError,
    Kind,
    RefusedError,
    UnreachableError,
)
from storage.secrets import Secret
from tests.engine.transport.sshserver import Server, public

QUICK = Deadlines(connect_s=2.0, login_s=5.0, auth_s=0.05)
UNUSED = "127.4.4.4"  # nothing listens on this loopback address


async def test_a_password_logs_in_and_a_command_runs(server: Server, dialer: Dialer) -> None:
    connection = await dialer.connect(server.target())
    result = await connection.run("say 'hello'", stdin=b"\x00\xff")
    assert result.stdout == b"say 'hello'\x00\xff"
    assert (result.exit_status, result.ok) == (0, True)
    assert connection.banner == "SSH-2.0-dropbear"
    assert not connection.factory


async def test_the_first_address_that_answers_is_taken(server: Server, dialer: Dialer) -> None:
    target = replace(server.target(), addresses=(UNUSED, server.address))
    connection = await dialer.connect(target)
    assert connection.place.address == server.address


async def test_what_worked_last_is_tried_first(server: Server, dialer: Dialer) -> None:
    wrong, right = server.login("wrong"), server.login()
    target = replace(server.target(wrong, right), addresses=(UNUSED, server.address))
    await dialer.connect(target, first=Way(server.address, right.connection_id))
    assert server.passwords == ["secret"]


async def test_an_address_without_answer_is_not_asked_for_each_credential(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    loop = asyncio.get_running_loop()
    connect = loop.create_connection

    async def counted(factory: object, host: str, port: int) -> object:
        asked.append(host)
        return await connect(factory, host, port)  # type: ignore[arg-type]  # as asyncio gives it

    monkeypatch.setattr(loop, "create_connection", counted)
    logins = tuple(Login(UUID(int=n), "password", secret=Secret("x"), port=1) for n in (1, 2))
    async with Server() as gone:
        target = replace(gone.target(*logins), addresses=(UNUSED, "127.4.4.5"))
    with pytest.raises(RefusedError):
        await dialer.connect(target)
    assert asked == [UNUSED, "127.4.4.5"]


async def test_each_credential_tried_is_told(server: Server, dialer: Dialer) -> None:
    wrong, right = server.login("wrong"), server.login()
    told: list[tuple[UUID | None, bool, str]] = []

    async def on_attempt(connection_id: UUID | None, working: bool, sentence: str) -> None:
        told.append((connection_id, working, sentence))

    await dialer.connect(server.target(wrong, right), on_attempt=on_attempt)
    assert told == [
        (
            wrong.connection_id,
            False,
            f"ap-1: 127.0.0.1 port {server.port} refuses the password for root.",
        ),
        (right.connection_id, True, ""),
    ]


async def test_no_address_and_no_credential_are_said(server: Server, dialer: Dialer) -> None:
    with pytest.raises(UnreachableError, match=r"ap-1: no address is known\."):
        await dialer.connect(replace(server.target(), addresses=()))
    with pytest.raises(AuthError, match=r"ap-1: no credential is assigned\."):
        await dialer.connect(replace(server.target(), logins=()))


async def test_a_name_that_does_not_exist_is_unreachable(server: Server, dialer: Dialer) -> None:
    target = replace(server.target(), addresses=("no-such-host.invalid",))
    with pytest.raises(UnreachableError, match=r"ap-1: the name no-such-host\.invalid"):
        await dialer.connect(target)


async def test_authentication_has_a_deadline_of_its_own(
    server: Server, book: MemoryHostKeys
) -> None:
    server.answer_passwords.clear()
    with pytest.raises(DeadlineError, match=r"ap-1: the authentication at .* longer than 0\.05 s"):
        await Dialer(book, QUICK).connect(server.target())
    server.answer_passwords.set()


class Silent(asyncio.Protocol):
    """A server that accepts and never says a word."""

    def __init__(self, left: asyncio.Event) -> None:
        self.left = left

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.set()


async def test_a_server_that_never_greets_meets_the_deadline_of_the_login(
    book: MemoryHostKeys,
) -> None:
    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    silent = await loop.create_server(lambda: Silent(left), "127.0.0.1", 0)
    server = Server(port=silent.sockets[0].getsockname()[1])
    with pytest.raises(DeadlineError, match=r"the login at 127\.0\.0\.1 port \d+ took longer"):
        await Dialer(book, Deadlines(login_s=0.1)).connect(server.target())
    silent.close()
    await left.wait()


class Shut(asyncio.Protocol):
    """A dropbear with too many logins waiting: accepts and closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


async def busy_door() -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(Shut, "127.0.0.1", 0)


async def test_a_server_too_busy_to_greet_is_tried_again(book: MemoryHostKeys) -> None:
    busy = await busy_door()
    server = Server(port=busy.sockets[0].getsockname()[1])
    pauses: list[float] = []

    async def a_place_gets_free(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            busy.close()
            await server.__aenter__()

    dialer = Dialer(book, Deadlines(), sleep=a_place_gets_free)
    connection = await dialer.connect(server.target())
    assert (await connection.run("x")).ok
    assert pauses == [0.5, 1.0, 2.0]
    connection.abort()
    await server.__aexit__()


async def test_a_server_that_never_greets_anybody_is_refused_in_words(
    book: MemoryHostKeys,
) -> None:
    busy = await busy_door()
    server = Server(port=busy.sockets[0].getsockname()[1])
    paused = asyncio.Event()

    async def no_pause(seconds: float) -> None:
        paused.set()

    with pytest.raises(RefusedError, match="closes the connection at once") as caught:
        await Dialer(book, Deadlines(login_s=2.0), sleep=no_pause).connect(server.target())
    assert "five logins" in caught.value.hint
    assert paused.is_set()
    busy.close()


class Talks(asyncio.Protocol):
    """Answers the first line with words of its own and closes."""

    def __init__(self, words: bytes) -> None:
        self.words = words
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.words)
        self.transport.close()


@pytest.mark.parametrize(
    ("words", "tries", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", 1, Kind.PROTOCOL),
        (b"Exceeded MaxStartups\r\n", 2, Kind.REFUSED),
    ],
)
async def test_another_protocol_is_told_at_once_and_a_busy_openssh_tried_again(
    book: MemoryHostKeys, words: bytes, tries: int, kind: Kind
) -> None:
    made: list[Talks] = []

    def accept() -> Talks:
        made.append(Talks(words))
        return made[-1]

    door = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    server = Server(port=door.sockets[0].getsockname()[1])

    async def enough(seconds: float) -> None:
        if len(made) == tries:
            door.close()

    with pytest.raises(DeviceError) as caught:
        await Dialer(book, Deadlines(), sleep=enough).connect(server.target())
    assert caught.value.kind is kind
    assert len(made) == tries
    door.close()


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ssh-rsa"])
async def test_a_key_with_a_passphrase_logs_in(dialer: Dialer, algorithm: str) -> None:
    key = asyncssh.generate_private_key(algorithm)
    pem = key.export_private_key(passphrase="sesame", ignore_few_rounds=True, rounds=1).decode()
    async with Server(password=None, keys=(key,)) as server:
        login = Login(None, "key", secret=Secret(pem), passphrase=Secret("sesame"))
        connection = await dialer.connect(server.target(replace(login, port=server.port)))
        assert not connection.factory
        wrong = replace(login, port=server.port, passphrase=Secret("simsalabim"))
        with pytest.raises(AuthError, match="passphrase does not open the private key"):
            await dialer.connect(server.target(wrong))


async def test_a_refused_rsa_key_is_tried_once_more_with_sha1_an_ed25519_key_is_not(
    dialer: Dialer,
) -> None:
    async with Server(password="other") as server:
        server.keys = (asyncssh.generate_private_key("ssh-ed25519"),)
        for algorithm, times in (("ssh-rsa", 2), ("ssh-ed25519", 1)):
            server.logins.clear()
            pem = asyncssh.generate_private_key(algorithm).export_private_key().decode()
            login = Login(None, "key", secret=Secret(pem), port=server.port)
            with pytest.raises(AuthError, match="refuses the key for root"):
                await dialer.connect(server.target(login))
            assert len(server.logins) == times


@pytest.mark.parametrize(
    ("algorithm", "known", "looks"),
    [("ssh-ed25519", True, 1), ("ssh-ed25519", False, 2), ("ssh-rsa", True, 2)],
)
async def test_a_key_that_worked_before_is_proven_without_asking(
    dialer: Dialer, algorithm: str, known: bool, looks: int
) -> None:
    """The server looks once at a proof, and once more before where it is asked first."""
    key = asyncssh.generate_private_key(algorithm)
    login = Login(None, "key", secret=Secret(key.export_private_key().decode()), known=known)
    async with Server(keys=(key,)) as server:
        connection = await dialer.connect(server.target(replace(login, port=server.port)))
        assert server.offered_keys == [public(key)] * looks
        assert not connection.factory


async def test_a_key_that_works_no_more_is_refused_as_any_other(dialer: Dialer) -> None:
    mine, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    pem = Secret(mine.export_private_key().decode())
    async with Server(keys=(other,)) as server:
        login = Login(None, "key", secret=pem, port=server.port, known=True)
        with pytest.raises(AuthError, match="refuses the key for root"):
            await dialer.connect(server.target(login))
        assert server.offered_keys == [public(mine)] * 2
        assert server.passwords == []


async def test_an_unreadable_key_is_told_without_showing_it(server: Server, dialer: Dialer) -> None:
    login = Login(None, "key", secret=Secret("-----BEGIN nonsense"), port=server.port)
    with pytest.raises(AuthError, match="private key of its credential cannot be read") as caught:
        await dialer.connect(server.target(login))
    assert "nonsense" not in f"{caught.value!r}{caught.value.hint}{caught.value.__cause__}"


async def test_a_factory_device_is_told(dialer: Dialer) -> None:
    async with Server(password=None) as server:
        assert (await dialer.connect(server.target(server.login("anything")))).factory
        assert await dialer.probe_factory(server.target())
        assert server.passwords == []


async def test_a_device_with_a_password_is_no_factory_device(
    server: Server, dialer: Dialer
) -> None:
    assert not await dialer.probe_factory(server.target())
    assert server.passwords == [""]
