"""Tab: commands, options, filters, devices; quickly, without an engine, and never an error."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from owtui.cli.completing import actions, glued
from tests.cli.conftest import CommandLine
from tests.cli.netjson import banner, write
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


def test_templates_groups_and_scopes_are_offered(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    file = write(tmp_path, banner("one"))
    assert owtui("templates", "add", "upper-roof", file).code == 0
    assert owtui("groups", "add", "roofs").code == 0
    assert tab(owtui, ["templates", "show", "up"]) == ["upper-roof"]
    assert tab(owtui, ["templates", "assign", "up"]) == ["upper-roof"]
    assert tab(owtui, ["templates", "una"]) == ["unassign"]
    assert "roofs" in tab(owtui, ["groups", "set", "ro"])
    assert tab(owtui, ["variables", "set", "glo"]) == ["global"]
    assert tab(owtui, ["variables", "set", "group", ":", "roofs"])[-1] == "roofs"
    assert routers.names[0] in tab(owtui, ["variables", "show", routers.names[0][:4]])
    assert tab(owtui, ["config", "rol"]) == ["rollback"]


def test_topologies_and_their_formats_are_offered(owtui: CommandLine) -> None:
    assert owtui("topologies", "add", "Harbour", "olsr", "--receive").code == 0
    assert tab(owtui, ["topology", "show", "har"]) == ["Harbour"]
    assert tab(owtui, ["topologies", "set", "al"]) == ["all"]
    assert tab(owtui, ["topology", "import", "x", "wire"]) == ["wireguard"]


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


@pytest.fixture
def environ(owtui: CommandLine, tmp_path: Path) -> dict[str, str]:
    """An environment in which a shell finds `owtui`, with the routers in its inventory."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "owtui").write_text(f'#!/bin/sh\nexec {sys.executable} -m owtui "$@"\n')
    (folder / "owtui").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "HOME": str(tmp_path),
        "ZDOTDIR": str(tmp_path),
        "TERM": "vt100",
    }


def test_bash_really_completes(
    owtui: CommandLine, routers: Routers, environ: dict[str, str]
) -> None:
    bash = tool("bash", "bash")
    script = Path(environ["HOME"]) / "complete.sh"
    script.write_text(
        owtui("completion", "bash").out
        + "COMP_WORDS=(owtui devices name = '')\nCOMP_CWORD=4\n"
        + '_owtui_completion owtui\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [bash, "--norc", script], capture_output=True, text=True, timeout=60, env=environ
    )
    assert done.stdout.split() == routers.names, done.stderr


def test_fish_really_completes(
    owtui: CommandLine, routers: Routers, environ: dict[str, str]
) -> None:
    fish = tool("fish", "fish")
    script = Path(environ["HOME"]) / "owtui.fish"
    script.write_text(owtui("completion", "fish").out)

    def offered(line: str) -> list[str]:
        done = subprocess.run(
            [fish, "--no-config", "-c", f"source {script}; complete -C '{line}'"],
            capture_output=True,
            text=True,
            timeout=60,
            env=environ,
        )
        assert done.stderr == ""
        return [found.split("\t")[0] for found in done.stdout.splitlines()]

    assert offered("owtui devi") == ["devices"]
    assert offered("owtui devices zo") == ["zone="]
    assert offered("owtui devices name=") == [f"name={name}" for name in routers.names]
    assert "--save" in offered("owtui plan reboot --sa")
    assert offered("owtui --fleet attic devices a") == []


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("owtui devi", "owtui devices "),
        ("owtui devices zo", "owtui devices zone="),
        ("owtui devices status=crit", "owtui devices status=critical "),
        ("owtui devices sca", "owtui devices scan "),
        ("owtui --fleet attic devices nam", "owtui --fleet attic devices nam"),
    ],
)
def test_zsh_really_completes(
    owtui: CommandLine, routers: Routers, environ: dict[str, str], typed: str, completed: str
) -> None:
    """At its prompt, on a terminal: Tab, then a key that writes the line down and leaves."""
    zsh = tool("zsh", "zsh")
    home = Path(environ["HOME"])
    (home / "owtui.zsh").write_text(owtui("completion", "zsh").out)
    (home / ".zshrc").write_text(
        "autoload -U compinit; compinit -u -D\nsource ~/owtui.zsh\n"
        "PS1='ready'; tell() { print -rn -- $BUFFER > ~/line; exit }\n"
        "zle -N tell; bindkey '^X' tell\n"
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [zsh, "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True
    ) as running:
        os.close(theirs)
        seen = b""
        while b"ready" not in seen:
            seen += os.read(ours, 4096)
        os.write(ours, f"{typed}\t\x18".encode())
        with suppress(OSError):  # how Linux says that the other end was closed
            while chunk := os.read(ours, 4096):
                seen += chunk
        running.wait(60)
    os.close(ours)
    assert (home / "line").read_text() == completed, seen


def test_what_goes_wrong_within_is_silence_too(
    owtui: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage import glance

    def broken(*words: object) -> list[str]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(glance, "device_names", broken)
    assert tab(owtui, ["devices", "name=a"]) == []


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
