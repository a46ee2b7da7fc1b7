"""`owtui run`: one command on many devices, at once, like ssh; refused in read-only mode."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import filters
from owtui.cli.exits import INTERRUPTED, about, of_results
from owtui.cli.face import Face, command
from owtui.cli.plans import refuse_blocked

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.jobs.plan import Plan
    from owtui.engine.jobs.result import Result

_CUT = ("aborted", "cancelled", "skipped", "unknown")  # states of ResultState that no answer has


@click.command()
@click.argument("line", metavar="COMMAND")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--all", "everything", is_flag=True, help="Every device.")
@click.option("--parallel", type=click.IntRange(1, 1_000), help="So many at once.")
@click.option("--timeout", type=click.FloatRange(0.1, 3_600), help="Seconds a command may take.")
@click.option("--grouped", is_flag=True, help="Identical answers together.")
@command
async def run(
    face: Face,
    line: str,
    filter: tuple[str, ...],
    everything: bool,
    parallel: int | None,
    timeout: float | None,
    grouped: bool,
) -> int:
    """Run COMMAND on the devices of a FILTER, or on --all, and print what each answers."""
    params: dict[str, Any] = {"command": line}
    if timeout is not None:
        params["timeout_s"] = timeout
    async with face.engine() as engine:
        selection = face.select(engine, filter, everything)
        plan = await engine.plan(
            "run_command", selection, params, parallel=parallel or face.loaded.settings.parallel
        )
        for row in plan.rows:
            if row.verdict.value == "blocked":
                face.output.talk(f"{row.device}: skipped, {row.reason}")
        refuse_blocked(plan)
        results, interrupted = await _results(face, engine, plan, quiet=grouped)
    if grouped:
        _show_groups(face, results)
    elif face.output.json:
        face.output.document([result.as_dict() for result in results])
    if interrupted:
        return INTERRUPTED
    return of_results([result.as_dict() for result in results])


async def _results(
    face: Face, engine: Engine, plan: Plan, *, quiet: bool
) -> tuple[list[Result], bool]:
    """What each device answered, in the order of their names, and whether we were stopped."""
    results: dict[UUID, Result] = {}
    try:
        async for result in engine.jobs.run(plan):
            results[result.device_id] = result
            if not quiet:
                _show(face, result)
    except asyncio.CancelledError:
        # Closing the iterator has ended what ran on the devices; the job's rows say what became
        # of the devices that were not heard of.
        for result in await engine.jobs.results(plan.id):
            if result.device_id not in results and result.state in _CUT:
                results[result.device_id] = result
        cut = sum(result.state in _CUT for result in results.values())
        job = await engine.jobs.report(plan.id)
        face.output.talk(
            f"interrupted: {len(results) - cut} answered, {cut} cut short;"
            f" what ran was told to end, `owtui jobs {job['number']}` says where it may still run"
        )
        return sorted(results.values(), key=_by_name), True
    return sorted(results.values(), key=_by_name), False


def _by_name(result: Result) -> str:
    return result.device


def _show(face: Face, result: Result) -> None:
    if face.output.json_lines:
        face.output.line(result.as_dict())
        return
    if face.output.json:
        return
    lines = result.output.splitlines() or ([] if result.error else [""])
    if lines:  # one write a device: a flush a line costs more than the rest of printing
        face.output.text("\n".join(f"{result.device}: {line}" for line in lines))
    if result.error is not None and result.error.sentence not in result.output:
        face.output.talk(about(result.device, result.error.as_dict()))


def _show_groups(face: Face, results: list[Result]) -> None:
    from owtui.engine.jobs.groups import group

    groups = group(results)
    if face.output.machine:
        face.output.document(
            [
                {
                    "state": one.state.value,
                    "devices": list(one.devices),
                    "exit_status": one.exit_status,
                    "output": one.output,
                    "error": one.error.as_dict() if one.error else None,
                }
                for one in groups
            ]
        )
        return
    for one in groups:
        count = f"{len(one.devices)} device{'s' * (len(one.devices) != 1)}"
        face.output.text(f"== {count} {one.state.value}: {', '.join(one.devices)}")
        if one.error:
            face.output.text(f"{one.error.sentence} {one.error.hint}".rstrip())
        for line in one.output.splitlines():
            face.output.text(line)
