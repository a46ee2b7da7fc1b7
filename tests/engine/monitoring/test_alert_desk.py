"""What people see of alerts and say about them, in a process that only looks on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session

from owtui.engine.monitoring.alerts.desk import PERIODS, Alerts
from owtui.engine.monitoring.alerts.quiet import Quiet
from owtui.errors import InputError
from owtui.operator import Operator
from storage import audit, devices, metrics, organizations, revisions
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.tables import Job, JobResult
from tests.engine.monitoring.alerting import START, AlertRig

EVA = Operator("eva", "desk", "console")


@pytest.fixture
async def rig(sqlite_database: Database) -> AlertRig:
    return await AlertRig(sqlite_database, ["gw", "ap-1", "ap-2"], {"ap-1": "gw"}).ready()


@pytest.fixture
def desk(rig: AlertRig) -> Alerts:
    return Alerts(rig.database, rig.fleet, EVA, rig.bus, present=lambda: rig.now)


async def disk(rig: AlertRig, name: str = "gw", value: float = 95.0) -> str:
    await rig.saw(name, "disk", value)
    return str(rig.alert(name, "disk").id)


async def test_a_limit_counts_what_fits_and_not_what_is_newest_of_all(
    rig: AlertRig, desk: Alerts
) -> None:
    for name in ("gw", "ap-1", "ap-2"):
        await disk(rig, name)
        await rig.saw(name, "disk", 10.0)
        rig.later(60)
    for wanted in ("gw", "ap-1"):
        (one,) = await desk.rows(wanted, state="resolved", limit=1)
        assert (one.device, one.kind) == (wanted, "disk")
    assert await desk.rows("gw", state="resolved", kind="ping", limit=1) == []
    assert len(await desk.rows(state="all", severity="warning", limit=2)) == 2


async def gone(rig: AlertRig, *names: str) -> None:
    for _ in range(8):
        for name in names:
            await rig.take(name, {"ping": 0.0})
        await rig.keeper.settle()
        rig.later(5)


async def test_folded_ones_are_counted_under_their_cause(rig: AlertRig, desk: Alerts) -> None:
    await gone(rig, "gw", "ap-1")
    await disk(rig, "ap-2")
    assert [(one.device, one.kind, one.behind) for one in await desk.rows()] == [
        ("ap-2", "disk", 0),
        ("gw", "ping", 1),
    ]
    (folded,) = await desk.rows(state="folded")
    assert (folded.device, folded.state) == ("ap-1", "folded")
    counts = await desk.counts()
    assert (counts.open, counts.warning, counts.folded) == (2, 2, 1)
    whole = await desk.get(folded.id)
    assert whole.cause is not None and whole.cause.device == "gw"
    assert [one.device for one in (await desk.get(whole.cause.id)).folded] == ["ap-1"]


async def test_they_are_filtered_by_device_kind_severity_and_state(
    rig: AlertRig, desk: Alerts
) -> None:
    for name in ("gw", "ap-1"):
        await disk(rig, name)
    await rig.saw("gw", "disk", 10.0)
    assert [one.device for one in await desk.rows()] == ["ap-1"]
    assert [one.state for one in await desk.rows(state="all")] == ["open", "resolved"]
    assert [one.device for one in await desk.rows("gw", state="all")] == ["gw"]
    assert await desk.rows(kind="ping") == []
    assert await desk.rows(severity="critical") == []
    with pytest.raises(InputError, match="no state loud"):
        await desk.rows(state="loud")


async def test_critical_ones_come_first(rig: AlertRig, desk: Alerts) -> None:
    await gone(rig, "gw")
    rig.later(60)
    await rig.take("gw", {"ping": 0.0, "data_collected": 0.0})
    await disk(rig, "ap-2")
    assert [one.severity for one in await desk.rows()] == ["critical", "warning"]


async def test_who_acknowledges_is_told_no_more_and_the_audit_knows(
    rig: AlertRig, desk: Alerts
) -> None:
    await gone(rig, "gw", "ap-1")
    before = rig.database.revisions()
    id_ = str(rig.alert("gw", "ping").id)
    (row,) = await desk.ack([id_[:6]], "on my way")
    assert (row.state, row.acked_by, row.note) == ("acked", "eva", "on my way")
    after = rig.database.revisions()
    assert after[revisions.ALERTS] > before[revisions.ALERTS]
    entry = rig.database.read(lambda s: audit.entries(s, limit=1))[0]
    assert (entry.action, entry.operator, entry.device_name) == ("alert_acked", "eva", "gw")
    (row,) = await desk.unack([id_])
    assert row.state == "open"
    assert rig.lines(rig.alert("gw", "ping"))[-2:] == ["acked", "unacked"]


async def test_what_is_acknowledged_before_it_is_told_is_told_when_taken_back(
    rig: AlertRig, desk: Alerts
) -> None:
    await rig.take("gw", {"disk": 95.0})
    id_ = rig.alert("gw", "disk").id
    await desk.ack([id_])
    await rig.keeper.settle()
    assert rig.told == []
    await desk.unack([id_])
    await rig.keeper.settle()
    assert rig.told == [("gw", "disk_problem")]


async def test_a_silence_ends_and_what_is_still_wrong_is_told(rig: AlertRig, desk: Alerts) -> None:
    await rig.take("gw", {"disk": 95.0})
    id_ = rig.alert("gw", "disk").id
    (row,) = await desk.silence([id_], PERIODS["1h"])
    assert (row.state, row.silenced_until) == ("silenced", rig.now + timedelta(hours=1))
    await rig.pause(59)
    assert rig.told == []
    await rig.pause(1)
    assert rig.told == [("gw", "disk_problem")]
    assert (await desk.rows())[0].state == "open"


async def test_what_has_ended_takes_notes_alone(rig: AlertRig, desk: Alerts) -> None:
    id_ = await disk(rig)
    await rig.saw("gw", "disk", 10.0)
    with pytest.raises(RuleError, match="has ended"):
        await desk.ack([id_])
    with pytest.raises(InputError, match="is over"):
        await desk.silence([id_], rig.now)
    (row,) = await desk.note([id_], "was the log")
    assert row.note == "was the log"
    for wrong in ("zzzz", "12", id_[:3], "ffffffff"):
        with pytest.raises(MissingError):
            await desk.get(wrong)


async def test_a_note_that_fails_for_one_is_kept_with_none(rig: AlertRig, desk: Alerts) -> None:
    id_ = await disk(rig)
    with pytest.raises(MissingError):
        await desk.note([id_, "ffffffff"], "x")
    assert (await desk.get(id_)).row.note == ""


async def test_quiet_times_are_made_shown_and_removed(rig: AlertRig, desk: Alerts) -> None:
    await desk.quiet.add(Quiet("works", "maintenance", START, filter="ap-*", kinds=("disk",)))
    await disk(rig, "ap-1")
    (row,) = await desk.rows()
    assert (row.state, row.quiet, rig.told) == ("maintenance", "works", [])
    (told,) = await desk.quiet.rows()
    assert (told["active"], told["until"], told["devices"], told["operator"]) == (
        *(True, None, 2, "eva"),
    )
    with pytest.raises(RuleError, match="already"):
        await desk.quiet.add(Quiet("Works", "maintenance", START))
    await desk.quiet.remove("works")
    await rig.keeper.settle()
    assert rig.told == [("ap-1", "disk_problem")]
    actions = [one.action for one in rig.database.read(audit.entries)]
    assert {"add_quiet_time", "remove_quiet_time"} <= set(actions)


async def test_a_threshold_that_is_the_default_is_stored_as_nothing(
    rig: AlertRig, desk: Alerts
) -> None:
    def grouped(session: Session) -> None:
        owner = organizations.default(session).id
        made = organizations.create_group(session, owner, "roofs", "")
        devices.update(session, rig.ids["gw"], group_id=made.id)

    rig.database.write(grouped)
    await rig.fleet.load()
    gw = rig.ids["gw"]
    row = await desk.thresholds.set("cpu", device=gw, threshold=90.0, tolerance=10)
    assert (row.threshold, row.tolerance, row.custom) == (90, 10, ("tolerance",))
    row = await desk.thresholds.set("cpu", group="roofs", threshold=70.0, tolerance=5)
    assert row.custom == ("threshold", "tolerance")
    held = {one.kind: one for one in await desk.thresholds.rows(device=gw)}["cpu"]
    assert (held.threshold, held.tolerance, held.custom) == (70, 10, ("tolerance",))
    await desk.thresholds.set("cpu", device=gw, tolerance=5)  # what the group says
    settings = rig.database.read(metrics.settings)
    assert [one.device_id for one in settings] == [None]
    await desk.thresholds.set("cpu", device=gw, threshold=90.0)  # the default, but not the group's
    await rig.monitor.reload()
    found = rig.monitor.book.thresholds.of(rig.fleet.rows[gw], "cpu")
    assert found is not None and (found.value, found.tolerance) == (90, 5)
    row = await desk.thresholds.reset("cpu", group="roofs")
    assert row.custom == ()


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("cpuu", {"threshold": 1}, "no metric cpuu"),
        ("cpu", {"tolerance": 10_081}, "0 to 10080"),
        ("cpu", {"tolerance": -1}, "0 to 10080"),
        ("cpu", {"threshold": float("nan")}, "a number"),
        ("cpu", {"operator": "="}, "< or >"),
        ("cpu", {"is_active": "maybe"}, "yes or no"),
    ],
)
async def test_a_threshold_that_means_nothing_is_refused(
    rig: AlertRig, desk: Alerts, kind: str, values: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        await desk.thresholds.set(kind, device=rig.ids["gw"], **values)
    with pytest.raises(InputError, match="Whose threshold"):
        await desk.thresholds.set("cpu", threshold=1)


async def test_what_changed_just_before_is_kept_newest_first(rig: AlertRig, desk: Alerts) -> None:
    await gone(rig, "gw")  # the neighbour's alert opens 30 minutes after START
    rig.later(10)

    def touch(session: Session) -> None:
        for number, minutes in ((7, 5), (8, 90)):
            job = Job(number=number, action="reboot", title=f"reboot {number}")
            session.add(job)
            session.flush()
            at = rig.now - timedelta(minutes=minutes)
            session.add(
                JobResult(
                    job_id=job.id,
                    device_id=rig.ids["ap-1"],
                    state="success",
                    started=at,
                    finished=at,
                )
            )

    rig.database.write(touch)
    await disk(rig, "ap-1")
    told = (await desk.get(rig.alert("ap-1", "disk").id)).before
    assert [(one["kind"], one["text"]) for one in told] == [
        ("job", "job 7 “reboot 7” success"),
        ("neighbour", "gw: is not reachable for 30 m"),
    ]
    assert told[0]["ref"] == "7"


async def test_others_hear_of_it_by_the_revisions(rig: AlertRig, desk: Alerts) -> None:
    id_ = await disk(rig)
    looks = 0

    async def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            await desk.note([id_], "x")

    other = Alerts(rig.database, rig.fleet, EVA, rig.bus, sleep=sleep)
    heard = other.changes()
    await anext(heard)
    assert looks == 2
    assert (await other.get(id_)).row.note == "x"
