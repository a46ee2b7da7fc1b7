"""A push over real SSH to the real guard: confirmed, taken back, refused, all or none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.jobs.plan import Verdict
from storage import configs, generations
from tests.engine.configs.pushplace import PushPlace
from tests.lab.device import LabDevice
from tests.lab.fixtures import lab_fleet

__all__ = ["lab_fleet"]
pytestmark = [pytest.mark.slow, pytest.mark.lab]

Open = Callable[[int], Any]


@pytest.fixture
async def place(
    lab_fleet: Callable[..., list[LabDevice]], sqlite_url: str, tmp_path: Path
) -> AsyncIterator[PushPlace]:
    made = await PushPlace.build(sqlite_url, tmp_path, lab_fleet(1))
    yield made
    await made.close()


def only(place: PushPlace) -> LabDevice:
    return next(iter(place.fleet.values()))


async def test_what_is_confirmed_is_read_back_and_applied(place: PushPlace) -> None:
    await place.configure(general={"hostname": "roof-1", "timezone": "Europe/Rome"})
    await place.look()
    plan = await place.plan()
    [row] = plan.rows
    assert (row.verdict, "+" in row.diff) == (Verdict.CHANGE, True)
    [result] = await place.do()
    assert (result.state.value, result.error) == ("success", None)
    assert "roof-1" in only(place).inside("cat /etc/config/system").stdout
    assert not only(place).inside("ls /etc/uci-defaults").stdout.strip()
    [device] = await place.rows()
    config = await place.parts.database.aread(lambda session: configs.get(session, device.id))
    assert config.status == "applied"
    kept = await place.parts.database.aread(lambda session: generations.rows(session, device.id))
    assert [(one.number, one.kind, one.checksum) for one in kept] == [(1, "push", config.checksum)]
    [again] = (await place.plan()).rows
    assert again.verdict is Verdict.SAME
