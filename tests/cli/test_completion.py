"""Tab: commands, options, filters, devices; quickly, without an engine, and never an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from owtui.cli.completing import actions, glued
from tests.cli.conftest import CommandLine
from tests.routers import Routers
from tests.tools import tool


def tab(owtui: CommandLine, words: list[str], shell: str = "bash") -> list[str]:
    """What the shell is offered when Tab is hit at the end of the last word."""
    owtui.patch.setenv("_OWTUI_COMPLETE", f"{shell}_complete")
    owtui.patch.setenv("COMP_WORDS", " ".join(["owtui", *words]))
    owtui.patch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words)))
    done = owtui()
    owtui.patch.delenv("_OWTUI_COMPLETE")
    assert done.code == 0 and done.err == ""
    return [line.removeprefix("plain,") for line in done.out.splitlines()]


def test_commands_verbs_and_options_are_offered(owtui: CommandLine) -> None:
    assert tab(owtui, ["dev"]) == ["devices"]
    assert tab(owtui, ["devices", "sca"]) == ["scan"]
    assert tab(owtui, ["--json", "jobs", "pau"]) == ["pause"]
    assert tab(owtui, ["devices", "list", "--col"]) == ["--columns"]
    assert tab(owtui, ["devices", "--js"]) == ["--json", "--json-lines"]
    assert tab(owtui, ["completion", "z"]) == ["zsh"]
    assert "reboot" in tab(owtui, ["apply", "re"])


def test_filters_complete_by_keys_values_and_names(owtui: CommandLine, routers: Routers) -> None:
    first = routers.names[0]
    assert first in tab(owtui, ["devices", first[:3]])
    assert first in tab(owtui, ["run", "uptime", first[:3]])
    assert first in tab(owtui, ["devices", "show", first[:3].upper()])
    assert "zone=" in tab(owtui, ["devices", "zo"])
    # bash cuts words at = and replaces the last piece only
    assert tab(owtui, ["devices", "status", "=", "crit"]) == ["critical"]
    assert first in tab(owtui, ["devices", "name", "="])
    assert tab(owtui, ["facts", "status=crit"], "zsh")[1] == "status=critical"


def test_numbers_of_jobs_are_offered(owtui: CommandLine, routers: Routers) -> None:
    assert owtui("run", "uptime", routers.names[0]).code == 0
    assert tab(owtui, ["jobs", "report", ""]) == ["1"]


@pytest.mark.parametrize(
    "words",
    [["nonsense", "x"], ["devices", "--config", "x"], ["--fleet", "attic", "devices", "a"], ["'"]],
)
def test_what_cannot_be_completed_is_silence(owtui: CommandLine, words: list[str]) -> None:
    tab(owtui, words)


def test_without_a_database_the_words_of_the_program_remain(bare: CommandLine) -> None:
    (bare.home / "data" / "owtui" / "owtui.db").unlink()
    assert tab(bare, ["devices", "sho"]) == ["show"]
    bare.patch.setenv("OWTUI_DATABASE", "postgresql://127.0.0.1:1/none")
    assert tab(bare, ["devices", "sho"]) == ["show"]


def test_the_actions_offered_are_those_that_there_are() -> None:
    import click

    from owtui.engine.actions.registry import Registry

    context = click.Context(click.Command("plan"))
    offered = actions(context, click.Argument(["action"]), "")
    assert offered == sorted(action.id for action in Registry.load())


def test_words_that_bash_cut_are_put_together() -> None:
    assert glued(["devices", "tag", "=", "ro"]) == ["devices", "tag=ro"]
    assert glued(["devices", "cpu", ">=", ""]) == ["devices", "cpu>="]
    assert glued(["devices", ""]) == ["devices", ""]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_us_back(bare: CommandLine, shell: str) -> None:
    done = bare("completion", shell)
    assert done.code == 0 and f"_OWTUI_COMPLETE={shell}_complete" in done.out


def test_bash_really_completes(owtui: CommandLine, routers: Routers, tmp_path: Path) -> None:
    bash = tool("bash", "bash")
    (tmp_path / "owtui").write_text(f'#!/bin/sh\nexec {sys.executable} -m owtui "$@"\n')
    (tmp_path / "owtui").chmod(0o755)
    script = tmp_path / "complete.sh"
    script.write_text(
        owtui("completion", "bash").out
        + "COMP_WORDS=(owtui devices name = '')\nCOMP_CWORD=4\n"
        + '_owtui_completion owtui\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "--norc", script],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PATH": path},
    )
    assert done.stdout.split() == routers.names, done.stderr


def test_completing_loads_no_database_library(owtui: CommandLine) -> None:
    code = (
        "import sys\nfrom owtui.cli.app import run\nrun([])\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'asyncssh', 'cryptography', 'textual'}\n"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    environ = {"_OWTUI_COMPLETE": "bash_complete", "COMP_WORDS": "owtui devices a"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=30,
        env={**os.environ, **environ, "COMP_CWORD": "2"},
    )
    assert done.returncode == 0 and done.stdout
