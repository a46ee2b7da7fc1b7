"""Fewer packets and fewer writes than asyncssh would make, and none missing."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncssh
import pytest
from asyncssh.constants import MSG_IGNORE

from owtui.engine.transport.wire import Collected, Connection
from tests.engine.transport.sshserver import Server


class Below(asyncio.Transport):
    """A transport that remembers what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said.append(bytes(data))

    def close(self) -> None:
        self.said.append("close")

    def abort(self) -> None:
        self.said.append("abort")


class Told(Connection):
    """A connection that tells the types of the packets it sent."""

    def log_sent_packet(self, pkttype: int, *more: Any, **notes: Any) -> None:
        self.__dict__.setdefault("sent", []).append(pkttype)


async def test_what_is_written_in_one_turn_of_the_loop_leaves_at_once_and_in_order() -> None:
    below = Below()
    wire = Collected(below, asyncio.get_running_loop())
    for part in (b"a", bytearray(b"b"), b"c"):
        wire.write(part)
    assert below.said == []
    await asyncio.sleep(0)
    wire.write(b"d")
    await asyncio.sleep(0)
    assert below.said == [b"abc", b"d"]


async def test_a_goodbye_is_sent_before_the_transport_closes_and_dropped_when_it_aborts() -> None:
    said = []
    for end in ("close", "abort"):
        below = Below()
        wire = Collected(below, asyncio.get_running_loop())
        wire.write(b"goodbye")
        getattr(wire, end)()
        await asyncio.sleep(0)
        said.append(below.said)
    assert said == [[b"goodbye", "close"], ["abort"]]


@pytest.mark.parametrize(("cipher", "hides"), [("aes128-ctr", False), ("aes128-cbc", True)])
async def test_packets_that_mean_nothing_are_sent_where_the_cipher_chains(
    cipher: str, hides: bool
) -> None:
    async with Server(options={"encryption_algs": [cipher]}) as server:
        options = asyncssh.SSHClientConnectionOptions(
            config=None,
            known_hosts=None,
            username="root",
            password="secret",
            client_keys=None,
            agent_path=None,
            encryption_algs=[cipher],
        )
        loop = asyncio.get_running_loop()
        options.waiter = loop.create_future()
        _, made = await loop.create_connection(
            lambda: Told(loop, options, wait="auth"), server.address, server.port
        )
        await options.waiter
        answer = await made.run("true; said", input=b"!", encoding=None)
        made.close()
        await made.wait_closed()
    assert answer.stdout == b" said!"
    sent: list[int] = made.__dict__["sent"]
    assert (MSG_IGNORE in sent) is hides
