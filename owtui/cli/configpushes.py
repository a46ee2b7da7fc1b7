"""`owtui config push`, `rollback`, `adopt`: plans for the devices themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import devices as known
from owtui.cli.completing import filters
from owtui.cli.face import Face, command
from owtui.cli.plans import acting_options, plan_and_apply, plan_for_one, yes_options

if TYPE_CHECKING:
    from owtui.engine.engine import Engine


def _timing(function: Any) -> Any:
    for option in (
        click.option("--settle", type=click.IntRange(0), help="Seconds before we look."),
        click.option(
            "--confirm-within",
            type=click.IntRange(1),
            help="Seconds after which a device takes back what was not confirmed.",
        ),
    ):
        function = option(function)
    return function


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@_timing
@click.option("--together", is_flag=True, help="All of them, or none.")
@click.option("--watch", type=click.IntRange(0), help="Seconds it must stay well before the next.")
@click.option("--address", default="", help="ADDRESS[:PORT] of one device that moves on purpose.")
@acting_options
@command
async def push(
    face: Face,
    filter: tuple[str, ...],
    confirm_within: int | None,
    settle: int | None,
    together: bool,
    watch: int | None,
    address: str,
    **how: Any,
) -> int:
    """Bring devices what they should have.

    Guarded: a device that cannot be reached afterwards goes back by itself. Without --yes the
    plan is printed: each device with its difference.
    """
    params = _given(confirm_within=confirm_within, settle=settle, watch=watch)
    if together:
        params["together"] = True
    if address:
        params["address"] = address
    return await plan_and_apply(face, "push_config", filter, params=params, **how)


@click.command()
@click.argument("name", shell_complete=known)
@click.option("--to", type=click.IntRange(1), help="Generation; the one before without it.")
@_timing
@yes_options
@command
async def rollback(
    face: Face,
    name: str,
    to: int | None,
    confirm_within: int | None,
    settle: int | None,
    **how: Any,
) -> int:
    """Bring back what was applied to a device before.

    Guarded as a push is.
    """
    params = _given(to=to, confirm_within=confirm_within, settle=settle)
    return await plan_for_one(face, "rollback_config", name, params, **how)


@click.command()
@click.argument("name", shell_complete=known)
@click.option("--recorded", is_flag=True, help="As it was read last, without reading it now.")
@yes_options
@command
async def adopt(face: Face, name: str, recorded: bool, **how: Any) -> int:
    """Keep what a device runs as its own configuration.

    It is read first. Its templates stay; what NetJSON cannot say is kept as UCI text.
    """
    from owtui.cli.config import read_now

    async def read(engine: Engine, device_id: UUID) -> int:
        return await read_now(face, engine, (device_id,), 1)

    before = None if recorded else read
    return await plan_for_one(face, "adopt_config", name, {}, before=before, **how)


def _given(**values: int | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
