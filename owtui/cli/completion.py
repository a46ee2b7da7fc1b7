"""`owtui completion SHELL`: the script that makes bash, zsh or fish complete our words."""

from __future__ import annotations

import click

from owtui.cli.completing import script
from owtui.cli.face import Face


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def completion(face: Face, shell: str) -> None:
    """Print the completion script, e.g. for `source <(owtui completion bash)`."""
    face.output.out.write(script(shell) + "\n")
