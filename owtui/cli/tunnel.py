"""`owtui tunnel`: a device's web page on a port of this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio

import click

from owtui.cli.completing import devices
from owtui.cli.face import Face, command


@click.command()
@click.argument("name", shell_complete=devices)
@click.option("--port", type=click.IntRange(1, 65535), help="The device's port, else its page's.")
@command
async def tunnel(face: Face, name: str, port: int | None) -> int:
    """Lead a port of this machine to the web page of the device NAME, and print its URL."""
    async with face.engine() as engine:
        device = engine.device(name)
        opened = await engine.sessions.tunnel(device.id, port)
        told = {"device": opened.device, "url": opened.url, "remote": opened.remote}
        if face.output.machine:
            face.output.line(told)  # one line, at once: a script waits for it
        else:
            face.output.text(opened.url)
        face.output.talk(f"leads to {opened.remote} on {opened.device}; Ctrl-C closes it")
        await asyncio.get_running_loop().create_future()
    return 0
