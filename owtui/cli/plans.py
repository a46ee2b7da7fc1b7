"""`owtui plan` and `owtui apply`: every action of the console, seen first, then done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import actions, filters
from owtui.cli.face import Face, command
from owtui.cli.jobs import follow_job
from owtui.cli.secrets import ask
from owtui.errors import BlockedError, InputError

if TYPE_CHECKING:
    from owtui.engine.actions.base import Param
    from owtui.engine.engine import Engine
    from owtui.engine.jobs.plan import Plan
    from owtui.engine.selection.selection import Selection

    Choose = Callable[[Engine], Awaitable[tuple[Selection, tuple[str, ...]]]]

ORDERS = ("topology",)
ORDER_HELP = "What hangs on another device goes before it."
SAVED = click.Path(path_type=Path, dir_okay=False)


class Acting(click.Command):
    """A command whose help lists the actions with what -p gives them."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The actions, each with its parameters below it."""
        from owtui.engine.actions.registry import Registry

        with formatter.section("Actions"):
            rows: list[tuple[str, str]] = []
            for one in Registry.load():
                rows.append((one.id, one.help))
                rows += [(f"  -p {p.name}=", _said(p)) for p in one.params if p.kind != "secret"]
                rows += [("  asked for", p.title) for p in one.params if p.kind == "secret"]
            formatter.write_dl(rows)
        super().format_epilog(ctx, formatter)


def _said(param: Param) -> str:
    what = [param.help or param.title, ", ".join(param.choices)]
    if not param.required and param.default not in (None, ""):
        default = ("no", "yes")[param.default] if param.kind == "bool" else param.default
        what.append(f"{default} without it")
    return "; ".join(filter(None, what))


@click.command(cls=Acting)
@click.argument("action", shell_complete=actions)
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("-p", "pairs", multiple=True, metavar="KEY=VALUE", help="A parameter.")
@click.option("--all", "everything", is_flag=True, help="Every device.")
@click.option("--order", type=click.Choice(ORDERS), help=ORDER_HELP)
@click.option("--save", type=SAVED, help="Keep the plan.")
@command
async def plan(
    face: Face,
    action: str,
    filter: tuple[str, ...],
    pairs: tuple[str, ...],
    everything: bool,
    order: str | None,
    save: Path | None,
) -> int:
    """Say what ACTION would do to the devices of a FILTER. Nothing is sent."""
    async with face.engine() as engine:
        made = await make(face, engine, action, filter, everything, pairs, order or "")
        _save(face, made, save)
        show_plan(face, made)
    return 0


@click.command(cls=Acting)
@click.argument("what", metavar="ACTION|PLAN_FILE", shell_complete=actions)
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("-p", "pairs", multiple=True, metavar="KEY=VALUE", help="A parameter.")
@click.option("--all", "everything", is_flag=True, help="Every device.")
@click.option("--order", type=click.Choice(ORDERS), help=ORDER_HELP)
@click.option("--yes", is_flag=True, help="Do it; without it the plan is printed.")
@click.option("--follow", is_flag=True, help="Show each device as it ends.")
@click.option("--save", type=SAVED, help="Keep the plan.")
@click.option("--password-stdin", is_flag=True, help="Read the secret parameter from stdin.")
@command
async def apply(
    face: Face,
    what: str,
    filter: tuple[str, ...],
    pairs: tuple[str, ...],
    everything: bool,
    order: str | None,
    yes: bool,
    follow: bool,
    save: Path | None,
    password_stdin: bool,
) -> int:
    """Do what a saved plan says, or what ACTION would do, once --yes is given."""
    async with face.engine() as engine:
        if Path(what).is_file():
            if filter or everything or pairs or order:
                raise InputError("A plan file holds its devices, order and parameters already.")
            made = _read_plan(Path(what))
        elif "/" in what or what.endswith(".json"):
            raise InputError(
                f"There is no plan file {what}.",
                "`owtui plan ACTION FILTER --save FILE` makes one.",
            )
        else:
            made = await make(face, engine, what, filter, everything, pairs, order or "")
        _save(face, made, save)
        return await _apply(face, engine, made, yes, follow, password_stdin)


def yes_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that plans an action for one device: --yes, --follow, --save."""
    for option in (
        click.option("--save", type=SAVED, help="Keep the plan."),
        click.option("--follow", is_flag=True, help="Show each device as it ends."),
        click.option("--yes", is_flag=True, help="Do it; without it the plan is printed."),
    ):
        function = option(function)
    return function


def acting_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for the devices of a FILTER, or --all."""
    everything = click.option("--all", "everything", is_flag=True, help="Every device.")
    return everything(yes_options(function))


