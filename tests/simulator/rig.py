"""A device without sockets, whose clock jumps instead of waiting, and a way to ask its shell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from owtui.simulator import commands
from owtui.simulator.clock import Clock
from owtui.simulator.device import Device
from owtui.simulator.identity import Identity
from owtui.simulator.shell.interpreter import Shell
from owtui.simulator.streams import BytesSource, Capture

assert commands  # the vocabulary registers itself
START = 1_795_419_097.0  # the moment of the captures
_PATIENCE_S = 30.0


@dataclass
class Time:
    """Seconds that pass only when somebody sleeps."""

    seconds: float = 0.0

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)

    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, lambda: START + self.seconds, self.sleep)


@dataclass(frozen=True)
class Answer:
    """What a command line printed and how it ended."""

    out: str
    err: str
    status: int


@dataclass
class Bench:
    """A device under test; `identity` differs from the captured one by keywords."""

    identity: Identity
    time: Time = field(default_factory=Time)

    def __post_init__(self) -> None:
        self.device = Device(self.identity, self.time.clock())

    async def run(self, line: str, stdin: bytes = b"") -> Answer:
        out, err, status = await self.raw(line, stdin)
        return Answer(out.decode(errors="replace"), err.decode(errors="replace"), status)

    async def raw(self, line: str, stdin: bytes = b"") -> tuple[bytes, bytes, int]:
        """Return the bytes of stdout and stderr, and the exit status."""
        out, err = Capture(), Capture()
        process = self.device.processes.begin(1, ["ash", "-c", line])
        shell = Shell(self.device, {0: BytesSource(stdin), 1: out, 2: err}, process.pid)
        shell.vars |= {"HOME": "/root", "USER": "root"}
        try:
            async with asyncio.timeout(_PATIENCE_S):
                status = await shell.main(line)
        finally:
            self.device.processes.end(process)
        return bytes(out.data), bytes(err.data), status

    async def out(self, line: str, stdin: bytes = b"") -> str:
        """Return what a line prints; it must end well and complain of nothing."""
        answer = await self.run(line, stdin)
        assert (answer.status, answer.err) == (0, ""), answer
        return answer.out


def identity(**changes: object) -> Identity:
    """Return the identity of the device the captures were taken from."""
    values: dict[str, object] = {
        "index": 0,
        "name": "ap-01",
        "model": "archer-c6-v3",
        "release": "24.10.6",
        "seed": 144,  # plugged, tuned and visited as the captured device was
        "address": "127.20.0.1",
        "mac": "5c:a6:e6:10:01:00",
        "lan_address": "10.77.0.11",
        "wan_address": "10.78.0.127",
        "uplink_mac": "52:bd:3e:10:60:20",
        "password": "labpass",
        "group": "roof",
        "tags": ("roof",),
    }
    return Identity(**(values | changes))  # type: ignore[arg-type]  # names are the fields'
