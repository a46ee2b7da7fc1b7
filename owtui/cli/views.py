"""`owtui views`: filters with a name, shared with the console; `view:NAME` uses one in a filter."""

from __future__ import annotations

import click

from owtui.cli.completing import filters
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled


@click.group(cls=VerbGroup)
def views() -> None:
    """Saved views: list, add, remove."""


@views.command("list")
@command
async def list_(face: Face) -> int:
    """List the saved views."""
    async with face.engine() as engine:
        told = await engine.views.rows()
        face.output.records(titled("name", "filter", "columns", "sort"), told)
    return 0


@views.command()
@click.argument("name")
@click.argument("filter", nargs=-1, required=True, shell_complete=filters)
@command
async def add(face: Face, name: str, filter: tuple[str, ...]) -> int:
    """Keep a FILTER under a name, in the place of one of the same name."""
    face.permit("Saving a view")
    async with face.engine() as engine:
        await engine.views.save(name, " ".join(filter))
    return 0


@views.command()
@click.argument("name")
@command
async def remove(face: Face, name: str) -> int:
    """Forget a view."""
    face.permit("Removing a view")
    async with face.engine() as engine:
        await engine.views.remove(name)
    return 0
