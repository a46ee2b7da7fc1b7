"""`owtui templates export` and `import`: files fit for git, and OpenWISP's."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import templates as known
from owtui.cli.exits import BAD_INPUT, OK
from owtui.cli.face import Face, command
from owtui.cli.sources import STDIN
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.configs.exporting import Export


@click.command()
@click.argument("place", metavar="FILE|FOLDER|-")
@click.argument("names", nargs=-1, metavar="[NAME]…", shell_complete=known)
@click.option("--everything", is_flag=True, help="Groups and variables as well.")
@command
async def export(face: Face, place: str, names: tuple[str, ...], everything: bool) -> int:
    """Write templates as JSON files fit for git.

    All in FILE, or a file each in FOLDER (which is there, or ends with a slash). Secrets are
    marks, or left out; `import` keeps those that are known where it is done.
    """
    from owtui.engine.configs.exporting import KINDS

    async with face.engine() as engine:
        made = await engine.configs.export(KINDS if everything else ("templates",))
    made = _chosen(made, names) if names else made
    for line in made.left_out:
        face.output.talk(f"not in it, since it is secret: {line}")
    if place == STDIN:
        face.output.out.write(_joined(made))
    elif place.endswith(os.sep) or Path(place).expanduser().is_dir():
        made.write(Path(place).expanduser())
    else:
        _write(Path(place).expanduser(), _joined(made))
    if place != STDIN:
        face.output.talk(f"exported to {place}: {len(made.files)}")
    return 0


def _chosen(made: Export, names: tuple[str, ...]) -> Export:
    """The templates of these names alone. Raises InputError for one that is not there."""
    from dataclasses import replace

    told = {path: json.loads(text)["name"] for path, text in made.files.items() if "name" in text}
    for name in names:
        if name not in told.values():
            raise InputError(f"There is no template “{name}”.", "`owtui templates` lists them.")
    files = {path: text for path, text in made.files.items() if told.get(path) in names}
    left = [one for one in made.left_out if one.removeprefix("template ").startswith(names)]
    return replace(made, files=files, left_out=tuple(left))


def _joined(made: Export) -> str:
    """One list of all."""
    held = [json.loads(text) for text in made.files.values()]
    return json.dumps(held, indent=2, ensure_ascii=False) + "\n"


def _write(file: Path, text: str) -> None:
    """Write it whole or not at all."""
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise InputError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None


@click.command("import")
@click.argument("place", metavar="FILE|FOLDER", type=click.Path(path_type=Path, exists=True))
@click.option("--organization", default="", help="Take all into this one, whatever the file says.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@command
async def import_(face: Face, place: Path, organization: str, dry_run: bool) -> int:
    """Take in templates of files.

    What `export` wrote, or OpenWISP's as its REST API gives them. All or nothing; what would
    happen is said first. One of the same name is changed.
    """
    if not dry_run:
        face.permit("An import")
    async with face.engine() as engine:
        planned = await engine.configs.plan_import(place, organization)
        for line in planned.describe():
            face.output.talk(line)
        if face.output.machine:
            face.output.document(planned.as_dict())
        if dry_run:
            return BAD_INPUT if planned.errors else OK
        await engine.configs.apply_import(planned)
    counted: dict[str, Any] = planned.count()
    face.output.talk(f"imported: {counted['new']} new, {counted['update']} changed")
    return OK
