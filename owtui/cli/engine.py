"""`owtui engine`: the engine alone, as a service that other faces attach to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from owtui.cli.exits import of_results
from owtui.cli.face import Face, command

if TYPE_CHECKING:
    from owtui.engine.engine import Engine


@click.command()
@click.option("--zone", default="", help="Serve the devices of this zone only.")
@click.option("--once", is_flag=True, help="One poll round, then exit.")
@command
async def engine(face: Face, zone: str, once: bool) -> int:
    """Hold the engine in the foreground until SIGTERM or Ctrl-C; running steps are finished."""
    from owtui.engine.engine import Role

    chosen = face.loaded.settings
    # One round is asked for below: the loop, which spreads a round over a minute, stays off.
    chosen = replace(
        chosen, zone=zone or chosen.zone, facts_every_s=0.0 if once else chosen.facts_every_s
    )
    face = replace(face, loaded=replace(face.loaded, settings=chosen))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with face.engine(Role.HOLD) as running:
        if once:
            return await _poll_once(face, running)
        face.output.talk(f"engine of {face.loaded.settings.fleet} runs; Ctrl-C drains and stops it")
        with _told(face, running):
            await stop.wait()
        face.output.talk("draining: running steps are finished, nothing new is started")
    return 0


@contextmanager
def _told(face: Face, running: Engine) -> Iterator[None]:
    """Say what a console would show: that the lease is lost, that nothing can be written."""
    from owtui.engine.events import Notice

    loop = asyncio.get_running_loop()

    def say() -> None:
        for event in subscription.take():
            if isinstance(event, Notice):
                face.output.talk(f"{event.sentence} {event.hint}".strip())

    def wake() -> None:
        loop.call_soon_threadsafe(say)

    subscription = running.bus.subscribe(("notices",), wake)
    try:
        yield
    finally:
        running.bus.unsubscribe(subscription)


async def _poll_once(face: Face, running: Engine) -> int:
    wanted = running.polls.wanted()
    names = {id_: running.fleet.rows[id_].name for id_ in wanted}
    told = [
        {
            "device": names[one.device_id],
            "ok": one.failure is None,
            "error": one.failure and one.failure.as_dict(),
        }
        for one in await running.polls.sight_all(wanted)
    ]
    if face.output.machine:
        face.output.document(told)
    failed = sum(not one["ok"] for one in told)
    face.output.talk(f"{len(told)} devices, {failed} not reached")
    return of_results(told)
