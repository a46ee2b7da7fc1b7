"""The verbs of `owtui firmware` that change the library."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.exits import OK
from owtui.cli.face import Face, command
from owtui.cli.firmware import texts
from owtui.errors import InputError
from owtui.units import bytes_text

if TYPE_CHECKING:
    from owtui.engine.firmware.entries import BuildRow, CategoryRow, ImageRow

_yes = click.option("--yes", is_flag=True, help="Do it; else it is only said what would go.")


@click.command("add-category")
@click.argument("name")
@click.option("--description", default="")
@click.option("--organization", default="", help="Of this one; else shared by all.")
@command
async def add_category(face: Face, name: str, description: str, organization: str) -> int:
    """Add a category: builds that replace one another on the same devices."""
    face.permit("Adding a category")
    async with face.engine() as engine:
        row = await engine.firmware.add_category(
            name, description=description, organization=organization
        )
    return _tell(face, row, f"Added {row.name}.")


@click.command("set-category")
@click.argument("name")
@click.argument("pairs", nargs=-1, metavar="KEY=VALUE…")
@command
async def set_category(face: Face, name: str, pairs: tuple[str, ...]) -> int:
    """Set name, description or organization of a category; no organization is all of them."""
    face.permit("Changing a category")
    wish = texts(pairs)
    async with face.engine() as engine:
        row = await engine.firmware.find_category(name)
        row = await engine.firmware.change_category(row.id, **wish)
    return _tell(face, row, f"Changed {row.name}.")


@click.command("add-build")
@click.argument("category")
@click.argument("version")
@click.option("--os", default="", help="What devices with it report, as `owtui facts` shows it.")
@click.option("--changelog", default="", metavar="TEXT|-", help="What is new in it.")
@click.option("--supersedes", default="", metavar="VERSION", help="Where versions do not say so.")
@click.option("--released", default="", metavar="YYYY-MM-DD", help="Else the time it is added.")
@command
async def add_build(
    face: Face,
    category: str,
    version: str,
    os: str,
    changelog: str,
    supersedes: str,
    released: str,
) -> int:
    """Add a build to a category.

    Without --os it learns it from the first image that says its release. Devices that report it
    are known to run the build's image for them.
    """
    from owtui.engine.firmware.entries import BuildDraft

    face.permit("Adding a build")
    text = sys.stdin.read() if changelog == "-" else changelog
    draft = BuildDraft(version, os, text, supersedes, _day(released))
    async with face.engine() as engine:
        owner = await engine.firmware.find_category(category)
        row = await engine.firmware.add_build(owner.id, draft)
    return _tell(face, row, f"Added {row.label}.")


@click.command("set-build")
@click.argument("build")
@click.argument("pairs", nargs=-1, metavar="KEY=VALUE…")
@command
async def set_build(face: Face, build: str, pairs: tuple[str, ...]) -> int:
    """Set version, os, changelog, supersedes or released of a build."""
    face.permit("Changing a build")
    wish: dict[str, Any] = dict(texts(pairs))
    if "released" in wish:
        wish["released"] = _day(wish["released"])
    async with face.engine() as engine:
        row = await engine.firmware.find_build(build)
        row = await engine.firmware.change_build(row.id, **wish)
    return _tell(face, row, f"Changed {row.label}.")


@click.command("add-image")
@click.argument("build")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--board", "boards", multiple=True, help="It is for this board or model; repeat it.")
@click.option("--type", default="", help="Else by its file name, without distribution and release.")
@click.option("--name", default="", help="The name it is kept under; else that of the file.")
@click.option("--force", default="", metavar="REASON", help="Take it although something is wrong.")
@command
async def add_image(
    face: Face,
    build: str,
    file: Path,
    boards: tuple[str, ...],
    type: str,
    name: str,
    force: str,
) -> int:
    """Take an image into a build, by what its own metadata says.

    Refused without a reason to force it: one without metadata whose boards nobody says, one of
    another release than the build, one whose signature is wrong or missing where keys are set.
    The reason stays with the image, and in the audit.
    """
    face.permit("Adding an image")
    async with face.engine() as engine:
        desk = engine.firmware
        owner = await desk.find_build(build)
        row = await desk.add_image(owner.id, file, force=force, name=name, type=type, boards=boards)
    kept = f"{row.type}, {bytes_text(row.size)}, for {', '.join(row.boards) or 'no known board'}"
    return _tell(face, row, f"Added {kept} to {owner.label}. Signature {row.signature}.")


@click.command("set-image")
@click.argument("image")
@click.option("--board", "boards", multiple=True, help="It is for these, and no others; repeat it.")
@click.option("--type", default="")
@command
async def set_image(face: Face, image: str, boards: tuple[str, ...], type: str) -> int:
    """Set which boards or models an image is for, or its type.

    The device still judges by the metadata, as sysupgrade does.
    """
    face.permit("Changing an image")
    wish: dict[str, Any] = {"boards": list(boards)} if boards else {}
    wish |= {"type": type} if type else {}
    if not wish:
        raise InputError("Nothing is to be set.", "For example: --board tplink,archer-c6-v3")
    async with face.engine() as engine:
        row = await engine.firmware.find_image(image)
        row = await engine.firmware.change_image(row.id, **wish)
    return _tell(face, row, f"Changed {row.file_name}.")


@click.command("remove-category")
@click.argument("name")
@_yes
@command
async def remove_category(face: Face, name: str, yes: bool) -> int:
    """Remove a category with its builds, images and files."""
    face.permit("Removing a category")
    async with face.engine() as engine:
        row = await engine.firmware.find_category(name)
        if yes:
            await engine.firmware.remove_category(row.id)
    return _removed(face, row, f"{row.name} with {row.builds} builds and their images", yes)


@click.command("remove-build")
@click.argument("build")
@_yes
@command
async def remove_build(face: Face, build: str, yes: bool) -> int:
    """Remove a build with its images and files."""
    face.permit("Removing a build")
    async with face.engine() as engine:
        row = await engine.firmware.find_build(build)
        if yes:
            await engine.firmware.remove_build(row.id)
    return _removed(face, row, f"{row.label} with {row.images} images", yes)


@click.command("remove-image")
@click.argument("image")
@_yes
@command
async def remove_image(face: Face, image: str, yes: bool) -> int:
    """Remove an image with its file; which devices have it is forgotten as well."""
    face.permit("Removing an image")
    async with face.engine() as engine:
        row = await engine.firmware.find_image(image)
        if yes:
            await engine.firmware.remove_image(row.id)
    return _removed(face, row, f"{row.category}/{row.version}/{row.file_name}", yes)


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the first day there is, of a zone before ours
        raise InputError(f"“{text}” is no day.", "Write it as 2026-11-27.") from None


def _removed(face: Face, row: CategoryRow | BuildRow | ImageRow, what: str, yes: bool) -> int:
    return _tell(face, row, f"Removed {what}." if yes else f"{what} would go; --yes removes it.")


def _tell(face: Face, row: CategoryRow | BuildRow | ImageRow, said: str) -> int:
    if face.output.machine:
        face.output.document(asdict(row))
    else:
        face.output.talk(said)
    return OK
