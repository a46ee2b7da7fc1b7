"""Secret parameters of a plan: from a pipe or typed unseen, never from the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.jobs.plan import Plan


def ask(plan: Plan, from_stdin: bool) -> dict[str, str]:
    """One line of standard input a secret, or a prompt each. Raises InputError without either."""
    if not plan.secrets:
        return {}
    if from_stdin:
        lines = sys.stdin.read().splitlines()
        if len(lines) != len(plan.secrets):
            raise InputError(
                f"Standard input must hold {len(plan.secrets)} line(s): {', '.join(plan.secrets)}."
            )
        return dict(zip(plan.secrets, lines, strict=True))
    if not sys.stdin.isatty():
        raise InputError(
            f"{plan.title} needs {', '.join(plan.secrets)}.", "Give it with --password-stdin."
        )
    return {
        name: click.prompt(name, hide_input=True, confirmation_prompt=True, err=True)
        for name in plan.secrets
    }
