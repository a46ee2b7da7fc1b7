"""Walk a changing job without DBOS, each step as often as a crash would repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owtui.engine.jobs import device
from owtui.engine.jobs.result import Result
from tests.engine.jobs.twins import House


async def walk(
    house: House,
    action: str,
    params: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
    *,
    repeat: int = 1,
    devices: int = 1,
    away_s: float = 0.0,
) -> list[Result]:
    """Submit a job and do its first devices, every step `repeat` times.

    `away_s`: as long is no engine there before each step.
    """
    plan = await house.jobs.plan(action, house.rows[:devices], params)
    job = await house.jobs.submit(plan, secrets)
    brief = house.means.database.read(
        lambda session: device.read_brief(session, house.means, job.id)
    )
    assert brief is not None
    results = []
    for row in plan.changing:
        work = await device.begin(house.means, brief, row.device_id)
        assert isinstance(work, device.Work)
        memo: dict[str, Any] = {}
        failed = False
        for name in work.action.steps:
            house.clock.now += away_s
            for _ in range(repeat):
                answer = await device.step(house.means, work, name, memo, lambda *said: None)
            if failed := "value" not in answer:
                break
            memo[name] = answer["value"]
        for _ in range(repeat):
            result = await device.end(house.means, work, memo, failed=failed)
        results.append(result)
    return results
