"""A simulated fleet in a process of its own, and the files by which each client finds it.

python -m tests.bench.fleet DEVICES SEED FOLDER serves until standard input closes. Every client
logs in with the same key; the host keys are on record before the first connection.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from owtui.simulator.fleet import Fleet, FleetSpec

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Member:
    """One device as a client has to know it."""

    name: str
    address: str
    port: int
    host_key: str


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with what clients need: the key, and the devices in each client's own words."""

    folder: Path
    devices: tuple[Member, ...]

    @property
    def key(self) -> Path:
        """The private key that every device lets in."""
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        """OpenSSH's file of host keys."""
        return self.folder / "known_hosts"


@contextmanager
def fleet(devices: int, seed: int, folder: Path) -> Iterator[Place]:
    """Run a fleet in a child process for as long as the block lasts."""
    command = [sys.executable, "-m", "tests.bench.fleet", str(devices), str(seed), str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        try:
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the simulated fleet did not start; its words are above")
            rows = json.loads((folder / "devices.json").read_text())
            yield Place(folder, tuple(Member(**row) for row in rows))
        finally:
            process.communicate()


async def _serve(devices: int, seed: int, folder: Path) -> None:
    async with Fleet(FleetSpec(devices=devices, seed=seed)) as simulated:
        simulated.write_key(folder / "key")
        rows = [
            {"name": d.name, "address": d.address, "port": d.port, "host_key": d.host_key}
            for d in simulated.devices
        ]
        (folder / "devices.json").write_text(json.dumps(rows))
        (folder / "known_hosts").write_text(
            "".join(f"[{r['address']}]:{r['port']} {r['host_key']}\n" for r in rows)
        )
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))


@contextmanager
def apart(count: int, seed: int) -> Iterator[Path]:
    """Simulated devices in a process of their own; yields the folder that has their fleet.csv.

    What an engine costs is counted apart from what its devices do.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        simulate = [sys.executable, "-m", "owtui", "simulate", "--devices", str(count)]
        simulate += ["--seed", str(seed), "--inventory", str(folder / "fleet.csv")]
        with subprocess.Popen(simulate, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                while "ready" not in (line := process.stdout.readline()):
                    if not line:
                        raise RuntimeError("the simulated fleet did not start")
                yield folder
            finally:
                process.terminate()
