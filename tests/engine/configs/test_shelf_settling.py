"""The desk settles what is left to render: after others, beside others, when it closes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from owtui.engine.configs.model import Rendered, Subject
from storage import configs
from storage.db import Database
from tests.engine.configs.office import Office

CANARY = "canary-7f3a"


def described(text: str) -> dict[str, dict[str, str]]:
    return {"general": {"description": text}}


async def test_what_another_process_left_half_done_is_finished(
    sqlite_database: Database, tmp_path: Path
) -> None:
    office = Office(sqlite_database, tmp_path)
    device = office.device()
    office.database.write(lambda s: configs.ensure(s, device).id)  # and then it died
    other = Office(sqlite_database, tmp_path)
    await asyncio.gather(office.shelf.settled(), other.shelf.settled())
    assert office.config(device).checksum
    await office.shelf.close()
    await other.shelf.close()


async def test_a_change_while_it_renders_is_not_lost(office: Office) -> None:
    device = await office.configured()
    await office.shelf.devices.set_config(device, described("one"))
    writes = [office.shelf.devices.set_config(device, described(f"{n}")) for n in range(8)]
    await asyncio.gather(*writes)
    rendered = await office.shelf.render(device)
    assert office.config(device).checksum == rendered.checksum
    assert office.config(device).generation == 10


async def test_the_database_is_free_while_a_fleet_is_rendered(office: Office) -> None:
    """Somebody else writes between the parts, and reads what is there already."""
    await office.template("t", described("{{ x }}"), default=True)

    def fill(session: object) -> list[UUID]:
        from storage import devices

        return [devices.create(session, f"ap-{n}").id for n in range(250)]  # type: ignore[arg-type]

    ids = office.database.write(fill)
    office.database.write(lambda s: [configs.ensure(s, id_).id for id_ in ids])
    settled = asyncio.create_task(office.shelf.settled())
    while office.config(ids[0]).computed == 0:
        await office.database.aread(configs.out_of_date)
    assert not settled.done()
    await office.database.awrite(lambda s: configs.report(s, ids[0], "applied").id)
    await settled
    assert office.database.read(configs.out_of_date) == []
    assert office.config(ids[0]).status == "applied"


async def test_one_that_breaks_the_library_costs_itself_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = office.shelf._settler._render

    def render(subject: Subject) -> Rendered:
        if subject.name == "bad":
            raise KeyError(CANARY)
        return real(subject)

    monkeypatch.setattr(office.shelf._settler, "_render", render)
    bad, good = await office.configured("bad"), await office.configured("good")
    assert (office.config(bad).broken, office.config(good).broken) == (True, False)
    assert office.database.read(configs.out_of_date) == []
    assert "KeyError" in caplog.text
    assert CANARY not in caplog.text


async def test_what_waits_is_told_when_the_desk_closes(office: Office) -> None:
    device = await office.configured()
    await office.shelf.devices.set_config(device, described("x"))
    assert office.events() == []
    await office.shelf.close()
    assert [event.key for event in office.events()] == [str(device)]
