"""`owtui variables`: what `{{ name }}` stands for, by scope to set and by device to see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import filters, scopes
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.cli.sheets import show_impact
from owtui.cli.sources import from_stdin
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.configs.entries import Variable

SECRET_HINT = "Leave it out and give it on standard input: --stdin {}"


@click.group(cls=VerbGroup)
def variables() -> None:
    """Variables of configurations; secrets are shown as dots.

    \b
    SCOPE is one of
      global            all devices
      org:NAME          an organization
      group:NAME        a group, or group:ORGANIZATION/NAME
      NAME              a device, which wins over all others

    `owtui variables FILTER` shows what devices have in the end, and where it comes from.
    """


@variables.command("list")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--used", is_flag=True, help="Those that the configuration uses alone.")
@click.option("--unset", is_flag=True, help="Those that are used and that nothing defines.")
@command
async def list_(face: Face, filter: tuple[str, ...], used: bool, unset: bool) -> int:
    """Show the variables of devices, and where they come from."""
    from owtui.engine.configs.variabledesk import resolve

    async with face.engine() as engine:
        selection = face.select(engine, filter)
        subjects = await engine.configs.subjects(selection.ids)
    told = [
        {"device": name, "device_id": id_, **_told(one)}
        for id_, name in zip(selection.ids, selection.names, strict=True)
        if id_ in subjects
        for one in resolve(subjects[id_])
        if (one.used or not (used or unset)) and not (unset and one.origin)
    ]
    face.output.records(titled("device", "name", "value", "origin"), told)
    return 0


def _told(one: Variable) -> dict[str, Any]:
    return {
        "name": one.name,
        "value": masked(one.name, one.value, secret=one.secret),
        "origin": one.origin,
        "secret": one.secret,
        "hides": list(one.hides),
        "used": one.used,
    }


def masked(name: str, value: Any, *, secret: bool = False) -> Any:
    """The value of a variable as it may be shown."""
    from owtui.engine.configs.masking import MASK, mask_json

    shown = mask_json(value, name)
    hide = secret and shown == value and value not in (None, "")
    return MASK if hide else shown


@variables.command()
@click.argument("scope", shell_complete=scopes)
@command
async def show(face: Face, scope: str) -> int:
    """Show the variables that a SCOPE sets itself."""
    async with face.engine() as engine:
        values = await engine.configs.variables.get(scope)
    told = [{"name": name, "value": masked(name, value)} for name, value in sorted(values.items())]
    face.output.records(titled("name", "value"), told)
    return 0


@variables.command("set")
@click.argument("scope", shell_complete=scopes)
@click.argument("pairs", nargs=-1, metavar="KEY=VALUE…")
@click.option("--stdin", "asked", multiple=True, metavar="KEY", help="Its value is read, a line.")
@click.option("--dry-run", is_flag=True, help="Only say what it would change on which devices.")
@command
async def set_(
    face: Face, scope: str, pairs: tuple[str, ...], asked: tuple[str, ...], dry_run: bool
) -> int:
    """Set variables of a SCOPE.

    A value that is JSON is taken as JSON. Secrets come on standard input, one line each:
    `--stdin wifi_key`. No device is changed by it: `owtui config push` brings it to them. For
    many devices: `owtui apply set_variables FILTER`.
    """
    from owtui.engine.configs.masking import secret_name
    from owtui.engine.configs.pairs import read_words, refuse_secrets

    if not dry_run:
        face.permit("Setting variables")
    values = read_words(pairs)
    refuse_secrets(values, secret_name, SECRET_HINT)
    if twice := next((name for name in asked if name in values), None):
        raise InputError(f"{twice} is given twice.")
    if not values and not asked:
        raise InputError("No variable is given.", "For example: ssid=Lobby channel=6")
    return await _write(face, scope, {**values, **from_stdin(asked)}, (), dry_run)


@variables.command()
@click.argument("scope", shell_complete=scopes)
@click.argument("names", nargs=-1, required=True, metavar="KEY…")
@click.option("--dry-run", is_flag=True, help="Only say what it would change on which devices.")
@command
async def unset(face: Face, scope: str, names: tuple[str, ...], dry_run: bool) -> int:
    """Forget variables of a SCOPE."""
    if not dry_run:
        face.permit("Forgetting variables")
    return await _write(face, scope, {}, names, dry_run)


async def _write(
    face: Face, scope: str, values: Mapping[str, Any], gone: tuple[str, ...], dry_run: bool
) -> int:
    from owtui.engine.configs.entries import VariablesEdit

    async with face.engine() as engine:
        if dry_run:
            await show_impact(face, engine, VariablesEdit(scope, dict(values), gone))
            return 0
        desk = engine.configs.variables
        moved = await (desk.unset(scope, gone) if gone else desk.set(scope, values))
    if face.output.machine:
        face.output.document({"scope": scope, "changed": sorted(moved)})
    elif moved:
        face.output.talk(f"{scope}: {', '.join(sorted(moved))}")
    else:
        face.output.talk(f"{scope}: as before")
    return 0
