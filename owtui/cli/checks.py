"""`owtui checks`: what is checked of devices, on which terms, how it went, and running it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import checks as check_types
from owtui.cli.completing import filters, scopes
from owtui.cli.exits import of_results
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.monitoring.checkdesk import CheckRow
    from owtui.engine.monitoring.checking import Ran


@click.group(cls=VerbGroup)
def checks() -> None:
    """Active checks of devices: ping, configuration, data, Wi-Fi clients, iperf3.

    A check runs as the device says, else its group, else the settings ([checks.TYPE], auto_…),
    else by default. Whoever runs the engine runs the checks, every five minutes.
    """


@checks.command("list")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--active", is_flag=True, help="Those that run alone.")
@command
async def list_(face: Face, filter: tuple[str, ...], active: bool) -> int:
    """Show the checks of devices, on which terms they run and how they were judged last."""
    async with face.engine() as engine:
        selection = face.select(engine, filter)
        rows = await engine.checks.rows(selection.ids)
        problems = (*engine.checking.checks.problems, *engine.checking.terms.problems)
    for said in problems:
        face.output.talk(said)
    shown = [one for one in rows if one.active or not active]
    if face.output.machine:
        face.output.document([asdict(one) for one in shown])
        return 0
    titles = titled("device", "check", "active", "every", "health", "since", "from", "params")
    face.output.records(titles, [_line(one) for one in shown])
    return 0


@checks.command("run")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option(
    *("--type", "types"), multiple=True, shell_complete=check_types, help="This alone; repeatable."
)
@command
async def run_(face: Face, filter: tuple[str, ...], types: tuple[str, ...]) -> int:
    """Run checks now and tell what they find: those that are active, or those named.

    What is found is told here; the engine's own runs are what is kept and judged.
    """
    from owtui.engine.monitoring.checkdesk import words

    async with face.engine() as engine:
        selection = face.select(engine, filter, None if not filter else False)
        names = dict(zip(selection.ids, selection.names, strict=True))
        for id_, name in names.items():
            if engine.fleet.rows[id_].is_deactivated:
                face.output.talk(f"{name}: skipped, Device is deactivated.")

        def tell(ran: Ran) -> None:
            if face.output.json_lines:
                face.output.line(_told(names[ran.device_id], ran))
            elif not face.output.machine:
                face.output.text(f"{names[ran.device_id]}  {ran.type}: {words(ran)}")

        found = await engine.checks.run(selection.ids, types, tell)
    told = [_told(names[ran.device_id], ran) for ran in found]
    if face.output.json:
        face.output.document(told)
    return of_results(told)


@checks.command("set")
@click.argument("scope", shell_complete=scopes)
@click.argument("type", shell_complete=check_types)
@click.argument("pairs", nargs=-1, metavar="KEY=VALUE…")
@click.option("--every", type=int, metavar="S", help="Seconds between two runs.")
@click.option("--on/--off", "active", default=None, help="Run it, or do not.")
@command
async def set_(
    face: Face,
    scope: str,
    type: str,
    pairs: tuple[str, ...],
    every: int | None,
    active: bool | None,
) -> int:
    """Say how a check runs on a device, or on those of a group (group:NAME).

    A value that is JSON is taken as JSON; KEY= alone is the default again; a dot goes into a
    table: `owtui checks set ap-1 iperf3 client_options.time=5 --on`.
    """
    from owtui.engine.monitoring.checkdesk import Wish

    face.permit("Setting checks")
    params = _params(pairs)
    if not params and every is None and active is None:
        raise InputError("Nothing is given to set.", "For example: count=10 --every 60")
    async with face.engine() as engine:
        name = await engine.checks.set(scope, type, Wish(active, every, params))
    face.output.talk(f"{name}: {type} is set")
    return 0


@checks.command()
@click.argument("scope", shell_complete=scopes)
@click.argument("type", shell_complete=check_types)
@command
async def reset(face: Face, scope: str, type: str) -> int:
    """Let a check run there as elsewhere again."""
    face.permit("Setting checks")
    async with face.engine() as engine:
        moved = await engine.checks.reset(scope, type)
    face.output.talk(f"{scope}: {type} is as elsewhere" + ("" if moved else " already"))
    return 0


def _params(pairs: tuple[str, ...]) -> dict[str, Any]:
    from owtui.engine.configs.pairs import read_words

    found: dict[str, Any] = {}
    for name, value in read_words(pairs).items():
        *above, last = name.split(".")
        table = found
        for part in above:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise InputError(f"{part} is given twice.")
        table[last] = None if value == "" else value
    return found


def _line(one: CheckRow) -> dict[str, Any]:
    health = {True: "ok", False: "failed", None: ""}[one.healthy]
    return {
        "device": one.device,
        "check": one.type,
        "active": one.active,
        "every": f"{one.every_s:g} s",
        "health": health,
        "since": one.since,
        "from": one.origin,
        "params": " ".join(f"{name}={_short(value)}" for name, value in one.params.items()),
    }


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + " ".join(f"{name}={_short(what)}" for name, what in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(name: str, ran: Ran) -> dict[str, Any]:
    return {
        "device_id": ran.device_id,
        "device": name,
        "type": ran.type,
        "at": ran.at,
        "ok": ran.failure is None,
        "error": ran.failure.as_dict() if ran.failure else None,
        "note": ran.note,
        "values": {one.configuration: dict(one.values) for one in ran.readings},
    }
