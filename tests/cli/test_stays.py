"""`owtui clients` and `owtui sessions`: what is recorded, in lines for people and for programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.console.seed import sow
from tests.console.watchseed import sow_watch


@pytest.fixture(scope="session")
def watched_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded fleet with what monitoring knows of it."""
    place = tmp_path_factory.mktemp("watched")
    sow(place / "owtui.db")
    sow_watch(place / "owtui.db")
    return place


@pytest.fixture
def watched(bare: CommandLine, watched_fleet: Path) -> CommandLine:
    """The command line on it."""
    data = bare.home / "data" / "owtui"
    (data / "owtui.db").unlink()
    shutil.copytree(watched_fleet, data, dirs_exist_ok=True)
    data.chmod(0o700)
    return bare


def test_clients_are_told_with_what_they_can_do(watched: CommandLine) -> None:
    lines = watched("clients", "ap-roof-01").out.splitlines()
    assert lines[0].split()[:4] == ["DEVICE", "MAC", "IP", "NAME"]
    one = next(line for line in lines if "AA:00:00:00:00:01" in line)
    assert "10.8.3.120" in one and "phone" in one and "ht vht wmm" in one
    assert "-71" in next(line for line in lines if "AA:00:00:00:00:02" in line)
    told = watched("clients", "--json").json
    assert len(told) == 4
    assert {one["device"] for one in told} == {"ap-roof-01"}
    assert next(one for one in told if one["mac"] == "AA:00:00:00:00:01")["he"] is None
    assert [one["bitrate"] for one in told if one["mac"].endswith(":03")] == [1200.5]


def test_who_told_nothing_has_nobody_around(watched: CommandLine) -> None:
    done = watched("clients", "ap-roof-02")
    assert (done.code, done.out) == (0, "")
    assert "Nobody" in done.err
    assert watched("clients", "ap-roof-02", "--json").json == []


def test_sessions_are_told_the_open_ones_first(watched: CommandLine) -> None:
    lines = watched("sessions").out.splitlines()
    assert [("open" in line) for line in lines[1:]] == [True, True, True, False]
    assert lines[4].rstrip().endswith("02:10")
    told = watched("sessions", "--open", "--json").json
    assert [one["is_open"] for one in told] == [True, True, True]
    assert all(one["stop"] is None for one in told)
    assert watched("sessions", "--json").json[3]["vendor"] == "Acme"
    assert len(watched("sessions", "--limit", "2", "--json").json) == 2
    assert watched("sessions", "ap-hall-01").err.strip() == "No sessions."
