"""Who runs the engine, with real processes and terminals: killed, closed, told to go."""

from __future__ import annotations

import json
import re
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from owtui.simulator import FleetSpec
from tests.cli.conftest import CommandLine, bare  # noqa: F401 — fixtures
from tests.console.seat import DEADLINE_S, Seat, seated
from tests.routers import Routers, running

pytestmark = pytest.mark.slow
DEVICES = 20
JOB = re.compile(r"^\S?\s*\S\s+1\s+Reboot.*?(running|paused)\s+(\d+)", re.MULTILINE)


@pytest.fixture
def devices() -> int:
    """How many routers there are; a test that needs fewer says so."""
    return DEVICES


@pytest.fixture
def routers(devices: int) -> Iterator[Routers]:
    """Routers that count their reboots."""
    with running(FleetSpec(devices=devices, seed=3, speed=0.05, boot_s=4.0)) as made:
        yield made


@pytest.fixture
def owtui(
    bare: CommandLine,  # noqa: F811 — the fixture
    routers: Routers,
    tmp_path: Path,
) -> CommandLine:
    """The command line on an inventory of them, which is not polled."""
    bare.patch.setenv("OWTUI_FACTS_EVERY_S", "0")
    assert bare("devices", "import", routers.write_inventory(tmp_path / "fleet.csv")).code == 0
    return bare


def boots(routers: Routers) -> dict[str, int]:
    """What each device counted of itself."""
    return {device.name: device.effects.boots for device in routers.fleet.devices}


def waited(holds: Callable[[], Any]) -> Any:
    """Ask again until it is so: for what tells nobody that it moves."""
    deadline = time.monotonic() + DEADLINE_S
    while not (found := holds()):
        assert time.monotonic() < deadline
        select.select([], [], [], 0.2)
    return found


def begin(seat: Seat) -> None:
    """Reboot the whole fleet from this console: form, plan, the fleet's name, the job."""
    seat.command("apply reboot name=*")
    seat.sees("F5 shows the plan")
    seat.type("\x1b[15~")
    seat.sees("Type the fleet's name to start")
    seat.type("main\r")
    seat.sees("running")


def done(screen: str) -> int:
    """How many devices are told to be done in the list of jobs; 0 before."""
    found = JOB.search(screen)
    return int(found[2]) if found else 0


def test_a_killed_holder_is_followed_within_seconds_and_each_device_reboots_once(
    owtui: CommandLine, routers: Routers
) -> None:
    before = boots(routers)
    with ExitStack() as seats:
        first = seats.enter_context(seated(OWTUI_OPERATOR="eva"))
        first.sees("engine: eva@", routers.names[0])
        second = seats.enter_context(seated(OWTUI_OPERATOR="bo"))
        second.sees("attached: eva@", routers.names[0])
        begin(first)
        second.type("6")
        some = second.until(done)
        second.until(lambda screen: done(screen) > some)
        second.type("P")
        second.until(_state)  # devices that have begun go on, and are in the middle
        first.process.kill()
        second.sees("engine: bo@")
        if second.until(_state) == "paused":  # not where all had begun before it was paused
            second.type("P")
        second.sees("success")
        second.type("q")
        assert second.left() == 0
        assert second.modes_now == second.modes
    assert {n: now - before[n] for n, now in boots(routers).items()} == dict.fromkeys(before, 1)
    entries = [e for e in owtui("audit", "--json").json if e["action"] == "reboot"]
    assert sorted(e["device"] for e in entries if e["device"]) == sorted(before)
    by_bo = [e["outcome"] for e in entries if (e["operator"], e["face"]) == ("bo", "console")]
    assert set(by_bo) <= {"paused", "resumed"}, "he carried it out, and did not order it"
    assert len([e for e in entries if e["operator"] == "eva"]) == len(entries) - len(by_bo)


def _state(screen: str) -> str:
    """What the list of jobs says of the job, once it is paused or over."""
    found = re.search(r"devices +(paused|success)", screen)
    return found.group(1) if found else ""


def some_begun(owtui: CommandLine) -> bool:
    """Whether a device is being worked on."""
    results = owtui("jobs", "1", "--json").json["results"]
    return any(one["state"] == "in-progress" for one in results)


def order(owtui: CommandLine, folder: Path) -> None:
    """Submit a reboot of all, two devices at once, and leave it to the engine that runs."""
    file = folder / "plan.json"
    assert owtui("plan", "reboot", "--all", "--save", file).code == 0
    file.write_text(json.dumps({**json.loads(file.read_text()), "parallel": 2}))
    process = owtui.start("apply", file, "--yes")
    waited(lambda: owtui("jobs", "--json").json)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=DEADLINE_S)
    assert "goes on in the engine of" in said


@pytest.mark.parametrize("devices", [4])
def test_a_job_outlives_every_end_of_its_console_and_is_finished_by_a_service(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    before = boots(routers)
    for number in (signal.SIGTERM, None):
        with seated() as seat:
            seat.sees("engine: ", routers.names[0])
            if not owtui("jobs", "--json").json:
                order(owtui, tmp_path)
            waited(lambda: some_begun(owtui))
            if number is None:
                seat.hang_up()
                assert seat.left() == 128 + signal.SIGHUP
            else:
                seat.process.send_signal(number)
                assert seat.left() == 128 + number
                assert seat.modes_now == seat.modes
                assert "Finishing the steps that run" in seat.screen
        assert owtui("info", "--json").json["engine"] == "nobody"
        assert owtui("jobs", "1", "--json").json["finished"] is None
    service = owtui.start("engine")
    try:
        waited(lambda: owtui("jobs", "1", "--json").json["finished"])
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=DEADLINE_S)
    assert owtui("jobs", "1", "--json").json["state"] == "success"
    assert {n: now - before[n] for n, now in boots(routers).items()} == dict.fromkeys(before, 1)
