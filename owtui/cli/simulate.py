"""`owtui simulate`: fake OpenWrt devices that speak the real protocols, in the foreground."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import click

from owtui.cli.face import Face, command
from owtui.errors import InputError


@click.command()
@click.option("--devices", type=click.IntRange(1, 20_000), default=30, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same fleet.")
@click.option("--ssh-port", type=click.IntRange(0, 65_535), default=22_000, show_default=True)
@click.option("--http-port", type=click.IntRange(0, 65_535), default=28_000, show_default=True)
@click.option("--shape", type=click.Choice(["tree", "mesh", "star"]), default="tree")
@click.option("--faults", type=click.Path(path_type=Path), help="What goes wrong, and where.")
@click.option("--inventory", type=click.Path(path_type=Path), required=True)
@click.option("--with-parent", is_flag=True, hidden=True, help="End when stdin is closed.")
@command
async def simulate(
    face: Face,
    devices: int,
    seed: int,
    ssh_port: int,
    http_port: int,
    shape: str,
    faults: Path | None,
    inventory: Path,
    with_parent: bool,
) -> int:
    """Run simulated devices until Ctrl-C; --inventory gets a file for `devices import`."""
    from owtui.simulator import FleetSpec, SimulatorError, load_faults, serve

    if not inventory.absolute().parent.is_dir():
        raise InputError(f"There is no folder for {inventory}.", "Make it first.")
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    if with_parent:
        loop.add_reader(sys.stdin, task.cancel)  # nothing is ever written there: it is the end
    try:
        spec = FleetSpec(
            devices=devices,
            seed=seed,
            ssh_port=ssh_port,
            http_port=http_port,
            shape=shape,
            faults=load_faults(faults) if faults else {},
        )
        await serve(spec, inventory, lambda fleet: face.output.text("ready"))
    except SimulatorError as error:
        raise InputError(str(error)) from None
    except asyncio.CancelledError:
        face.output.talk("stopped")
    return 0
