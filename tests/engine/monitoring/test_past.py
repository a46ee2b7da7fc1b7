"""The fleet at a moment, as it was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from owtui.engine.monitoring.ingest import Sighting
from owtui.engine.monitoring.past import picture
from owtui.engine.monitoring.record import observed
from owtui.engine.openwrt.facts import Facts
from owtui.errors import Failure, Kind
from storage.db import Database
from tests.engine.monitoring.test_monitor import Rig

FACTS = Facts(cpus=2, load=(1.0, 0.5, 0.2), memory_total=1000, memory_available=400, clients=7)


@pytest.fixture
async def rig(sqlite_database: Database) -> Rig:
    return await Rig(sqlite_database).ready()


async def test_a_moment_shows_what_was_recorded_by_then_and_nothing_of_later(rig: Rig) -> None:
    memory = {"total": 1000, "free": 250, "buffered": 0}
    document = {"resources": {"load": [1.0, 0.5, 0.2], "cpus": 2, "memory": memory}}
    rows = {rig.device: rig.fleet.rows[rig.device]}
    began = rig.now
    for one in observed(Sighting(rig.device, rig.now, facts=FACTS, document=document)):
        await rig.monitor.take([one])
    rig.later(5)
    away = Failure(Kind.TIMEOUT, "no answer")
    for one in observed(Sighting(rig.device, rig.now, failure=away)):
        await rig.monitor.take([one])

    today = {rig.device: replace(rows[rig.device], facts=FACTS.as_dict())}
    early = await picture(rig.series, today, began - timedelta(seconds=1))
    assert (early.known, early.rows[rig.device].status) == (0, "unknown")
    then = (await picture(rig.series, today, began)).rows[rig.device]
    assert (then.status, then.last_seen) == ("ok", began)
    assert then.facts is not None
    assert (then.facts["load"], then.facts["clients"]) == ([1.0, 0.5, 0.2], 7)
    assert then.facts["memory_available"] == 250
    after = (await picture(rig.series, today, rig.now)).rows[rig.device]
    assert (after.status, after.last_seen) == ("problem", None)
    long_after = await picture(rig.series, today, rig.now + timedelta(hours=2))
    assert long_after.rows[rig.device].status == "unknown"
