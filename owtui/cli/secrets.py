"""Secrets, of a plan or a login: from a pipe or typed unseen, never from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
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


def login_password(from_stdin: bool, key: Path | None, agent: bool) -> str | None:
    """A login's password, or its key's passphrase, from a pipe or typed unseen; None without one.

    Raises InputError where there is nothing to log in with and no terminal to ask at.
    """
    if from_stdin:
        line = sys.stdin.readline()
        if not line:  # what was to print it failed: to take that for "no password" would be a trap
            raise InputError(
                "Standard input ended before the password.",
                "Give it as one line; an empty line is a device without a password.",
            )
        return line.rstrip("\r\n")
    if key and sys.stdin.isatty() and _is_locked(key):
        phrase: str = click.prompt(f"Passphrase of {key}", hide_input=True, err=True)
        return phrase
    if key or agent:
        return None
    if not sys.stdin.isatty():
        raise InputError(
            "How does owtui log in? Nothing was given and there is no terminal to ask at.",
            "Give --key FILE, --agent or --password-stdin.",
        )
    typed: str = click.prompt("Password", hide_input=True, default="", show_default=False, err=True)
    return typed


def _is_locked(key: Path) -> bool:
    from owtui.engine.inventory.desk import private_key
    from storage.logins import is_locked

    return is_locked(private_key(key))
