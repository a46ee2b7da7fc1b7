"""`owtui completion SHELL`: the script that makes bash, zsh or fish complete our words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from owtui.cli.face import Face


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def completion(face: Face, shell: str) -> None:
    """Print the completion script, e.g. for `source <(owtui completion bash)`."""
    found = get_completion_class(shell)
    assert found is not None  # click.Choice allows only those that Click knows
    from owtui.cli.app import root

    face.output.out.write(found(root, {}, "owtui", "_OWTUI_COMPLETE").source() + "\n")
