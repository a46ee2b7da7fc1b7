"""Does a device answer? ICMP echo with fping's figures, or TCP where ICMP may not be sent.

Sending ICMP needs the kernel's leave: `net.ipv4.ping_group_range` (nobody special), or CAP_NET_RAW.
Without both, connecting to the ports that owtui uses tells nearly the same, and the result says
so. A port that refuses counts as no answer: on one host with many devices (a port forwarding, a
simulated fleet) the host refuses for a device that is gone, and a router of whose SSH and HTTP
both are gone is down for us.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from owtui.errors import BlockedError

_log = logging.getLogger(__name__)

SPARE_S = 5.0
"""Beyond its own packets' time, for looking up a name."""
MOST_CONNECTS = 3
"""Each is a line in a router's log, and a process of its dropbear for a moment."""


@dataclass(frozen=True, slots=True)
class Echo:
    """How to ask: fping's options (operations.md §1.2)."""

    count: int = 5
    interval_ms: int = 25
    bytes: int = 56
    timeout_ms: int = 800

    @property
    def deadline_s(self) -> float:
        """When even the last packet has been waited for."""
        return self.count * (self.interval_ms + self.timeout_ms) / 1000 + SPARE_S


@dataclass(frozen=True, slots=True)
class Pinged:
    """What came back. `loss` in percent, times in ms; None where nothing came."""

    via: str  # icmp | tcp
    loss: float
    rtt_min: float | None = None
    rtt_avg: float | None = None
    rtt_max: float | None = None

    @classmethod
    def of(cls, via: str, sent: int, rtts: Sequence[float]) -> Pinged:
        """The figures of so many tries; `rtts` in ms, of those that were answered."""
        loss = 100.0 * (sent - len(rtts)) / sent
        if not rtts:
            return cls(via, loss)
        return cls(via, loss, min(rtts), sum(rtts) / len(rtts), max(rtts))

    @property
    def reachable(self) -> bool:
        """Any answer counts: a device that loses packets is there."""
        return self.loss < 100


class Pinger(Protocol):
    """Asks an address. Never raises for what the device or the network does."""

    async def ping(self, address: str, how: Echo, ports: Sequence[int]) -> Pinged:
        """`ports`: where TCP may knock. Raises BlockedError when this way is closed to us."""
        ...


Permission = Callable[[], bool | None]


def icmp_permission() -> bool | None:
    """How ICMP may be sent: False unprivileged, True with a raw socket, None not at all."""
    for kind, privileged in ((socket.SOCK_DGRAM, False), (socket.SOCK_RAW, True)):
        with suppress(OSError), socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP):
            return privileged
    return None


class IcmpPinger:
    """ICMP echo by icmplib; asks the kernel's leave once."""

    def __init__(self, permission: Permission = icmp_permission) -> None:
        self._permission = permission
        self._privileged: bool | None = None
        self._asked = False

    @property
    def allowed(self) -> bool:
        """Whether the kernel lets us."""
        if not self._asked:
            self._privileged, self._asked = self._permission(), True
        return self._privileged is not None

    async def ping(self, address: str, how: Echo, ports: Sequence[int] = ()) -> Pinged:
        """Send `count` echoes, each after the answer of the one before or its timeout."""
        if not self.allowed:
            raise BlockedError(
                "The kernel does not let owtui send ICMP.",
                "Set net.ipv4.ping_group_range for its group, or the setting ping to auto or tcp.",
            )
        from icmplib import ICMPLibError

        from owtui.engine.monitoring.echo import echoes

        rtts: list[float] = []
        try:
            async with asyncio.timeout(how.deadline_s):
                rtts = await echoes(
                    address,
                    count=how.count,
                    interval_s=how.interval_ms / 1000,
                    timeout_s=how.timeout_ms / 1000,
                    size=how.bytes,
                    privileged=bool(self._privileged),
                )
        except (ICMPLibError, OSError, TimeoutError) as error:
            _log.debug("ping of %s: %s", address, error)
        return Pinged.of("icmp", how.count, rtts)


class TcpPinger:
    """Connects and hangs up: a try is answered when any of the ports takes the connection."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock

    async def ping(self, address: str, how: Echo, ports: Sequence[int]) -> Pinged:
        """As many tries as asked for, at most `MOST_CONNECTS`."""
        tries = min(how.count, MOST_CONNECTS)
        rtts: list[float] = []
        for nth in range(tries):
            if nth:
                await asyncio.sleep(how.interval_ms / 1000)
            if (rtt := await self._once(address, how, ports)) is not None:
                rtts.append(rtt)
        return Pinged.of("tcp", tries, rtts)

    async def _once(self, address: str, how: Echo, ports: Sequence[int]) -> float | None:
        began = self._clock()
        knocks = [asyncio.create_task(_knock(address, port)) for port in ports]
        try:
            async with asyncio.timeout(how.timeout_ms / 1000):
                for first in asyncio.as_completed(knocks):
                    if await first:
                        return (self._clock() - began) * 1000
        except TimeoutError:
            return None
        finally:
            for knock in knocks:
                knock.cancel()
            await asyncio.gather(*knocks, return_exceptions=True)
        return None


class AutoPinger:
    """ICMP where it may be sent, else TCP."""

    def __init__(self, icmp: IcmpPinger, tcp: TcpPinger) -> None:
        self._icmp = icmp
        self._tcp = tcp

    async def ping(self, address: str, how: Echo, ports: Sequence[int]) -> Pinged:
        """By the way that is open."""
        way: Pinger = self._icmp if self._icmp.allowed else self._tcp
        return await way.ping(address, how, ports)


def pinger_for(setting: str) -> Pinger:
    """The pinger of the setting `ping`: auto, icmp or tcp."""
    if setting == "icmp":
        return IcmpPinger()
    return TcpPinger() if setting == "tcp" else AutoPinger(IcmpPinger(), TcpPinger())


async def _knock(address: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
