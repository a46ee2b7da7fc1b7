"""What every test may use: a private home, the shared captures, see tests/tools.py for programs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Fixtures are found by their names here: the imports are their registration.
from tests.storage_fixtures import (  # noqa: F401
    database,
    database_url,
    empty_url,
    pg_server,
    pg_url,
    sqlite_database,
    sqlite_template,
    sqlite_url,
)
from tests.tools import missing

ROOT = Path(__file__).parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Generate 200 examples where everything runs, 40 in the fast part; no clock decides."""
    settings.register_profile(
        "owtui",
        max_examples=40 if "not slow" in config.getoption("markexpr") else 200,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],  # the machine may be
    )
    settings.load_profile("owtui")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So a shell starts what it puts in the background; our children would ignore Ctrl-C, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)


WHOLE = tuple(
    f"tests/{room}/"
    for room in (
        *("chaos", "cli", "console", "contract", "e2e", "guard", "lab", "perf", "simulator"),
        *("engine/inventory", "engine/jobs", "engine/transport"),
    )
)
"""Rooms whose tests start a whole console, command, engine or server: half a second each."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts something whole is not of the fast part."""
    for item in items:
        if item.nodeid.startswith(WHOLE):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True, scope="session")
def private_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Point every XDG folder at a temporary one: a test never sees the user's own fleet."""
    home = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    os.environ["HOME"] = str(home)
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    for name in [n for n in os.environ if n.startswith("OWTUI_")]:
        del os.environ[name]
    return home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of captures from real devices, which lives beside the checkout."""
    for parent in (ROOT, *ROOT.parents):
        folder = parent / ".." / "shared" / "data"
        if folder.is_dir():
            return folder.resolve()
    missing("captures of real devices", "put the shared data folder beside the checkout")
