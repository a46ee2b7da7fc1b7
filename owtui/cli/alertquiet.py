"""`owtui alerts quiet`: when alerts wake nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from owtui.cli.completing import filters
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.errors import InputError

LISTED = titled("name", "mode", "active", "until", "next", "devices", "filter", "kinds", "operator")


@click.group(cls=VerbGroup)
def quiet() -> None:
    """Quiet times: list, add, remove.

    Alerts are opened in them, and shown; people are told when the time is over and they are still
    there.
    """


@quiet.command("list")
@command
async def list_(face: Face) -> int:
    """List them, with how they stand now."""
    async with face.engine() as engine:
        face.output.records(LISTED, await engine.alerts.quiet.rows())
    return 0


@quiet.command()
@click.argument("name")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--kind", "kinds", multiple=True, help="Only alerts of this kind; may be repeated.")
@click.option("--for", "period", default="", metavar="AGE", help="So long: 4h, 90m.")
@click.option("--from", "starts", default="", metavar="TIME", help="2026-11-28T02:00; else now.")
@click.option("--until", default="", metavar="TIME", help="When it ends, a weekly one for good.")
@click.option("--weekly", default="", metavar="DAYS", help="mon,wed… daily, weekdays, weekend.")
@click.option("--at", default="", metavar="HH:MM", help="When a weekly one begins.")
@click.option("--timezone", default="UTC", show_default=True, help="Of --at, as Europe/Rome.")
@click.option("--silence", is_flag=True, help="A silence; otherwise it is maintenance.")
@click.option("--reason", default="")
@command
async def add(
    face: Face,
    name: str,
    filter: tuple[str, ...],
    kinds: tuple[str, ...],
    period: str,
    starts: str,
    until: str,
    weekly: str,
    at: str,
    timezone: str,
    silence: bool,
    reason: str,
) -> int:
    """Keep the devices of a FILTER quiet, or all: once, or weekly.

    \b
    owtui alerts quiet add works tag=roof --for 4h
    owtui alerts quiet add nights --weekly weekdays --at 02:00 --for 90m --timezone Europe/Rome
    """
    from owtui.cli.alerts import span, when
    from owtui.engine.monitoring.alerts.quiet import MAINTENANCE, SILENCE, Quiet, weekdays

    face.permit("Adding a quiet time")
    if bool(weekly) != bool(at):
        raise InputError("A weekly time has days and an hour.", "Give --weekly and --at.")
    length = span(period) if period else None
    if weekly and length is None:
        raise InputError("How long is it each time?", "For example: --for 90m.")
    if not weekly and (length is None) == (not until):
        raise InputError("How long is it?", "Give one of --for and --until.")
    begins = when(starts) if starts else datetime.now(UTC)
    ends = when(until) if until else None
    if length is not None and not weekly:
        ends = begins + length
    made = Quiet(
        name=name,
        mode=SILENCE if silence else MAINTENANCE,
        starts_at=begins,
        ends_at=ends,
        filter=" ".join(filter),
        kinds=kinds,
        weekdays=weekdays(weekly),
        at=at,
        minutes=int(length.total_seconds() // 60) if weekly and length else 0,
        timezone=timezone,
        reason=reason,
    )
    async with face.engine() as engine:
        await engine.alerts.quiet.add(made)
    return 0


@quiet.command()
@click.argument("name")
@command
async def remove(face: Face, name: str) -> int:
    """Remove one; what is still wrong is told."""
    face.permit("Removing a quiet time")
    async with face.engine() as engine:
        await engine.alerts.quiet.remove(name)
    return 0
