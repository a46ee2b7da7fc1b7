"""`owtui facts`: look at devices now, one round trip each."""

from __future__ import annotations

from typing import Any

import click

from owtui import units
from owtui.cli.face import Face, command


@click.command()
@click.argument("filter", nargs=-1)
@click.option("--parallel", type=click.IntRange(1, 1_000), help="So many at once.")
@command
async def facts(face: Face, filter: tuple[str, ...], parallel: int | None) -> int:
    """Read board, release, memory, flash, interfaces, uptime and load of the devices, now."""
    async with face.engine() as engine:
        selection = face.select(engine, filter)
        seen = await engine.polls.sight_all(selection.ids, parallel)
        told: list[dict[str, Any]] = [
            {
                "device": name,
                "ok": sighting.failure is None,
                "error": sighting.failure.as_dict() if sighting.failure else None,
                **(sighting.facts.as_dict() if sighting.facts else {}),
            }
            for name, sighting in zip(selection.names, seen, strict=True)
        ]
    if face.output.machine:
        face.output.document(told)
    else:
        _table(face, told)
    failed = [one for one in told if not one["ok"]]
    if not failed:
        return 0
    away = {"unreachable", "refused", "timeout", "lost"}
    nothing = len(failed) == len(told) and {one["error"]["kind"] for one in failed} <= away
    return 3 if nothing else 1


def _table(face: Face, told: list[dict[str, Any]]) -> None:
    rows = []
    for one in told:
        if not one["ok"]:
            face.output.talk(f"{one['device']}: {one['error']['sentence']}")
            continue
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
