"""`owtui templates add` and `edit`: a template from a file of NetJSON, as JSON or YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import templates as known
from owtui.cli.face import Face, command
from owtui.cli.sheets import OF, read_edit, refuse_moved, show_impact
from owtui.cli.sources import name_of, read_object, read_values
from owtui.cli.templates import OWNER, show_one, tell_users
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.configs.entries import TemplateText
    from owtui.engine.engine import Engine

BACKENDS = ("netjsonconfig.OpenWrt", "netjsonconfig.OpenWisp")


def _flags(*, unset: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What `add` and `edit` may be told; where `unset`, also to take a flag away."""
    default = "--default/--no-default" if unset else "--default"
    required = "--required/--no-required" if unset else "--required"
    options = (
        click.option(default, is_flag=True, default=None, help="Every new configuration gets it."),
        click.option(
            required, is_flag=True, default=None, help="Every configuration has it, always."
        ),
        click.option("--tag", "tags", multiple=True, help="An agent with this tag gets it."),
        click.option("--values", help="Default values: a JSON object, or a file that holds one."),
        click.option("--notes", default=None),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@click.command()
@click.argument("name")
@click.argument("file", metavar="FILE.json|FILE.yaml|-")
@_flags(unset=False)
@click.option("--organization", default="", help="Whose; without it shared by all.")
@click.option("--backend", type=click.Choice(BACKENDS), default=BACKENDS[0], show_default=True)
@command
async def add(face: Face, name: str, file: str, values: str | None, **given: Any) -> int:
    """Make a template of a file of NetJSON.

    - is standard input.
    """
    from owtui.engine.configs.entries import TemplateDraft

    face.permit("Adding a template")
    config = read_object(file, face.output.talk)
    if isinstance(config.get("config"), dict) and "name" in config:
        raise InputError(
            f"{name_of(file)} holds a template with its name, and not a configuration alone.",
            f"`owtui templates import {file}` takes it in.",
        )
    draft = TemplateDraft(
        name=name,
        config=config,
        default_values=_values(face, values, {}),
        organization=given["organization"],
        backend=given["backend"],
        tags=given["tags"],
        default=bool(given["default"]),
        required=bool(given["required"]),
        notes=given["notes"] or "",
    )
    async with face.engine() as engine:
        made = await engine.configs.templates.create(draft)
        tell_users(face, made)
    show_one(face, made)
    return 0


@click.command()
@click.argument("name", shell_complete=known)
@click.argument("file", metavar="[FILE.json|FILE.yaml|-]", required=False)
@_flags(unset=True)
@click.option("--name", "rename", default=None, help="Another name.")
@click.option("--of", type=click.IntRange(1), help=OF)
@click.option("--dry-run", is_flag=True, help="Only say what it would change on which devices.")
@OWNER
@command
async def edit(
    face: Face,
    name: str,
    file: str | None,
    of: int | None,
    dry_run: bool,
    organization: str,
    **given: Any,
) -> int:
    """Change what a template holds, its flags, or both.

    No device is changed by it: `owtui config push` brings it to them.
    """
    if not dry_run:
        face.permit("Editing a template")
    async with face.engine() as engine:
        found = await engine.configs.templates.get(name, organization)
        refuse_moved(found.row.name, found.row.generation, of)
        fields = _fields(face, found, file, given)
        if dry_run:
            await _weigh(face, engine, found, fields)
            return 0
        made = await engine.configs.templates.change(
            found.row.id, expected=found.row.generation, **fields
        )
        tell_users(face, made)
    show_one(face, made)
    return 0


def _fields(
    face: Face, found: TemplateText, file: str | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What is to change, by the names of TemplateDraft. Raises InputError where that is nothing."""
    fields = {
        key: value
        for key, value in (
            ("name", given["rename"]),
            ("default", given["default"]),
            ("required", given["required"]),
            ("notes", given["notes"]),
        )
        if value is not None
    }
    if given["tags"]:
        fields["tags"] = [tag for tag in given["tags"] if tag]
    if given["values"] is not None:
        fields["default_values"] = _values(face, given["values"], found.default_values)
    if file is not None:
        fields["config"] = read_edit(face, file, found.config)
    if not fields:
        raise InputError("Nothing is given to change.", "Give a file of NetJSON, or an option.")
    return fields


async def _weigh(
    face: Face, engine: Engine, found: TemplateText, fields: Mapping[str, Any]
) -> None:
    from owtui.engine.configs.entries import TemplateEdit

    config = fields.get("config", found.config)
    values = fields.get("default_values", found.default_values)
    await show_impact(face, engine, TemplateEdit(found.row.id, config, values))


def _values(face: Face, given: str | None, before: Mapping[str, Any]) -> dict[str, Any]:
    """Default values; dots are the secrets that are there. Raises InputError."""
    from owtui.engine.configs.masking import mask_json
    from owtui.engine.configs.pairs import refuse_secrets
    from owtui.engine.configs.unmasking import unmask

    if given is None:
        return {}
    values, in_the_open = read_values(given, face.output.talk)
    if in_the_open:
        refuse_secrets(
            values,
            lambda name: mask_json(values[name], name) != values[name],
            "Give {} in a file: --values FILE.",
        )
    found: dict[str, Any] = unmask(values, before)
    return found
