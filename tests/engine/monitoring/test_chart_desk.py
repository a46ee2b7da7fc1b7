"""The charts' desk: what faces may draw, lay over one another and mark; attached ones as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from owtui.engine.engine import Engine, Role
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.charts.desk import ChartDesk
from owtui.engine.monitoring.charts.kinds import CHARTS
from owtui.engine.monitoring.charts.spans import named
from owtui.errors import InputError
from owtui.operator import Operator
from storage import devices, generations
from storage import metrics as flags
from storage.core import CONFIG_GENERATION
from storage.db import Database
from storage.generations import Applied
from storage.keys import Keys
from storage.metrics import Flagged
from storage.packed import Box
from storage.secrets import Vault
from storage.series import Key, Point, members
from storage.tables import Job, JobResult
from tests.console.chartseed import sow_series
from tests.console.driving import loaded
from tests.console.seed import NOW as SEEDED
from tests.console.seed import id_of, sow
from tests.engine.monitoring.memory import MemorySeries

NOW = datetime(2026, 11, 27, 13, 37, tzinfo=UTC)
DAY = named("1d", NOW, UTC)


def at(minutes: float) -> float:
    return (NOW - timedelta(minutes=minutes)).timestamp()


def wan(device: UUID, field: str = "rx_bytes", name: str = "wan") -> Key:
    return Key(device, "traffic", field, (("ifname", name),))


@pytest.fixture
def series() -> MemorySeries:
    return MemorySeries()


@pytest.fixture
def desk(database: Database, series: MemorySeries) -> ChartDesk:
    return ChartDesk(series, database, Fleet(database))


@pytest.fixture
def device(database: Database) -> UUID:
    return database.write(lambda s: devices.create(s, "ap-1", address="192.0.2.1")).id


async def test_a_chart_is_found_by_name_and_one_that_is_not_is_told_with_the_nearest(
    desk: ChartDesk, series: MemorySeries, device: UUID
) -> None:
    with pytest.raises(InputError, match="Nothing was measured"):
        await desk.subject(device, "cpu")
    points = [Point(Key(device, "cpu", "cpu_usage"), at(5), 12), Point(wan(device), at(5), 1e9)]
    await series.write([*points, Point(wan(device, name="lan"), at(5), 1e9)])
    assert [one.id for one in await desk.subjects([device])] == [
        "traffic:lan",
        "traffic:wan",
        "cpu",
    ]
    assert (await desk.subject(device, "traffic:lan")).title == "Traffic: lan"
    assert (await desk.subject(device, "cpu")).id == "cpu"
    with pytest.raises(InputError, match="several charts") as several:
        await desk.subject(device, "traffic")
    assert "traffic:lan, traffic:wan" in several.value.hint
    with pytest.raises(InputError) as near:
        await desk.subject(device, "cpus")
    assert near.value.hint == "The nearest is cpu."


async def test_all_charts_are_as_each_alone_and_what_was_lost_is_asked_once(
    desk: ChartDesk, series: MemorySeries, device: UUID
) -> None:
    await series.write([Point(Key(device, "cpu", "cpu_usage"), at(n), n) for n in (5, 25, 45)])
    await series.write([Point(Key(device, "ping", "reachable"), at(15), 0)])
    drawn = await desk.draw_all(device, DAY)
    assert [one.subject.id for one in drawn] == ["uptime", "cpu"]
    assert drawn == [await desk.draw(device, one.subject, DAY) for one in drawn]
    assert sum(drawn[1].lost) == 1


async def test_devices_are_laid_over_one_another_and_who_has_nothing_is_left_out(
    desk: ChartDesk, series: MemorySeries
) -> None:
    one, two, three = (UUID(int=n) for n in (1, 2, 3))
    await series.write([Point(Key(id_, "cpu", "cpu_usage"), at(5), 7) for id_ in (two, one)])
    subject = await desk.subject(one, "cpu")
    assert list(await desk.over([three, two, one], subject, DAY)) == [two, one]


async def test_general_traffic_counts_the_dashboards_interfaces_and_clients_count_once(
    desk: ChartDesk, series: MemorySeries
) -> None:
    one, two = UUID(int=1), UUID(int=2)
    await series.write(
        [
            *(Point(wan(id_, field), at(5), 1e9) for id_ in (one, two) for field in
              ("rx_bytes", "tx_bytes")),
            Point(wan(one, name="br-lan"), at(5), 9e9),
            *(p for id_ in (one, two) for p in members(
                Key(id_, "wifi_clients", "clients", (("ifname", "wlan0"),)),
                at(5), ["aa:00:00:00:00:01"])),
        ]
    )  # fmt: skip
    by_name = {chart.name: chart for chart in desk.general_charts()}
    traffic = await desk.general(by_name["general_traffic"], [one, two], DAY)
    assert traffic.summary == {"total": 4.0, "download": 2.0, "upload": 2.0}
    clients = await desk.general(by_name["gen_wifi_clients"], [one, two], DAY)
    assert clients.summary == {"wifi_clients": 1}
    nobody = await desk.general(by_name["general_traffic"], [], DAY)
    assert nobody.is_empty


async def test_marks_are_jobs_and_configurations_of_the_span_oldest_first(
    desk: ChartDesk, database: Database, device: UUID, tmp_path: Path
) -> None:
    other = database.write(lambda s: devices.create(s, "ap-2", address="192.0.2.2")).id
    vault = Vault.open(database, Keys(tmp_path / "key"))
    pushed = done_job(database, 7, device, "push_config", 100)
    done_job(database, 8, device, "reboot", 40, state="failed")
    done_job(database, 9, other, "reboot", 30)
    done_job(database, 10, device, "reboot", 3 * 24 * 60)
    waits = done_job(database, 11, device, "reboot", 5, state="pending")
    made = database.write(
        lambda s: generations.add(
            s, Box(s, vault), device, Applied("a" * 32, b""), operator="eva", job_id=pushed
        )
    )
    database.write(lambda s: moved_to(s, made.id, NOW - timedelta(minutes=99)))
    marks = await desk.marks([device], DAY)
    assert [(mark.kind, mark.text, mark.job, mark.operator) for mark in marks] == [
        ("configuration", "configuration 1, push", 7, "eva"),
        ("job", "reboot on ap: failed", 8, "eva"),
    ], "a push is told once, by its configuration; what was never begun is not told"
    assert waits not in {mark.job for mark in marks}
    assert marks[1].at_s == at(40)
    assert {mark.device_id for mark in await desk.marks([device, other], DAY)} == {device, other}


def moved_to(session: Session, generation: UUID, when: datetime) -> None:
    statement = CONFIG_GENERATION.update().where(CONFIG_GENERATION.c.id == generation)
    session.execute(statement.values(created=when))


def done_job(
    database: Database,
    number: int,
    device: UUID,
    action: str,
    minutes: float,
    state: str = "success",
) -> UUID:
    when = NOW - timedelta(minutes=minutes)
    id_ = uuid4()
    job = Job(
        id=id_,
        number=number,
        action=action,
        title=f"{action} on ap",
        plan={},
        state="running" if state == "pending" else state,
        operator="eva",
        host="noc-1",
        face="cli",
        created=when,
        modified=when,
    )
    begun = None if state == "pending" else when
    result = JobResult(
        job_id=id_,
        device_id=device,
        device_name="ap",
        position=0,
        state=state,
        started=begun,
        finished=begun,
    )

    def write(session: Session) -> None:
        session.add(job)
        session.flush()
        session.add(result)

    database.write(write)
    return id_


async def test_metrics_have_their_newest_values_and_flags(
    desk: ChartDesk, series: MemorySeries, database: Database, device: UUID
) -> None:
    await series.write([Point(Key(device, "cpu", "cpu_usage"), at(n), 90 + n) for n in (9, 2)])
    await series.write([Point(Key(device, "cpu", "load_1"), at(2), 3.5)])
    await series.write([Point(Key(device, "memory", "percent_used"), at(2 * 24 * 60), 50)])
    clients = Key(device, "wifi_clients", "clients", (("ifname", "wlan0"),))
    macs = [f"aa:00:00:00:00:{n:02x}" for n in range(3)]
    await series.write([p for n in (20, 2) for p in members(clients, at(n), macs[: 1 + n % 3])])
    judged = Flagged(device, "cpu", "cpu", "cpu_usage", "", False, True, 92.0, NOW)
    database.write(lambda s: flags.save(s, [judged]))
    found = {one.id: one for one in await desk.metrics(device, NOW)}
    cpu = found["cpu"]
    assert (cpu.value, cpu.healthy, cpu.tolerant) == (92.0, False, True)
    assert cpu.at == NOW - timedelta(minutes=2)
    assert found["memory"].value is None, "older than a day says nothing of now"
    assert found["clients:wlan0"].value == 3, "how many, not the last of them"
    fields = await desk.metric(device, "cpu", NOW)
    assert [one.field for one in fields] == ["cpu_usage", "load_1"]
    points = await desk.values(device, fields, DAY)
    assert [value for _, value in points[fields[0]]] == [99.0, 92.0]
    with pytest.raises(InputError, match="no metric") as wrong:
        await desk.metric(device, "cpx", NOW)
    assert wrong.value.hint == "The nearest is cpu."


async def test_an_attached_process_has_the_desk_as_well(tmp_path: Path) -> None:
    sow(tmp_path / "owtui.db")
    sow_series(tmp_path, ("ap-roof-02",))
    operator = Operator("eva", "noc-1", "cli")
    engine = await Engine.start(loaded(tmp_path), operator, Role.ATTACH)
    try:
        span = named("1d", SEEDED, UTC)
        drawn = await engine.charts.draw_all(id_of("ap-roof-02"), span)
        marks = await engine.charts.marks([id_of("ap-roof-02")], span)
    finally:
        await engine.close()
    assert {one.subject.chart for one in drawn} < set(CHARTS)
    assert sum(drawn[-1].lost) == 6 and not drawn[-1].is_empty
    assert [mark.job for mark in marks] == [1, 2, 3]
