"""The keeper at work: when it looks, what it takes up, and what a failed transaction leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session

from owtui.engine.events import AlertChanged, DriftChanged, Event
from owtui.engine.monitoring.alerts.desk import Alerts
from owtui.engine.monitoring.verdicts import Outcome
from owtui.engine.notifications.telling import Telling
from owtui.operator import Operator
from storage import metrics, revisions, service
from storage.db import Database
from storage.errors import StorageError
from tests.engine.monitoring.alerting import AlertRig


@pytest.fixture
async def rig(sqlite_database: Database) -> AlertRig:
    return await AlertRig(sqlite_database, ["gw", "ap-1"]).ready()


@asynccontextmanager
async def at_work(rig: AlertRig) -> AsyncIterator[asyncio.Event]:
    """The keeper runs; the event is set whenever alerts changed."""
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    heard = rig.bus.subscribe([AlertChanged.topic], lambda: loop.call_soon_threadsafe(changed.set))
    task = asyncio.create_task(rig.keeper.run(rig.series))
    try:
        yield changed
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        rig.bus.unsubscribe(heard)


def telling(rig: AlertRig) -> asyncio.Event:
    """Set when people have been told something."""
    told, loop, tell = asyncio.Event(), asyncio.get_running_loop(), rig.keeper.tell

    def then(session: Session, what: Sequence[Telling]) -> Sequence[Event]:
        events = tell(session, what)
        loop.call_soon_threadsafe(told.set)
        return events

    rig.keeper.tell = then
    return told


def drifted(rig: AlertRig, packages: str) -> None:
    """As the fleet is when a configuration was read; it is a snapshot, replaced whole."""
    gw = rig.ids["gw"]
    rig.fleet._replace({**rig.fleet.rows, gw: replace(rig.fleet.rows[gw], drift=packages)})


async def test_it_looks_soon_after_something_moved(rig: AlertRig) -> None:
    told = telling(rig)
    async with at_work(rig):
        await rig.take("gw", {"disk": 95.0})
        await told.wait()
    assert rig.told == [("gw", "disk_problem")]


async def test_drift_that_is_heard_of_opens_an_alert_and_its_end_ends_it(rig: AlertRig) -> None:
    async with at_work(rig) as changed:
        drifted(rig, "network, wireless")
        rig.bus.publish(DriftChanged(str(rig.ids["gw"]), True))
        await changed.wait()
    one = rig.alert("gw", "drift")
    assert (one.what, one.resolved_at) == ("network, wireless", None)
    assert rig.tellings[0].text == (
        "The device gw no longer has the configuration that was applied to it: network, wireless."
    )
    rig.restart()  # another holder has heard of nothing
    drifted(rig, "")
    rig.later(5)
    await rig.keeper.settle()
    assert rig.told == [("gw", "drift_problem"), ("gw", "drift_recovery")]


async def test_a_transaction_that_fails_and_is_done_again_opens_one_alert(rig: AlertRig) -> None:
    fails = [True]

    def broken(session: Session, outcome: Outcome, at: Any) -> list[Any]:
        if fails:
            fails.pop()
            raise StorageError("away")
        return []

    rig.monitor.listeners.append(broken)
    with pytest.raises(StorageError):
        await rig.take("gw", {"disk": 95.0})
    await rig.keeper.settle()
    assert rig.alerts() == []
    await rig.take("gw", {"disk": 95.0})
    await rig.keeper.settle()
    assert len(rig.alerts()) == 1
    assert rig.lines(rig.alert("gw", "disk")) == ["opened", "told"]


async def test_who_cannot_be_told_is_told_at_the_next_look(rig: AlertRig) -> None:
    tell = rig.keeper.tell

    def broken(session: Session, what: Any) -> Any:
        raise StorageError("away")

    await rig.take("gw", {"disk": 95.0})
    rig.keeper.tell = broken
    with pytest.raises(StorageError):
        await rig.keeper.due()
    rig.keeper.tell = tell
    await rig.keeper.due()
    assert rig.told == [("gw", "disk_problem")]


async def test_a_look_at_nothing_new_writes_nothing(rig: AlertRig) -> None:
    await rig.saw("gw", "disk", 95.0)
    before = rig.database.revisions()
    await rig.pause(3)
    assert rig.database.revisions() == before


async def test_what_others_wrote_is_looked_at(rig: AlertRig) -> None:
    desk = Alerts(rig.database, rig.fleet, Operator("eva", "h", "cli"), rig.bus)
    await rig.take("gw", {"disk": 95.0})
    id_ = rig.alert("gw", "disk").id
    await desk.ack([id_])
    told = telling(rig)
    async with at_work(rig):
        await desk.unack([id_])
        rig.keeper.moved({revisions.ALERTS})
        await told.wait()
    assert rig.told == [("gw", "disk_problem")]


async def test_now_and_then_it_looks_for_what_it_did_not_hear_of(rig: AlertRig) -> None:
    await rig.saw("gw", "disk", 95.0)
    rig.database.write(lambda s: service.deactivate(s, rig.ids["gw"]))
    await rig.fleet.load()
    await rig.keeper.due()
    assert rig.alert("gw", "disk").resolved_at is None
    rig.later(5)
    await rig.keeper.due()
    assert rig.alert("gw", "disk").resolved_at == rig.now


async def test_what_is_still_wrong_back_in_service_is_an_alert_again(
    sqlite_database: Database,
) -> None:
    rig = await AlertRig(sqlite_database, ["gw"]).ready()
    await rig.hold("gw", "ping", 0.0)
    assert rig.fleet.rows[rig.ids["gw"]].status == "problem"
    for move in (service.deactivate, service.activate):
        rig.database.write(lambda s, move=move: move(s, rig.ids["gw"]))  # type: ignore[misc]
        await rig.fleet.load()
        rig.monitor.sync()
        await rig.keeper.settle()
    assert rig.fleet.rows[rig.ids["gw"]].status == "unknown"
    rig.later(60)
    await rig.hold("gw", "ping", 0.0)
    assert rig.told == [("gw", "ping_problem")] * 2


async def test_a_threshold_that_is_switched_off_makes_no_status_and_on_again_an_alert(
    sqlite_database: Database,
) -> None:
    rig = await AlertRig(sqlite_database, ["gw"]).ready()
    device = rig.ids["gw"]
    await rig.saw("gw", "disk", 95.0)
    for active, status in ((False, "unknown"), (None, "problem")):
        rig.database.write(
            lambda s, active=active: metrics.put_setting(  # type: ignore[misc]
                s, "disk", device_id=device, is_active=active
            )
        )
        await rig.monitor.reload()
        await rig.monitor.flush()
        rig.later(60)
        await rig.saw("gw", "disk", 95.0)
        assert rig.fleet.rows[device].status == status
    assert rig.told == [("gw", "disk_problem")] * 2
