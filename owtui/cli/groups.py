"""`owtui groups`: devices that belong together, and what they get for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from owtui.cli.completing import groups as known
from owtui.cli.completing import templates
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.errors import InputError

LISTED = titled("name", "organization", "devices", "templates", "description")
KEYS = ("description", "templates", "guard_window_s", "guard_settle_s", "meta_data")
SET = (*KEYS, "upgrade_window")


@click.group(cls=VerbGroup)
def groups() -> None:
    """Device groups: list, add, set, remove.

    A group gives its devices templates, variables and the times of the guard.
    """


@groups.command("list")
@command
async def list_groups(face: Face) -> int:
    """List groups with their organization, how many devices they have, and what they give."""
    async with face.engine() as engine:
        told = await engine.owners.groups()
        face.output.records(LISTED, told)
    return 0


@groups.command("add")
@click.argument("name")
@click.option("--organization", default="")
@click.option("--description", default="")
@click.option("--template", "names", multiple=True, shell_complete=templates, help="It gives.")
@click.option("--guard-window", "window", type=int, help="Seconds; 90 without it.")
@click.option("--guard-settle", "settle", type=int, help="Seconds; 10 without it.")
@command
async def add_group(
    face: Face,
    name: str,
    organization: str,
    description: str,
    names: tuple[str, ...],
    window: int | None,
    settle: int | None,
) -> int:
    """Make a group.

    Its guard: how long a device waits for our word after a push before it goes back (window), and
    how long it is left alone before we look (settle).
    """
    from owtui.engine.configs.entries import Guard

    face.permit("Adding a group")
    fields: dict[str, Any] = {"description": description}
    if names:
        fields["templates"] = list(names)
    if window is not None or settle is not None:
        fields["guard"] = Guard(window, settle)
    async with face.engine() as engine:
        await engine.configs.groups.create(name, organization, **fields)
    return 0


@groups.command("set")
@click.argument("name", shell_complete=known)
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.option("--organization", default="", help="Whose, where several have that name.")
@command
async def set_group(face: Face, name: str, pairs: tuple[str, ...], organization: str) -> int:
    """Change what a group gives to its devices.

    \b
    description
    templates         names with commas; its devices lose and get them at once
    guard_window_s    seconds that a device waits for our word after a push
    guard_settle_s    seconds that it is left alone before we look
    meta_data         a JSON object, for scripts
    upgrade_window    when its devices may be flashed: weekdays 01:00-05:00 Europe/Rome

    An empty value clears: `owtui groups set roofs templates=`.
    """
    face.permit("Changing a group")
    given = _given(pairs)
    async with face.engine() as engine:
        before = await engine.configs.groups.get(name, organization)
        fields = _fields(given, before.guard)
        after = await engine.configs.groups.change(before.id, **fields)
        told = after.as_dict()
    if face.output.machine:
        face.output.document(told)
    else:
        keys = ("name", "templates", "guard_window_s", "guard_settle_s", "upgrade_window")
        columns = titled(*keys)
        face.output.records(columns, [told])
    return 0


def _given(pairs: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"“{pair}” is no key=value.", "For example: guard_window_s=120")
        if key not in SET:
            raise InputError(f"A group has no {key} to set.", f"Known: {', '.join(SET)}.")
        given[key] = value
    return given


def _fields(given: Mapping[str, str], guard: Any) -> dict[str, Any]:
    """What is to change, by the names of GroupDesk.change. Raises InputError."""
    from owtui.engine.configs.entries import Guard
    from owtui.engine.configs.pairs import read_list, read_text

    fields: dict[str, Any] = {}
    if "description" in given:
        fields["description"] = given["description"]
    if "upgrade_window" in given:
        fields["upgrade_window"] = given["upgrade_window"]
    if "templates" in given:
        fields["templates"] = read_list(given["templates"])
    if given.keys() & {"guard_window_s", "guard_settle_s"}:
        fields["guard"] = Guard(
            _seconds(given, "guard_window_s", guard.window_s),
            _seconds(given, "guard_settle_s", guard.settle_s),
        )
    if "meta_data" in given:
        text = given["meta_data"].strip()
        if text and not text.startswith("{"):
            raise InputError("meta_data must be a JSON object.", 'For example: {"site": "north"}')
        fields["meta_data"] = read_text(text)
    return fields


def _seconds(given: Mapping[str, str], key: str, before: int | None) -> int | None:
    if key not in given:
        return before
    text = given[key].strip()
    if text and not text.isdecimal():
        raise InputError(f"{key} must be whole seconds, not “{text}”.", "Empty is the usual time.")
    return int(text) if text else None


@groups.command("remove")
@click.argument("name", shell_complete=known)
@click.option("--organization", default="")
@command
async def remove_group(face: Face, name: str, organization: str) -> int:
    """Remove a group; its devices stay, belong to none and lose what it gave them."""
    face.permit("Removing a group")
    async with face.engine() as engine:
        await engine.owners.remove_group(name, organization)
    return 0
