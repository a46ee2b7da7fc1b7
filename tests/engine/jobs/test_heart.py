"""Who lives, who died, and what becomes of what he left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from owtui.engine.events import Notice
from owtui.engine.jobs.heart import ATTACHED, Heart
from owtui.engine.jobs.process import is_gone, process_name
from storage import engines
from storage.errors import UnusableError
from tests.engine.jobs.twins import House


def beats(house: House) -> dict[str, str]:
    """The living processes and their zones."""
    found = house.means.database.read(lambda session: engines.alive(session, house.means.now()))
    return {beat.engine_id: beat.zone for beat in found}


async def test_a_dead_engine_is_buried_once_and_its_zone_told(house: House) -> None:
    told: list[Sequence[str]] = []

    async def died(zones: Sequence[str]) -> None:
        told.append(zones)

    dead = Heart(replace(house.means, engine_id="east-1", zone="east"), died)
    await dead.start()
    heart = Heart(replace(house.means, engine_id="west-1", zone="west"), died)
    house.clock.now += 60
    await heart.start()
    await heart.look()
    await heart.look()
    assert told == [["east"]]
    assert beats(house) == {"west-1": "west"}
    await heart.stop()
    await dead.stop()
    assert beats(house) == {}


async def test_who_leaves_in_good_order_leaves_open_work_to_whoever_comes(house: House) -> None:
    told: list[Sequence[str]] = []
    job = await house.jobs.submit(await house.jobs.plan("reboot", house.rows, {}))

    async def died(zones: Sequence[str]) -> None:
        told.append(zones)

    east = Heart(replace(house.means, engine_id="east-1", zone="east"), died)
    west = Heart(replace(house.means, engine_id="west-1", zone="west"), died)
    await east.start()
    await east.stop()
    assert beats(house) == {}
    await west.start()
    await west.look()
    await west.look()
    assert told == [["east"]]
    await house.jobs.cancel(job.id)
    await west.stop()
    stale = house.means.database.read(lambda session: engines.stale(session, house.means.now()))
    assert stale == [], "nothing is left to take up"


async def test_what_could_not_be_taken_up_is_tried_again(house: House) -> None:
    told: list[Sequence[str]] = []

    async def died(zones: Sequence[str]) -> None:
        told.append(zones)
        if len(told) == 1:
            raise OSError("the connection is lost")

    dead = Heart(replace(house.means, engine_id="east-1", zone="east"), died)
    heart = Heart(replace(house.means, engine_id="west-1", zone="west"), died)
    await dead.start()
    house.clock.now += 60
    await heart.start()
    with pytest.raises(OSError, match="lost"):
        await heart.look()
    await heart.look()
    await heart.look()
    assert told == [["east"], ["east"]]
    await heart.stop()
    await dead.stop()


async def test_an_attached_process_serves_no_zone_and_buries_nobody(house: House) -> None:
    async def died(zones: Sequence[str]) -> None:
        raise AssertionError(zones)

    dead = Heart(replace(house.means, engine_id="east-1", zone="east"), died)
    await dead.start()
    house.clock.now += 60
    heart = Heart(house.means, None)
    await heart.start()
    await heart.look()
    assert beats(house) == {"engine-1": ATTACHED}
    await heart.stop()
    await dead.stop()


def test_a_process_of_this_host_is_told_by_its_start_time() -> None:
    name = process_name()
    assert not is_gone(name, alive=())
    host, pid, _ = name.split(":")
    assert is_gone(f"{host}:{pid}:1", alive=())
    assert is_gone(f"{host}:999999999:1", alive=())


def test_a_process_of_another_host_is_told_by_its_beat() -> None:
    assert is_gone("elsewhere:7:7", alive=())
    assert not is_gone("elsewhere:7:7", alive=["elsewhere:7:7"])


async def test_an_engine_that_cannot_write_says_so_once_and_says_when_it_can_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def died(zones: Sequence[str]) -> None:
        """Nobody does here."""

    woken: list[None] = []
    told = house.means.bus.subscribe(("notices",), lambda: woken.append(None))
    heart = Heart(house.means, died)
    await heart.start()
    full = UnusableError("The database file cannot be used: disk is full.", "Make room.")

    async def refuse(fn: object) -> None:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(type(house.means.database), "awrite", lambda self, fn: refuse(fn))
        await heart.once()
        await heart.once()
        assert heart.trouble == full.sentence
        [notice] = told.take()
        assert isinstance(notice, Notice) and notice.level == "error"
        assert full.sentence in notice.sentence and notice.hint == "Make room."
    await heart.once()
    assert heart.trouble == ""
    [again] = told.take()
    assert isinstance(again, Notice) and "can write its database again" in again.sentence
    await heart.stop()
