"""`owtui clients` and `owtui sessions`: who is around devices, and who was on their Wi-Fi when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from owtui import units
from owtui.cli.completing import filters
from owtui.cli.face import Face, command
from owtui.cli.output import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.around import Around
    from owtui.engine.monitoring.latest import SessionRow

_CLIENTS = ("DEVICE", "MAC", "IP", "NAME", "ON", "CAN", "DBM")  # the rest is in --json
_SESSIONS = ("DEVICE", "MAC", "SSID", "ON", "FROM", "TO", "LASTED")


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@command
async def clients(face: Face, filter: tuple[str, ...]) -> int:
    """List who is around the devices of a FILTER, by their latest reports.

    Associated Wi-Fi clients with what they can do, DHCP leases and neighbours, each address once.
    `!he` is a client that lacks what its radio offers; `--json` tells all that is known.
    """
    async with face.engine() as engine:
        found = await engine.latest.clients(_ids(face, engine, filter))
    if face.output.machine:
        face.output.document([one.as_dict() for one in found])
    elif found:
        face.output.table(_CLIENTS, list(map(_client, found)))
    else:
        face.output.talk("Nobody; a report is kept for a day.")
    return 0


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--open", "only_open", is_flag=True, help="Only those who are there now.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=500, show_default=True)
@command
async def sessions(face: Face, filter: tuple[str, ...], only_open: bool, limit: int) -> int:
    """List Wi-Fi sessions on the devices of a FILTER: the open ones first, then the newest."""
    async with face.engine() as engine:
        ids = _ids(face, engine, filter)
        found = await engine.latest.sessions(ids, only_open=only_open, limit=limit)
    if face.output.machine:
        face.output.document([one.as_dict() for one in found])
    elif found:
        face.output.table(_SESSIONS, list(map(_session, found)))
    else:
        face.output.talk("No sessions.")
    return 0


def _ids(face: Face, engine: Engine, filter: tuple[str, ...]) -> Sequence[UUID]:
    return face.select(engine, filter).ids


def _client(one: Around) -> tuple[str, ...]:
    more = f" +{len(one.ips) - 1}" if len(one.ips) > 1 else ""
    return (
        *(one.device, one.mac, f"{one.ips[0]}{more}" if one.ips else "", one.name),
        *(one.interface, one.can, "" if one.signal is None else f"{one.signal:g}"),
    )


def _session(one: SessionRow) -> tuple[str, ...]:
    lasted = units.uptime_text(one.lasted_s(datetime.now(UTC)))
    stop = moment(one.stop) if one.stop else "open"
    return (
        *(one.device, one.mac, one.ssid, one.interface),
        *(moment(one.start), stop, lasted),
    )
