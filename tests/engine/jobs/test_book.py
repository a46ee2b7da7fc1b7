"""What a job's rows say before anything has run."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from owtui.engine.jobs import book
from owtui.engine.jobs.plan import Plan, Verdict
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from tests.engine.jobs.twins import House

VERDICTS = (Verdict.BLOCKED, Verdict.SAME, Verdict.CHANGE)
FIRST = {
    Verdict.BLOCKED: ResultState.SKIPPED,
    Verdict.SAME: ResultState.SUCCESS,
    Verdict.CHANGE: ResultState.PENDING,
}


@pytest.mark.parametrize("verdicts", permutations(VERDICTS), ids="-".join)
async def test_each_device_begins_as_the_plan_says_of_it_whatever_it_says_of_the_first(
    house: House, verdicts: tuple[Verdict, ...]
) -> None:
    plan = await house.jobs.plan("reboot", house.rows[: len(verdicts)], {})
    rows = tuple(
        replace(row, verdict=verdict, reason=f"because {verdict}")
        for row, verdict in zip(plan.rows, verdicts, strict=True)
    )
    plan = replace(plan, rows=rows, waves=(1,))
    for verdict, one in zip(verdicts, await written(house, plan), strict=True):
        assert one.state is FIRST[verdict]
        assert (one.finished is None) == (verdict is Verdict.CHANGE)
        assert (one.error is not None) == (verdict is Verdict.BLOCKED)
        assert one.step == ("because same" if verdict is Verdict.SAME else "")


async def written(house: House, plan: Plan) -> list[Result]:
    """The results of a job of this plan, in the order of its rows."""

    def write(session: book.Session) -> dict[object, Result]:
        book.create(session, plan, house.means.operator, engine_id="")
        return {one.device_id: one for one in book.results(session, plan.id)}

    found = await house.means.database.awrite(write)
    return [found[row.device_id] for row in plan.rows]