async def plan_and_apply(
    face: Face,
    action: str,
    filter: tuple[str, ...],
    everything: bool,
    params: Mapping[str, Any],
    *,
    yes: bool,
    follow: bool = False,
    save: Path | None = None,
    choose: Choose | None = None,
) -> int:
    """What a command of its own (`devices remove`) does: plan, and with --yes apply.

    `choose` says whom it is about where neither FILTER nor --all does, with notes for the plan.
    """
    async with face.engine() as engine:
        notes: tuple[str, ...] = ()
        if choose is not None and not filter and not everything:
            chosen, notes = await choose(engine)
        else:
            chosen = face.select(engine, filter, everything)
        made = await engine.plan(action, chosen, params)
        made = replace(made, notes=(*notes, *made.notes))
        _save(face, made, save)
        return await _apply(face, engine, made, yes, follow, False)


async def plan_for_one(
    face: Face,
    action: str,
    name: str,
    params: Mapping[str, Any],
    *,
    yes: bool,
    follow: bool,
    save: Path | None,
    before: Callable[[Engine, UUID], Awaitable[int]] | None = None,
) -> int:
    """The same for the one device of this name, MAC or id.

    `before` is done first; another answer of it than 0 is the exit code.
    """
    async with face.engine() as engine:
        row = engine.device(name)
        if before is not None and (code := await before(engine, row.id)):
            return code
        selection = engine.select("", cursor=row.id)
        made = await engine.plan(action, selection, params)
        _save(face, made, save)
        return await _apply(face, engine, made, yes, follow, False)


async def make(
    face: Face,
    engine: Engine,
    action: str,
    filter: tuple[str, ...],
    everything: bool,
    pairs: tuple[str, ...],
    order: str = "",
) -> Plan:
    """A plan from the words of a command line. Raises InputError."""
    for problem in engine.actions.problems:
        face.output.talk(problem.sentence)
    found = engine.actions.get(action)
    selection = face.select(engine, filter, everything)
    from owtui.engine.actions.params import parse_text

    return await engine.plan(action, selection, parse_text(found, pairs), order)


def show_plan(face: Face, made: Plan) -> None:
    """Print a plan: counts, waves, a row a device, its diff below."""
    if face.output.machine:
        face.output.document(made.as_dict())
        return
    told = made.as_dict()
    face.output.text(
        f"PLAN  {made.title}: {told['changes']} change, {told['same']} same,"
        f" {told['blocked']} blocked"
    )
    if made.waves:
        waves = " → ".join(map(str, made.waves))
        arrow = waves.replace("→", "->") if face.output.ascii else waves
        stop = f", stop at {made.stop_after} failures" if made.stop_after else ""
        face.output.text(f"waves {arrow}, {made.parallel} at once{stop}")
    for note in made.notes:
        face.output.text(f"note: {note}")
    for row in made.rows:
        said = "; ".join(filter(None, (row.reason, row.begins)))
        face.output.text(f"  {row.device:<24} {row.verdict.value:<8} {said}".rstrip())
        turn = [f"turn: {row.turn}"] if row.turn else []
        for line in (*turn, *row.commands, *row.diff.splitlines()):
            face.output.text(f"      {line}")


def _save(face: Face, made: Plan, file: Path | None) -> None:
    if file is None:
        return
    try:
        file.write_text(made.to_json(), "utf-8")
    except OSError as error:
        raise InputError(
            f"The plan cannot be saved as {file}: {error.strerror}.", "Choose another place."
        ) from None
    face.output.talk(f"saved: {file}")


def refuse_blocked(made: Plan) -> None:
    """Raises BlockedError for a plan that is blocked on every device."""
    reasons = {row.reason for row in made.rows}
    if made.rows and all(row.verdict.value == "blocked" for row in made.rows):
        why = reasons.pop() if len(reasons) == 1 else f"{len(reasons)} reasons, see the plan"
        raise BlockedError(f"{made.title}: blocked on all of them.", f"Why: {why}")


async def _apply(
    face: Face, engine: Engine, made: Plan, yes: bool, follow: bool, password_stdin: bool
) -> int:
    if not yes:
        show_plan(face, made)
        if made.changing:
            face.output.talk("Nothing was done: add --yes to do it.")
        return 0
    refuse_blocked(made)
    if not made.changing:  # asked for what is there already: to do it twice is no failure
        if face.output.machine:
            face.output.document({"job": None, **made.as_dict()})
        else:
            show_plan(face, made)
        face.output.talk("Nothing to do: it is so already.")
        return 0
    secrets = ask(made, password_stdin)
    await engine.serve(made.action)
    job = await engine.jobs.submit(made, secrets)
    return await follow_job(face, engine, job.id, show_each=follow)


def _read_plan(file: Path) -> Plan:
    from owtui.engine.jobs.plan import Plan

    try:
        return Plan.from_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read: {error}.") from None
