"""`owtui templates`: pieces of configuration for many devices, and who has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import filters
from owtui.cli.completing import templates as known
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import moment, titled
from owtui.cli.plans import acting_options, plan_and_apply
from owtui.cli.sheets import show_source
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.configs.entries import TemplateText
    from owtui.engine.engine import Engine

OWNER = click.option("--organization", default="", help="Whose, where several have that name.")
LISTED = titled("name", "organization", "default", "required", "tags", "devices", "generation")


@click.group(
    cls=VerbGroup,
    verbs={
        "list": "templates:list_",
        "show": "templates:show",
        "add": "templateedits:add",
        "edit": "templateedits:edit",
        "assign": "templates:assign",
        "unassign": "templates:unassign",
        "clone": "templates:clone",
        "remove": "templates:remove",
        "recover": "templates:recover",
        "history": "templates:history",
        "restore": "templates:restore",
        "export": "templatefiles:export",
        "import": "templatefiles:import_",
    },
)
def templates() -> None:
    """Templates: pieces of configuration that devices share.

    `owtui templates` lists them; `owtui templates show NAME` shows one.
    """


@templates.command("list")
@click.option("--organization", default="", help="Those that this organization may use.")
@click.option("--removed", is_flag=True, help="Those that `recover` can bring back.")
@command
async def list_(face: Face, organization: str, removed: bool) -> int:
    """List templates and how many devices have each.

    One without an organization is shared by all.
    """
    async with face.engine() as engine:
        if removed:
            gone = await engine.configs.templates.removed()
            told = [
                {"id": id_, "name": name, "generation": f"v{last.number}", "at": last.at}
                for id_, name, last in gone
            ]
            face.output.records(titled("name", "generation", "at"), told)
            return 0
        rows = await engine.configs.templates.rows(organization)
    face.output.records(LISTED, [row.as_dict() for row in rows])
    return 0


@templates.command()
@click.argument("name", shell_complete=known)
@OWNER
@click.option("--generation", type=click.IntRange(1), help="As it was then.")
@click.option("--source", is_flag=True, help="Its NetJSON alone, to be edited and given back.")
@click.option("--yaml", is_flag=True, help="As YAML.")
@command
async def show(
    face: Face, name: str, organization: str, generation: int | None, source: bool, yaml: bool
) -> int:
    """Show a template, its secrets as dots.

    --source gives what `edit` takes, dots and all.
    """
    from owtui.engine.configs.entries import TemplateText

    async with face.engine() as engine:
        found = await engine.configs.templates.get(name, organization)
        if generation is not None and generation != found.row.generation:
            old = await engine.configs.templates.generation(found.row.id, generation)
            row = replace(found.row, name=old.name, generation=generation)
            found = TemplateText(row, old.config, old.default_values)
    told = _described(found)
    if face.output.machine:
        face.output.document(told["config"] if source else told)
        return 0
    if not source:
        _show_fields(face, told)
    show_source(face, found.config, yaml=yaml)
    return 0


def _described(found: TemplateText) -> dict[str, Any]:
    from owtui.engine.configs.masking import mask_json

    held = {"default_values": dict(found.default_values), "config": dict(found.config)}
    masked: dict[str, Any] = mask_json(held)
    return found.row.as_dict() | masked


def _show_fields(face: Face, told: dict[str, Any]) -> None:
    for key, value in told.items():
        if key in ("id", "config", "default_values") or value in (None, "", [], False):
            continue
        said = ", ".join(value) if isinstance(value, list) else value
        said = moment(said) if key == "modified" else "yes" if said is True else said
        face.output.text(f"{key:<16}{said}")
    for name, value in told["default_values"].items():
        face.output.text(f"{'default value':<16}{name} = {value}")
    face.output.text()


@templates.command()
@click.argument("name", shell_complete=known)
@OWNER
@click.option("--yes", is_flag=True, help="Also take it off the devices that have it.")
@command
async def remove(face: Face, name: str, organization: str, yes: bool) -> int:
    """Remove a template.

    Devices and groups that have it lose it; `recover` brings it back.
    """
    face.permit("Removing a template")
    async with face.engine() as engine:
        found = (await engine.configs.templates.get(name, organization)).row
        used = f"{found.devices} devices and {found.groups} groups have {found.name}."
        if (found.devices or found.groups) and not yes:
            face.output.talk(f"{used} Nothing was done: add --yes to take it off them.")
            return 0
        await engine.configs.templates.remove(found.id)
        if found.devices:
            face.output.talk("`owtui config push FILTER` takes it off the devices themselves.")
    return 0


@templates.command()
@click.argument("name", shell_complete=known)
@OWNER
@click.option("--to", default=None, help="For this organization instead of the same one.")
@click.option("--shared", is_flag=True, help="For all organizations.")
@command
async def clone(face: Face, name: str, organization: str, to: str | None, shared: bool) -> int:
    """Copy a template as “NAME (Clone)”.

    No device gets the copy by default.
    """
    face.permit("Cloning a template")
    if shared and to:
        raise InputError("For one organization, or for all?", "Give --to or --shared.")
    async with face.engine() as engine:
        made = await engine.configs.templates.clone(
            name, to="" if shared else to, organization=organization
        )
    show_one(face, made)
    return 0


def show_one(face: Face, text: TemplateText) -> None:
    """Print a template that was written: one JSON object, or a table of one row."""
    told = text.row.as_dict()
    if face.output.machine:
        face.output.document(told)
    else:
        face.output.records(LISTED, [told])


@templates.command()
@click.argument("name", shell_complete=known)
@OWNER
@command
async def history(face: Face, name: str, organization: str) -> int:
    """List what a template was, newest first.

    `show NAME --generation N` shows one.
    """
    async with face.engine() as engine:
        rows = await engine.configs.templates.history(name, organization)
    told = [
        {
            "number": row.number,
            "at": row.at,
            "operator": row.operator,
            "host": row.host,
            "note": row.note,
        }
        for row in rows
    ]
    face.output.records(titled("number", "at", "operator", "host", "note"), told)
    return 0


@templates.command()
@click.argument("name", shell_complete=known)
@click.argument("number", type=click.IntRange(1))
@OWNER
@command
async def restore(face: Face, name: str, number: int, organization: str) -> int:
    """Bring back what a template held in generation NUMBER."""
    face.permit("Restoring a template")
    async with face.engine() as engine:
        made = await engine.configs.templates.restore(name, number, organization=organization)
        tell_users(face, made)
    show_one(face, made)
    return 0


@templates.command()
@click.argument("name")
@command
async def recover(face: Face, name: str) -> int:
    """Bring back a template that was removed.

    By its name or id. Devices do not get it again unless it is a default one.
    """
    face.permit("Recovering a template")
    async with face.engine() as engine:
        made = await engine.configs.templates.recover(await _removed(engine, name))
    show_one(face, made)
    return 0


async def _removed(engine: Engine, wanted: str) -> UUID:
    gone = await engine.configs.templates.removed()
    found = [id_ for id_, name, _ in gone if wanted in (name, str(id_))]
    if len(found) != 1:
        what = "Several removed templates were" if found else "No removed template was"
        raise InputError(
            f"{what} called “{wanted}”.", "`owtui templates list --removed --json` tells their ids."
        )
    return found[0]


def tell_users(face: Face, text: TemplateText) -> None:
    """Say how many devices are to get what was written."""
    if text.row.devices:
        many = f"{text.row.devices} device{'s' * (text.row.devices != 1)}"
        face.output.talk(f"{many} use it: `owtui config push FILTER` brings it to them.")


@templates.command()
@click.argument("name", shell_complete=known)
@click.argument("filter", nargs=-1, shell_complete=filters)
@acting_options
@command
async def assign(face: Face, name: str, filter: tuple[str, ...], **how: Any) -> int:
    """Give a template to the devices of a FILTER.

    It comes behind those that they have, and so overrides them.
    """
    return await plan_and_apply(face, "assign_templates", filter, params=_named(name), **how)


@templates.command()
@click.argument("name", shell_complete=known)
@click.argument("filter", nargs=-1, shell_complete=filters)
@acting_options
@command
async def unassign(face: Face, name: str, filter: tuple[str, ...], **how: Any) -> int:
    """Take a template off the devices of a FILTER."""
    return await plan_and_apply(face, "unassign_templates", filter, params=_named(name), **how)


def _named(name: str) -> dict[str, str]:
    """One name, commas and all, as the actions read names."""
    import json

    return {"templates": json.dumps([name])}
