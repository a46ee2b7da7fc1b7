"""Observations kept, judged and written: OpenWISP's acceptance examples through the database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from owtui.engine.bus import Bus
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.monitor import Monitor, latest
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.verdicts import Observation, Outcome
from storage import addresses, devices, metrics, wifi
from storage.db import Database
from storage.errors import StorageError
from storage.series import Key, SeriesFull
from storage.tables import WifiSession
from tests.engine.monitoring.memory import MemorySeries

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


class Rig:
    """A monitor on a real database, with a clock of its own and one device."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = START
        self.fleet = Fleet(database)
        self.series = MemorySeries()
        self.crossings: list[tuple[str, bool]] = []
        self.device = database.write(
            lambda session: devices.create(session, "ap-1", address="192.0.2.1").id
        )
        self.monitor = self.make()

    def make(self) -> Monitor:
        monitor = Monitor(self.fleet, Bus(), self.database, self.series, present=lambda: self.now)
        monitor.listeners.append(self._listen)
        return monitor

    def _listen(self, session: Session, outcome: Outcome, at: datetime) -> list[Any]:
        self.crossings += [(one.configuration, one.healthy) for one in outcome.crossings]
        return []

    async def ready(self) -> Rig:
        await self.fleet.load()
        await self.monitor.load()
        return self

    async def saw(self, configuration: str, field: str, value: float) -> str:
        reading = Reading(configuration, self.now.timestamp(), {field: value})
        await self.monitor.take([Observation(self.device, self.now, (reading,))])
        return self.status

    async def reported(
        self, document: dict[str, Any], *, ago_s: float = 0, current: bool = True
    ) -> None:
        at = self.now - timedelta(seconds=ago_s)
        one = Observation(self.device, at, document=document, current=current)
        await self.monitor.take([one])

    @property
    def status(self) -> str:
        return self.fleet.rows[self.device].status

    def later(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
async def rig(sqlite_database: Database) -> Rig:
    return await Rig(sqlite_database).ready()


async def reach(rig: Rig, up: bool) -> str:
    return await rig.saw("ping", "reachable", float(up))


async def collected(rig: Rig, there: bool) -> str:
    return await rig.saw("data_collected", "data_collected", float(there))


async def test_acceptance_2_critical_comes_and_goes_with_its_two_metrics(rig: Rig) -> None:
    learn = lambda session: addresses.learn(session, rig.device, management_ip="10.9.0.2")  # noqa: E731
    rig.database.write(learn)
    assert [await reach(rig, True), await collected(rig, True)] == ["ok", "ok"]
    assert await reach(rig, False) == "problem"
    assert rig.fleet.rows[rig.device].management_ip == "10.9.0.2"
    assert await collected(rig, False) == "critical"
    row = rig.fleet.rows[rig.device]
    assert (row.management_ip, row.address) == ("", "192.0.2.1")
    assert await rig.saw("config_applied", "config_applied", 0) == "critical"
    assert await rig.saw("config_applied", "config_applied", 1) == "critical"
    assert await collected(rig, True) == "problem"
    assert await reach(rig, True) == "ok"


async def test_a_management_address_that_is_the_only_way_is_kept(rig: Rig) -> None:
    def write(session: Session) -> None:
        devices.update(session, rig.device, address="")
        addresses.learn(session, rig.device, management_ip="10.9.0.2")

    rig.database.write(write)
    await reach(rig, False)
    assert await collected(rig, False) == "critical"
    assert rig.fleet.rows[rig.device].management_ip == "10.9.0.2"


async def test_acceptance_3_history_is_stored_and_never_judged(rig: Rig) -> None:
    calm = {"resources": {"load": [0.1, 0.1, 0.1], "cpus": 1}}
    await rig.reported(calm)
    busy = {"resources": {"load": [4.0, 4.0, 4.0], "cpus": 1}}
    await rig.reported(busy, ago_s=1800, current=False)
    assert rig.status == "ok"
    assert rig.crossings == []
    assert await latest(rig.database, rig.device) == calm
    cpu = rig.series.points[Key(rig.device, "cpu", "cpu_usage")]
    assert cpu[(START - timedelta(minutes=30)).timestamp()] == 400.0
    statuses = rig.series.points[Key(rig.device, "state", "status")]
    assert list(statuses) == [START.timestamp()], "what it is now it was not then"


async def test_traffic_goes_on_where_it_was_after_a_restart(rig: Rig) -> None:
    def counted(rx: int) -> dict[str, Any]:
        return {"interfaces": [{"name": "wan", "statistics": {"rx_bytes": rx, "tx_bytes": 0}}]}

    await rig.reported(counted(1000))
    rig.monitor = rig.make()
    await rig.monitor.load()
    rig.later(1)
    await rig.reported(counted(1500))
    points = rig.series.points[Key(rig.device, "traffic", "rx_bytes", (("ifname", "wan"),))]
    assert list(points.values()) == [1000, 500]


async def test_who_takes_the_engine_over_again_goes_on_where_the_other_one_was(rig: Rig) -> None:
    def told(rx: int, *macs: str) -> dict[str, Any]:
        wan = {"name": "wan", "statistics": {"rx_bytes": rx, "tx_bytes": 0}}
        return {"interfaces": [wan, *ap(*macs)["interfaces"]]}

    await rig.reported(told(1000, "aa:00:00:00:00:01"))
    mine, rig.monitor = rig.monitor, rig.make()
    await rig.monitor.load()
    for rx, macs in ((1500, ()), (1600, ())):  # another process counts, and sees the client leave
        rig.later(1)
        await rig.reported(told(rx, *macs))
    rig.monitor = mine
    await rig.monitor.load()
    rig.later(1)
    await rig.reported(told(1700, "aa:00:00:00:00:01"))
    points = rig.series.points[Key(rig.device, "traffic", "rx_bytes", (("ifname", "wan"),))]
    assert list(points.values()) == [1000, 500, 100, 100]
    assert [one.stop is None for one in _sessions(rig)] == [True, False]


async def test_an_interface_that_one_document_does_not_tell_counts_on_where_it_was(
    rig: Rig,
) -> None:
    def counted(rx: int) -> dict[str, Any]:
        return {"interfaces": [{"name": "wan", "statistics": {"rx_bytes": rx, "tx_bytes": 0}}]}

    mute: tuple[dict[str, Any], ...] = ({"interfaces": []}, {"interfaces": [{"name": "wan"}]})
    for told in (counted(10**12), *mute, counted(10**12 + 7)):
        await rig.reported(told)
        rig.later(1)
    points = rig.series.points[Key(rig.device, "traffic", "rx_bytes", (("ifname", "wan"),))]
    assert list(points.values()) == [10**12, 7]


async def test_who_was_away_for_longer_than_its_document_is_kept_counts_nothing_twice(
    rig: Rig,
) -> None:
    def counted(rx: int) -> dict[str, Any]:
        return {"interfaces": [{"name": "wan", "statistics": {"rx_bytes": rx, "tx_bytes": 0}}]}

    await rig.reported(counted(1000))
    rig.later(2 * 1440)
    await rig.monitor.tidy()
    rig.monitor = rig.make()
    await rig.monitor.load()
    for rx in (5000, 5100, 5250):
        await rig.reported(counted(rx))
        rig.later(1)
    points = rig.series.points[Key(rig.device, "traffic", "rx_bytes", (("ifname", "wan"),))]
    assert list(points.values()) == [1000, 100, 150]


async def test_two_documents_of_one_batch_are_chained(rig: Rig) -> None:
    def seen(rx: int, second: int) -> Observation:
        told = {"interfaces": [{"name": "wan", "statistics": {"rx_bytes": rx, "tx_bytes": 0}}]}
        return Observation(rig.device, START + timedelta(seconds=second), document=told)

    await rig.monitor.take([seen(900, 2), seen(400, 1)])
    points = rig.series.points[Key(rig.device, "traffic", "rx_bytes", (("ifname", "wan"),))]
    assert list(points.values()) == [400, 500]


async def test_the_tolerance_survives_a_restart(rig: Rig) -> None:
    for _ in range(2):
        await reach(rig, True)
        rig.later(5)
    for _ in range(4):
        await reach(rig, False)
        rig.later(5)
    assert rig.crossings == []
    rig.monitor = rig.make()
    await rig.monitor.load()
    for _ in range(2):
        await reach(rig, False)
        rig.later(5)
    assert rig.crossings == []
    await reach(rig, False)  # the seventh: thirty minutes after the first
    assert rig.crossings == [("ping", False)]


def ap(*macs: str, mode: str = "access_point", name: str = "wlan0") -> dict[str, Any]:
    clients = [{"mac": mac, "ht": True, "vht": False} for mac in macs]
    wireless = {"mode": mode, "ssid": "quay", "htmode": "HT20", "clients": clients}
    return {"interfaces": [{"name": name, "type": "wireless", "wireless": wireless}]}


def stays(rig: Rig) -> dict[str, bool]:
    """Who was there, and whether still."""
    found = rig.database.read(lambda session: wifi.sessions(session, [rig.device]))
    return {one.stay.mac[-2:]: one.stop is None for one in found}


async def test_acceptance_7_sessions_open_and_close_with_the_documents(rig: Rig) -> None:
    await rig.reported(ap("aa:00:00:00:00:01", "aa:00:00:00:00:02"))
    assert stays(rig) == {"01": True, "02": True}
    rig.later(1)
    await rig.reported(ap("aa:00:00:00:00:02"))
    assert stays(rig) == {"01": False, "02": True}
    rows = rig.database.read(lambda session: session.scalars(select(WifiSession)).all())
    assert {row.start_time for row in rows} == {START}
    (client,) = {one.client for one in _sessions(rig) if one.stay.mac.endswith("02")}
    assert (client.ht, client.vht) == (True, None)


def _sessions(rig: Rig) -> list[wifi.WifiStay]:
    return rig.database.read(lambda session: wifi.sessions(session, [rig.device]))


async def test_acceptance_7_a_mesh_peer_is_no_session_and_history_changes_none(rig: Rig) -> None:
    await rig.reported(ap("aa:00:00:00:00:01", mode="802.11s"))
    assert stays(rig) == {}
    await rig.reported(ap("aa:00:00:00:00:01"))
    await rig.reported(ap(), ago_s=1800, current=False)
    assert stays(rig) == {"01": True}


async def test_sessions_end_when_the_device_is_offline_for_its_tolerance(rig: Rig) -> None:
    await reach(rig, True)
    await rig.reported(ap("aa:00:00:00:00:01"))
    for _ in range(7):
        rig.later(5)
        assert stays(rig) == {"01": True}
        await reach(rig, False)
    assert stays(rig) == {"01": False}


async def test_a_batch_whose_transaction_fails_is_judged_again(rig: Rig) -> None:
    def broken(session: Session, outcome: Outcome, at: datetime) -> list[Any]:
        raise StorageError("away")

    rig.monitor.listeners.append(broken)
    reading = Reading("disk", rig.now.timestamp(), {"used_disk": 99.0})
    one = Observation(rig.device, rig.now, (reading,))
    with pytest.raises(StorageError):
        await rig.monitor.take([one])
    assert rig.status == "unknown"
    rig.monitor.listeners.remove(broken)
    rig.crossings.clear()
    await rig.monitor.take([one])
    assert (rig.status, rig.crossings) == ("problem", [("disk", False)])


async def test_what_waits_for_a_database_does_not_fill_the_memory(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(session: Session, outcome: Outcome, at: datetime) -> list[Any]:
        raise StorageError("away")

    monkeypatch.setattr("owtui.engine.monitoring.monitor.MOST_WAITING", 3)
    rig.monitor.listeners.append(broken)
    for used in range(6):
        reading = Reading("disk", rig.now.timestamp(), {"used_disk": float(used)})
        rig.monitor.offer(Observation(rig.device, rig.now, (reading,)))
        await rig.monitor.flush()
        rig.later(0.1)
    rig.monitor.listeners.remove(broken)
    rig.series.points.clear()
    await rig.monitor.flush()
    assert list(rig.series.points[Key(rig.device, "disk", "used_disk")].values()) == [3, 4, 5]


async def test_a_flush_ends_when_what_another_has_taken_is_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks how a device is after a check must not read how it was before."""
    taken, go_on = asyncio.Event(), asyncio.Event()
    take = rig.monitor.take

    async def slowly(*args: Any) -> Outcome:
        taken.set()
        await go_on.wait()
        return await take(*args)

    monkeypatch.setattr(rig.monitor, "take", slowly)
    reading = Reading("disk", rig.now.timestamp(), {"used_disk": 99.0})
    rig.monitor.offer(Observation(rig.device, rig.now, (reading,)))
    first = asyncio.create_task(rig.monitor.flush())
    await taken.wait()
    second = asyncio.create_task(rig.monitor.flush())
    await asyncio.sleep(0)
    assert not second.done()
    go_on.set()
    await second
    assert first.done() and rig.status == "problem"


async def test_a_full_disk_is_said_once_and_judging_goes_on(rig: Rig, tmp_path: Any) -> None:
    said: list[bool] = []
    rig.monitor.on_trouble = lambda failure: said.append(failure is not None)
    rig.series.fails = SeriesFull(tmp_path)
    assert await reach(rig, False) == "problem"
    rig.later(1)
    assert await reach(rig, True) == "ok"
    rig.series.fails = None
    await reach(rig, True)
    assert said == [True, False]


async def test_a_threshold_of_the_device_goes_before_the_default(rig: Rig) -> None:
    rig.database.write(
        lambda session: metrics.put_setting(session, "disk", device_id=rig.device, threshold=50.0)
    )
    await rig.monitor.reload()
    assert await rig.saw("disk", "used_disk", 60.0) == "problem"


async def test_a_device_that_is_gone_is_left_out(rig: Rig) -> None:
    stranger = UUID(int=7)
    reading = Reading("disk", rig.now.timestamp(), {"used_disk": 99.0})
    outcome = await rig.monitor.take([Observation(stranger, rig.now, (reading,))])
    assert (outcome.points, outcome.statuses) == ([], {})


async def test_judgement_is_forgotten_when_the_status_becomes_unknown(rig: Rig) -> None:
    await reach(rig, False)
    await rig.monitor.reset([rig.device])
    assert rig.monitor.book.flag(rig.device, "ping") is None
    recorded = rig.database.read(metrics.load)
    assert [one.healthy for one in recorded] == [None]
