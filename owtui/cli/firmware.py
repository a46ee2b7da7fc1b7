"""`owtui firmware`: the library of images, and where devices stand; firmwarechanges.py has the
verbs that change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.exits import OK, SOME_FAILED
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.errors import InputError
from owtui.units import bytes_text

if TYPE_CHECKING:
    from owtui.engine.firmware.entries import ImageRow, Inspected, OverviewRow

_CHANGES = {
    name: f"firmwarechanges:{name.replace('-', '_')}"
    for name in (
        *("add-category", "add-build", "add-image", "set-category", "set-build", "set-image"),
        *("remove-category", "remove-build", "remove-image"),
    )
}


@click.group(cls=VerbGroup, default="overview", verbs=_CHANGES)
def firmware() -> None:
    """Firmware: categories of builds, builds of images, and which devices run what.

    A build is named CATEGORY/VERSION, or VERSION where one category has it; an image by its file,
    with its build before it at need. All of them have ids as well.
    """


@firmware.command("overview")
@click.argument("filter", nargs=-1)
@click.option("--behind", is_flag=True, help="Only those that do not run the newest build.")
@command
async def overview(face: Face, filter: tuple[str, ...], behind: bool) -> int:
    """Tell which release devices run, the newest build for them, and how far behind they are.

    NEWEST is the newest build of the category that a device belongs to: that of its image, of the
    build whose OS it reports, or the only one with an image for it.
    """
    async with face.engine() as engine:
        rows = await engine.firmware.overview(face.select(engine, filter).ids)
    if behind:
        rows = [row for row in rows if row.builds_behind != 0]
    if face.output.machine:
        face.output.document([asdict(row) for row in rows])
        return OK
    titles = titled("device", "runs", "category", "newest", "behind", "image")
    face.output.records(titles, [_overview_line(row) for row in rows])
    return OK


@firmware.command("categories")
@command
async def categories(face: Face) -> int:
    """List categories of builds."""
    async with face.engine() as engine:
        rows = await engine.firmware.categories()
    titles = titled("name", "organization", "builds", "newest", "description")
    _list(face, titles, [asdict(row) for row in rows], "category", "add-category NAME")
    return OK


@firmware.command("builds")
@click.argument("category", required=False)
@command
async def builds(face: Face, category: str | None) -> int:
    """List builds, of one category or of all; the oldest first."""
    async with face.engine() as engine:
        desk = engine.firmware
        owner = (await desk.find_category(category)).id if category else None
        rows = await desk.builds(owner)
    titles = titled("category", "version", "os", "released", "images", "devices", "supersedes")
    _list(face, titles, [asdict(row) for row in rows], "build", "add-build CATEGORY VERSION")
    return OK


@firmware.command("images")
@click.argument("build", required=False)
@command
async def images(face: Face, build: str | None) -> int:
    """List images, of one build or of all."""
    async with face.engine() as engine:
        desk = engine.firmware
        owner = (await desk.find_build(build)).id if build else None
        rows = await desk.images(owner)
    if face.output.machine:
        face.output.document([asdict(row) for row in rows])
        return OK
    titles = titled("build", "type", "size", "boards", "signature", "state")
    _list(face, titles, [_image_line(row) for row in rows], "image", "add-image BUILD FILE")
    return OK


@firmware.command("inspect")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--build", metavar="BUILD", help="As if it were added to this one.")
@command
async def inspect(face: Face, file: Path, build: str | None) -> int:
    """Tell what a file says of itself, without taking it; 1 where something is wrong with it."""
    async with face.engine() as engine:
        desk = engine.firmware
        owner = (await desk.find_build(build)).id if build else None
        found = await desk.inspect(file, owner)
    if face.output.machine:
        face.output.document(asdict(found))
    else:
        describe(face, found)
    return SOME_FAILED if found.objections else OK


@firmware.command("match")
@click.argument("device")
@click.argument("build", required=False)
@command
async def match(face: Face, device: str, build: str | None) -> int:
    """Tell which image of a build is for a device, or why none is; 1 where none is.

    Without a BUILD it is the newest one of the category that the device belongs to.
    """
    async with face.engine() as engine:
        row = engine.device(device)
        desk = engine.firmware
        owner = (await desk.find_build(build)).id if build else None
        found = await desk.match(row.id, owner)
    if face.output.machine:
        face.output.document({"device_id": row.id, "device": row.name, **asdict(found)})
    elif found.image_id is None:
        face.output.talk(f"{row.name}: {found.reason}")
    else:
        face.output.text(found.type)
        for said in filter(None, (found.force, found.clean)):
            face.output.talk(said)
    return OK if found.image_id else SOME_FAILED


def describe(face: Face, found: Inspected) -> None:
    """What a file says, a line each."""
    lines = (
        ("type", found.type),
        ("size", f"{bytes_text(found.size)} ({found.size} bytes), {found.form}"),
        ("sha256", found.sha256),
        ("release", f"{found.release} {found.revision}".strip()),
        ("target", found.target),
        ("boards", ", ".join(found.boards)),
        ("compat", f"{found.compat_version} {found.compat_message}".strip()),
        ("signature", f"{found.signature}: {found.signature_words}"),
    )
    for title, value in lines:
        face.output.text(f"{title:<10} {value or '-'}")
    for said in found.objections:
        face.output.talk(said)


def texts(words: Iterable[str]) -> dict[str, str]:
    """NAME=TEXT words, each value as it stands: the version 24.10 is no number."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise InputError(f"“{word}” is no name=value, or is given twice.", "As version=24.10.8")
        found[name.strip()] = value
    if not found:
        raise InputError("Nothing is to be set.", "For example: description=…")
    return found


def _list(
    face: Face, titles: dict[str, str], rows: list[dict[str, Any]], what: str, verb: str
) -> None:
    if not rows and not face.output.machine:
        face.output.talk(f"There is no {what} yet: `owtui firmware {verb}`.")
    else:
        face.output.records(titles, rows)


def _overview_line(row: OverviewRow) -> dict[str, Any]:
    behind = "-" if row.builds_behind is None else str(row.builds_behind)
    if row.builds_behind and row.days_behind is not None:
        behind += f", {row.days_behind} d"
    return {
        "device": row.device,
        "runs": row.build or row.release or row.os,
        "category": row.category,
        "newest": row.newest,
        "behind": behind,
        "image": row.reason or row.force or row.clean or row.image,
    }


def _image_line(row: ImageRow) -> dict[str, Any]:
    forced = f"forced: {row.forced}" if row.forced else "ok"
    return {
        "build": f"{row.category}/{row.version}",
        "type": row.type,
        "size": bytes_text(row.size),
        "boards": row.boards,
        "signature": row.signature,
        "state": row.trouble or forced,
    }
