"""`owtui demo`: a simulated fleet, an inventory in a temporary folder, and the console on it.

The simulator is a process of its own: the fleet's CPU is not the console's. Nothing typed in
the demo can run on this machine: the simulator interprets, it never executes.
"""

from __future__ import annotations

import asyncio
import json
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.console import open_console
from owtui.cli.face import Face
from owtui.errors import InputError, OwtuiError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine

# A fleet without trouble teaches nothing: one is away, one shows another host key, one is slow.
FAULTS: dict[str, dict[str, Any]] = {
    "ap-yard-03": {"unreachable": True},
    "ap-hall-10": {"new_host_key": True},
    "ap-roof-04": {"latency_s": 0.3},
}
AWAY = frozenset(name for name, fault in FAULTS.items() if "unreachable" in fault)
READY_S = 60.0
STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo is made of."""

    devices: int
    seed: int
    folder: Path


@click.command()
@click.option("--devices", type=click.IntRange(1, 2_000), default=30, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same fleet.")
@click.option("--headless", is_flag=True, help="No console: a report after --seconds.")
@click.option("--seconds", type=click.FloatRange(1, 3_600), default=20.0, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the folder.")
@click.pass_obj
def demo(
    face: Face, devices: int, seed: int, headless: bool, seconds: float, keep: Path | None
) -> None:
    """Try owtui on a simulated fleet; nothing else is needed and nothing is left behind."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    with tempfile.TemporaryDirectory(prefix="owtui-demo-") as temporary:
        what = Demo(devices, seed, (keep or Path(temporary)).resolve())
        if (what.folder / "demo.db").exists():
            # Each simulation has an RSA host key of its own: old devices would not be trusted.
            raise InputError(
                f"{what.folder} holds a demo that was kept already.",
                "Choose another folder, or remove that one.",
            )
        what.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = _face_of(face, what.folder)
        with _simulated(what) as inventory:
            asyncio.run(_import(ours, inventory, what))
            if headless or not terminal:
                asyncio.run(_watch(ours, seconds))
                return
            code = open_console(ours, alone=True)
    raise click.exceptions.Exit(code)


def _face_of(face: Face, folder: Path) -> Face:
    """The same options on a fleet of its own: nothing of the user's inventory is touched."""
    paths = replace(face.loaded.paths, data=folder, state=folder, runtime=folder)
    chosen = replace(
        face.loaded.settings,
        fleet="demo",
        database=f"sqlite:///{folder / 'demo.db'}",
        host_keys="strict",  # the inventory brings the keys: even the demo verifies them
        facts_every_s=10.0,
        alert_grace_s=20.0,  # as long as all of them take to be polled
        ping="tcp",  # loopback answers ICMP for a router that is off, too
        read_only=face.globals.read_only,
    )
    return replace(face, loaded=replace(face.loaded, settings=chosen, paths=paths))


@contextmanager
def _simulated(what: Demo) -> Iterator[Path]:
    """The fleet in a process that ends with this one, whatever happens to it."""
    inventory = what.folder / "inventory.csv"
    arguments = ["simulate", "--with-parent", "--ssh-port", "0", "--http-port", "0"]
    arguments += ["--devices", str(what.devices), "--seed", str(what.seed)]
    faults = what.folder / "faults.json"
    faults.write_text(json.dumps(FAULTS), "utf-8")
    arguments += ["--faults", str(faults)]
    simulator = subprocess.Popen(
        # -P: a folder of the user's that is called storage must not be taken for ours.
        [sys.executable, "-P", "-m", "owtui", *arguments, "--inventory", str(inventory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C at the terminal is the console's
    )
    with simulator:
        try:
            _await_ready(simulator)
            yield inventory
        finally:
            assert simulator.stdin is not None
            simulator.stdin.close()
            try:
                simulator.wait(STOP_S)
            except subprocess.TimeoutExpired:
                simulator.kill()


def _await_ready(simulator: subprocess.Popen[bytes]) -> None:
    assert simulator.stdout is not None
    deadline = time.monotonic() + READY_S
    while select.select([simulator.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
        line = simulator.stdout.readline()
        if line.strip() == b"ready":
            return
        if not line:
            break
    raise OwtuiError(
        "The simulated fleet did not start.", "Try `owtui simulate --devices 3 --inventory f.csv`."
    )


async def _import(face: Face, inventory: Path, what: Demo) -> None:
    from owtui.cli import demo_configs, demo_firmware, demo_history, demo_topology

    async with face.engine() as engine:
        await engine.inventory.apply(await engine.inventory.plan_import(inventory))
        await demo_configs.seed(engine)
        await demo_firmware.seed(engine, {row.model for row in engine.fleet.rows.values()})
        await _alert_soon(engine)
        await demo_history.seed(engine, what.devices, what.seed, AWAY)
        await demo_topology.seed(engine, what.devices, what.seed, AWAY)


async def _alert_soon(engine: Engine) -> None:
    """Nobody looks at a demo for half an hour, which is how long a ping may fail by default."""
    groups = {(row.organization, row.group) for row in engine.fleet.rows.values() if row.group}
    for organization, group in sorted(groups):
        for kind in ("ping", "data_collected"):
            await engine.alerts.thresholds.set(
                kind, group=group, organization=organization, tolerance=0
            )


async def _watch(face: Face, seconds: float) -> None:
    from owtui.engine.engine import Role

    async with face.engine(Role.HOLD) as engine:
        face.output.talk(f"watching {len(engine.fleet.rows)} simulated routers, {seconds:.0f} s")
        await asyncio.sleep(seconds)
        await engine.polls.ingest.flush()
        _report(face, engine)


def _report(face: Face, engine: Engine) -> None:
    """The fleet report: a line a device, then the counts."""
    from owtui.cli.devices import CONTRACT, DEFAULT_COLUMNS, show_rows

    rows = list(engine.fleet.rows.values())
    show_rows(face, rows, CONTRACT if face.output.machine else DEFAULT_COLUMNS)
    counts = Counter(row.status for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    face.output.talk(f"{len(rows)} devices: {told}")
