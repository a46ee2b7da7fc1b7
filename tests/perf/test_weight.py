"""What an engine weighs: memory with a thousand connections, CPU with nothing to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.clients import owtui
from tests.bench.fleet import ROOT, fleet

# A busy machine takes its time to connect a thousand; none of it is measured.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("perf"), pytest.mark.timeout(400)]

MEMORY_MIB = 300
IDLE_SHARE = 0.02


def weighed(folder: Path, devices: int, *arguments: str) -> dict[str, float]:
    """The figures of an engine with so many simulated devices."""
    with fleet(devices, 7, folder) as place:
        home = folder / "home"
        home.mkdir()
        environ = {**os.environ, **owtui(place, place.devices, home).environ}
        done = subprocess.run(
            [sys.executable, "-m", "tests.perf.weigh", *arguments],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def test_a_thousand_connected_devices_keep_the_engine_under_300_mb(tmp_path: Path) -> None:
    figures = weighed(tmp_path, 1000, "read")
    assert figures["seen"] == figures["connected"] == 1000
    assert figures["rss_mib"] < MEMORY_MIB


def test_an_engine_that_has_nothing_to_do_leaves_the_core_alone(tmp_path: Path) -> None:
    figures = weighed(tmp_path, 200)
    assert figures["devices"] == 200
    assert figures["idle_share"] < IDLE_SHARE, figures
