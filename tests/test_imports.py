"""What really gets loaded: a static graph cannot see deferred imports, sys.modules can."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

TELL = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"


def loaded_after(code: str) -> set[str]:
    """Top-level and dotted names in sys.modules once `code` ran in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code + TELL], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_version_is_answered_before_anything_is_imported() -> None:
    code = "import sys; sys.argv=['owtui','--version']\nfrom owtui.__main__ import main\nmain()"
    heavy = {"typer", "textual", "sqlmodel", "asyncssh", "sqlalchemy", "cryptography", "httpx"}
    assert not loaded_after(code) & heavy


def running(command: str) -> str:
    """Code that runs a command line, which must succeed."""
    return (
        f"import sys; sys.argv=['owtui', *{command.split()!r}]\n"
        "from owtui.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code"
    )


@pytest.mark.parametrize("command", ["devices --json", "info --json", "keys --print", "--help"])
def test_the_command_line_never_loads_textual(command: str) -> None:
    seen = loaded_after(running(command))
    assert not seen & {"textual", "owtui.console", "plotext", "networkx"}


@pytest.mark.parametrize("command", ["devices", "jobs", "audit", "info"])
def test_what_only_reads_the_database_loads_nothing_that_talks_to_devices(command: str) -> None:
    seen = loaded_after(running(f"{command} --json"))
    assert "owtui.engine.engine" in seen
    assert not seen & {"asyncssh", "httpx", "dbos", "jsonschema", "yaml"}


def test_a_list_of_devices_loads_what_it_needs_alone() -> None:
    seen = loaded_after(running("devices --json"))
    assert not seen & {"owtui.engine.inventory.desk", "owtui.engine.jobs.jobs"}


@pytest.mark.parametrize(
    "module", ["openwrt.reach", "transport.pool", "inventory.scout", "sessions"]
)
def test_what_talks_to_devices_is_loaded_without_starting_a_program(module: str) -> None:
    seen = loaded_after(
        "import sys\n"
        "def refuse(event, args):\n"
        "    assert event not in ('subprocess.Popen', 'os.posix_spawn', 'os.fork'), args\n"
        "sys.addaudithook(refuse)\n"
        f"import owtui.engine.{module}, ctypes.util\n"
        "assert ctypes.util.find_library.__module__ == 'ctypes.util'"
    )
    assert "asyncssh" in seen


def test_the_console_draws_its_first_frame_without_engine_or_database() -> None:
    seen = loaded_after(
        "import owtui.console.boot; from owtui.console.registry import load; load()"
    )
    heavy = {"sqlmodel", "sqlalchemy", "asyncssh", "httpx", "dbos", "alembic", "cryptography"}
    heavy |= {"numpy", "networkx", "plotext", "sqlite3", "importlib.metadata"}
    assert "textual.app" in seen
    assert not seen & heavy
