"""What needs a process of its own: signals, pipes, two of us at once, the demo."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from owtui.simulator.fleet import SimulatedDevice
from tests.cli.conftest import CommandLine
from tests.routers import Routers

DEADLINE_S = 30


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out, err


def until(process: subprocess.Popen[str], sentence: str) -> None:
    """Read its talk up to a line with this sentence."""
    assert process.stderr is not None
    for line in process.stderr:
        if sentence in line:
            return
    pytest.fail(f"it never said {sentence}")


async def sleeps(device: SimulatedDevice) -> None:
    """Wait until somebody sleeps there."""
    while not any(p.name == "sleep" for p in device.device.processes):  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_what_it_started_and_says_so(
    owtui: CommandLine, routers: Routers, number: signal.Signals
) -> None:
    first, second, *_ = routers.names
    line = f"if [ $(uname -n) = {first} ]; then echo here; else echo there; sleep 50; fi"
    process = owtui.start("run", line, f"{first} | {second}", "--json-lines")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["device"] == first
    routers.do(sleeps(routers.fleet[second]))
    process.send_signal(number)
    code, _, err = ended(process)
    assert code == 130, err
    assert "interrupted: 1 answered, 1 cut short" in err
    [job] = owtui("jobs", "--json").json
    assert job["state"] == "cancelled"
    states = {r["device"]: r["state"] for r in owtui("jobs", "1", "--json").json["results"]}
    assert states == {first: "success", second: "aborted"}
    assert "sleep 50" not in owtui("run", "ps w", second).out


def test_a_reader_that_leaves_is_no_failure(owtui: CommandLine) -> None:
    process = owtui.start("keys", "--print")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == "" and process.wait(DEADLINE_S) == 0
    process.stderr.close()


def test_a_terminal_of_another_encoding_gets_escapes(owtui: CommandLine) -> None:
    owtui.patch.setenv("PYTHONIOENCODING", "latin-1")
    code, out, err = ended(owtui.start("devices"))
    assert code == 0 and err == "" and "NAME" in out


@pytest.mark.slow
def test_one_holds_the_engine_others_attach_and_let_it_run_their_jobs(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    holder = owtui.start("engine")
    until(holder, "engine of main runs")
    told = owtui("info", "--json").json["engine"]
    assert f"process {holder.pid}" in told
    second = owtui("engine")
    assert second.code == 4 and f"process {holder.pid}" in second.err
    before = routers.fleet[name].effects.boots
    done = owtui("apply", "reboot", f"name={name}", "--yes", "--json")
    assert done.code == 0, done
    assert routers.fleet[name].effects.boots == before + 1
    holder.send_signal(signal.SIGTERM)
    code, _, err = ended(holder)
    assert code == 0 and "draining" in err
    assert owtui("info", "--json").json["engine"] == "nobody"


@pytest.mark.slow
def test_the_engine_polls_once_and_tells_who_did_not_answer(
    owtui: CommandLine, routers: Routers
) -> None:
    assert owtui("engine", "--once").code == 0
    assert {row["status"] for row in owtui("devices", "--json").json} == {"ok"}
    assert owtui("devices", "set", routers.names[0], "port=1", "http_url=").code == 0
    done = owtui("engine", "--once", "--json")
    assert done.code == 1 and "4 devices, 1 not reached" in done.err
    assert {row["device"]: row["ok"] for row in done.json} == {
        name: name != routers.names[0] for name in routers.names
    }
    assert owtui("devices", "set", routers.names[0], "zone=attic").code == 0
    alone = owtui("engine", "--once", "--zone", "attic")
    assert alone.code == 3 and "1 devices, 1 not reached" in alone.err


@pytest.mark.slow
def test_the_demo_without_a_terminal_reports_its_fleet(bare: CommandLine) -> None:
    process = bare.start("demo", "--devices", "3", "--seconds", "8", "--json")
    code, out, err = ended(process)
    assert code == 0, err
    rows = json.loads(out)
    assert len(rows) == 3 and "ok" in {row["status"] for row in rows}
    assert bare("devices", "--json").json == []


@pytest.mark.slow
def test_simulated_devices_say_when_they_are_ready_and_stop_on_ctrl_c(
    bare: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.csv"
    ports = ["--ssh-port", "0", "--http-port", "0"]
    process = bare.start("simulate", "--devices", "2", *ports, "--inventory", file)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert bare("devices", "import", file).code == 0
    assert bare("run", "uptime", "--all").code == 0
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)
    assert (code, err) == (0, "stopped\n")
    assert bare("run", "uptime", "--all").code == 3


def test_the_module_and_the_console_script_are_one(bare: CommandLine) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "owtui", "--version"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        env=dict(os.environ),
    )
    assert done.stdout == bare("--version").out
