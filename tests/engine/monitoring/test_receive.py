"""Documents that devices send: stored or refused with the path named, never half."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings

from owtui.engine.monitoring.documentschema import SCHEMA
from owtui.engine.monitoring.monitor import latest
from owtui.engine.monitoring.receive import receive, time_of
from owtui.errors import InputError
from storage.db import Database
from storage.errors import MissingError
from tests.engine.monitoring.test_document import anything, fitting
from tests.engine.monitoring.test_monitor import Rig, collected, reach

REPORT = {"type": "DeviceMonitoring", "resources": {"load": [0.5, 0.2, 0.1], "cpus": 4}}


@pytest.fixture
async def rig(sqlite_database: Database) -> Rig:
    return await Rig(sqlite_database).ready()


async def send(rig: Rig, document: Any, *, current: bool = True) -> None:
    row = rig.fleet.rows[rig.device]
    await receive(rig.monitor, row, document, rig.now, current=current)
    await rig.monitor.flush()


def test_acceptance_8_the_time_has_one_form() -> None:
    assert time_of("01-01-2026_10:00:00.000000") == datetime(2026, 1, 1, 10, tzinfo=UTC)
    for text in ("2026-01-01 10:00:00", "01-01-2026_10:00:00", "", "31-02-2026_10:00:00.000000"):
        with pytest.raises(InputError, match="Incorrect time format"):
            time_of(text)


async def test_a_report_is_kept_as_what_is_collected_is(rig: Rig) -> None:
    await send(rig, REPORT)
    assert rig.status == "ok"
    assert await latest(rig.database, rig.device) == REPORT
    cpu = {key.field: points for key, points in rig.series.points.items() if key.metric == "cpu"}
    assert list(cpu["cpu_usage"].values()) == [12.5]


async def test_a_buffered_report_changes_nothing_but_the_past(rig: Rig) -> None:
    await send(rig, REPORT, current=False)
    assert await latest(rig.database, rig.device) is None
    assert "data_collected" not in {key.metric for key in rig.series.points}


async def test_a_critical_device_that_sends_is_looked_at_at_once(rig: Rig) -> None:
    await reach(rig, False)
    assert await collected(rig, False) == "critical"
    looked: list[UUID] = []

    async def recover(device_id: UUID) -> None:
        looked.append(device_id)

    row = rig.fleet.rows[rig.device]
    await receive(rig.monitor, row, REPORT, rig.now, recover=recover)
    await rig.monitor.flush()
    assert (looked, rig.status) == ([rig.device], "problem")


async def test_a_device_that_is_unknown_or_out_of_service_is_refused(rig: Rig) -> None:
    with pytest.raises(MissingError):
        await receive(rig.monitor, None, REPORT, rig.now)


@given(document=fitting(SCHEMA) | anything)
@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
async def test_any_document_is_stored_whole_or_refused_with_its_place(
    rig: Rig, document: Any
) -> None:
    rig.later(1)
    points = sum(map(len, rig.series.points.values()))
    kept = await latest(rig.database, rig.device)
    try:
        await send(rig, document)
    except InputError as error:
        assert error.sentence.startswith('Invalid data in "#/')
        assert sum(map(len, rig.series.points.values())) == points
        assert await latest(rig.database, rig.device) == kept
    else:
        stored = await latest(rig.database, rig.device)
        assert stored is not None and stored["type"] == "DeviceMonitoring"
        assert sum(map(len, rig.series.points.values())) > points
