"""Fewer packets and fewer writes than asyncssh would make, and none missing."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from typing import Any

import asyncssh
import pytest
from asyncssh.constants import MSG_IGNORE
from asyncssh.mac import get_mac

from owtui.engine.transport.wire import Collected, Connection, Hmac, Quiet
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


@pytest.mark.parametrize("name", ["hmac-sha2-256", "hmac-sha2-256-etm@openssh.com"])
def test_the_mac_of_a_packet_is_that_of_rfc_6668(name: str) -> None:
    key = bytes(range(32))
    mac = get_mac(name.encode(), key)
    assert isinstance(mac, Hmac)
    for number, packet in ((0, b""), (1, b"packet"), (0xFFFFFFFF, b"x" * 35_000)):
        right = hmac.new(key, number.to_bytes(4, "big") + packet, hashlib.sha256).digest()
        assert mac.sign(number, packet) == right
        assert mac.verify(number, packet, right)
        assert not mac.verify(number, packet, right[:-1] + bytes([right[-1] ^ 1]))
        assert not mac.verify(number ^ 1, packet, right)
        assert not mac.verify(number, packet, b"")


def test_asyncssh_says_errors_and_words_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    class Costly:
        def __str__(self) -> str:
            raise AssertionError("worded")

    caplog.set_level(logging.DEBUG)
    logger = Quiet().get_child("channel", "chan=1")
    for say in (logger.debug, logger.debug1, logger.info, logger.warning):
        say("%s", [Costly()])
    logger.error("it is %s", b"bad")
    assert [record.getMessage() for record in caplog.records] == ["it is bad"]
