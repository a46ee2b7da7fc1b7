"""`owtui engine`: the engine alone, as a service that other faces attach to."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace

import click

from owtui.cli.face import Face, command


@click.command()
@click.option("--zone", default="", help="Serve the devices of this zone only.")
@click.option("--once", is_flag=True, help="One poll round, then exit.")
@command
async def engine(face: Face, zone: str, once: bool) -> int:
    """Hold the engine in the foreground until SIGTERM or Ctrl-C; running steps are finished."""
    from owtui.engine.engine import Role

    if zone:
        chosen = replace(face.loaded.settings, zone=zone)
        face = replace(face, loaded=replace(face.loaded, settings=chosen))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with face.engine(Role.HOLD) as running:
        if once:
            seen = await running.polls.sight_all(tuple(running.fleet.rows))
            failed = sum(sighting.failure is not None for sighting in seen)
            face.output.talk(f"{len(running.fleet.rows)} devices, {failed} not reached")
            return 1 if failed else 0
        face.output.talk(f"engine of {face.loaded.settings.fleet} runs; Ctrl-C drains and stops it")
        await stop.wait()
        face.output.talk("draining: running steps are finished, nothing new is started")
    return 0
