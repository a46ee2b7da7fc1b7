"""`owtui audit`: who did what to which device, when, and with which job."""

from __future__ import annotations

import click

from owtui.cli.completing import filters
from owtui.cli.face import Face, command

TITLES = {
    "at": "AT",
    "operator": "BY",
    "host": "HOST",
    "face": "FACE",
    "action": "ACTION",
    "outcome": "OUTCOME",
    "device": "DEVICE",
    "job_number": "JOB",
}


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--operator", default="", help="Only what this person did.")
@click.option("--action", default="", help="Only this action.")
@command
async def audit(face: Face, filter: tuple[str, ...], limit: int, operator: str, action: str) -> int:
    """Show the audit, newest first; with a FILTER only what touched those devices."""
    async with face.engine() as engine:
        ids = face.select(engine, filter).ids if filter else None
        entries = await engine.audit(ids, limit=limit, operator=operator, action=action)
    face.output.records(TITLES, entries)
    return 0
