"""`owtui credentials`: logins, sealed; listed without their secrets."""

from __future__ import annotations

import click

from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled


@click.group(cls=VerbGroup)
def credentials() -> None:
    """Credentials: list, rotate-key."""


@credentials.command("list")
@command
async def list_(face: Face) -> int:
    """List credentials and how many devices use each; the secrets are never shown."""
    async with face.engine() as engine:
        told = await engine.owners.credentials()
        face.output.records(titled("name", "kind", "username", "organization", "devices"), told)
    return 0


@credentials.command("rotate-key")
@click.option("--to", type=click.Choice(["keyring", "passphrase", "file"]), help="A new place.")
@command
async def rotate_key(face: Face, to: str | None) -> int:
    """Make a new master key and re-seal every secret with it, in one transaction."""
    async with face.engine() as engine:
        await engine.rotate_key(to)
        face.output.text(f"master key: {await engine.describe_key()}")
    return 0
