"""A ubus session against a real HTTP server: logins, renewals, refusals, codes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from owtui.engine.transport.base import Deadlines
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import (
    FailedError,
    NoDataError,
    NoObjectError,
    NotPermittedError,
    UbusSession,
    UnsupportedError,
)
from owtui.errors import (
    AuthError,
    DeadlineError,
    DeniedError,
    DeviceError,
    LostError,
    MissingError,
    ProtocolError,
    RefusedError,
)
from storage.secrets import Secret
from tests.engine.transport.ubus_server import LOGIN_ONLY, READING, Method, UbusServer


@asynccontextmanager
async def opened(
    server: UbusServer, deadlines: Deadlines | None = None, **login: Any
) -> AsyncIterator[UbusSession]:
    target = server.target(**login)
    session = UbusSession(target, target.logins[0], clock=lambda: server.now, deadlines=deadlines)
    try:
        yield session
    finally:
        await session.close()


@pytest.fixture
async def server() -> AsyncIterator[UbusServer]:
    objects: dict[str, dict[str, Method]] = {
        "system": {"board": lambda _: {"hostname": "ap-01"}, "info": lambda _: {"uptime": 7}},
        "uci": {"get": lambda a: 4 if a.get("config") == "nosuch" else {"values": {}}},
    }
    async with UbusServer(objects=objects).running() as running:
        yield running


async def test_one_login_serves_many_calls_over_one_connection(server: UbusServer) -> None:
    async with opened(server) as session:
        assert await session.call("system", "board") == {"hostname": "ap-01"}
        assert await session.call("system", "info") == {"uptime": 7}
        assert (server.logins, server.connections) == (1, 1)


async def test_callers_at_the_same_time_share_one_login(server: UbusServer) -> None:
    async with opened(server) as session:
        answers = await asyncio.gather(*(session.call("system", "info") for _ in range(20)))
        assert answers == [{"uptime": 7}] * 20
        assert server.logins == 1
        server.restart_rpcd()
        await asyncio.gather(*(session.call("system", "info") for _ in range(20)))
        assert server.logins == 2


async def test_a_batch_is_one_post_with_an_answer_for_each(server: UbusServer) -> None:
    async with opened(server) as session:
        await session.open()
        posts = server.posts
        board, gone, info = await session.batch(
            [Call("system", "board"), Call("nosuch", "x"), Call("system", "info")]
        )
        assert server.posts == posts + 1
        assert (board, info) == ({"hostname": "ap-01"}, {"uptime": 7})
        assert isinstance(gone, MissingError)
        assert "no object nosuch" in str(gone)


async def test_a_session_is_renewed_before_it_ends_and_by_every_call(server: UbusServer) -> None:
    server.lifetime = 300
    async with opened(server) as session:
        for server.now in (0, 200, 400, 600):  # each call moves the end
            await session.call("system", "info")
        assert server.logins == 1
        server.now = 600 + 290  # inside the margin: not risked
        await session.call("system", "info")
        assert server.logins == 2


async def test_a_session_shorter_than_the_margin_is_used_all_the_same(server: UbusServer) -> None:
    server.lifetime = 10
    async with opened(server) as session:
        for server.now in (0, 2, 4):
            await session.call("system", "info")
        assert server.logins == 1


async def test_a_session_without_end_is_never_renewed(server: UbusServer) -> None:
    server.lifetime = 0
    async with opened(server) as session:
        await session.call("system", "info")
        (known,) = server.sessions
        server.sessions[known] = 1e12
        server.now = 1e9
        await session.call("system", "info")
        assert server.logins == 1


async def test_a_lost_session_is_replaced_once_unseen(server: UbusServer) -> None:
    async with opened(server) as session:
        await session.call("system", "info")
        server.restart_rpcd()
        assert await session.call("system", "info") == {"uptime": 7}
        assert server.logins == 2


async def test_what_the_acl_refuses_is_told_without_another_login(server: UbusServer) -> None:
    server.acl = dict(READING)
    server.objects["rc"] = {"init": lambda _: 0}
    async with opened(server) as session:
        with pytest.raises(DeniedError, match="may not call rc init") as caught:
            await session.call("rc", "init")
        assert "acl.d" in caught.value.hint
        assert server.logins == 1


async def test_a_method_that_is_allowed_and_refused_does_not_exist(server: UbusServer) -> None:
    server.acl = {**READING, "system": ["board", "info", "nosuch"]}
    async with opened(server) as session:
        with pytest.raises(NoObjectError, match="no system nosuch"):
            await session.call("system", "nosuch")


async def test_a_refused_part_of_a_batch_leaves_the_rest(server: UbusServer) -> None:
    server.acl = {**LOGIN_ONLY, "system": ["info"]}
    async with opened(server) as session:
        board, info = await session.batch([Call("system", "board"), Call("system", "info")])
        assert isinstance(board, DeniedError)
        assert info == {"uptime": 7}


async def test_an_image_that_only_lets_in_says_what_to_install(server: UbusServer) -> None:
    server.acl = dict(LOGIN_ONLY)
    async with opened(server) as session:
        with pytest.raises(DeniedError, match="a login and nothing else") as caught:
            await session.open()
        assert "LuCI" in caught.value.hint
        with pytest.raises(DeniedError, match="may not call system board"):
            await session.call("system", "board")


async def test_a_device_that_forgets_every_session_is_not_asked_for_ever(
    server: UbusServer,
) -> None:
    async with opened(server) as session:
        await session.open()
        login = server._login

        def forgetful(args: dict[str, Any]) -> Any:
            answer = login(args)
            server.sessions.clear()
            return answer

        server._login = forgetful  # type: ignore[method-assign]  # a device gone wrong
        server.sessions.clear()
        with pytest.raises(DeniedError):
            await session.call("system", "info")
        assert server.logins == 2


async def test_a_wrong_password_is_an_auth_error_without_the_password(
    server: UbusServer,
) -> None:
    async with opened(server, secret=Secret("guess-me")) as session:
        with pytest.raises(AuthError, match="refuses the password for root") as caught:
            await session.call("system", "info")
        assert "guess-me" not in f"{caught.value!r} {caught.value.hint}"


async def test_a_login_that_is_not_understood_is_no_refusal(server: UbusServer) -> None:
    server.respond = lambda _: (200, b'{"id":null,"error":{"code":-32700}}')
    async with opened(server) as session:
        with pytest.raises(ProtocolError, match="did not understand session login"):
            await session.open()


async def test_a_key_cannot_log_in_to_ubus(server: UbusServer) -> None:
    async with opened(server, kind="key") as session:
        with pytest.raises(AuthError, match="ubus takes passwords"):
            await session.open()
    assert server.posts == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (2, ProtocolError),
        (3, NoObjectError),
        (4, MissingError),
        (5, NoDataError),
        (6, NotPermittedError),
        (7, DeadlineError),
        (8, UnsupportedError),
        (9, FailedError),
        (10, ProtocolError),
    ],
)
async def test_each_status_of_ubus_has_its_error(
    server: UbusServer, status: int, kind: type[DeviceError]
) -> None:
    server.objects["x"] = {"y": lambda _: status}
    async with opened(server) as session:
        with pytest.raises(kind, match=r"ap-01: x y .*ubus") as caught:
            await session.call("x", "y")
        assert caught.type is kind


async def test_what_is_no_json_rpc_is_a_protocol_error(server: UbusServer) -> None:
    async with opened(server) as session:
        await session.open()
        for body in (
            b"",
            b"<html>",
            b"[]",
            b"{}",
            b'{"id":2,"result":[0]}',
            b'{"id":1,"result":"x"}',
            b'{"id":1,"result":[0,[1]]}',
            b"[" * 100_000,
            b'{"id":null,"error":{"code":-32700}}',
        ):
            server.respond = lambda _, body=body: (200, body)
            with pytest.raises(ProtocolError, match="ap-01"):
                await session.call("system", "info")
        server.respond = None
        assert await session.call("system", "info") == {"uptime": 7}


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, MissingError, "uhttpd-mod-ubus"),
        (403, DeniedError, ""),
        (500, ProtocolError, ""),
        (301, ProtocolError, "https"),
    ],
)
async def test_each_http_status_has_its_error(
    server: UbusServer, status: int, kind: type[DeviceError], words: str
) -> None:
    server.respond = lambda _: (status, b"")
    async with opened(server) as session:
        with pytest.raises(kind) as caught:
            await session.call("system", "info")
        assert words in caught.value.hint


async def test_a_device_that_does_not_answer_ends_at_the_deadline(server: UbusServer) -> None:
    async with opened(server) as session:
        await session.open()
        server.gate = asyncio.Event()
        with pytest.raises(DeadlineError, match=r"within 0.05 s"):
            await session.call("system", "info", timeout=0.05)
        server.gate.set()


async def test_a_connection_closed_before_the_answer_is_lost(server: UbusServer) -> None:
    async with opened(server) as session:
        await session.open()
        server.hang_up = True
        with pytest.raises(LostError):
            await session.call("system", "info")
        server.hang_up = False
        assert await session.call("system", "info") == {"uptime": 7}


async def test_a_rest_keeps_the_session_and_closes_the_connection(server: UbusServer) -> None:
    async with opened(server) as session:
        await session.call("system", "info")
        await session.rest()
        await session.call("system", "info")
        assert (server.logins, server.connections) == (1, 2)


async def test_closing_ends_the_session_on_the_device(server: UbusServer) -> None:
    ended: list[dict[str, Any]] = []

    def destroy(args: dict[str, Any]) -> int:
        ended.append(args)
        return 0

    server.objects["session"] = {"destroy": destroy}
    async with opened(server) as session:
        await session.open()
    assert len(ended) == 1


async def test_closing_a_device_that_went_away_is_quiet(server: UbusServer) -> None:
    async with opened(server) as session:
        await session.open()
        server.hang_up = True


async def test_nothing_that_is_shown_holds_the_session_or_the_password(
    server: UbusServer,
) -> None:
    async with opened(server) as session:
        await session.open()
        (known,) = server.sessions
        shown = f"{session!r} {Call('session', 'login', {'password': 'secret'})!r}"
        assert known not in shown
        assert "secret" not in shown


async def test_where_nothing_listens_the_device_refuses(server: UbusServer) -> None:
    async with UbusServer().running() as gone:
        target = gone.target()
    session = UbusSession(target, target.logins[0])
    with pytest.raises(RefusedError, match="refuses connections"):
        await session.open()
    await session.close()


async def test_a_call_stays_cheap(server: UbusServer) -> None:
    """One client a device: dependencies.md measured 1 ms a request, 12 with one for all."""
    async with opened(server) as session:
        await session.open()
        started = time.process_time()
        for _ in range(50):
            await session.call("system", "info")
        assert (time.process_time() - started) / 50 < 0.02  # client, server and h11 together
