"""Jobs, their results and their secret parameters, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from storage import job_secrets, jobs
from storage.db import Database
from storage.errors import MissingError
from storage.jobs import NewJob, ResultUpdate, Target
from storage.secrets import Secret, Vault
from storage.tables import Job, JobSecret, now

A, B, C = uuid4(), uuid4(), uuid4()
TARGETS = [
    Target(A, "ap-a"),
    Target(B, "ap-b", wave=1),
    Target(C, "ap-c", state="skipped", error_kind="input", error_sentence="ap-c is deactivated."),
]


def new_job(session: Session, **fields: Any) -> Job:
    return jobs.create(session, NewJob("reboot", **fields), TARGETS)


def test_a_job_is_written_with_its_results_in_order(database: Database) -> None:
    job = database.write(lambda s: new_job(s, operator="ada", plan={"schema": 1}))
    row = database.read(lambda s: jobs.get(s, job.number))
    assert (row.job.id, row.job.plan, row.job.state) == (job.id, {"schema": 1}, "queued")
    assert row.counts == {"pending": 2, "skipped": 1}
    assert row.total == 3
    results = database.read(lambda s: jobs.results(s, job.id))
    assert [(r.device_name, r.position, r.wave) for r in results] == [
        ("ap-a", 0, 0),
        ("ap-b", 1, 1),
        ("ap-c", 2, 0),
    ]
    assert database.revisions()["jobs"] == 1


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


def test_results_are_saved_in_batches_and_keep_what_is_not_given(database: Database) -> None:
    job = database.write(new_job)
    at = now()
    updates = [
        ResultUpdate(job.id, A, state="in-progress", started=at),
        ResultUpdate(job.id, B, state="failed", error_kind="auth", error_sentence="No."),
    ]
    database.write(lambda s: jobs.save_results(s, updates))
    done = ResultUpdate(job.id, A, state="success", output="ok\n", exit_status=0, changed=False)
    database.write(lambda s: jobs.save_results(s, [done]))
    first = database.read(lambda s: jobs.result(s, job.id, A))
    assert (first.state, first.output, first.exit_status) == ("success", "ok\n", 0)
    assert first.changed is False
    assert first.started == at
    failed = database.read(lambda s: jobs.results(s, job.id, states=["failed"]))
    assert [r.error_sentence for r in failed] == ["No."]
    row = database.read(lambda s: jobs.get(s, job.id))
    assert row.counts == {"success": 1, "failed": 1, "skipped": 1}


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


def test_open_jobs_of_engines_that_died_are_found(database: Database) -> None:
    dead = database.write(lambda s: new_job(s, engine_id="dead", state="running"))
    database.write(lambda s: new_job(s, engine_id="alive", state="running"))
    database.write(new_job)
    ended = database.write(lambda s: new_job(s, engine_id="dead"))
    database.write(lambda s: jobs.move(s, ended.id, "failed"))
    orphans = database.read(lambda s: jobs.orphans(s, ["alive"]))
    assert [job.id for job in orphans] == [dead.id]
    assert len(database.read(jobs.open_jobs)) == 3


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
    kept = database.write(lambda s: job_secrets.put(s, vault, Secret("canary")))
    abandoned = database.write(lambda s: job_secrets.put(s, vault, Secret("other")))

    def submit(session: Session) -> UUID:
        job = new_job(session)
        job_secrets.bind(session, [kept], job.id)
        return job.id

    job_id = database.write(submit)
    take = lambda s: job_secrets.take(s, vault, kept)  # noqa: E731 - used twice, once to fail
    assert database.read(take).reveal() == "canary"
    database.write(lambda s: jobs.move(s, job_id, "success"))
    with pytest.raises(MissingError, match="no longer kept"):
        database.read(take)
    database.write(lambda s: job_secrets.prune(s, timedelta(hours=1)))
    assert database.read(lambda s: s.exec(select(JobSecret.id)).all()) == [abandoned]
    database.write(lambda s: job_secrets.prune(s, timedelta(0), now() + timedelta(seconds=1)))
    assert database.read(lambda s: s.exec(select(JobSecret.id)).all()) == []
