"""`owtui info`: versions, paths, database, who holds the engine; a bug report starts with it."""

from __future__ import annotations

import click

from owtui import about
from owtui.cli.face import Face, command


@click.command()
@command
async def info(face: Face) -> int:
    """Say what this is, where its files are and who runs the engine."""
    async with face.engine() as engine:
        told = await about.told(face.loaded, engine)
    if face.output.machine:
        face.output.document(told)
        return 0
    for key, value in told.items():
        text = ", ".join(value) if isinstance(value, list) else value
        face.output.text(f"{key.replace('_', ' '):<16}{text}")
    return 0
