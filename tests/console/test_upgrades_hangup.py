"""The terminal goes while a device flashes: the flash ends, and another goes on by itself."""

from __future__ import annotations

import re
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.lease import FileLease
from owtui.simulator import FleetSpec
from tests.cli.conftest import CommandLine, bare  # noqa: F401 — fixtures
from tests.console.seat import DEADLINE_S, seated
from tests.console.test_handover import waited
from tests.console.test_terminal import Tmux, tmux  # noqa: F401 — fixtures
from tests.console.test_upgrades_live import VERSION, owtui  # noqa: F401 — fixtures
from tests.routers import Routers, running

pytestmark = [pytest.mark.slow, pytest.mark.tmux]
DEVICES = 3
QUESTION = "Type the fleet's name to start"


@pytest.fixture
def routers() -> Iterator[Routers]:
    """Routers that are away for some seconds when they are flashed."""
    with running(FleetSpec(devices=DEVICES, seed=5, speed=0.3, boot_s=8.0)) as made:
        yield made


def begin(tmux: Tmux) -> None:  # noqa: F811 — the fixture
    """A console in tmux, in which eva upgrades the fleet: U, the build, the plan, its name."""
    line = f"exec env -u COLUMNS -u LINES OWTUI_OPERATOR=eva {shlex.quote(sys.executable)} -m owtui"
    tmux.run("new-session", "-d", "-s", "eva", "-x", "120", "-y", "30", line)
    tmux.until(lambda screen: "engine: eva@" in screen and "24.10" in screen)
    tmux.run("send-keys", "*", "U")
    tmux.until(lambda screen: f"APs/{VERSION}" in screen)
    tmux.run("send-keys", "Enter")
    tmux.until(lambda screen: "F5 shows the plan" in screen)
    tmux.run("send-keys", "F5")
    tmux.until(lambda screen: QUESTION in screen)
    tmux.run("send-keys", "main", "Enter")
    tmux.until(lambda screen: "canary 0/1" in screen)


def lose(tmux: Tmux, routers: Routers, home: Path) -> FileLease:  # noqa: F811 — the fixture
    """Kill the session of the console once a device is down to be flashed; its lease."""
    hosts = routers.fleet.devices
    waited(lambda: any(not one.host.answers for one in hosts))
    assert not any(one.device.effects.upgrades for one in hosts), "it is flashed only when written"
    lease = FileLease(home / "data" / "owtui" / "owtui.engine")
    assert lease.holder() is not None
    tmux.run("kill-session", "-t", "eva")
    return lease


def seen(screen: str) -> Any:
    """The end of the batch on a screen that has never asked anything."""
    assert QUESTION not in screen and "y/n" not in screen
    return re.search(r"success +3/3|3/3.*success", screen)


def judge(owtui: CommandLine, routers: Routers) -> None:  # noqa: F811 — the fixture
    """Every device was flashed once, in the one job that was submitted once, by eva."""
    devices = [one.device for one in routers.fleet.devices]
    assert {one.release.version for one in devices} == {VERSION}
    assert [one.effects.upgrades for one in devices] == [1] * DEVICES
    [job] = owtui("jobs", "--json").json
    assert (job["state"], job["ok"], job["operator"]) == ("success", DEVICES, "eva")
    entries = [one for one in owtui("audit", "--json").json if one["action"] == "upgrade"]
    assert sorted(one["device"] for one in entries if one["device"]) == routers.names
    assert {one["operator"] for one in entries} == {"eva"}
    assert [one["outcome"] for one in entries if not one["device"]].count("submitted") == 1
    kept = owtui.home / "data" / "owtui" / "backups" / job["id"]
    assert len(list(kept.iterdir())) == DEVICES


def test_another_console_goes_on_with_the_batch_and_asks_nothing(
    owtui: CommandLine,  # noqa: F811 — the fixture
    routers: Routers,
    tmux: Tmux,  # noqa: F811 — the fixture
) -> None:
    begin(tmux)
    lose(tmux, routers, owtui.home)
    with seated(OWTUI_OPERATOR="bo") as second:
        second.sees("engine: bo@", routers.names[0])
        second.type("4")
        second.until(seen)
        second.type("q")
        assert second.left() == 0
    judge(owtui, routers)


def test_a_headless_engine_goes_on_with_the_batch(
    owtui: CommandLine,  # noqa: F811 — the fixture
    routers: Routers,
    tmux: Tmux,  # noqa: F811 — the fixture
) -> None:
    begin(tmux)
    lease = lose(tmux, routers, owtui.home)
    waited(lambda: lease.holder() is None)  # a service that must hold the engine ends before
    [_, *others] = owtui("jobs", "1", "--json").json["results"]
    assert {one["state"] for one in others} == {"pending"}, "a console that leaves starts no more"
    service = owtui.start("engine")
    try:
        waited(lambda: owtui("jobs", "1", "--json").json["finished"])
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=DEADLINE_S)
    judge(owtui, routers)
