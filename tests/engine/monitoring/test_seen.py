"""What faces are told of a fleet: which metrics fail, who still names a device, the day of all."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.failing import failing
from owtui.engine.monitoring.overview import Overviews
from owtui.engine.monitoring.witnesses import witnesses
from storage import metrics
from storage.db import Database
from storage.documents import Kept, save
from storage.series import SqliteSeries
from tests.console.seed import NOW, id_of, sow
from tests.console.watchseed import sow_watch


@pytest.fixture(scope="session")
def sown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded fleet, monitored."""
    place = tmp_path_factory.mktemp("seen")
    sow(place / "owtui.db")
    sow_watch(place / "owtui.db")
    return place


@pytest.fixture
def database(sown: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(sown / "owtui.db", tmp_path / "owtui.db")
    opened = Database.open(f"sqlite:///{tmp_path / 'owtui.db'}")
    yield opened
    opened.close()


@pytest.fixture
async def fleet(database: Database) -> AsyncIterator[Fleet]:
    made = Fleet(database)
    await made.load()
    yield made


async def test_what_fails_is_told_with_the_threshold_of_the_device(
    database: Database, fleet: Fleet
) -> None:
    rows = fleet.rows
    told = await database.aread(lambda session: failing(session, rows))
    assert [one.words for one in told[id_of("ap-roof-02")]] == ["CPU 95.2 % > 90 %"]
    [ping] = told[id_of("ap-roof-07")]
    assert (ping.words, ping.is_critical) == ("is not reachable", True)
    roof = id_of("ap-roof-02")
    await database.awrite(
        lambda session: metrics.put_setting(session, "cpu", device_id=roof, threshold=75.0)
    )
    told = await database.aread(lambda session: failing(session, rows))
    assert [one.words for one in told[roof]] == ["CPU 95.2 % > 75 %"]


async def test_what_makes_a_device_critical_comes_first(database: Database, fleet: Fleet) -> None:
    device = id_of("ap-roof-02")
    down = metrics.Flagged(device, "data_collected", "data_collected", "data_collected", "", False)
    await database.awrite(lambda session: metrics.save(session, [down]))
    told = await database.aread(lambda session: failing(session, fleet.rows))
    assert [one.configuration for one in told[device]] == ["data_collected", "cpu"]


async def test_who_names_a_device_is_told_newest_first(database: Database, fleet: Fleet) -> None:
    device = id_of("ap-roof-07")
    client = {"mac": "5C:A6:E6:10:07:60"}
    radio = {"mode": "access_point", "clients": [client]}
    document = {"interfaces": [{"name": "wlan0", "type": "wireless", "wireless": radio}]}
    kept = Kept.of(id_of("gw-north"), NOW, document)
    await database.awrite(lambda session: save(session, [kept]))
    found = await database.aread(lambda session: witnesses(session, fleet.rows, device))
    assert [(one.device, one.how) for one in found] == [
        ("gw-north", "on Wi-Fi wlan0"),
        ("ap-roof-01", "neighbour on br-lan"),
    ]
    other = id_of("cpe-01")
    assert await database.aread(lambda session: witnesses(session, fleet.rows, other)) == ()


async def test_the_day_of_all_counts_uplinks_and_each_client_once(
    database: Database, fleet: Fleet, sown: Path, tmp_path: Path
) -> None:
    shutil.copy(sown / "series.db", tmp_path / "series.db")
    series = await asyncio.to_thread(SqliteSeries.open, tmp_path / "series.db", NOW.timestamp)
    try:
        desk = Overviews(series, database)
        found = await desk.look(list(fleet.rows), NOW.timestamp())
    finally:
        await series.close()
    assert found.sessions == 3
    assert len(found.received) == len(found.clients) == 96
    # Three devices with the same clients: each counts once.
    assert max(value or 0 for value in found.clients) == 12
    received, sent = (max(v or 0 for v in one) for one in (found.received, found.sent))
    assert received == pytest.approx(3 * 4e9 * 0.95, rel=0.01)
    assert sent == pytest.approx(3 * 9e8 * 0.95, rel=0.01)
