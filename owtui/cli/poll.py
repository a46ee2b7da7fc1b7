"""`owtui poll`: collect monitoring data now, one round trip a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import filters
from owtui.cli.exits import about, of_results
from owtui.cli.face import Face, command
from owtui.cli.facts import looked, names_of

if TYPE_CHECKING:
    from owtui.engine.monitoring.ingest import Sighting

_HEADS = ("DEVICE", "LOAD", "MEM %", "DISK %", "CLIENTS", "COUNTED", "TOOK")


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--parallel", type=click.IntRange(1, 1_000), help="So many at once.")
@command
async def poll(face: Face, filter: tuple[str, ...], parallel: int | None) -> int:
    """Collect monitoring data of the devices, now.

    With --json the NetJSON DeviceMonitoring documents, else a line a device; COUNTED is the number
    of interfaces whose traffic is counted.
    """
    async with face.engine() as engine:
        names = names_of(face, engine, filter, "Poll")
        seen = await looked(face, engine, names, parallel, _told)
    told = [_told(names, sighting) for sighting in seen]
    if face.output.json:
        face.output.document(told)
    elif not face.output.json_lines:
        _table(face, names, seen)
    return of_results([{"ok": one["error"] is None, **one} for one in told])


def _told(names: Mapping[UUID, str], sighting: Sighting) -> dict[str, Any]:
    return {
        "device": names[sighting.device_id],
        "document": sighting.document,
        "error": sighting.failure.as_dict() if sighting.failure else None,
    }


def _table(face: Face, names: Mapping[UUID, str], seen: Sequence[Sighting]) -> None:
    from owtui.engine.monitoring import figures

    rows = []
    for sighting in seen:
        device, document = names[sighting.device_id], sighting.document
        if sighting.failure is not None:
            face.output.talk(about(device, sighting.failure.as_dict()))
        if document is None:
            continue
        clients = figures.clients(document)
        rows.append(
            (
                device,
                _number(figures.load(document), 2),
                _number(figures.memory_used(document), 0),
                _number(figures.disk_used(document), 0),
                "–" if clients is None else str(clients),
                str(len(figures.counted(document))),
                f"{sighting.took_s:.1f}s",
            )
        )
    if rows:
        face.output.table(_HEADS, rows)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
