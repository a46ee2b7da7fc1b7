"""A push over real SSH to the real guard: confirmed, taken back, refused, all or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.jobs.plan import Verdict
from tests.engine.configs.pushplace import PushPlace
from tests.lab.device import LabDevice
from tests.lab.fixtures import lab_fleet

__all__ = ["lab_fleet"]
pytestmark = [pytest.mark.slow, pytest.mark.lab]

Open = Callable[[int], Any]


@pytest.fixture
async def place(
    lab_fleet: Callable[..., list[LabDevice]], sqlite_url: str, tmp_path: Path
) -> AsyncIterator[PushPlace]:
    made = await PushPlace.build(sqlite_url, tmp_path, lab_fleet(1))
    yield made
    await made.close()


def only(place: PushPlace) -> LabDevice:
    return next(iter(place.fleet.values()))


async def test_what_is_confirmed_is_read_back_and_applied(place: PushPlace) -> None:
    await place.configure(general={"hostname": "roof-1", "timezone": "Europe/Rome"})
    await place.look()
    plan = await place.plan()
    [row] = plan.rows
    assert (row.verdict, "+" in row.diff) == (Verdict.CHANGE, True)
    [result] = await place.do()
    assert (result.state.value, result.error) == ("success", None)
    assert "roof-1" in only(place).inside("cat /etc/config/system").stdout
    assert not only(place).inside("ls /etc/uci-defaults").stdout.strip()
    assert await place.status() == ("applied", [(1, "push")])
    [again] = (await place.plan()).rows
    assert again.verdict is Verdict.SAME


async def test_what_cuts_us_off_is_refused_with_its_place(place: PushPlace) -> None:
    device = only(place)
    device.inside(f"uci set dropbear.main.Port={device.port}; uci commit dropbear")
    off = {"PasswordAuth": "off", "RootPasswordAuth": "off", "Port": str(device.port)}
    await place.configure(dropbear=[{"config_name": "dropbear", "config_value": "main", **off}])
    await place.look()
    [row] = (await place.plan()).rows
    assert row.verdict is Verdict.BLOCKED, (row.reason, row.diff)
    assert "It would cut us off" in row.reason
    assert "dropbear.main" in row.reason


async def test_what_nobody_confirms_is_taken_back_and_told(place: PushPlace) -> None:
    """What no verdict can foresee: the device loses its address while the change settles."""
    await place.configure(general={"hostname": "roof-1"})
    await place.look()
    before = only(place).inside("cat /etc/config/system").stdout
    plan = await place.plan()
    job = await place.jobs.submit(plan)
    deaf = """
        while [ ! -e /etc/uci-defaults/00-owtui-guard ]; do sleep 0.1; done
        kill -STOP $(pidof dropbear)
        while [ -e /etc/uci-defaults/00-owtui-guard ]; do sleep 0.1; done
        kill -CONT $(pidof dropbear)
    """
    await asyncio.to_thread(only(place).inside, deaf)
    await place.jobs.wait(job.id)
    [result] = await place.jobs.results(job.id)
    assert result.state.value == "failed"
    assert result.error is not None
    assert "has taken the push back" in result.error.sentence
    assert only(place).inside("cat /etc/config/system").stdout == before
    assert (await place.status())[0] == "error"


async def test_somebody_who_was_faster_is_told(place: PushPlace) -> None:
    await place.configure(general={"hostname": "roof-1"})
    await place.look()
    plan = await place.plan()
    only(place).inside("uci set system.@system[0].timezone=GMT0; uci commit system")
    job = await place.jobs.submit(plan)
    await place.jobs.wait(job.id)
    [result] = await place.jobs.results(job.id)
    assert result.error is not None
    assert result.error.kind.value == "changed"


async def test_an_earlier_generation_comes_back(place: PushPlace) -> None:
    for name in ("first", "second"):
        await place.configure(general={"hostname": name})
        await place.look()
        [result] = await place.do()
        assert result.state.value == "success"
    [result] = await place.do("rollback_config")
    assert (result.state.value, result.error) == ("success", None)
    assert "first" in only(place).inside("cat /etc/config/system").stdout
    # What the templates say is still the second: the device does not have it.
    assert await place.status() == ("modified", [(3, "rollback"), (2, "push"), (1, "push")])


async def test_what_leaves_the_configuration_is_as_it_was_before_us(place: PushPlace) -> None:
    before = only(place).inside("cat /etc/config/system").stdout
    await place.configure(
        general={"hostname": "roof-1"},
        files=[{"path": "/etc/motd", "mode": "0644", "contents": "ours"}],
    )
    await place.look()
    await place.do()
    assert only(place).inside("cat /etc/motd").stdout == "ours"
    await place.configure(general={"hostname": "roof-1"})
    await place.look()
    [result] = await place.do()
    assert (result.state.value, result.error) == ("success", None)
    assert only(place).inside("cat /etc/motd").returncode != 0
    assert before != only(place).inside("cat /etc/config/system").stdout


async def test_all_or_none(
    lab_fleet: Callable[..., list[LabDevice]], sqlite_url: str, tmp_path: Path
) -> None:
    place = await PushPlace.build(sqlite_url, tmp_path, lab_fleet(3))
    try:
        await place.configure(general={"timezone": "Europe/Rome"})
        await place.look()
        results = await place.do(together=True, confirm_within=20)
        assert {one.state.value for one in results} == {"success"}
        await place.configure(general={"timezone": "Europe/Paris"})
        await place.look()
        plan = await place.plan(together=True, confirm_within=20)
        last = list(place.fleet.values())[-1]
        last.inside("uci set system.@system[0].log_size=999; uci commit system")
        job = await place.jobs.submit(plan)
        await place.jobs.wait(job.id)
        results = await place.jobs.results(job.id)
        assert {one.state.value for one in results} == {"failed"}
        for device in place.fleet.values():
            assert "Rome" in device.inside("cat /etc/config/system").stdout
    finally:
        await place.close()
