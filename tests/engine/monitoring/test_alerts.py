"""An alert's life through the monitor, the tables and what people are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session

from owtui.engine.jobs.noreturn import NO_RETURN
from owtui.engine.monitoring.alerts.quiet import Quiet
from storage import alerts, metrics, quiet, service
from storage.db import Database
from storage.series import SeriesFull
from storage.tables import Job, JobResult
from tests.engine.monitoring.alerting import START, AlertRig


@pytest.fixture
async def rig(sqlite_database: Database) -> AlertRig:
    return await AlertRig(
        sqlite_database, ["gw", "sw", "ap-1", "ap-2"], {"sw": "gw", "ap-1": "sw", "ap-2": "sw"}
    ).ready()


async def test_a_problem_opens_one_alert_and_its_end_ends_it(rig: AlertRig) -> None:
    for value in (80.0, 95.0, 97.0, 50.0):
        await rig.saw("gw", "disk", value)
        rig.later(5)
    one = rig.alert("gw", "disk")
    assert one.what == "Disk 95 % > 90 %"
    assert (one.opened_at, one.resolved_at) == (
        START + timedelta(minutes=5),
        START + timedelta(minutes=15),
    )
    assert rig.told == [("gw", "disk_problem"), ("gw", "disk_recovery")]
    assert rig.lines(one) == ["opened", "told", "resolved", "told-recovery"]
    problem, recovery = rig.tellings
    assert problem.text == (
        "The device gw is experiencing a peak in disk usage which has gone over 90%."
    )
    assert recovery.text == "The device gw disk usage has returned to normal levels."


async def test_the_tolerance_is_in_the_sentence(rig: AlertRig) -> None:
    await rig.hold("gw", "cpu", 95.0)
    assert rig.alert("gw", "cpu").what == "CPU 95 % > 90 % for 30 m"


async def test_what_nobody_is_told_of_is_an_alert_all_the_same(rig: AlertRig) -> None:
    await rig.saw("gw", "disk", 99.0, tell=False)
    await rig.saw("gw", "disk", 9.0)
    assert rig.alert("gw", "disk").resolved_at is not None
    assert rig.told == []


async def test_it_is_critical_as_long_as_the_device_is(rig: AlertRig) -> None:
    for kind in ("ping", "data_collected"):
        await rig.hold("gw", kind, 1.0, 5)
    for _ in range(8):
        await rig.take("gw", {"ping": 0.0, "data_collected": 0.0})
        rig.later(5)
    assert rig.alert("gw", "ping").severity == "critical"
    await rig.saw("gw", "data_collected", 1.0)
    assert rig.alert("gw", "ping").severity == "warning"
    assert "severity" in rig.lines(rig.alert("gw", "ping"))


async def test_ping_explains_that_no_data_is_collected(rig: AlertRig) -> None:
    for _ in range(8):
        await rig.take("gw", {"data_collected": 0.0, "ping": 0.0})
        await rig.keeper.settle()
        rig.later(5)
    assert rig.alert("gw", "data_collected").cause_id == rig.alert("gw", "ping").id
    assert rig.told == [("gw", "ping_problem")]


async def test_it_comes_back_as_itself_and_flaps(rig: AlertRig) -> None:
    for _ in range(5):
        await rig.saw("gw", "disk", 95.0)
        rig.later(5)
        await rig.saw("gw", "disk", 50.0)
        rig.later(5)
    one = rig.alert("gw", "disk")
    assert one.flaps == 4
    assert rig.told == [
        *[("gw", "disk_problem"), ("gw", "disk_recovery")] * 3,
        ("gw", "disk_flapping"),
    ]
    await rig.pause(31)
    assert rig.told[-1] == ("gw", "disk_recovery")
    assert len(rig.told) == 8
    await rig.saw("gw", "disk", 95.0)
    assert len(rig.alerts()) == 2
    assert rig.told[-1] == ("gw", "disk_problem")


async def test_flapping_that_comes_to_rest_as_a_problem_is_told(rig: AlertRig) -> None:
    for _ in range(4):
        await rig.saw("gw", "disk", 50.0)
        await rig.saw("gw", "disk", 95.0)
        rig.later(2)
    assert rig.told[-1] == ("gw", "disk_flapping")
    await rig.pause(31)
    assert rig.told[-1] == ("gw", "disk_problem")


# -- root causes ----------------------------------------------------------------------------------


async def down(rig: AlertRig, *names: str, minutes: int = 35) -> None:
    """These do not answer."""
    await answers(rig, dict.fromkeys(names, 0.0), minutes)


async def answers(rig: AlertRig, values: dict[str, float], minutes: int = 35) -> None:
    """Each is polled half a minute after the one before, in rounds of five minutes."""
    for _ in range(0, minutes + 1, 5):
        for name, value in values.items():
            await rig.saw(name, "ping", value)
            rig.later(0.5)
        await rig.pause(4)
        rig.later(1 - 0.5 * len(values))


async def test_children_before_their_cause_are_folded_and_not_told(rig: AlertRig) -> None:
    await down(rig, "ap-1", "ap-2", "sw", "gw", minutes=40)
    cause = rig.alert("gw", "ping")
    assert {rig.alert(name, "ping").cause_id for name in ("sw", "ap-1", "ap-2")} == {cause.id}
    assert rig.told == [("gw", "ping_problem")]
    assert rig.tellings[0].text == "The device gw is not reachable; 3 devices are behind it."
    await answers(rig, dict.fromkeys(("gw", "sw", "ap-1", "ap-2"), 1.0), minutes=45)
    assert rig.told == [("gw", "ping_problem"), ("gw", "ping_recovery")]
    assert all(one.resolved_at for one in rig.alerts())
    assert rig.alert("sw", "ping").cause_id == cause.id  # why it was, stays


async def test_a_child_that_stays_away_is_unfolded_and_told(rig: AlertRig) -> None:
    await down(rig, "ap-1", "gw", "sw", "ap-2", minutes=40)
    await answers(rig, {"gw": 1.0, "sw": 1.0, "ap-1": 0.0, "ap-2": 1.0}, minutes=50)
    assert rig.told == [("gw", "ping_problem"), ("gw", "ping_recovery"), ("ap-1", "ping_problem")]
    assert rig.lines(rig.alert("ap-1", "ping"))[-2:] == ["unfolded", "told"]


async def test_a_child_alone_is_told_after_the_grace(rig: AlertRig) -> None:
    await answers(rig, {"gw": 1.0, "sw": 1.0, "ap-1": 0.0})
    told = [one for one in rig.tellings if one.device_id == rig.ids["ap-1"]]
    assert [one.type for one in told] == ["ping_problem"]
    one = rig.alert("ap-1", "ping")
    lines = rig.database.read(lambda s: alerts.timeline(s, one.id))
    assert timedelta(minutes=3) <= lines[1].at - lines[0].at <= timedelta(minutes=4)


async def test_another_holder_goes_on_where_one_was(rig: AlertRig) -> None:
    await down(rig, "gw", "ap-1")
    rig.restart()
    await rig.ready()
    await rig.pause(5)
    assert rig.told == [("gw", "ping_problem")]


# -- quiet times ----------------------------------------------------------------------------------


def window(rig: AlertRig, *, minutes: int = 60, **fields: object) -> None:
    until = rig.now + timedelta(minutes=minutes)
    one = Quiet("works", "maintenance", rig.now, until, **fields)  # type: ignore[arg-type]
    rig.database.write(lambda session: quiet.add(session, one.row()))


async def test_what_opens_in_a_window_is_told_when_it_ends(rig: AlertRig) -> None:
    window(rig, filter="gw")
    await rig.saw("gw", "disk", 95.0)
    await rig.saw("sw", "disk", 95.0)
    assert rig.told == [("sw", "disk_problem")]
    await rig.pause(59)
    assert len(rig.told) == 1
    await rig.pause(1)
    assert rig.told[1:] == [("gw", "disk_problem")]


async def test_what_opens_and_ends_in_a_window_is_told_nobody(rig: AlertRig) -> None:
    window(rig, kinds=("disk",))
    await rig.saw("gw", "disk", 95.0)
    await rig.pause(10)
    await rig.saw("gw", "disk", 50.0)
    await rig.pause(60)
    assert rig.told == []
    assert "quiet" in rig.lines(rig.alert("gw", "disk"))


async def test_a_device_that_is_being_flashed_is_away_on_purpose(rig: AlertRig) -> None:
    job = Job(number=1, action="upgrade", state="running", started=rig.now)
    result = JobResult(job_id=job.id, device_id=rig.ids["gw"], state="in-progress", mark=NO_RETURN)

    def begin(session: Session) -> None:
        session.add(job)
        session.flush()
        session.add(result)

    rig.database.write(begin)
    await rig.hold("gw", "ping", 0.0)
    await rig.saw("gw", "disk", 95.0)
    assert rig.told == [("gw", "disk_problem")]
    assert "quiet" in rig.lines(rig.alert("gw", "ping"))

    def end(session: Session) -> None:
        session.get_one(JobResult, result.id).state = "failed"

    rig.database.write(end)
    await rig.pause(1)
    assert rig.told[1:] == [("gw", "ping_problem")]


# -- what no longer holds, and what no metric raises ----------------------------------------------


async def test_an_alert_does_not_outlive_its_threshold(rig: AlertRig) -> None:
    await rig.saw("gw", "disk", 95.0)

    def off(session: Session) -> None:
        metrics.put_setting(session, "disk", device_id=rig.ids["gw"], is_active=False)

    rig.database.write(off)
    await rig.monitor.reload()
    await rig.pause(1)
    one = rig.alert("gw", "disk")
    assert (one.resolved_at is not None, rig.lines(one)[-1]) == (True, "withdrawn")
    assert rig.told == [("gw", "disk_problem")]


async def test_an_alert_ends_when_its_device_leaves_service(rig: AlertRig) -> None:
    await rig.saw("gw", "disk", 95.0)
    rig.database.write(lambda s: service.deactivate(s, rig.ids["gw"]))
    await rig.fleet.load()
    await rig.pause(1)
    assert rig.lines(rig.alert("gw", "disk"))[-1] == "withdrawn"


async def test_a_history_that_cannot_be_kept_is_an_alert_of_the_engine(
    rig: AlertRig, tmp_path: object
) -> None:
    rig.series.fails = SeriesFull(tmp_path)  # type: ignore[arg-type]
    await rig.saw("gw", "disk", 50.0)
    (one,) = rig.alerts()
    assert (one.kind, one.device_id, one.severity) == ("series", None, "critical")
    rig.series.fails = None
    rig.later(1)
    await rig.saw("gw", "disk", 51.0)
    assert rig.told == [("", "series_problem"), ("", "series_recovery")]
    assert rig.tellings[0].text.startswith("The history of measurements cannot be kept: ")
    assert rig.tellings[1].text == "The history of measurements is kept again."
