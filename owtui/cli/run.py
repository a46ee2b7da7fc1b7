"""`owtui run`: one command on many devices, at once, like ssh; refused in read-only mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from owtui.cli.face import Face, command
from owtui.cli.jobs import exit_code

if TYPE_CHECKING:
    from owtui.engine.jobs.result import Result


@click.command()
@click.argument("line", metavar="COMMAND")
@click.argument("filter", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every device.")
@click.option("--parallel", type=click.IntRange(1, 1_000), help="So many at once.")
@click.option("--timeout", type=click.FloatRange(0.1, 86_400), help="Seconds a command may take.")
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
    results: list[Result] = []
    async with face.engine() as engine:
        selection = face.select(engine, filter, everything)
        plan = await engine.plan(
            "run_command", selection, params, parallel=parallel or face.loaded.settings.parallel
        )
        for row in plan.rows:
            if row.verdict.value == "blocked":
                face.output.talk(f"{row.device}: skipped, {row.reason}")
        async for result in engine.jobs.run(plan):
            results.append(result)
            if not grouped:
                _show(face, result)
    if grouped:
        _show_groups(face, results)
    elif face.output.json:
        face.output.document([_told(result) for result in results])
    failed = [result for result in results if not result.ok]
    return exit_code(
        {
            "failed": len(failed),
            "ok": len(results) - len(failed),
            "state": "",
            "results": [result.as_dict() for result in results],
        }
    )


def _told(result: Result) -> dict[str, Any]:
    """The keys of the contract: device ok exit_status output error{kind,sentence} took_s."""
    return result.as_dict()


def _show(face: Face, result: Result) -> None:
    if face.output.json_lines:
        face.output.line(_told(result))
        return
    if face.output.json:
        return
    head = f"{result.device}: "
    if result.error is not None:
        face.output.text(f"{head}{result.state.value}: {result.error.sentence}")
    for text in result.output.splitlines() or ([] if result.error else [""]):
        face.output.text(head + text)


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
