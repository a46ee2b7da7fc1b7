"""What the checks of a device say after its flash: well, unwell, or nothing at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.actions.base import Task
from owtui.engine.jobs.state import ResultState
from storage import metrics
from tests.engine.firmware.place import Place, upgrading

pytestmark = pytest.mark.slow


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with upgrading(sqlite_url, tmp_path, 1) as made:
        yield made


def found(place: Place, *rounds: Sequence[dict[str, Any]]) -> list[int]:
    """Have the checks find this, round by round, the last of it for ever; a minute passes each."""
    asked: list[int] = []

    async def checks(_types: Sequence[str]) -> list[dict[str, Any]]:
        asked.append(len(asked))
        place.skip(60)
        return list(rounds[min(len(asked), len(rounds)) - 1])

    async def replaced(task: Task) -> None:
        task.checks = checks

    place.before("verify", replaced)
    return asked


def check(type: str = "ping", *, ok: bool = True, text: str = "", bad: str = "") -> dict[str, Any]:
    return {"type": type, "ok": ok, "text": text, "bad": [bad] if bad else []}


GONE = check(text="reachable 0", bad="ping")
WELL = check(text="reachable 1")


async def test_a_check_that_cannot_find_out_is_told_and_is_no_failure(place: Place) -> None:
    asked = found(place, [WELL, check("iperf3", ok=False, text="There is no server for it.")])
    [result] = await place.do()
    assert (result.state, result.error) == (ResultState.SUCCESS, None)
    assert result.step.endswith("; could not be checked: There is no server for it.")
    assert "\ncould not be checked: There is no server for it.\n" in result.output
    assert len(asked) > 1, "it is asked again for a while"


async def test_what_a_check_finds_after_the_flash_is_a_failure_if_it_stays(place: Place) -> None:
    found(place, [GONE])
    [result] = await place.do()
    assert result.state is ResultState.FAILED
    assert result.error is not None
    assert "and ping: reachable 0" in result.error.sentence
    assert place.device().device.effects.upgrades == 1


async def test_what_passes_and_what_our_own_polls_tell_is_no_failure(place: Place) -> None:
    late = check("data_collected", text="data_collected 0", bad="data_collected")
    asked = found(place, [GONE, late], [WELL, late])
    [result] = await place.do()
    assert result.state is ResultState.SUCCESS
    assert len(asked) == 2


async def test_what_was_so_before_the_flash_is_no_fault_of_it(place: Place) -> None:
    [row] = await place.rows()
    unwell = metrics.Flagged(row.id, "ping", "ping", "reachable", "", healthy=False)
    await place.parts.database.awrite(lambda session: metrics.save(session, [unwell]))
    asked = found(place, [GONE])
    [result] = await place.do()
    assert result.state is ResultState.SUCCESS
    assert len(asked) == 1
