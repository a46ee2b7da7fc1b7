"""`owtui alerts`: what is wrong, what explains it, and what people said of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import click

from owtui.cli.alertquiet import quiet
from owtui.cli.alertthresholds import threshold
from owtui.cli.completing import filters
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import moment
from owtui.errors import InputError
from owtui.units import age_text, parse_age

if TYPE_CHECKING:
    from owtui.engine.monitoring.alerts.desk import Alerts
    from owtui.engine.monitoring.alerts.entries import AlertRow, AlertText

TITLES = ("ID", "SEV", "SINCE", "DEVICE", "KIND", "WHAT", "STATE")
STATES = ["open", "flapping", "acked", "silenced", "maintenance", "folded", "resolved", "all"]


@click.group(cls=VerbGroup)
def alerts() -> None:
    """Alerts: list, show, ack, unack, silence, unsilence, note, quiet, threshold.

    \b
    owtui alerts                     what is wrong now
    owtui alerts tag=roof --watch    and as it changes
    owtui alerts ack 3f2a --note "on my way"
    """


@alerts.command("list")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--state", type=click.Choice(STATES), help="Instead of all open ones in sight.")
@click.option("--severity", type=click.Choice(["critical", "warning", "info"]))
@click.option("--kind", default="", help="Only of this kind: ping, disk, drift…")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.option("--watch", is_flag=True, help="Stay, and print those that change.")
@command
async def list_(
    face: Face,
    filter: tuple[str, ...],
    state: str | None,
    severity: str | None,
    kind: str,
    limit: int,
    watch: bool,
) -> int:
    """List alerts of the devices of a FILTER; without one, of all.

    Those that another alert explains are folded under it, “+3” in its state: `--state folded` lists
    them, and `--state all` what has ended as well.
    """
    async with face.engine() as engine:

        async def ask(among: str) -> list[AlertRow]:
            return await engine.alerts.rows(
                " ".join(filter), state=among, severity=severity or "", kind=kind, limit=limit
            )

        found = await ask(state or "")
        if not watch:
            _print(face, found)
            return 0
        await _watch(face, engine.alerts, found, lambda: ask(state or ""))
    return 0


async def _watch(
    face: Face,
    desk: Alerts,
    found: list[AlertRow],
    ask: Callable[[], Awaitable[list[AlertRow]]],
) -> None:
    """Print what is there, and each alert again when it differs, until interrupted."""
    from storage.errors import MissingError

    shown: dict[UUID, AlertRow] = {}
    moved = desk.changes()
    while True:
        for one in found:
            if shown.get(one.id) != one:
                _line(face, one)
        for gone in shown.keys() - {one.id for one in found}:
            with suppress(MissingError):  # gone with its device
                _line(face, (await desk.get(gone)).row)
        shown = {one.id: one for one in found}
        await anext(moved)
        found = await ask()


def _line(face: Face, one: AlertRow) -> None:
    if face.output.machine:
        face.output.line(one.as_dict())
    else:
        face.output.text("  ".join(_cells(one)))


def _print(face: Face, found: Sequence[AlertRow]) -> None:
    if face.output.machine:
        face.output.document([one.as_dict() for one in found])
    elif found:
        face.output.table(TITLES, [_cells(one) for one in found])
    else:
        face.output.talk("No alerts.")


def _cells(one: AlertRow) -> tuple[str, ...]:
    since = age_text((datetime.now(UTC) - one.opened_at).total_seconds())
    behind = f" +{one.behind}" if one.behind else ""
    return (
        *(one.short_id, one.severity, since, one.device or "-", one.kind),
        *(one.what, f"{_state(one)}{behind}"),
    )


def _state(one: AlertRow) -> str:
    said = one.state
    if said == "acked":
        said = f"ack {one.acked_by}"
    elif one.quiet_until is None and said == "silenced" and one.silenced_until:
        said = f"silent to {moment(one.silenced_until)}"
    return f"{said} ×{one.flaps}" if one.flaps and one.resolved_at is None else said


@alerts.command()
@click.argument("wanted", metavar="ID")
@command
async def show(face: Face, wanted: str) -> int:
    """Show an alert: how it stands, what changed just before, what it explains, its timeline."""
    async with face.engine() as engine:
        found = await engine.alerts.get(wanted)
    if face.output.machine:
        face.output.document(found.as_dict())
    else:
        _describe(face, found)
    return 0


def _describe(face: Face, found: AlertText) -> None:
    row, say = found.row, face.output.text
    say(f"{row.device or 'the engine'}: {row.what}")
    say(f"{row.kind}, {row.severity}, {', '.join(row.states)}, since {moment(row.opened_at)}")
    if row.quiet:
        say(f"in the quiet time “{row.quiet}” until {moment(row.quiet_until)}")
    if row.note:
        say(f"note: {row.note}")
    if found.cause:
        say(f"because of {found.cause.short_id}  {found.cause.device}: {found.cause.what}")
    for title, lines in (
        ("Just before", [(moment(one["at"]), one["kind"], one["text"]) for one in found.before]),
        ("Folded under it", [(f.short_id, f.device, f.what) for f in found.folded]),
        ("Timeline", [(moment(f.at), f.kind, f"{f.text} {f.operator}") for f in found.timeline]),
    ):
        if lines:
            say()
            say(title)
            for first, second, third in lines:
                say(f"  {first}  {second}  {third.strip()}")


# -- what people say ------------------------------------------------------------------------------

Act = Callable[["Alerts"], Awaitable[Sequence["AlertRow"]]]
_ids = click.argument("ids", nargs=-1, required=True, metavar="ID…")
_note = click.option("--note", default="", help="Kept with it.")


async def _act(face: Face, what: str, act: Act) -> int:
    face.permit(what)
    async with face.engine() as engine:
        _print(face, await act(engine.alerts))
    return 0


@alerts.command()
@_ids
@_note
@command
async def ack(face: Face, ids: tuple[str, ...], note: str) -> int:
    """Say that you look after them: nobody is told of them any more."""
    return await _act(face, "Acknowledging", lambda desk: desk.ack(ids, note))


@alerts.command()
@_ids
@command
async def unack(face: Face, ids: tuple[str, ...]) -> int:
    """Take that back; what was not told is told."""
    return await _act(face, "Acknowledging", lambda desk: desk.unack(ids))


@alerts.command()
@_ids
@click.option("--for", "period", default="", metavar="AGE", help="1h (the default), 4h, 1d…")
@click.option(
    "--until", default="", metavar="TIME", help="2026-11-28T07:00, local, or with a zone."
)
@_note
@command
async def silence(face: Face, ids: tuple[str, ...], period: str, until: str, note: str) -> int:
    """Tell nobody of them for a while; what is still wrong then is told."""
    if period and until:
        raise InputError("For a while, or until a time?", "Give one of --for and --until.")
    end = when(until) if until else span(period or "1h")
    return await _act(face, "Silencing", lambda desk: desk.silence(ids, end, note))


@alerts.command()
@_ids
@command
async def unsilence(face: Face, ids: tuple[str, ...]) -> int:
    """Let people be told of them again."""
    return await _act(face, "Silencing", lambda desk: desk.unsilence(ids))


@alerts.command()
@click.argument("wanted", metavar="ID")
@click.argument("text", nargs=-1, required=True)
@command
async def note(face: Face, wanted: str, text: tuple[str, ...]) -> int:
    """Keep a note with an alert; its timeline keeps the earlier ones."""
    return await _act(face, "A note", lambda desk: desk.note([wanted], " ".join(text)))


def span(text: str) -> timedelta:
    """A length of time as people type it. Raises InputError."""
    seconds = parse_age(text)
    if not seconds:
        raise InputError(f"“{text}” is no length of time.", "For example: 90m, 4h, 1d.")
    return timedelta(seconds=seconds)


def when(text: str) -> datetime:
    """A time in ISO 8601, local where it names no zone. Raises InputError."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise InputError(f"“{text}” is no time.", "For example: 2026-11-28T07:00.") from error


alerts.add_command(quiet)
alerts.add_command(threshold)
