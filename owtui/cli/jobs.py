"""`owtui jobs`: what ran, what runs, and to pause, resume, cancel, retry or report it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import jobs as numbers
from owtui.cli.exits import INTERRUPTED, OK, of_job
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import moment
from owtui.cli.secrets import ask

if TYPE_CHECKING:
    from owtui.engine.engine import Engine

TITLES = {
    "number": "JOB",
    "action": "ACTION",
    "state": "STATE",
    "created": "CREATED",
    "devices": "ALL",
    "ok": "OK",
    "failed": "FAIL",
    "skipped": "SKIP",
    "operator": "BY",
}


@click.group(cls=VerbGroup)
def jobs() -> None:
    """Jobs, newest first; `jobs ID` shows one with its devices."""


@jobs.command("list")
@click.argument("wanted", required=False, metavar="[ID]", shell_complete=numbers)
@click.option("--follow", is_flag=True, help="Show each device as it ends.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@command
async def list_(face: Face, wanted: str | None, follow: bool, limit: int) -> int:
    """List jobs, or show one by its number or id."""
    async with face.engine() as engine:
        if wanted is None:
            from owtui.engine.jobs.state import words

            rows = await engine.jobs.recent(limit)
            if not face.output.machine:
                rows = [
                    row | {"created": moment(row["created"]), "state": words(row)} for row in rows
                ]
            face.output.records(TITLES, rows)
            return 0
        return await _one(face, engine, wanted, follow)


@jobs.command()
@click.argument("wanted", metavar="ID", shell_complete=numbers)
@click.option("--follow", is_flag=True, help="Show each device as it ends.")
@command
async def show(face: Face, wanted: str, follow: bool) -> int:
    """Show one job with its devices, as `jobs ID` does."""
    async with face.engine() as engine:
        return await _one(face, engine, wanted, follow)


async def _one(face: Face, engine: Engine, wanted: str, follow: bool) -> int:
    job = (await engine.jobs.find(wanted)).job
    if follow:
        # To follow a job that an engine left open is to be its engine, where nobody else is.
        if job.finished is None:
            await engine.serve(job.action)
        return await follow_job(face, engine, job.id, show_each=True)
    return show_job(face, await engine.jobs.report(job.id))


@jobs.command()
@click.argument("wanted", metavar="ID", shell_complete=numbers)
@click.option("--csv", "as_csv", is_flag=True, help="A line a device.")
@command
async def report(face: Face, wanted: str, as_csv: bool) -> int:
    """Print a job's report: identical answers together, with the devices that gave them.

    That of an upgrade has OpenWISP's figures of a batch: its status and rates in per cent.
    """
    async with face.engine() as engine:
        job = (await engine.jobs.find(wanted)).job
        if as_csv:
            face.output.out.write(await engine.jobs.report_csv(job.id))
            return 0
        if face.output.machine:
            return show_job(face, await engine.jobs.report(job.id))
        face.output.text((await engine.jobs.report_text(job.id)).rstrip("\n"))
    return 0


@jobs.command()
@click.argument("wanted", metavar="ID", shell_complete=numbers)
@command
async def pause(face: Face, wanted: str) -> int:
    """Start no further device; running ones finish."""
    return await _steer(face, wanted, "pause")


@jobs.command()
@click.argument("wanted", metavar="ID", shell_complete=numbers)
@command
async def resume(face: Face, wanted: str) -> int:
    """Go on after a pause."""
    return await _steer(face, wanted, "resume")


@jobs.command()
@click.argument("wanted", metavar="ID", shell_complete=numbers)
@command
async def cancel(face: Face, wanted: str) -> int:
    """Start no further device and skip the rest; a change that runs finishes its device."""
    return await _steer(face, wanted, "cancel")


@jobs.command()
@click.argument("wanted", metavar="ID", shell_complete=numbers)
@click.option("--yes", is_flag=True, help="Do it; without it the plan is printed.")
@click.option("--password-stdin", is_flag=True, help="Read the secret parameter from stdin.")
@command
async def retry(face: Face, wanted: str, yes: bool, password_stdin: bool) -> int:
    """Plan the devices again that did not end well, and with --yes run them."""
    from owtui.cli.plans import show_plan

    async with face.engine() as engine:
        old = (await engine.jobs.find(wanted)).job
        plan = await engine.jobs.retry_plan(old.id)
        if not yes:
            show_plan(face, plan)
            face.output.talk("Nothing was done: add --yes to do it.")
            return 0
        secrets = ask(plan, password_stdin)
        await engine.serve(plan.action)
        job = await engine.jobs.submit(plan, secrets, retry_of=old.id)
        return await follow_job(face, engine, job.id, show_each=False)


async def _steer(face: Face, wanted: str, verb: str) -> int:
    face.permit(f"To {verb} a job")
    async with face.engine() as engine:
        job = (await engine.jobs.find(wanted)).job
        await getattr(engine.jobs, verb)(job.id)
        told = await engine.jobs.report(job.id)
        if verb == "resume" and engine.holder_words() == "nobody":
            face.output.talk(f"No engine runs: `owtui jobs {told['number']} --follow` is one.")
    told.pop("results")
    if face.output.machine:
        face.output.document(told)
    else:
        _print(face, told)
    return OK


async def follow_job(face: Face, engine: Engine, job_id: UUID, *, show_each: bool) -> int:
    """Wait for a job, telling each device as it ends; returns its exit code.

    Interrupted, a job that changes devices is left resumable, and that is said.
    """
    waiting = asyncio.create_task(engine.jobs.wait(job_id), name="wait for the job")
    told: set[UUID] = set()
    each = show_each and not face.output.json
    try:
        while each and not waiting.done():
            await _tell_new(face, engine, job_id, told)
            await asyncio.wait([waiting], timeout=1.0)
        await waiting
    except asyncio.CancelledError:
        waiting.cancel()
        number = (await engine.jobs.report(job_id))["number"]
        face.output.talk(
            f"interrupted: running steps are finished first; `owtui jobs {number} --follow`"
            f" goes on, `owtui jobs cancel {number}` ends it"
            if engine.holds
            else f"interrupted: job {number} goes on in the engine of {engine.holder_words()}"
        )
        return INTERRUPTED
    if each:
        await _tell_new(face, engine, job_id, told)
    return show_job(face, await engine.jobs.report(job_id), brief=each)


async def _tell_new(face: Face, engine: Engine, job_id: UUID, told: set[UUID]) -> None:
    for result in await engine.jobs.results(job_id):
        if result.finished is not None and result.device_id not in told:
            told.add(result.device_id)
            if face.output.machine:
                face.output.line(result.as_dict())
            else:
                said = result.error.sentence if result.error else result.step
                face.output.text(f"{result.device:<24} {result.state.value:<10} {said}".rstrip())


def show_job(face: Face, told: dict[str, Any], *, brief: bool = False) -> int:
    """Print a job with its results, or only how it stands; returns its exit code."""
    code = of_job(told) if told["finished"] else OK
    if brief:
        told = {key: value for key, value in told.items() if key != "results"}
    if face.output.machine:
        face.output.document({"job": told["id"], **told})
    else:
        _print(face, told)
    return code


def _print(face: Face, told: dict[str, Any]) -> None:
    from owtui.engine.jobs.state import words

    reason = f" ({told['reason']})" if told["reason"] else ""
    face.output.text(
        f"job {told['number']}  {told['title']}: {words(told)}{reason},"
        f" {told['ok']} ok, {told['failed']} failed, {told['skipped']} skipped"
    )
    for result in told.get("results", []):
        said = result["error"]["sentence"] if result["error"] else result["note"]
        face.output.text(f"  {result['device']:<24} {result['state']:<11} {said or ''}".rstrip())
        output = result["output"] if result["output"].strip() != said else ""
        for line in (output or "").splitlines():
            face.output.text(f"      {line}")
