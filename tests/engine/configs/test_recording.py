"""What a confirmed push leaves in our records: once, whatever is repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui.engine.configs import archive, keeping
from owtui.engine.configs.aims import Aim, aims
from owtui.engine.configs.cutoff import Entrance
from owtui.engine.configs.model import File, Rendered, Running
from owtui.engine.configs.recording import Record, record
from owtui.engine.configs.render import render
from owtui.engine.openwrt.sums import md5
from storage import addresses, configs, credentials, devicelist, generations
from storage.configs import Changes
from storage.db import Database
from storage.generations import Original
from storage.packed import Box
from tests.engine.jobs.twins import House, build

SYSTEM, MOTD = "/etc/config/system", "/etc/motd"


def running(*extra: str) -> Running:
    """What the device has afterwards; `extra` are files of its own."""
    files = {SYSTEM: File(b"config system\n"), **{path: File(b"own") for path in extra}}
    sums = {path: md5(file.data) for path, file in files.items()}
    return Running(files, sums, read_at=datetime(2026, 5, 1, tzinfo=UTC))


@dataclass
class Place:
    """One device with a configuration, and a job that pushed it."""

    house: House
    device_id: UUID
    job_id: UUID

    def __call__(self, call: Callable[[Session], Any]) -> Any:
        return self.house.means.database.write(call)

    def aim(self, generation: int | None = None, job_id: UUID | None = None) -> Aim:
        """As a push reads it."""
        vault, ids = self.house.means.vault, [self.device_id]
        return self(lambda s: aims(s, vault, ids, render, generation=generation, job_id=job_id))[
            self.device_id
        ]

    def record(
        self, aim: Aim, what: Running | None = None, job_id: UUID | None = None, **more: Any
    ) -> int:
        """Write it; the number of the generation."""
        made = Record(**{"kind": "push", "job_id": job_id or self.job_id, **more})
        vault = self.house.means.vault
        return int(self(lambda s: record(s, vault, aim, what or running(), made)))

    def kinds(self) -> list[tuple[int, str, str]]:
        """The generations, newest first."""
        rows = self(lambda s: generations.rows(s, self.device_id))
        return [(row.number, row.kind, row.note) for row in rows]

    async def job(self) -> UUID:
        """Another job."""
        plan = await self.house.jobs.plan("reboot", self.house.rows[:1], {})
        return (await self.house.jobs.submit(plan)).id


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> Place:
    house = build(database, tmp_path, 1)
    device_id = house.rows[0].id

    def configure(session: Session) -> None:
        box = Box(session, house.means.vault)
        configs.edit(session, box, device_id, Changes(config={"general": {"timezone": "UTC"}}))

    database.write(configure)
    made = Place(house, device_id, UUID(int=0))
    made.job_id = await made.job()
    return made


def empty(aim: Aim) -> Aim:
    """The same device with a configuration of nothing."""
    return replace(aim, rendered=Rendered({}, archive.pack({}), "0" * 32))


async def test_a_generation_is_recorded_once_when_the_step_is_repeated(place: Place) -> None:
    numbers = [place.record(place.aim()) for _ in range(2)]
    assert (numbers, place.kinds()) == ([1, 1], [(1, "push", "")])
    assert place.record(place.aim(), job_id=await place.job()) == 2


async def test_who_did_it_and_what_of_is_kept_with_it(place: Place) -> None:
    aim = place.aim()
    place.record(aim, kind="all-or-none")

    def read(session: Session) -> Any:
        [row] = generations.rows(session, place.device_id)
        return row, generations.opened(Box(session, place.house.means.vault), row)

    row, applied = place(read)
    assert (row.operator, row.host, row.job_id) == ("ada", "bench", place.job_id)
    assert aim.rendered is not None
    assert archive.unpack(applied.archive) == aim.rendered.files
    assert applied.source["config"] == {"general": {"timezone": "UTC"}}


async def test_an_old_generation_says_which_it_was_and_stays_what_it_was(place: Place) -> None:
    first = place.record(empty(place.aim()))
    place.record(place.aim(), job_id=await place.job())
    job = await place.job()
    for _ in range(2):  # once recorded, the one before the newest is still the same one
        aim = place.aim(generation=0, job_id=job)
        assert (aim.generation, aim.rendered and aim.rendered.files) == (first, {})
        assert place.record(aim, job_id=job, kind="rollback") == 3
    assert place.kinds()[0] == (3, "rollback", "back to generation 1")


async def test_originals_go_once_their_path_has_left(place: Place) -> None:
    before = [Original(SYSTEM, b"config system\n"), Original(MOTD, None)]

    def keep(session: Session) -> None:
        box = Box(session, place.house.means.vault)
        found = {one.path: one for one in before}
        generations.keep_originals(session, box, place.device_id, found)

    place(keep)
    aim = place.aim()
    assert set(aim.originals) == {SYSTEM, MOTD}
    place.record(aim)
    assert set(place.aim().originals) == {SYSTEM}
    place.record(empty(place.aim()), job_id=await place.job())
    assert place.aim().originals == {}


async def test_the_status_is_applied_and_drift_begins_from_there(place: Place) -> None:
    aim = place.aim()
    assert aim.rendered is not None
    should = aim.rendered.checksum

    def settle(session: Session) -> None:
        configs.get(session, place.device_id).checksum = should

    place(settle)
    assert aim.status == "modified"
    place.record(aim, running(MOTD))
    assert place.aim().status == "applied"
    found = place(lambda s: keeping.running(s, place.house.means.vault, place.device_id))
    assert set(found.files) == {SYSTEM, MOTD}


async def test_a_device_without_a_configuration_has_its_generation_all_the_same(
    place: Place,
) -> None:
    aim = replace(place.aim(), status="")

    def remove(session: Session) -> None:
        session.delete(configs.get(session, place.device_id))

    place(remove)
    assert place.record(aim) == 1


async def test_one_that_is_deactivated_says_so(place: Place) -> None:
    place.record(replace(empty(place.aim()), status="deactivating"))
    assert place.kinds() == [(1, "deactivate", "")]


async def test_a_device_that_moved_on_purpose_is_dialled_there(place: Place) -> None:
    for _ in range(2):
        place.record(place.aim(), to=Entrance("10.9.9.9", 2222))

    def read(session: Session) -> tuple[str, int]:
        [row] = devicelist.rows(session, [place.device_id])
        vault = place.house.means.vault
        [login] = credentials.logins(session, vault, [place.device_id])[place.device_id]
        return addresses.candidates(row, management_ip_only=False)[0], login.port

    assert place(read) == ("10.9.9.9", 2222)


async def test_one_that_moved_over_http_has_its_url_moved_and_its_ssh_port_left(
    place: Place,
) -> None:
    def give(session: Session) -> None:
        [held] = credentials.connections(session, place.device_id)
        params = {**held.params, "http_url": "https://10.0.0.1/ubus"}
        credentials.attach(session, place.device_id, held.credentials_id, params=params)

    def read(session: Session) -> tuple[str, int]:
        vault = place.house.means.vault
        [login] = credentials.logins(session, vault, [place.device_id])[place.device_id]
        return str(login.params["http_url"]), login.port

    place(give)
    _, port = place(read)
    place.record(place.aim(), to=Entrance("10.9.9.9", 8443), http=True)
    assert place(read) == ("https://10.9.9.9:8443/ubus", port)
