"""`owtui facts`: look at devices now, one round trip each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui import units
from owtui.cli.completing import filters
from owtui.cli.exits import about, of_results
from owtui.cli.face import Face, command
from owtui.errors import BlockedError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.ingest import Sighting

DEACTIVATED = "Device is deactivated."


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--parallel", type=click.IntRange(1, 1_000), help="So many at once.")
@command
async def facts(face: Face, filter: tuple[str, ...], parallel: int | None) -> int:
    """Read board, release, memory, flash, interfaces, uptime and load of the devices, now."""
    async with face.engine() as engine:
        names = names_of(face, engine, filter, "Facts")
        seen = await looked(face, engine, names, parallel, _told)
    told = [_told(names, sighting) for sighting in seen]
    if face.output.json:
        face.output.document(told)
    elif not face.output.json_lines:
        _table(face, told)
    return of_results(told)


async def looked(
    face: Face,
    engine: Engine,
    names: Mapping[UUID, str],
    parallel: int | None,
    told: Callable[[Mapping[UUID, str], Sighting], dict[str, Any]],
) -> list[Sighting]:
    """Look at devices now; with --json-lines each is written as it ends, as `told` words it."""

    def tell(sighting: Sighting) -> None:
        if face.output.json_lines:
            face.output.line(told(names, sighting))

    return await engine.polls.sight_all(tuple(names), parallel, tell)


def names_of(face: Face, engine: Engine, filter: Sequence[str], what: str) -> dict[UUID, str]:
    """The devices to look at with their names; deactivated ones are left out, aloud.

    Raises BlockedError, which names `what`, where nothing but deactivated ones was meant.
    """
    selection = face.select(engine, tuple(filter), None if not filter else False)
    names = dict(zip(selection.ids, selection.names, strict=True))
    for id_ in selection.ids:
        if engine.fleet.rows[id_].is_deactivated:
            face.output.talk(f"{names.pop(id_)}: skipped, {DEACTIVATED}")
    if selection.ids and not names:
        raise BlockedError(f"{what}: {DEACTIVATED}", "`owtui apply activate FILTER --yes`")
    return names


def _told(names: Mapping[UUID, str], sighting: Sighting) -> dict[str, Any]:
    return {
        "device": names[sighting.device_id],
        "ok": sighting.failure is None,
        "error": sighting.failure.as_dict() if sighting.failure else None,
        **(sighting.facts.as_dict() if sighting.facts else {}),
    }


def _table(face: Face, told: list[dict[str, Any]]) -> None:
    rows = []
    for one in told:
        if not one["ok"]:
            face.output.talk(about(one["device"], one["error"]))
            continue
        if one["factory"]:
            face.output.talk(
                f"{one['device']}: root has no password, so anybody is let in."
                f" `owtui apply change_password name={one['device']}` sets one."
            )
        rows.append(
            (
                one["device"],
                one["model"],
                one["version"],
                units.uptime_text(one["uptime_s"]),
                f"{one['load'][0]:.2f}",
                units.bytes_text(one["memory_available"]),
                units.bytes_text(one["flash_available"]),
            )
        )
    if rows:
        face.output.table(("DEVICE", "MODEL", "VERSION", "UP", "LOAD", "MEM FREE", "FLASH"), rows)
