"""Jobs, their results and their secret parameters, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from storage import job_secrets, jobs, revisions
from storage.db import Database
from storage.errors import MissingError
from storage.secrets import Secret, Vault
from storage.tables import Job, JobResult, JobSecret, now

A, B, C = uuid4(), uuid4(), uuid4()


def new_job(session: Session, **fields: Any) -> Job:
    """A job on three devices, the last of which it skips."""
    number = revisions.next_number(session, jobs.NUMBER)
    job = Job(number=number, action="reboot", **fields)
    session.add(job)
    session.flush()
    for position, (device_id, state) in enumerate(((B, "pending"), (A, "pending"), (C, "skipped"))):
        session.add(JobResult(job_id=job.id, device_id=device_id, position=position, state=state))
    revisions.touch(session, revisions.JOBS)
    return job


def test_a_job_is_read_with_its_counts_and_its_results_in_order(database: Database) -> None:
    job = database.write(lambda s: new_job(s, operator="ada", plan={"schema": 1}))
    for wanted in (job.number, job.id):
        row = database.read(lambda s, w=wanted: jobs.get(s, w))
        assert (row.job.id, row.job.plan, row.job.state) == (job.id, {"schema": 1}, "queued")
        assert row.counts == {"pending": 2, "skipped": 1}
        assert row.total == 3
    results = database.read(lambda s: jobs.results(s, job.id))
    assert [r.device_id for r in results] == [B, A, C]
    skipped = database.read(lambda s: jobs.results(s, job.id, states=["skipped"]))
    assert [r.device_id for r in skipped] == [C]
    assert database.read(lambda s: jobs.result(s, job.id, A)).state == "pending"
    with pytest.raises(MissingError, match="not about this device"):
        database.read(lambda s: jobs.result(s, job.id, uuid4()))


def test_numbers_are_unique_and_without_gaps_under_concurrency(
    database: Database, database_url: str
) -> None:
    other = Database.open(database_url)  # as another process: a lock of its own
    threads = [
        threading.Thread(target=lambda d=d: [d.write(new_job) for _ in range(10)])
        for d in (database, other, database, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(database.read(lambda s: s.exec(select(Job.number)).all()))
    assert numbers == list(range(1, 41))
    other.close()


def test_a_number_of_a_job_that_was_not_kept_is_used_again(database: Database) -> None:
    def fail(session: Session) -> None:
        new_job(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(fail)
    assert database.write(new_job).number == 1


def test_a_state_moves_only_from_the_expected_ones(database: Database) -> None:
    job = database.write(new_job)
    at = now()
    assert database.write(lambda s: jobs.move(s, job.id, "running", at=at, engine_id="e1"))
    assert database.write(lambda s: jobs.move(s, job.id, "paused", expected=["running"]))
    assert database.write(lambda s: jobs.move(s, job.id, "running"))
    assert database.write(lambda s: jobs.move(s, job.id, "cancelled", reason="enough", at=at))
    assert not database.write(lambda s: jobs.move(s, job.id, "success"))
    kept = database.read(lambda s: jobs.get(s, job.id)).job
    assert (kept.state, kept.reason, kept.engine_id) == ("cancelled", "enough", "e1")
    assert kept.started == at  # the first start, not the resumption
    assert kept.finished == at


def test_what_is_left_can_be_closed_at_once(database: Database) -> None:
    job = database.write(new_job)
    closed = database.write(
        lambda s: jobs.close_results(s, job.id, "cancelled", expected=["pending"], step="")
    )
    assert closed == 2
    assert database.read(lambda s: jobs.get(s, job.id)).counts == {"cancelled": 2, "skipped": 1}


def test_jobs_are_listed_newest_first_in_pages(database: Database) -> None:
    for _ in range(5):
        database.write(new_job)
    first = database.read(lambda s: jobs.rows(s, limit=2))
    assert [row.job.number for row in first] == [5, 4]
    rest = database.read(lambda s: jobs.rows(s, before=4, states=["queued"], action="reboot"))
    assert [row.job.number for row in rest] == [3, 2, 1]
    assert rest[0].counts == {"pending": 2, "skipped": 1}
    assert database.read(lambda s: jobs.rows(s, states=["failed"])) == []


def test_pruning_takes_only_ended_jobs_and_their_results(database: Database) -> None:
    old, young, running = (database.write(new_job) for _ in range(3))
    past = now() - timedelta(days=40)
    database.write(lambda s: jobs.move(s, old.id, "success", at=past))
    database.write(lambda s: jobs.move(s, young.id, "success"))
    database.write(lambda s: jobs.move(s, running.id, "running", at=past))
    assert database.write(lambda s: jobs.prune(s, timedelta(days=30))) == 1
    assert database.read(lambda s: jobs.results(s, old.id)) == []
    assert [row.job.number for row in database.read(jobs.rows)] == [3, 2]


def test_an_unknown_job_is_told(database: Database) -> None:
    with pytest.raises(MissingError, match="There is no job 7"):
        database.read(lambda s: jobs.get(s, 7))


def test_secret_parameters_live_as_long_as_their_job(database: Database, vault: Vault) -> None:
    def submit(session: Session) -> tuple[UUID, UUID]:
        job = new_job(session)
        return job.id, job_secrets.put(session, vault, Secret("canary"), job.id)

    job_id, secret_id = database.write(submit)

    def take() -> str:
        return database.read(lambda s: job_secrets.take(s, vault, secret_id)).reveal()

    database.write(lambda s: jobs.move(s, job_id, "running"))
    assert take() == "canary"
    database.write(lambda s: jobs.move(s, job_id, "success"))
    with pytest.raises(MissingError, match="no longer kept"):
        take()
    assert database.read(lambda s: s.exec(select(JobSecret.id)).all()) == []
