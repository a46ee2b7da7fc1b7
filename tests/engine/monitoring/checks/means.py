"""What checks ask in tests: answers that are given, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.checks.base import Asked, Check, Means
from owtui.engine.monitoring.checks.locks import Locks
from owtui.engine.monitoring.pinger import Echo, Pinged
from owtui.engine.transport.base import CommandResult
from owtui.errors import DeviceError
from storage.checks import Doors
from storage.rows import DeviceRow
from tests.engine.monitoring.memory import MemorySeries

AT = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


@dataclass
class Answers:
    """Implements Pinger, and the router of the devices; `asked` is what it was asked."""

    pings: dict[str, Pinged] = field(default_factory=dict)
    commands: list[CommandResult] = field(default_factory=list)
    closed: DeviceError | None = None
    via: str = "ssh"
    asked: list[Any] = field(default_factory=list)
    open: int = 0

    async def ping(self, address: str, how: Echo, ports: Sequence[int]) -> Pinged:
        self.asked.append((address, how, tuple(ports)))
        return self.pings.get(address, Pinged("icmp", 100.0))

    async def exec(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        self.asked.append((command, stdin, timeout))
        return self.commands.pop(0)

    @asynccontextmanager
    async def router(self, device_id: UUID) -> AsyncIterator[Any]:
        if self.closed is not None:
            raise self.closed
        self.open += 1
        yield self


@dataclass
class World:
    """A device's surroundings, with a clock that stands."""

    answers: Answers = field(default_factory=Answers)
    series: MemorySeries = field(default_factory=MemorySeries)
    doors: Doors = field(default_factory=lambda: Doors((22,)))
    changed: datetime | None = None
    polled: bool = False
    now: datetime = AT
    management_ip_only: bool = True
    clock_s: float = 0.0

    def __post_init__(self) -> None:
        self.locks = Locks(lambda: self.clock_s)

    def means(self) -> Means:
        async def doors(device_id: UUID) -> Doors:
            return self.doors

        async def modified(device_id: UUID) -> datetime | None:
            return self.changed

        return Means(
            pinger=self.answers,
            series=self.series,
            router=self.answers.router,
            doors=doors,
            modified=modified,
            polled=lambda device_id: self.polled,
            locks=self.locks,
            present=lambda: self.now,
            management_ip_only=self.management_ip_only,
            zone=UTC,
        )

    def asked(self, check: Check, row: DeviceRow, **params: Any) -> Asked:
        check.prove(params)
        return Asked(row, check.complete(params), self.now, self.means())

    async def values(
        self, check: Check, row: DeviceRow, **params: Any
    ) -> Mapping[str, float] | None:
        """The values of the one reading; None where nothing is written."""
        found = (await check.run(self.asked(check, row, **params))).readings
        if found is None:
            return None
        (reading,) = found
        return reading.values

    def ago(self, **delta: float) -> datetime:
        return self.now - timedelta(**delta)
