"""`owtui credentials`: logins, sealed; listed without their secrets."""

from __future__ import annotations

from pathlib import Path

import click

from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.cli.secrets import login_password


@click.group(cls=VerbGroup)
def credentials() -> None:
    """Credentials: list, add, remove, rotate-key."""


@credentials.command("list")
@command
async def list_(face: Face) -> int:
    """List credentials and how many devices use each; the secrets are never shown."""
    async with face.engine() as engine:
        told = await engine.owners.credentials()
        face.output.records(titled("name", "kind", "username", "organization", "devices"), told)
    return 0


@credentials.command()
@click.argument("name")
@click.option("--user", default="root", show_default=True)
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="Private key file.")
@click.option("--password-stdin", is_flag=True, help="Read the password, or the key's passphrase.")
@click.option("--agent", is_flag=True, help="Use the keys of the SSH agent.")
@click.option("--organization", default="", help="Whose they are; without it everybody's.")
@click.option("--auto-add", is_flag=True, help="Put them on every device, also new ones.")
@command
async def add(
    face: Face,
    name: str,
    user: str,
    key: Path | None,
    password_stdin: bool,
    agent: bool,
    organization: str,
    auto_add: bool,
) -> int:
    """Keep a login, for `devices set NAME credentials=…` and `devices scan --adopt`."""
    from owtui.engine.inventory.desk import private_key
    from storage.logins import Draft
    from storage.secrets import Secret

    face.permit("Adding credentials")
    password = login_password(password_stdin, key, agent)
    kind = "key" if key else "agent" if agent else "password" if password else "none"
    draft = Draft(
        name=name,
        kind=kind,
        username=user,
        password=Secret(password) if password and not key else None,
        key=private_key(key) if key else None,
        passphrase=Secret(password) if password and key else None,
        auto_add=auto_add,
    )
    async with face.engine() as engine:
        await engine.add_credentials(draft, organization)
    return 0


@credentials.command()
@click.argument("name")
@command
async def remove(face: Face, name: str) -> int:
    """Forget a login; the devices that use it lose it."""
    face.permit("Removing credentials")
    async with face.engine() as engine:
        await engine.owners.remove_credentials(name)
    return 0


@credentials.command("rotate-key")
@click.option("--to", type=click.Choice(["keyring", "passphrase", "file"]), help="A new place.")
@command
async def rotate_key(face: Face, to: str | None) -> int:
    """Make a new master key and re-seal every secret with it, in one transaction."""
    face.permit("Rotating the master key")
    async with face.engine() as engine:
        await engine.rotate_key(to)
        face.output.text(f"master key: {await engine.describe_key()}")
    return 0
