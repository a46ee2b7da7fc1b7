"""The command line in this process, on an inventory of its own and routers that all tests share."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from owtui.cli.app import run
from owtui.simulator import FleetSpec
from tests.routers import Routers, running


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command line."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


@dataclass(slots=True)
class CommandLine:
    """Runs `owtui …` here; `environ` is that of a process of its own with the same inventory."""

    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    home: Path

    def __call__(self, *argv: object, stdin: str = "") -> Done:
        self.patch.setattr(sys, "stdin", io.StringIO(stdin))
        self.capture.readouterr()
        code = run([str(word) for word in argv])
        return Done(code, *self.capture.readouterr())

    def start(self, *argv: object) -> subprocess.Popen[str]:
        """The same in a process, for signals and pipes."""
        return subprocess.Popen(
            [sys.executable, "-m", "owtui", *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )


@pytest.fixture(scope="session")
def routers() -> Iterator[Routers]:
    """Four routers; a test that changes one mends it."""
    with running(FleetSpec(devices=4, seed=3, speed=0.05, boot_s=4.0)) as made:
        yield made


@pytest.fixture
def bare(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    sqlite_template: Path,
) -> CommandLine:
    """An empty inventory in a home of its own."""
    home = tmp_path / "home"
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    data = home / "data" / "owtui"
    data.mkdir(parents=True, mode=0o700)
    shutil.copy(sqlite_template, data / "owtui.db")
    return CommandLine(capsys, monkeypatch, home)


@pytest.fixture(scope="session")
def stock(
    routers: Routers, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Path:
    """A data folder with the routers in it, to be copied."""
    folder = tmp_path_factory.mktemp("stock")
    shutil.copy(sqlite_template, folder / "owtui.db")
    inventory = routers.write_inventory(folder / "inventory.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "home"))
        patch.setenv("XDG_STATE_HOME", str(folder / "home"))
        (folder / "home").mkdir()
        (folder / "home" / "owtui").mkdir(mode=0o700)
        shutil.move(folder / "owtui.db", folder / "home" / "owtui" / "owtui.db")
        assert run(["devices", "import", str(inventory)]) == 0
    return folder / "home" / "owtui"


@pytest.fixture
def owtui(bare: CommandLine, stock: Path) -> CommandLine:
    """The command line on an inventory of the routers."""
    shutil.copytree(stock, bare.home / "data" / "owtui", dirs_exist_ok=True)
    return bare
