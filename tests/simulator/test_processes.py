"""What /proc shows of the processes, and what a signal does to them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.simulator.rig import Bench


@pytest.fixture
def asleep(bench: Bench) -> Bench:
    """A device on which nobody who sleeps wakes up by itself."""

    async def never(seconds: float) -> None:
        await asyncio.get_running_loop().create_future()

    bench.time.sleep = never  # type: ignore[method-assign]
    bench.device.clock = bench.time.clock()
    return bench


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  # the process table tells nobody
            await asyncio.sleep(0)


def pid_of(bench: Bench, name: str) -> int:
    return next((p.pid for p in bench.device.processes if p.name == name), 0)


@asynccontextmanager
async def running(bench: Bench, line: str, name: str = "sleep") -> AsyncIterator[int]:
    """Run a line as a session does, up to the program of this name; gives the program's pid."""
    task = asyncio.create_task(bench.run(line))
    try:
        await until(lambda: pid_of(bench, name) > 0)
        yield pid_of(bench, name)
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_cmdline_and_environ_are_words_that_end_with_nul(asleep: Bench) -> None:
    async with running(asleep, "export X='a b'; Y=2 sleep 100") as pid:
        assert await asleep.out(f"cat /proc/{pid}/cmdline") == "sleep\x00100\x00"
        environ = (await asleep.out(f"cat /proc/{pid}/environ")).split("\0")
        assert {"X=a b", "Y=2", "PWD=/root"} <= set(environ) and environ[-1] == ""
        shell = asleep.device.processes.get(pid - 1)
        assert shell is not None
        words = await asleep.out(f"cat /proc/{shell.pid}/cmdline")
        assert words == "ash\0-c\0export X='a b'; Y=2 sleep 100\0"


async def test_environ_is_what_a_process_was_started_with(bench: Bench) -> None:
    line = "export X=1; sh -c 'export Y=2; X=3; cat /proc/$$/environ'"
    environ = (await bench.out(line)).split("\0")
    assert "X=1" in environ and not {"X=3", "Y=2"} & set(environ)


async def test_what_is_not_exported_stays_with_the_shell(bench: Bench) -> None:
    assert "X=1" not in await bench.out("X=1; sh -c 'cat /proc/$$/environ'")


async def test_a_background_job_inherits_the_environment(asleep: Bench) -> None:
    told = await asleep.out("export X=1; sleep 100 & cat /proc/$!/environ; kill $!")
    assert "X=1" in told.split("\0")


async def test_exec_puts_the_program_into_the_process_of_the_shell(asleep: Bench) -> None:
    async with running(asleep, "export X=1; exec sleep 100") as pid:
        told = await asleep.out(f"cat /proc/{pid}/cmdline /proc/{pid}/environ")
        assert told.startswith("sleep\x00100\0") and "X=1" in told.split("\0")


async def test_status_stat_and_comm_tell_who_a_process_is(bench: Bench) -> None:
    pid = pid_of(bench, "logd")
    status = dict(re.findall(r"(\w+):\t(.*)", await bench.out(f"cat /proc/{pid}/status")))
    assert (status["Name"], status["Pid"], status["PPid"]) == ("logd", str(pid), "1")
    assert status["Uid"] == "514\t514\t514\t514"
    assert await bench.out(f"cat /proc/{pid}/comm") == "logd\n"
    stat = (await bench.out(f"cat /proc/{pid}/stat")).split()
    assert stat[:4] == [str(pid), "(logd)", "S", "1"] and len(stat) == 52


async def test_proc_lists_what_runs_and_nothing_else(asleep: Bench) -> None:
    async with running(asleep, "sleep 100") as pid:
        globbed = (await asleep.out("echo /proc/[0-9]*")).split()
        listed = (await asleep.out("ls /proc")).split()
        assert f"/proc/{pid}" in globbed and str(pid) in listed and "uptime" in listed
        assert (await asleep.out(f"ls /proc/{pid}")).split() == [
            "cmdline",
            "comm",
            "environ",
            "stat",
            "status",
        ]
    await until(lambda: pid_of(asleep, "sleep") == 0)
    answer = await asleep.run(f"cat /proc/{pid}/cmdline")
    assert "No such file or directory" in answer.err
    assert (await asleep.run(f"[ -e /proc/{pid} ]")).status == 1


async def test_a_shell_killed_with_what_it_waits_for_goes_no_further(asleep: Bench) -> None:
    """Both stand in one task, which has to tell whose death it was."""
    line = "(sh -c 'sleep 100; echo one'; echo two) >/tmp/said & echo $!"
    job = int(await asleep.out(line))
    await until(lambda: pid_of(asleep, "sleep") > 0)
    pids = f"{job} {pid_of(asleep, 'sh')} {pid_of(asleep, 'sleep')}"
    await asleep.out(f"kill {pids}; kill {pids} 2>/dev/null; :")
    await until(lambda: asleep.device.processes.get(job) is None)
    assert await asleep.out("cat /tmp/said") == ""
    assert pid_of(asleep, "sleep") == pid_of(asleep, "sh") == 0


@pytest.mark.parametrize(("killed", "said"), [("sleep", "one\ntwo\n"), ("sh", "two\n")])
async def test_a_shell_goes_on_when_only_what_it_waits_for_is_killed(
    asleep: Bench, killed: str, said: str
) -> None:
    task = asyncio.create_task(asleep.run("sh -c 'sleep 100; echo one'; echo two"))
    await until(lambda: pid_of(asleep, "sleep") > 0)
    await asleep.out(f"kill -KILL {pid_of(asleep, killed)}")
    assert (await task).out == said


async def test_a_shell_that_kills_itself_gets_no_further(bench: Bench) -> None:
    assert await bench.out("sh -c 'kill $$; echo never'; echo $?") == "143\n"
