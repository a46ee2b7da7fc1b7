"""The audit, living engines and saved views, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session

from storage import audit, engines, views
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.tables import AuditEntry, EngineBeat, now


def test_the_audit_is_read_newest_first_in_pages(database: Database) -> None:
    device, job = uuid4(), uuid4()
    at = now()

    def record(session: Session) -> None:
        audit.write(
            session,
            AuditEntry(action="trust", operator="ada", device_id=device, device_name="ap-1"),
            AuditEntry(action="reboot", operator="bob", job_id=job, detail={"n": 3}),
            AuditEntry(action="reboot", operator="ada", at=at - timedelta(days=2)),
        )

    database.write(record)

    def actions(**wanted: Any) -> list[tuple[str, str]]:
        found = database.read(lambda s: audit.entries(s, **wanted))
        return [(entry.action, entry.operator) for entry in found]

    everything = [("reboot", "ada"), ("reboot", "bob"), ("trust", "ada")]
    assert actions() == everything
    assert actions(limit=1) == everything[:1]
    last = database.read(lambda s: audit.entries(s, limit=1))[0]
    assert actions(before=last.id) == everything[1:]
    assert actions(operator="ada", action="reboot") == [("reboot", "ada")]
    assert actions(device_id=device) == [("trust", "ada")]
    assert actions(device_ids=[uuid4(), device]) == [("trust", "ada")]
    assert actions(device_ids=[]) == []
    assert actions(job_id=job) == [("reboot", "bob")]
    assert actions(since=at - timedelta(days=1)) == everything[1:]
    assert database.revisions() == {"audit": 1}


def test_an_act_that_fails_leaves_no_entry(database: Database) -> None:
    def fail(session: Session) -> None:
        audit.write(session, AuditEntry(action="remove"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(fail)
    assert database.read(audit.entries) == []


def test_an_engine_lives_while_it_beats(database: Database) -> None:
    start = now()
    mine = EngineBeat(engine_id="e1", host="jump", pid=1, started=start)
    other = EngineBeat(engine_id="e2", host="jump", pid=2, started=start + timedelta(seconds=1))

    def living(seconds: int) -> tuple[list[str], list[str]]:
        at = start + timedelta(seconds=seconds)
        return database.read(
            lambda s: (
                [e.engine_id for e in engines.alive(s, at)],
                [e.engine_id for e in engines.stale(s, at)],
            )
        )

    for engine in (mine, other):
        database.write(lambda s, e=engine: engines.beat(s, e, start))
    assert living(10) == (["e1", "e2"], [])
    database.write(lambda s: engines.beat(s, mine, start + timedelta(seconds=40)))
    assert living(50) == (["e1"], ["e2"])
    assert database.write(lambda s: engines.remove(s, "e2"))  # the one who may adopt
    assert not database.write(lambda s: engines.remove(s, "e2"))
    assert living(50) == (["e1"], [])
    kept = database.read(lambda s: engines.alive(s, start))[0]
    assert (kept.started, kept.pid) == (start, 1)


def test_a_view_is_saved_replaced_and_forgotten(database: Database) -> None:
    database.write(lambda s: views.save(s, "roofs", "tag=roof", columns=["name", "model"]))
    database.write(lambda s: views.save(s, "roofs", "", screen="jobs"))
    database.write(lambda s: views.save(s, " roofs ", "tag=mesh", sort="-age"))
    kept = database.read(lambda s: views.get(s, "roofs"))
    assert (kept.filter, kept.columns, kept.sort) == ("tag=mesh", [], "-age")
    assert [view.name for view in database.read(views.rows)] == ["roofs"]
    database.write(lambda s: views.remove(s, "roofs"))
    with pytest.raises(MissingError, match="There is no view roofs"):
        database.write(lambda s: views.remove(s, "roofs"))
    assert len(database.read(lambda s: views.rows(s, "jobs"))) == 1
    with pytest.raises(RuleError, match="needs a name"):
        database.write(lambda s: views.save(s, " ", ""))
