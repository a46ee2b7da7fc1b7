"""`owtui config`: the configurations of devices."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import devices, filters
from owtui.cli.exits import OK, about, of_results
from owtui.cli.face import Face, command
from owtui.cli.group import LazyGroup
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.configs.drift import DriftRow
    from owtui.engine.engine import Engine

_TITLES = {
    "device": "DEVICE",
    "packages": "DRIFTED",
    "since": "SINCE",
    "who": "LIKELY",
    "ignored": "IGNORED",
}


@click.group(
    cls=LazyGroup,
    verbs={
        "show": "configs:show",
        "set": "configs:set_",
        "render": "configs:render",
        "diff": "configdiffs:diff",
        "push": "configpushes:push",
        "history": "configs:history",
        "rollback": "configpushes:rollback",
        "adopt": "configpushes:adopt",
    },
)
def config() -> None:
    """Configurations of devices: what they should have, and bringing it to them."""


@config.command("drift")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--now", "look", is_flag=True, help="Read the configurations first.")
@click.option("--parallel", type=click.IntRange(1, 1_000), default=32, help="So many at once.")
@click.option("--ignore", is_flag=True, help="Leave them as they are until they move again.")
@command
async def drift(
    face: Face, filter: tuple[str, ...], look: bool, parallel: int, ignore: bool
) -> int:
    """Tell which devices are not as they were applied, in what, since when, and who is likely.

    From the record, which polls renew. Without a FILTER it is the whole fleet; the table shows
    those that drifted, JSON all.
    """
    if ignore:
        face.permit("Ignoring drift")
    async with face.engine() as engine:
        selection = face.select(engine, filter, None if not (filter or ignore) else False)
        code = await read_now(face, engine, selection.ids, parallel) if look else OK
        told = await engine.polls.running.drift(selection.ids)
        if ignore:
            for row in told:
                if row.drifted and not row.ignored:
                    await engine.polls.running.ignore(row.device_id, engine.operator)
            told = await engine.polls.running.drift(selection.ids)
    if face.output.machine:
        face.output.document([_record(row) for row in told])
    else:
        _table(face, told)
    return code


@config.command("running")
@click.argument("name", shell_complete=devices)
@click.option("--now", "look", is_flag=True, help="Read it first.")
@command
async def running(face: Face, name: str, look: bool) -> int:
    """Print what a device runs, file by file, as it was read last; secrets are dots."""
    from owtui.engine.configs.masking import mask
    from owtui.engine.openwrt.sums import package_of

    async with face.engine() as engine:
        row = engine.device(name)
        code = await read_now(face, engine, (row.id,), 1) if look else OK
        found = await engine.polls.running.running(row.id)
    if found is None:
        raise InputError(f"The configuration of {row.name} was never read.", "--now reads it.")
    texts = {
        path: mask(file.data.decode("utf-8", "replace"), package_of(path))
        for path, file in sorted(found.files.items())
    }
    if face.output.machine:
        told = {"device": row.name, "device_id": row.id, "read_at": found.read_at}
        face.output.document(
            {**told, "staged": found.staged, "unread": dict(found.unread), "files": texts}
        )
        return code
    for path, text in texts.items():
        face.output.text(f"# {path}\n{text.rstrip()}\n")
    for path, why in found.unread.items():
        face.output.talk(f"{path} is not here: {why}.")
    if found.staged:
        face.output.talk(f"Not committed on the device: {', '.join(found.staged)}.")
    return code


async def read_now(face: Face, engine: Engine, ids: tuple[Any, ...], parallel: int) -> int:
    """Read the configurations now, and say of which devices they could not be."""
    results = []
    for look in await engine.polls.running.look(ids, parallel):
        name = engine.fleet.rows[look.device_id].name
        error = look.failure.as_dict() if look.failure else None
        results.append({"ok": error is None, "error": error})
        if error:
            face.output.talk(about(name, error))
    return of_results(results)


def _record(row: DriftRow) -> dict[str, Any]:
    """A row of the contract: add, never rename."""
    told = asdict(row)
    return {"device": told.pop("device"), "device_id": told.pop("device_id"), **told}


def _table(face: Face, told: list[DriftRow]) -> None:
    drifted = [_record(row) for row in told if row.drifted]
    unknown = sum(row.read_at is None for row in told)
    unbound = sum(row.read_at is not None and not row.expected for row in told)
    if drifted:
        face.output.records(_TITLES, drifted)
    elif told:
        face.output.talk(f"None of {len(told)} devices has drifted.")
    if unknown:
        face.output.talk(f"{unknown} were never read; --now reads them.")
    if unbound:
        face.output.talk(f"To {unbound} nothing was applied yet, so that nothing can drift.")
