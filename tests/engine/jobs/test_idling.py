"""An engine without jobs leaves DBOS and its database alone; a version that cannot is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from owtui.engine.jobs import idling
from owtui.engine.jobs.durable import Durable
from storage.db import Database
from tests.engine.jobs.twins import House, build


@pytest.fixture
async def idle(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """An engine that looks at its queues often, so that a test need not wait."""
    house = build(database, tmp_path, 1)
    house.jobs.durable = Durable(house.means, poll_s=0.1)
    await house.jobs.start()
    yield house
    await house.jobs.stop(drain_s=5)


@pytest.mark.slow
async def test_a_look_at_an_empty_queue_claims_nothing_and_a_job_is_taken(idle: House) -> None:
    from dbos._dbos import _get_dbos_instance

    loop, looked = asyncio.get_running_loop(), asyncio.Event()
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        told.append(statement)
        if sum("workflow_status" in one for one in told) >= 10:
            loop.call_soon_threadsafe(looked.set)

    engine = _get_dbos_instance()._sys_db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        async with asyncio.timeout(30):
            await looked.wait()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    looks = [one for one in told if "workflow_status" in one]
    assert all(one.startswith("SELECT") and " LIMIT " in one for one in looks), looks
    assert not any("application_versions" in one or "RECURSIVE" in one for one in told), told
    job = await idle.jobs.submit(await idle.jobs.plan("reboot", idle.rows, {}))
    assert (await idle.jobs.wait(job.id)).state == "success"


@pytest.mark.slow
@pytest.mark.usefixtures("idle")
async def test_this_version_of_dbos_lets_its_own_jobs_rest() -> None:
    from dbos import _workflow_commands
    from dbos._dbos import _get_dbos_instance

    queue = _get_dbos_instance()._registry.get_internal_queue()
    assert queue._polling_interval_sec == idling.RARELY_S
    assert _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC == idling.RARELY_S


def test_another_version_is_left_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    assert not idling.before_launch(ModuleType("commands"), SimpleNamespace())
    assert not idling.after_launch(SimpleNamespace())
    assert len(caplog.messages) == 2
