"""`owtui notifications`: what you were told, who is told, by which ways, and the ways out."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from owtui.cli.completing import devices
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import moment, titled
from owtui.errors import InputError
from owtui.units import age_text

if TYPE_CHECKING:
    from owtui.engine.notifications.desk import Entry

SHORT = 8
WAYS = {"on": True, "off": False, "inherit": None}
PERIODS = ["1d", "1w", "1m", "forever"]
everybody = click.option(
    "--everybody", is_flag=True, help="Everybody's record, not your own: what went to sinks."
)
operator = click.option("--operator", metavar="NAME", help="Somebody else's, not your own.")


@click.group(cls=VerbGroup)
def notifications() -> None:
    """Notifications: list, read, settings, set, ignore, recipients, sinks, secret, test.

    \b
    owtui notifications --unread            what you have not read
    owtui notifications read --all          mark all as read
    owtui notifications set --no-email      no mails to you
    """


@notifications.command("list")
@click.option("--unread", is_flag=True, help="Only what is unread.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--page", type=click.IntRange(1), default=1, help="Which page of that many.")
@everybody
@command
async def list_(face: Face, unread: bool, limit: int, page: int, everybody: bool) -> int:
    """List what you were told, what is unread first."""
    who = "" if everybody else None
    async with face.engine() as engine:
        desk = engine.notifications
        found = await desk.rows(unread=unread, limit=limit, offset=limit * (page - 1), who=who)
        if face.output.machine:
            face.output.document([one.as_dict() for one in found])
        elif found:
            face.output.table(("ID", "N", "LEVEL", "AGO", "WHAT WAS TOLD"), map(_cells, found))
            face.output.talk(f"{await desk.unread(who)} unread.")
        else:
            face.output.talk("No notifications.")
    return 0


@notifications.command()
@click.argument("ids", nargs=-1, metavar="ID…")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@everybody
@command
async def read(face: Face, ids: tuple[str, ...], everything: bool, everybody: bool) -> int:
    """Mark as read, by the beginnings of their ids."""
    if bool(ids) == everything:
        raise InputError("Which ones?", "Give ids, or --all for every one.")
    who = "" if everybody else None
    async with face.engine() as engine:
        desk = engine.notifications
        chosen = None if everything else await desk.find(ids, who)
        face.output.talk(f"{await desk.read(chosen, who)} marked as read.")
    return 0


@notifications.command()
@click.option("--organization", default="", help="As it is there.")
@everybody
@operator
@command
async def settings(face: Face, organization: str, everybody: bool, operator: str | None) -> int:
    """Show by which ways each type is told."""
    async with face.engine() as engine:
        found = await engine.notifications.preferences.rows(
            "" if everybody else operator, organization
        )
        face.output.records(titled("type", "level", "web", "email", "own"), found)
    return 0


@notifications.command("set")
@click.argument("type", required=False, default="")
@click.option("--web/--no-web", default=None, help="In the console's list and toasts.")
@click.option("--email/--no-email", default=None, help="By mail.")
@click.option("--inherit", is_flag=True, help="Forget what was chosen here.")
@click.option("--organization", default="", help="Only what is of its devices.")
@everybody
@operator
@command
async def set_(
    face: Face,
    type: str,
    web: bool | None,
    email: bool | None,
    inherit: bool,
    organization: str,
    everybody: bool,
    operator: str | None,
) -> int:
    """Choose the ways of a TYPE, or of all; narrower choices are forgotten.

    No web is no email either, and --email is --web as well. What is chosen for everybody holds for
    those who chose nothing.
    """
    face.permit("Choosing how people are told")
    if inherit == (web is not None or email is not None):
        raise InputError("Which ways?", "Give --web, --email or their --no-…, or --inherit.")
    async with face.engine() as engine:
        ways = await engine.notifications.preferences.set(
            web=web,
            email=email,
            type=type,
            organization=organization,
            who="" if everybody else operator,
        )
        words = {value: name for name, value in WAYS.items()}
        face.output.talk(f"web {words[ways.web]}, email {words[ways.email]}.")
    return 0


@notifications.command()
@click.argument("device", required=False, shell_complete=devices)
@click.option("--for", "period", type=click.Choice(PERIODS), default="1d", show_default=True)
@click.option("--off", is_flag=True, help="Tell of it again.")
@command
async def ignore(face: Face, device: str | None, period: str, off: bool) -> int:
    """Be told nothing of a DEVICE for a while; without one, list those you ignore."""
    async with face.engine() as engine:
        desk = engine.notifications
        if device is None:
            found = await desk.ignored()
            face.output.records(titled("device", "till"), found)
            return 0
        row = engine.device(device)
        if off:
            said = "is told of again" if await desk.heed(row) else "was not ignored"
        else:
            till = await desk.ignore(row, period)
            said = f"is ignored until {moment(till)}" if till else "is ignored for good"
        face.output.talk(f"{row.name} {said}.")
    return 0


@notifications.group(cls=VerbGroup)
def recipients() -> None:
    """Who is told: list, set, forget."""


@recipients.command("list")
@command
async def list_recipients(face: Face) -> int:
    """List them, with where their mail goes. Everybody's address is the team's."""
    async with face.engine() as engine:
        found = await engine.notifications.preferences.recipients()
        face.output.records(titled("operator", "email", "unread", "last_email_at"), found)
    return 0


@recipients.command("set")
@click.argument("address")
@everybody
@operator
@command
async def set_recipient(face: Face, address: str, everybody: bool, operator: str | None) -> int:
    """Send your mails to ADDRESS; "" sends none."""
    face.permit("Setting an address")
    async with face.engine() as engine:
        who = "" if everybody else operator
        await engine.notifications.preferences.set_email(address, who)
    return 0


@recipients.command()
@click.argument("name")
@command
async def forget(face: Face, name: str) -> int:
    """Tell NAME nothing any more, and forget what was told."""
    face.permit("Forgetting a recipient")
    async with face.engine() as engine:
        await engine.notifications.preferences.forget(name)
    return 0


@notifications.command()
@command
async def sinks(face: Face) -> int:
    """List the ways out: what is set up, has a secret, waits, or failed."""
    keys = titled("sink", "on", "secret", "waiting", "sent", "failed", "problem")
    async with face.engine() as engine:
        face.output.records(keys, await engine.notifications.sink_rows())
    return 0


@notifications.command()
@click.argument("sink")
@click.option("--stdin", "from_stdin", is_flag=True, help="One line of standard input.")
@click.option("--forget", "gone", is_flag=True, help="Forget it.")
@command
async def secret(face: Face, sink: str, from_stdin: bool, gone: bool) -> int:
    """Keep the mail server's password (email), or the key of signatures (webhook), sealed."""
    face.permit("Setting a secret")
    text = "" if gone else _secret(from_stdin)
    async with face.engine() as engine:
        await engine.notifications.set_secret(sink, text)
    return 0


@notifications.command()
@click.argument("sink")
@click.option("--to", default="", metavar="ADDRESS", help="Of a mail; else your own or the team's.")
@command
async def test(face: Face, sink: str, to: str) -> int:
    """Send a test by a SINK, now and from here."""
    face.permit("Sending a test")
    async with face.engine() as engine:
        await engine.notifications.test(sink, to)
        face.output.talk(f"The test was sent by {sink}.")
    return 0


def _secret(from_stdin: bool) -> str:
    if not from_stdin and not sys.stdin.isatty():
        raise InputError("There is no terminal to ask at.", "Give the secret with --stdin.")
    if from_stdin:
        text = sys.stdin.readline().rstrip("\r\n")
    else:
        text = click.prompt("Secret", hide_input=True, confirmation_prompt=True, err=True)
    if not text:
        raise InputError("The secret is empty.", "--forget takes it away.")
    return text


def _cells(one: Entry) -> tuple[str, ...]:
    age = age_text((datetime.now(UTC) - one.at).total_seconds())
    return (str(one.id)[:SHORT], "*" if one.unread else "", one.level, age, one.text)
