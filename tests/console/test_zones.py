"""Engines of two zones on one PostgreSQL: one is killed, the other goes on with its devices."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from owtui.simulator import FleetSpec
from tests.cli.conftest import CommandLine, bare  # noqa: F401 — fixtures
from tests.console.seat import DEADLINE_S, seated
from tests.console.test_handover import boots, waited
from tests.routers import Routers, running

pytestmark = [pytest.mark.slow, pytest.mark.pg]


@pytest.fixture
def routers() -> Iterator[Routers]:
    """Routers that take their time to be back."""
    with running(FleetSpec(devices=4, seed=3, speed=0.05, boot_s=40.0)) as made:
        yield made


@pytest.fixture
def owtui(
    bare: CommandLine,  # noqa: F811 — the fixture
    routers: Routers,
    pg_url: str,
    tmp_path: Path,
) -> CommandLine:
    """The command line on a shared database with the routers, half of them in each zone."""
    bare.patch.setenv("OWTUI_DATABASE", pg_url)
    bare.patch.setenv("OWTUI_FACTS_EVERY_S", "0")
    assert bare("devices", "import", routers.write_inventory(tmp_path / "fleet.csv")).code == 0
    for number, name in enumerate(routers.names):
        zone = "east" if number % 2 else "west"
        assert bare("devices", "set", name, f"zone={zone}").code == 0
    return bare


def told(process: subprocess.Popen[str], sentence: str) -> None:
    """Read its talk up to a line with this sentence."""
    assert process.stderr is not None
    late = threading.Timer(DEADLINE_S, process.kill)
    late.start()
    try:
        assert any(sentence in line for line in process.stderr), f"it never said {sentence}"
    finally:
        late.cancel()


def test_the_engine_of_one_zone_finishes_what_the_killed_one_of_another_left(
    owtui: CommandLine, routers: Routers, pg_url: str
) -> None:
    before = boots(routers)
    east, west = (owtui.start("engine", "--zone", zone) for zone in ("east", "west"))
    try:
        for process in (east, west):
            told(process, "engine of main runs")
        owtui.patch.setenv("OWTUI_ZONE", "west")
        with seated() as first, seated() as second:
            for seat in (first, second):
                seat.sees("attached: ", routers.names[0])
                seat.type("6")
            order = owtui.start("apply", "reboot", "--all", "--yes", "--json")
            for seat in (first, second):
                seat.sees("Reboot on 4 devices", "running")
            waited(lambda: begun_in_the_east(owtui, routers))
            east.kill()
            # Half a minute of silence is what makes an engine dead; here it passes at once.
            with psycopg.connect(pg_url, autocommit=True) as connection:
                connection.execute("UPDATE engine_beat SET beat = 'epoch' WHERE zone = 'east'")
            said, _ = order.communicate(timeout=DEADLINE_S)
            for seat in (first, second):
                seat.sees("success")
                seat.type("q")
                assert seat.left() == 0
        assert (order.returncode, '"unknown"' in said) == (0, False), said
    finally:
        east.kill()
        west.send_signal(signal.SIGTERM)
        for process in (east, west):
            process.communicate(timeout=DEADLINE_S)
    assert west.returncode == 0
    assert {n: now - before[n] for n, now in boots(routers).items()} == dict.fromkeys(before, 1)


def begun_in_the_east(owtui: CommandLine, routers: Routers) -> bool:
    """Whether a device of the zone that will lose its engine is being worked on."""
    names = set(routers.names[1::2])
    results = owtui("jobs", "1", "--json").json["results"]
    return any(one["device"] in names and one["state"] == "in-progress" for one in results)
