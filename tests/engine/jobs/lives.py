"""Lives of an engine that ends at a border: a fleet, its inventory and the process that forks them.

For tests that kill -9 the engine; see victim.py for the borders.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from owtui import settings
from owtui.engine.actions.base import Change
from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.parts import Parts
from owtui.simulator import Fleet, FleetSpec
from storage import credentials, devicelist, devices
from storage.logins import Draft
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault
from tests.engine.jobs.victim import means_of


@dataclass(frozen=True, slots=True)
class Scene:
    """A fleet, its inventory, and a process that submits jobs and runs none."""

    parts: Parts
    fleet: Fleet
    jobs: Jobs
    rows: list[DeviceRow]
    nursery: asyncio.subprocess.Process
    environ: Mapping[str, str]

    def counts(self, count: Callable[[object], int]) -> dict[str, int]:
        """What each device counted of itself, by its name."""
        return {device.name: count(device.effects) for device in self.fleet.devices}


@asynccontextmanager
async def fleet_of(
    number: int,
    database: str,
    tmp_path: Path,
    enrol: Callable[[Session, Vault, Fleet], object] | None = None,
) -> AsyncIterator[Scene]:
    """Devices with one password, stored as one login that they share; over SSH, or as enrolled."""
    environ = {
        **os.environ,
        "OWTUI_DATABASE": database,
        "OWTUI_HOST_KEYS": "accept-new",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    async with Fleet(FleetSpec(devices=number, seed=5, speed=0.05)) as fleet:
        parts = Parts.open(settings.load(environ))
        vault = parts.vault()

        def fill(session: Session) -> None:
            if enrol is not None:
                enrol(session, vault, fleet)
                return
            draft = Draft("fleet", password=Secret(fleet.password))
            login = credentials.create(session, vault, draft)
            for device in fleet.devices:
                made = devices.create(session, device.name, address=device.address)
                credentials.attach(session, made.id, login.id, params={"port": device.port})

        parts.database.write(fill)
        rows = parts.database.read(devicelist.rows)
        nursery = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.engine.jobs.victim"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        yield Scene(parts, fleet, Jobs(means_of(parts, Registry.load())), rows, nursery, environ)
        assert nursery.stdin is not None
        nursery.stdin.close()
        await nursery.wait()
        await parts.close()


async def one_life(scene: Scene, job_id: UUID, border: str, occurrence: int, **environ: str) -> int:
    """Run an engine until it dies or the job is over; returns its exit status."""
    nursery = scene.nursery
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    life = [str(job_id), border, occurrence, {**scene.environ, **environ}]
    nursery.stdin.write(f"{json.dumps(life)}\n".encode())
    async with asyncio.timeout(150):
        status = int(await nursery.stdout.readline())
    assert status in (0, -signal.SIGKILL), "the engine failed; its traceback is above"
    return status


def borders(action: Change) -> list[str]:
    """Every border of the work on one device, in order."""
    steps = [f"{name}:{when}" for name in action.steps for when in ("before", "after")]
    return ["begin:after", *steps, "end:before", "end:after", "close:after"]
