"""A command over a connection that stands, beside one that has to log in first, in one pool.

One device after the other, so that a figure is what one device costs and waits.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from owtui.engine.transport.base import HostKeyPolicy, Login, Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.pool import Pool
from storage.secrets import Secret
from tests.bench.clients import COMMAND
from tests.bench.fleet import Place, fleet
from tests.bench.measure import Spread, title

GOAL = 3.0


def targets(place: Place) -> dict[UUID, Target]:
    """The devices of a fleet as the transport takes them."""
    secret = Secret(place.key.read_text())
    return {
        UUID(int=number): Target(
            UUID(int=number),
            each.name,
            (each.address,),
            (Login(None, "key", secret=secret, port=each.port),),
            HostKeyPolicy.STRICT,
        )
        for number, each in enumerate(place.devices, 1)
    }


def pool(known: dict[UUID, Target], place: Place) -> Pool:
    """A pool that knows these devices and their host keys."""

    async def resolve(device_id: UUID) -> Target:
        return known[device_id]

    book = MemoryHostKeys(
        {id_: (each.host_key,) for id_, each in zip(known, place.devices, strict=True)}
    )
    return Pool(resolve, book)


async def measure(place: Place) -> dict[str, tuple[Spread, Spread]]:
    """CPU ms and elapsed ms of a command: with its login, and on the connection it left."""
    known = targets(place)
    connections = pool(known, place)
    figures = {}
    for name in ("cold", "warm"):
        spent = [await _one(connections, device) for device in known]
        figures[name] = (Spread.of(cpu for cpu, _ in spent), Spread.of(wall for _, wall in spent))
    await connections.close()
    return figures


async def _one(connections: Pool, device: UUID) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.monotonic()
    async with connections.shell(device) as shell:
        assert (await shell.run(COMMAND)).ok
    return (time.process_time() - cpu) * 1000, (time.monotonic() - wall) * 1000


def show(devices: int, seed: int) -> None:
    """Measure and print."""
    title(
        f"a command on a warm connection beside a cold one, {devices} devices",
        f"seed {seed}; median (min to max) over the devices, login with a key, goal {GOAL:g} x",
    )
    with TemporaryDirectory() as name, fleet(devices, seed, Path(name)) as place:
        figures = asyncio.run(measure(place))
    print(f"   {'':6}{'CPU ms':26}elapsed ms")
    for name, (cpu, wall) in figures.items():
        print(f"   {name:6}{cpu!s:26}{wall}")
    cheaper, sooner = (figures["cold"][at].median / figures["warm"][at].median for at in range(2))
    print(f"   warm is {cheaper:.1f} x cheaper and {sooner:.1f} x sooner")
