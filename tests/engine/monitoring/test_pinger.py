"""Pingers: real echoes where the kernel allows them, TCP on real sockets."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from icmplib import ICMPv4Socket, SocketPermissionError

from owtui.engine.monitoring import echo
from owtui.engine.monitoring.pinger import (
    MOST_CONNECTS,
    AutoPinger,
    Echo,
    IcmpPinger,
    Pinged,
    TcpPinger,
    icmp_permission,
    pinger_for,
)
from owtui.errors import BlockedError

QUICK = Echo(count=3, interval_ms=10, timeout_ms=1500)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A port that takes connections."""
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1")
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def refusing() -> int:
    """A port of which nobody answers: bound, not listened at, and given back."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def test_loss_and_times_are_fpings() -> None:
    assert Pinged.of("icmp", 5, [1.0, 3.0]) == Pinged("icmp", 60.0, 1.0, 2.0, 3.0)
    assert Pinged.of("icmp", 5, [1.0, 3.0]).reachable
    gone = Pinged.of("icmp", 5, [])
    assert (gone, gone.reachable) == (Pinged("icmp", 100.0), False)


async def test_an_echo_comes_back_from_this_host() -> None:
    if icmp_permission() is None:
        pytest.skip("ICMP may not be sent here: net.ipv4.ping_group_range, CAP_NET_RAW")
    found = await IcmpPinger().ping("127.0.0.1", QUICK)
    assert (found.via, found.loss) == ("icmp", 0.0)
    assert found.rtt_min is not None and found.rtt_avg is not None and found.rtt_max is not None
    assert 0 < found.rtt_min <= found.rtt_avg <= found.rtt_max


async def test_a_raw_socket_is_handed_the_answers_to_its_own_echoes_alone() -> None:
    if icmp_permission() is None:
        pytest.skip("ICMP may not be sent here: net.ipv4.ping_group_range, CAP_NET_RAW")
    try:
        every, own = ICMPv4Socket(None, privileged=True), ICMPv4Socket(None, privileged=True)
    except SocketPermissionError:
        pytest.skip("a raw socket needs CAP_NET_RAW")
    echo._only_replies_to(own.sock, 0, v6=False)  # an identifier that icmplib never gives first
    await IcmpPinger().ping("127.0.0.1", Echo(count=2, interval_ms=10, timeout_ms=1500))
    with every, own:
        assert select.select([every.sock, own.sock], [], [], 5)[0] == [every.sock]


async def test_many_echoes_at_once_lose_none() -> None:
    if icmp_permission() is None:
        pytest.skip("ICMP may not be sent here: net.ipv4.ping_group_range, CAP_NET_RAW")
    pinger = IcmpPinger()
    found = await asyncio.gather(
        *(pinger.ping(f"127.0.0.{nth}", replace(QUICK, timeout_ms=30_000)) for nth in range(1, 60))
    )
    assert {one.loss for one in found} == {0.0}


async def test_a_name_that_is_none_is_loss_and_not_an_error() -> None:
    if icmp_permission() is None:
        pytest.skip("ICMP may not be sent here: net.ipv4.ping_group_range, CAP_NET_RAW")
    found = await IcmpPinger().ping("no-such-host.invalid", QUICK)
    assert found == Pinged("icmp", 100.0)


async def test_where_icmp_may_not_be_sent_it_says_so_or_tcp_is_used(port: int) -> None:
    closed = IcmpPinger(lambda: None)
    with pytest.raises(BlockedError, match="does not let owtui send ICMP"):
        await closed.ping("127.0.0.1", QUICK)
    found = await AutoPinger(closed, TcpPinger()).ping("127.0.0.1", QUICK, [port])
    assert (found.via, found.loss) == ("tcp", 0.0)


async def test_a_port_that_takes_the_connection_is_an_answer_even_beside_one_that_refuses(
    port: int, refusing: int
) -> None:
    found = await TcpPinger().ping("127.0.0.1", QUICK, [refusing, port])
    assert found.reachable and found.loss == 0
    assert found.rtt_avg is not None and found.rtt_avg > 0


async def test_a_port_that_refuses_is_no_answer(refusing: int) -> None:
    assert await TcpPinger().ping("127.0.0.1", QUICK, [refusing]) == Pinged("tcp", 100.0)
    assert await TcpPinger().ping("127.0.0.1", QUICK, []) == Pinged("tcp", 100.0)


async def test_a_router_is_not_knocked_at_more_often_than_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came: list[int] = []

    async def taken(address: str, port: int) -> bool:
        came.append(port)
        return True

    monkeypatch.setattr("owtui.engine.monitoring.pinger._knock", taken)
    found = await TcpPinger().ping("192.0.2.1", Echo(count=20, interval_ms=10), [22])
    assert found.loss == 0
    assert came == [22] * MOST_CONNECTS


async def test_a_host_that_says_nothing_costs_no_more_than_its_timeouts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def silent(address: str, port: int) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("owtui.engine.monitoring.pinger._knock", silent)
    how = Echo(count=2, interval_ms=10, timeout_ms=5)
    assert await TcpPinger().ping("192.0.2.1", how, [22, 80]) == Pinged("tcp", 100.0)


def test_the_setting_chooses_the_way() -> None:
    made = [type(pinger_for(setting)) for setting in ("icmp", "tcp", "auto")]
    assert made == [IcmpPinger, TcpPinger, AutoPinger]
