"""Alerts at a moment are what people saw at that moment."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from owtui.engine.monitoring.alerts.desk import Alerts
from owtui.engine.monitoring.alerts.entries import AlertRow
from owtui.operator import Operator
from storage.db import Database
from tests.engine.monitoring.alerting import AlertRig

EVA = Operator("eva", "desk", "console")
NAMES = ("gw", "ap-1", "ap-2")


@pytest.fixture
async def rig(sqlite_database: Database) -> AlertRig:
    return await AlertRig(sqlite_database, NAMES, {"ap-1": "gw"}).ready()


@pytest.fixture
def desk(rig: AlertRig) -> Alerts:
    return Alerts(rig.database, rig.fleet, EVA, rig.bus, present=lambda: rig.now)


Seen = set[tuple[object, ...]]


def seen(rows: list[AlertRow]) -> Seen:
    """What a list shows of them; until when a silence held is known of the last one alone."""
    return {
        (
            *(one.id, one.severity, one.what, one.states, one.cause_id, one.behind, one.flaps),
            *(one.acked_at, one.acked_by, one.note, one.silenced_by, one.opened_at),
        )
        for one in rows
    }


async def everything(desk: Alerts) -> Seen:
    return seen([*await desk.rows(), *await desk.rows(state="folded")])


async def something(rig: AlertRig, desk: Alerts, rng: random.Random) -> None:
    """One thing that moves alerts, or people."""
    name = rng.choice(NAMES)
    open_ones = [one.id for one in await desk.rows()]
    what = rng.randrange(8)
    if what < 3:
        await rig.saw(name, "disk", rng.choice((95.0, 10.0)))
    elif what < 5:
        await rig.take(name, {"ping": float(rng.random() < 0.4)})
        await rig.keeper.settle()
    elif open_ones:
        one = rng.choice(open_ones)
        await rng.choice(
            (
                lambda: desk.ack([one], rng.choice(("", "looking"))),
                lambda: desk.unack([one]),
                lambda: desk.silence([one], timedelta(hours=40)),
                lambda: desk.unsilence([one]),
                lambda: desk.note([one], rng.choice(("a", "b"))),
            )
        )()


@pytest.mark.parametrize("seed", range(3))
async def test_every_moment_is_as_it_was_seen_then(rig: AlertRig, desk: Alerts, seed: int) -> None:
    rng = random.Random(seed)
    was: dict[datetime, Seen] = {}
    for name in NAMES[:2] * 8:  # a cause with what it explains, to begin with
        await rig.take(name, {"ping": 0.0})
        await rig.keeper.settle()
        rig.later(2.5)
    for _ in range(60):
        await something(rig, desk, rng)
        was[rig.now] = await everything(desk)
        rig.later(rng.choice((1, 3, 11)))
    assert any(len(one) > 2 for one in was.values())
    assert any(was.values()) and len({frozenset(one) for one in was.values()}) > 10
    for at, told in was.items():
        assert seen(await desk.stood(at)) == told, at
    assert await desk.stood(min(was) - timedelta(days=1)) == []


async def test_the_story_ends_with_the_moment(rig: AlertRig, desk: Alerts) -> None:
    await rig.saw("gw", "disk", 95.0)
    then = rig.now
    rig.later(5)
    one = rig.alert("gw", "disk")
    await desk.ack([one.id], "mine")
    rig.later(5)
    await rig.saw("gw", "disk", 10.0)
    assert rig.alert("gw", "disk").resolved_at is not None
    whole = await desk.get(one.id, then)
    assert whole.row.state == "open"
    assert not {"acked", "resolved"} & {line.kind for line in whole.timeline}
    assert (await desk.get(one.id, then + timedelta(minutes=6))).row.note == "mine"
