"""`owtui config show`, `set`, `render`, `history`: what a device should have."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import devices as known
from owtui.cli.face import Face, command
from owtui.cli.output import moment, titled
from owtui.cli.sheets import OF, read_edit, refuse_moved, show_impact, show_source
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.configs.entries import ConfigText
    from owtui.engine.configs.model import Rendered


@click.command()
@click.argument("name", shell_complete=known)
@click.option("--source", is_flag=True, help="Its own NetJSON alone, to be edited and given back.")
@click.option("--yaml", is_flag=True, help="As YAML.")
@command
async def show(face: Face, name: str, source: bool, yaml: bool) -> int:
    """Show the configuration of a device.

    Its status, its templates, and what is its own. Secrets are dots. --source gives what `set`
    takes, dots and all.
    """
    async with face.engine() as engine:
        text = await engine.configs.devices.get(engine.device(name).id)
    told = _described(text)
    if face.output.machine:
        face.output.document(told["config"] if source else told)
        return 0
    if not source:
        _show_fields(face, text)
    show_source(face, text.config, yaml=yaml)
    return 0


def _described(text: ConfigText) -> dict[str, Any]:
    """The keys of the contract; what may hold secrets is masked."""
    from owtui.engine.configs.masking import mask, mask_json

    return {
        "device": text.device,
        "device_id": text.device_id,
        "generation": text.generation,
        "backend": text.backend,
        "status": text.status or None,
        "error_reason": text.error_reason,
        "checksum": text.checksum or None,
        "applied_checksum": text.applied_checksum or None,
        "applied_at": text.applied_at,
        "broken": text.broken,
        "merge": text.merge,
        "unmanaged": list(text.unmanaged),
        "templates": [
            {"name": one.name, "origin": one.origin, "generation": f"v{one.generation}"}
            for one in text.templates
        ],
        "context": mask_json(dict(text.context)),
        "verbatim": {package: mask(uci, package) for package, uci in text.verbatim.items()},
        "config": mask_json(dict(text.config)),
    }


def _show_fields(face: Face, text: ConfigText) -> None:
    def line(key: str, value: str) -> None:
        if value:
            face.output.text(f"{key:<16}{value}")

    line("device", text.device)
    line("status", text.status or "no configuration")
    line("reason", text.error_reason)
    line("broken", "it cannot be rendered: `owtui config render` says why" if text.broken else "")
    line("checksum", text.checksum)
    line("applied", f"{text.applied_checksum} {moment(text.applied_at)}" if text.applied_at else "")
    line("mode", "" if text.merge else "whole packages are replaced")
    line("unmanaged", ", ".join(text.unmanaged))
    for one in text.templates:
        line("template", f"{one.name} v{one.generation} ({one.origin})")
    line("variables", ", ".join(sorted(text.context)))
    line("verbatim", ", ".join(sorted(text.verbatim)))
    face.output.text()


@click.command("set")
@click.argument("name", shell_complete=known)
@click.argument("file", metavar="[FILE.json|FILE.yaml|-]", required=False)
@click.option("--merge/--overwrite", default=None, help="Keep what is on the device beside ours.")
@click.option("--unmanaged", multiple=True, metavar="PACKAGE|PATH", help="Never written; '' none.")
@click.option("--of", type=click.IntRange(0), help=OF)
@click.option("--dry-run", is_flag=True, help="Only say what it would change.")
@command
async def set_(
    face: Face,
    name: str,
    file: str | None,
    merge: bool | None,
    unmanaged: tuple[str, ...],
    of: int | None,
    dry_run: bool,
) -> int:
    """Set a device's own configuration of a file.

    NetJSON as JSON or YAML, which goes over the templates. Nothing is sent by it: `owtui config
    push NAME` does that. What the device could not be given is refused.
    """
    from owtui.engine.configs.entries import DeviceEdit

    if not dry_run:
        face.permit("Changing a configuration")
    async with face.engine() as engine:
        row = engine.device(name)
        before = await engine.configs.devices.get(row.id)
        refuse_moved(f"The configuration of {row.name}", before.generation, of)
        fields: dict[str, Any] = {}
        if merge is not None:
            fields["merge"] = merge
        if unmanaged:
            fields["unmanaged"] = [one for one in unmanaged if one]
        if file is not None:
            fields["config"] = read_edit(face, file, before.config)
        if not fields:
            raise InputError("Nothing is given to change.", "Give a file of NetJSON, or an option.")
        if dry_run:
            await show_impact(face, engine, DeviceEdit(row.id, config=fields.get("config")))
            return 0
        await engine.configs.devices.change(row.id, expected=before.generation, **fields)
        after = await engine.configs.devices.get(row.id)  # with the checksum that followed
    if face.output.machine:
        face.output.document(_described(after))
    else:
        face.output.talk(f"{after.device}: v{after.generation}, {after.status}")
    return 0


@click.command()
@click.argument("name", shell_complete=known)
@click.option("--archive", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@command
async def render(face: Face, name: str, archive: Path | None) -> int:
    """Print what a device should have, as UCI.

    Secrets are dots. --archive writes them as the tar.gz that an agent downloads, with its
    secrets, for you alone.
    """
    async with face.engine() as engine:
        row = engine.device(name)
        made = await engine.configs.render(row.id)
    if archive is not None:
        _keep(archive, made.archive)
        face.output.talk(f"written: {archive}, with the secrets of {row.name}")
    told = _files(made)
    if face.output.machine:
        face.output.document(
            {
                "device": row.name,
                "checksum": made.checksum,
                "unset": list(made.unset),
                "notes": list(made.notes),
                "files": [
                    {"path": path, "mode": f"{made.files[path].mode:04o}", "text": text}
                    for path, text in told.items()
                ],
            }
        )
    elif archive is None:
        for path, text in told.items():
            face.output.text(f"# {path}")
            face.output.text(text)
    if made.unset:
        face.output.talk(f"Nothing defines: {', '.join(made.unset)}")
    for note in made.notes:
        face.output.talk(note)
    return 0


def _files(made: Rendered) -> Mapping[str, str]:
    from owtui.engine.configs.masking import mask
    from owtui.engine.configs.render import PACKAGES

    return {
        path: mask(
            file.data.decode("utf-8", "replace"),
            path.removeprefix(PACKAGES) if path.startswith(PACKAGES) else "",
        )
        for path, file in sorted(made.files.items())
    }


def _keep(file: Path, data: bytes) -> None:
    """Write what holds secrets so that nobody else can read it, whole or not at all."""
    beside = file.with_name(f".{file.name}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, 0o600)
            stream.write(data)
        beside.replace(file)
    except OSError as error:
        raise InputError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None


@click.command()
@click.argument("name", shell_complete=known)
@command
async def history(face: Face, name: str) -> int:
    """List what was applied to a device, newest first.

    `rollback NAME --to NUMBER` brings one back.
    """
    async with face.engine() as engine:
        rows = await engine.configs.devices.history(engine.device(name).id)
    told = [
        {
            "number": row.number,
            "at": row.at,
            "operator": row.operator,
            "host": row.host,
            "kind": row.kind,
            "note": row.note,
            "checksum": row.checksum,
            "job": row.job_id,
        }
        for row in rows
    ]
    face.output.records(titled("number", "at", "kind", "operator", "note", "checksum"), told)
    return 0
