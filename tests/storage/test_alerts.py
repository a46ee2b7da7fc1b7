"""Alerts and quiet times as rows, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from storage import alertcauses, alerts, devices, quiet
from storage.core import ALERT_EVENT
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.tables import Alert, Credentials, DeviceConnection, Job, JobResult, QuietTime

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def made(session: Session, name: str = "ap-1") -> UUID:
    return devices.create(session, name, address="192.0.2.1").id


def alert(device_id: UUID | None, kind: str = "ping", **fields: object) -> Alert:
    usual = {"device_id": device_id, "kind": kind, "opened_at": NOON, "changed_at": NOON}
    return Alert(**(usual | fields))


def test_one_of_a_device_that_went_meanwhile_is_left_out(database: Database) -> None:
    device = database.write(made)
    before = database.revisions()
    kept = database.write(lambda s: alerts.add(s, [alert(device), alert(UUID(int=1)), alert(None)]))
    assert [one.device_id for one in kept] == [device, None]
    assert database.revisions()["alerts"] == before.get("alerts", 0) + 1


def test_an_id_is_found_by_how_it_begins(database: Database) -> None:
    one, two = (UUID(f"abcd{nth}000-0000-4000-8000-000000000000") for nth in (1, 2))
    database.write(lambda s: alerts.add(s, [alert(None, "a", id=one), alert(None, "b", id=two)]))

    def found(text: str) -> UUID:
        return database.read(lambda s: alerts.get(s, text).id)

    assert found("abcd1") == found(str(one)) == one
    for wrong, said in (("abcd", "Several"), ("abc", "no alert"), ("a%", "no alert"), ("", "no")):
        with pytest.raises(MissingError, match=said):
            found(wrong)


def test_what_is_unsettled_is_open_or_owed_and_what_ended_goes_first(database: Database) -> None:
    def write(session: Session) -> None:
        ended = {"resolved_at": NOON + HOUR}
        alerts.add(
            session,
            [
                alert(None, "open"),
                alert(None, "owed", told="problem", opened_at=NOON + HOUR, **ended),
                alert(None, "done", **ended),
            ],
        )

    database.write(write)
    assert [one.kind for one in database.read(alerts.unsettled)] == ["owed", "open"]
    assert [one.kind for one in database.read(lambda s: alerts.rows(s, resolved=True))] == [
        *("owed", "done")
    ]
    ended = database.read(lambda s: alerts.ended(s, ["done", "owed"], NOON + HOUR))
    assert {one.kind for one in ended} == {"done", "owed"}
    assert database.read(lambda s: alerts.ended(s, ["done"], NOON + 2 * HOUR)) == []
    database.write(lambda s: alerts.drop(s, NOON + 2 * HOUR))
    assert {one.kind for one in database.read(alerts.rows)} == {"open", "owed"}


def test_a_timeline_is_in_order_and_goes_with_its_device(database: Database) -> None:
    def write(session: Session) -> UUID:
        (one,) = alerts.add(session, [alert(made(session))])
        for kind, minutes in (("told", 1), ("opened", 0)):
            alerts.line(session, one.id, NOON + timedelta(minutes=minutes), kind)
        return one.id

    id_ = database.write(write)
    told = database.read(lambda s: alerts.timeline(s, id_))
    assert [one.kind for one in told] == ["opened", "told"]
    device = database.read(lambda s: alerts.get(s, id_).device_id)
    assert device is not None
    database.write(lambda s: s.delete(devices.get(s, device)))
    assert database.read(lambda s: s.execute(ALERT_EVENT.select()).all()) == []


def test_what_happened_to_a_device_in_the_hour_before(database: Database) -> None:
    def write(session: Session) -> UUID:
        device = made(session)
        for number, began, ended in ((1, -30, -29), (2, -90, -10), (3, -90, -80), (4, -5, None)):
            job = Job(number=number, action="reboot")
            session.add(job)
            session.flush()
            session.add(
                JobResult(
                    job_id=job.id,
                    device_id=device,
                    started=NOON + timedelta(minutes=began),
                    finished=None if ended is None else NOON + timedelta(minutes=ended),
                )
            )
        return device

    device = database.write(write)
    found = database.read(lambda s: alertcauses.jobs_touching(s, [device], NOON - HOUR, NOON))
    assert {one.number for one in found} == {1, 2, 4}


def test_jump_hosts_are_those_of_enabled_connections(database: Database) -> None:
    def write(session: Session) -> UUID:
        device = made(session)
        for nth, (enabled, hops) in enumerate(((True, ["a", "b"]), (False, ["c"]), (True, []))):
            login = Credentials(name=f"c{nth}", kind="none")
            session.add(login)
            session.flush()
            session.add(
                DeviceConnection(
                    device_id=device,
                    credentials_id=login.id,
                    enabled=enabled,
                    params={"jump": hops},
                )
            )
        return device

    device = database.write(write)
    assert database.read(lambda s: list(alertcauses.jumps(s))) == [(device, ("a", "b"))]


def test_quiet_times_have_names_of_their_own(database: Database) -> None:
    def add(name: str, ends: datetime | None = None) -> QuietTime:
        row = QuietTime(name=name, starts_at=NOON, ends_at=ends, kinds=["ping"])
        return database.write(lambda s: quiet.add(s, row))

    add(" works ", NOON + HOUR)
    add("nights")
    with pytest.raises(RuleError, match="already"):
        add("Works")
    with pytest.raises(RuleError, match="needs a name"):
        add(" ")
    assert [one.name for one in database.read(quiet.rows)] == ["nights", "works"]
    database.write(lambda s: quiet.drop(s, NOON + 2 * HOUR))
    assert database.write(lambda s: quiet.remove(s, "NIGHTS")).kinds == ["ping"]
    with pytest.raises(MissingError):
        database.write(lambda s: quiet.remove(s, "nights"))
