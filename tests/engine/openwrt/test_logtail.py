"""Following the log of a real shell: whole lines, gaps told, nothing left on the device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from owtui.engine.openwrt import logtail
from owtui.engine.openwrt.logtail import LogLine, Tail, recent
from owtui.engine.transport.base import Deadlines
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import InputError, MissingError, UnreachableError
from tests.engine.transport.labshell import dial, processes, until
from tests.lab.device import SESSION, LabDevice, LabSpec
from tests.lab.fixtures import lab_device, lab_fleet

__all__ = ["lab_device", "lab_fleet"]
pytestmark = pytest.mark.lab

QUICK = Deadlines(connect_s=1.0)


def connecting(device: LabDevice) -> Callable[[], object]:
    @asynccontextmanager
    async def connect() -> AsyncIterator[SshConnection]:
        connection = await dial(device, QUICK)
        try:
            yield connection
        finally:
            connection.close()
            await connection.wait_closed()

    return connect


async def soon(seconds: float) -> None:
    await asyncio.sleep(0)


def follow(device: LabDevice, **how: object) -> Tail:
    return Tail(connecting(device), "lab", sleep=soon, **how)  # type: ignore[arg-type]  # lines, match


async def say(device: LabDevice, *texts: str) -> None:
    command = "\n".join(f"logger -t test '{text}'" for text in texts)
    await asyncio.to_thread(device.inside, command)


async def words(tail: Tail, last: str) -> list[str]:
    """What was said, without times and tags, up to this; markers in brackets."""
    said: list[str] = []
    async with asyncio.timeout(20):
        async for line in tail:
            said.append(f"[{line.text}]" if line.marker else line.text.rpartition(": ")[2])
            if said[-1] == last:
                return said
    raise AssertionError(f"the tail ended after {said}")


async def test_the_last_lines_come_first_then_each_new_one(lab_device: LabDevice) -> None:
    await say(lab_device, "one", "two", "three")
    async with follow(lab_device, lines=2) as tail:
        assert await words(tail, "three") == ["two", "three"]
        await say(lab_device, "four", "five ä")
        assert await words(tail, "five ä") == ["four", "five ä"]


async def test_without_past_lines_only_what_matches_and_is_new_comes(
    lab_device: LabDevice,
) -> None:
    await say(lab_device, "old hit")
    async with follow(lab_device, lines=0, match="hit|end") as tail:
        await until(
            lambda: "logread -f" in processes(lab_device, "tail -n 0 -f") or _runs(lab_device)
        )
        await say(lab_device, "miss", "hit", "end")
        assert await words(tail, "end") == ["hit", "end"]


def _runs(device: LabDevice) -> bool:
    return bool(processes(device, "tail -n 0 -f"))


async def test_nothing_is_left_on_the_device(lab_device: LabDevice) -> None:
    async with follow(lab_device) as tail:
        await say(lab_device, "here")
        await words(tail, "here")
        assert processes(lab_device, "tail -n")
    assert not processes(lab_device, "tail -n")
    await until(lambda: not _sessions(lab_device))


def _sessions(device: LabDevice) -> bool:
    return device.inside(f"pgrep -f {SESSION}").returncode == 0


async def test_a_lost_connection_is_told_and_no_line_twice(lab_device: LabDevice) -> None:
    async with follow(lab_device, lines=1) as tail:
        await say(lab_device, "a", "b")
        await words(tail, "b")
        kill = f"for pid in $(pgrep -f {SESSION}); do kill -KILL $pid; done; logger -t test c"
        await asyncio.to_thread(lab_device.inside, kill)
        said = await words(tail, "c")
        assert said[1:] == ["[lab is back.]", "c"]
        assert said[0].startswith("[lab: the connection") and said[0].endswith("during the log.]")


async def test_a_reboot_is_told_and_the_new_log_shown(
    lab_fleet: Callable[..., list[LabDevice]],
) -> None:
    [device] = lab_fleet(LabSpec(shutdown_s=0.05, away_s=0.1))
    async with follow(device, lines=0) as tail:
        await until(lambda: _runs(device))
        await say(device, "before")
        await words(tail, "before")
        await asyncio.to_thread(device.inside, "reboot")
        await asyncio.to_thread(device.wait_boot)
        await say(device, "after")
        said = await words(tail, "after")
        assert "[lab has rebooted; this is its new log.]" in said and "before" not in said


async def test_a_device_that_is_not_reached_at_first_is_an_error() -> None:
    async def absent() -> SshConnection:
        raise UnreachableError("lab: no answer.")

    @asynccontextmanager
    async def connect() -> AsyncIterator[SshConnection]:
        yield await absent()

    async with Tail(connect, "lab", sleep=soon) as tail:
        with pytest.raises(UnreachableError, match="no answer"):
            await anext(tail)


async def test_recent_lines_and_what_is_no_pattern(
    lab_device: LabDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(lab_device, "x 1", "y 2", "x 3")
    connection = await dial(lab_device)
    found = await recent(connection, "lab", 3, "x ")
    assert [line.text.rpartition(": ")[2] for line in found] == ["x 1", "x 3"]
    assert not any(line.marker for line in found) and isinstance(found[0], LogLine)
    with pytest.raises(InputError, match="is no regular expression"):
        await recent(connection, "lab", 3, "(")
    connection.close()


async def test_a_device_without_logread_is_told(
    lab_fleet: Callable[..., list[LabDevice]],
) -> None:
    [device] = lab_fleet(1)
    await asyncio.to_thread(device.inside, "rm /sbin/logread")
    async with follow(device) as tail:
        with pytest.raises(MissingError, match="lab has no logread"):
            await anext(tail)


async def test_a_reader_that_is_busy_holds_the_device_up(
    lab_device: LabDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logtail, "ROOM", 10)
    async with follow(lab_device, lines=0) as tail:
        await until(lambda: _runs(lab_device))
        flood = "awk 'BEGIN { while (i++ < 5000) print \"flood: \" i }' >>/var/log/messages"
        await asyncio.to_thread(lab_device.inside, flood)
        said = await words(tail, "5000")
        assert said == [str(number) for number in range(1, 5001)]
