"""`owtui checks`: what is checked of devices, on which terms, how it went, and running it now."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import checks as check_types
from owtui.cli.completing import filters, scopes
from owtui.cli.exits import of_results
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.jobs.result import Result
    from owtui.engine.monitoring.checkdesk import CheckRow
    from storage.tables import Job


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

    Whoever runs the engine runs them, from where he is, as a job: what they find is kept and
    judged. Where nobody does, this command is the engine for so long.
    """
    async with face.engine() as engine:
        selection = face.select(engine, filter, None if not filter else False)
        if not selection.ids:
            return 0
        plan = await engine.plan("run_checks", selection, {"types": ",".join(types)})
        for row in plan.rows:
            if row.verdict.value == "blocked":
                face.output.talk(f"{row.device}: skipped, {row.reason}")
        told: list[dict[str, Any]] = []
        if plan.changing:
            await engine.serve(plan.action)
            job = await engine.jobs.submit(plan)
            await _follow(face, engine, job, told)
    if face.output.json:
        face.output.document(told)
    return of_results(told)


async def _follow(face: Face, engine: Engine, job: Job, told: list[dict[str, Any]]) -> None:
    """Tell each device as it ends, until all have."""
    waiting = asyncio.create_task(engine.jobs.wait(job.id), name="wait for the checks")
    seen: set[UUID] = set()
    try:
        while not waiting.done():
            await asyncio.wait([waiting], timeout=0.5)
            for result in await engine.jobs.results(job.id):
                if result.finished is not None and result.device_id not in seen:
                    seen.add(result.device_id)
                    told += _tell(face, result)
        await waiting
    finally:
        if not waiting.done():
            waiting.cancel()
            face.output.talk(f"interrupted: `owtui jobs {job.number}` tells how it goes on")


def _tell(face: Face, result: Result) -> list[dict[str, Any]]:
    made = _lines_of(result)
    for one in made:
        if face.output.json_lines:
            face.output.line(one)
        elif not face.output.machine:
            face.output.text(f"{one['device']}  {one['type'] or 'checks'}: {one['text']}")
    return made


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


_VALUE = re.compile(r"(\w+) (-?[\d.]+(?:e[+-]?\d+)?)\Z")


def _lines_of(result: Result) -> list[dict[str, Any]]:
    """A check each, out of the lines of a device's result; `type` is "" where none was run."""
    same = {"device_id": result.device_id, "device": result.device, "at": result.finished}
    failure = result.error
    lines = [line.partition(": ") for line in result.output.splitlines()]
    if not lines:
        text = failure.sentence if failure else result.step
        error = failure.as_dict() if failure else None
        return [
            {**same, "type": "", "ok": failure is None, "error": error, "text": text, "values": {}}
        ]
    found = []
    for type_, _, text in lines:
        failed = failure is not None and failure.sentence == text
        values = [hit.groups() for part in text.split(", ") if (hit := _VALUE.match(part))]
        found.append(
            {
                **same,
                "type": type_,
                "ok": not failed,
                "error": failure.as_dict() if failed and failure else None,
                "text": text,
                "values": {name: float(value) for name, value in values},
            }
        )
    return found
