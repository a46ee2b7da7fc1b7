"""`owtui config diff`: what devices run against what they should have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import filters
from owtui.cli.exits import OK
from owtui.cli.face import Face, command
from owtui.cli.sheets import show_group

if TYPE_CHECKING:
    from owtui.engine.configs.outstanding import Outstanding


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--grouped", is_flag=True, help="One difference for all devices that have it.")
@click.option("--now", "look", is_flag=True, help="Read the configurations first.")
@click.option("--parallel", type=click.IntRange(1, 1_000), default=32, help="So many at once.")
@command
async def diff(
    face: Face, filter: tuple[str, ...], grouped: bool, look: bool, parallel: int
) -> int:
    """Show what a push would change.

    What devices run against what they should have, from the record of what they run, which
    polls renew. Secrets are dots. Without a FILTER it is the whole fleet; those that have what
    they should are only counted.
    """
    from owtui.cli.config import read_now

    async with face.engine() as engine:
        selection = face.select(engine, filter, None if not filter else False)
        code = await read_now(face, engine, selection.ids, parallel) if look else OK
        found = await engine.configs.outstanding(selection.ids)
    if grouped:
        _show_grouped(face, found)
    else:
        _show(face, found)
    return code


def _show(face: Face, found: list[Outstanding]) -> None:
    if face.output.machine:
        face.output.document([_record(one) for one in found])
        return
    for one in found:
        if one.diff:
            face.output.text(f"{one.device}: {one.summary}")
            for line in one.text.splitlines():
                face.output.text(f"    {line}")
    _talk(face, found)


def _record(one: Outstanding) -> dict[str, Any]:
    """The keys of the contract; `same` is null where nothing can be compared."""
    return {
        "device": one.device,
        "device_id": one.device_id,
        "same": None if one.refusal else not one.diff,
        "reason": one.refusal,
        "summary": one.summary,
        "diff": one.text,
        "notes": list(one.notes),
        "read_at": one.read_at,
    }


def _show_grouped(face: Face, found: list[Outstanding]) -> None:
    from owtui.engine.configs.difftext import summary
    from owtui.engine.configs.outstanding import grouped

    names = {one.device_id: one.device for one in found}
    groups = [([names[id_] for id_ in one.keys], one) for one in grouped(found)]
    if face.output.machine:
        face.output.document(
            [
                {"devices": devices, "summary": summary(one.diff), "diff": one.text}
                for devices, one in groups
            ]
        )
        return
    for devices, one in groups:
        show_group(face, devices, one.text)
    _talk(face, found)


def _talk(face: Face, found: list[Outstanding]) -> None:
    """Say of those that are not shown, why."""
    same = sum(not one.diff and not one.refusal for one in found)
    if same:
        face.output.talk(f"{same} of {len(found)} have what they should.")
    unread = sum(one.read_at is None for one in found)
    if unread:
        face.output.talk(f"{unread} were never read; --now reads them.")
    for one in found:
        if one.refusal and one.read_at is not None:
            face.output.talk(f"{one.device}: {one.refusal}")
