"""`owtui logs`: the end of a device's system log, and what is added to it."""

from __future__ import annotations

import click

from owtui.cli.completing import devices
from owtui.cli.face import Face, command


@click.command()
@click.argument("name", shell_complete=devices)
@click.option("--follow", "-f", is_flag=True, help="Go on as lines are written, until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(0, 10_000), default=50, show_default=True)
@click.option(
    "--match", default="", help="Of these, only those that this regular expression finds."
)
@command
async def logs(face: Face, name: str, follow: bool, lines: int, match: str) -> int:
    """Print the last lines of the log of the device NAME."""
    async with face.engine() as engine:
        device = engine.device(name)
        if not follow:
            found = await engine.sessions.recent_log(device.id, lines=lines, match=match)
            told = [{"device": device.name, "line": line.text} for line in found]
            if face.output.machine:
                face.output.document(told)
            else:
                face.output.text("\n".join(line.text for line in found))
            return 0
        async with engine.sessions.log(device.id, lines=lines, match=match) as tail:
            async for line in tail:
                if line.marker:
                    face.output.talk(line.text)
                else:
                    _print(face, {"device": device.name, "line": line.text})
    return 0


def _print(face: Face, row: dict[str, str]) -> None:
    if face.output.machine:
        face.output.line(row)
    else:
        face.output.text(row["line"])
