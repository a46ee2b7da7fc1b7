"""`owtui organizations`: who owns devices."""

from __future__ import annotations

import click

from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled


@click.group(cls=VerbGroup)
def organizations() -> None:
    """Organizations: list, add, remove."""


@organizations.command("list")
@command
async def list_organizations(face: Face) -> int:
    """List organizations with how many devices they have."""
    async with face.engine() as engine:
        told = await engine.owners.rows()
        face.output.records(titled("name", "slug", "devices", "limit"), told)
    return 0


@organizations.command("add")
@click.argument("name")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Devices; 0 is unlimited.",
)
@command
async def add_organization(face: Face, name: str, limit: int) -> int:
    """Make an organization."""
    face.permit("Adding an organization")
    async with face.engine() as engine:
        await engine.owners.add(name, limit)
    return 0


@organizations.command("remove")
@click.argument("name")
@command
async def remove_organization(face: Face, name: str) -> int:
    """Remove an organization that has no devices, with its groups and credentials."""
    face.permit("Removing an organization")
    async with face.engine() as engine:
        await engine.owners.remove(name)
    return 0
