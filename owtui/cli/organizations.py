"""`owtui organizations` and `owtui groups`: who owns devices, and which belong together."""

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


@click.group(cls=VerbGroup)
def groups() -> None:
    """Device groups: list, add, remove."""


@groups.command("list")
@command
async def list_groups(face: Face) -> int:
    """List groups with their organization and how many devices they have."""
    async with face.engine() as engine:
        told = await engine.owners.groups()
        face.output.records(titled("name", "organization", "devices", "description"), told)
    return 0


@groups.command("add")
@click.argument("name")
@click.option("--organization", default="")
@click.option("--description", default="")
@command
async def add_group(face: Face, name: str, organization: str, description: str) -> int:
    """Make a group."""
    face.permit("Adding a group")
    async with face.engine() as engine:
        await engine.owners.add_group(name, organization, description)
    return 0


@groups.command("remove")
@click.argument("name")
@click.option("--organization", default="")
@command
async def remove_group(face: Face, name: str, organization: str) -> int:
    """Remove a group; its devices stay and belong to none."""
    face.permit("Removing a group")
    async with face.engine() as engine:
        await engine.owners.remove_group(name, organization)
    return 0
