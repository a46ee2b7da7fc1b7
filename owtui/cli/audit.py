"""`owtui audit`: who did what to which device, when, and with which job."""

from __future__ import annotations

import click

from owtui.cli.face import Face, command

KEYS = ("at", "operator", "host", "face", "action", "outcome", "device", "job")


@click.command()
@click.argument("filter", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--operator", default="", help="Only what this person did.")
@click.option("--action", default="", help="Only this action.")
@command
async def audit(face: Face, filter: tuple[str, ...], limit: int, operator: str, action: str) -> int:
    """Show the audit, newest first; with a FILTER only what touched those devices."""
    async with face.engine() as engine:
        ids = face.select(engine, filter).ids if filter else None
        entries = await engine.audit(ids, limit=limit, operator=operator, action=action)
    shown = KEYS if not face.output.machine else (*KEYS, "detail")
    face.output.records(shown, [{key: entry[key] for key in shown} for entry in entries])
    return 0
