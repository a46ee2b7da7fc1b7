"""`owtui keys`: the keymap as it is in force, and whether it clashes."""

from __future__ import annotations

import click

from owtui import custom, keymap
from owtui.cli.face import Face
from owtui.cli.keysdoc import tables
from owtui.cli.output import titled
from owtui.keynames import shown


@click.command()
@click.option("--print", "print_", is_flag=True, help="Print the keys (the default).")
@click.option("--check", is_flag=True, help="Report clashes; exit 1 when there are some.")
@click.option("--preset", type=click.Choice(list(keymap.PRESETS)), help="Not the settings' one.")
@click.option("--markdown", is_flag=True, help="Print the tables of docs/keys.md.")
@click.pass_context
def keys(ctx: click.Context, print_: bool, check: bool, preset: str | None, markdown: bool) -> None:
    """Print every binding with its id, or check the settings' keymap for clashes."""
    face: Face = ctx.obj
    if markdown:
        face.output.out.write(tables())
        return
    chosen, own = face.loaded.settings, custom.keys(face.loaded.actions)
    preset = preset or chosen.keys_preset
    if not check:
        rows = [
            {
                "id": key.id,
                "keys": [shown(k, ascii_only=face.output.ascii) for k in key.keys],
                "scope": key.scope,
                "changes": key.changes,
                "help": key.help,
            }
            for key in keymap.resolve(chosen.keys, preset, own)
        ]
        face.output.records(titled("id", "keys", "scope", "help"), rows)
        return
    found = keymap.clashes(chosen.keys, preset, own)
    for clash in found:
        face.output.text(f"{clash.kind}: {clash.sentence}")
    face.output.talk("no clashes" if not found else f"{len(found)} clashes")
    if found:
        ctx.exit(1)
