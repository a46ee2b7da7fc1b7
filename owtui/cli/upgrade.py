"""`owtui upgrade`: firmware for the devices of a filter, planned first, done with --yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import filters
from owtui.cli.face import Face, command
from owtui.cli.plans import acting_options, plan_and_apply
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.selection.selection import Selection


@click.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--build", required=True, metavar="CATEGORY/VERSION", help="Of `firmware builds`.")
@click.option(
    "--options",
    default="",
    metavar="LETTERS",
    help="Of sysupgrade, like c,F; c (keep changed files in /etc) without it.",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(30, 7200),
    help="Seconds that a device may be away from the flash on; 880 without it.",
)
@click.option(
    "--at",
    metavar="TIME",
    help="Not before: 01:00, or 2026-11-28T01:00; in 10 minutes at the earliest.",
)
@click.option(
    "--persistent/--not-persistent",
    default=None,
    help="Try devices that are away again, for days; without it: where there are several.",
)
@click.option(
    "--firmwareless",
    is_flag=True,
    help="Without a FILTER: also devices without a known image that match by board.",
)
@acting_options
@command
async def upgrade(
    face: Face,
    filter: tuple[str, ...],
    build: str,
    options: str,
    wait_s: int | None,
    at: str | None,
    persistent: bool | None,
    firmwareless: bool,
    **how: Any,
) -> int:
    """Flash devices with the image of a build, and see that they run it.

    The image that fits the board of each device is chosen. Its configuration is saved and fetched
    first, and sysupgrade judges the image before it is flashed. Without --yes the plan is printed.

    Without a FILTER it is for the devices that have another image of the build's category.
    """
    if firmwareless and (filter or how["everything"]):
        raise InputError(
            "--firmwareless is for an upgrade without a FILTER.",
            "With one all that it finds are taken.",
        )

    async def choose(engine: Engine) -> tuple[Selection, tuple[str, ...]]:
        found = await engine.firmware.concerned(build)
        ids = found.ids(firmwareless=firmwareless)
        if not ids:
            raise InputError(
                f"No device has another image of {found.build.category}.",
                "--firmwareless takes those that match by board, a FILTER any.",
            )
        return engine.select("", marks=ids), found.notes(firmwareless=firmwareless)

    params: dict[str, Any] = {"build": build, "options": options}
    if wait_s is not None:
        params["wait_s"] = wait_s
    if persistent is not None:
        params["persistent"] = "yes" if persistent else "no"
    if at:
        params["at"] = at
    return await plan_and_apply(face, "upgrade", filter, params=params, choose=choose, **how)
