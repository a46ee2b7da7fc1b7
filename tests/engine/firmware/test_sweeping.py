"""The daily sweep: old backups, half-written files, files without an image; and what stays."""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from owtui.engine.firmware.sweeping import DAY_S, Sweeping
from storage.tables import Job
from tests.engine.firmware.site import START, Site


def written(file: Path, at: datetime) -> Path:
    """A file that was written then."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


async def jobs(site: Site, count: int) -> list[UUID]:
    """Jobs of the database."""
    ids = [uuid4() for _ in range(count)]

    def write(session: Session) -> None:
        for number, id_ in enumerate(ids, 1):
            session.add(Job(id=id_, number=number, action="upgrade", title="Upgrade", plan={}))

    await site.database.awrite(write)
    return ids


def sweeping(site: Site, days: float = 90) -> Sweeping:
    return Sweeping(site.database, site.store, days, present=lambda: site.now)


async def test_old_backups_go_and_the_newest_of_each_device_stays(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    ago = [START - timedelta(days=days) for days in (300, 200, 91, 10)]
    first, second, third, fourth = await jobs(site, 4)
    folder, one, other = site.folder / "backups", uuid4(), uuid4()
    old = [written(folder / str(job) / f"{one}.tgz", at) for job, at in ((first, ago[0]),)]
    old.append(written(folder / str(second) / f"{one}.tgz", ago[1]))
    kept = [
        written(folder / str(fourth) / f"{one}.tgz", ago[3]),
        written(folder / str(second) / f"{other}.tgz", ago[1]),  # its only one
        written(folder / str(uuid4()) / f"{one}.tgz", ago[0]),  # another database's job
    ]
    recent = written(folder / str(third) / f"{one}.tgz", START - timedelta(days=89))
    assert (await sweeping(site, days=0).sweep()).backups == ()
    swept = await sweeping(site).sweep()
    assert set(swept.backups) == set(old)
    assert all(file.exists() for file in (*kept, recent))
    assert not (folder / str(first)).exists(), "an empty folder goes as well"
    assert "removed 2 backups older than 90 days" in caplog.text
    assert str(old[0]) in caplog.text
    site.later(2)
    assert (await sweeping(site).sweep()).backups == (recent,)


async def test_what_a_killed_process_left_goes_after_a_day(site: Site) -> None:
    build = await site.build("24.10.8")
    taken = await site.desk.add_image(build.id, site.image())
    image = site.store.path(build.id, taken.file_name)
    os.utime(image, (0, 0))
    job = (await jobs(site, 1))[0]
    left = [
        written(site.store.folder / f".{uuid4().hex}.part", site.now),
        written(site.folder / "backups" / str(job) / f"{uuid4()}.part", site.now),
        written(site.store.path(build.id, "openwrt-no-row.bin"), site.now),
    ]
    alien = written(site.store.path(uuid4(), "openwrt-of-another-database.bin"), START)
    nothing = await sweeping(site).sweep()
    assert not (nothing.parts or nothing.images), "somebody may be writing them"
    site.later(1.01)
    swept = await sweeping(site).sweep()
    assert set(swept.parts) == set(left[:2])
    assert swept.images == (left[2],)
    assert image.exists() and alien.exists()
    assert not any(file.exists() for file in left)


async def test_it_is_done_at_once_and_then_once_a_day_and_a_failure_is_logged(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 2:
            enough.set()
            await asyncio.Event().wait()

    duty = Sweeping(site.database, site.store, 90, lambda: site.now, sleep)

    async def fail() -> None:
        raise OSError("no such disk")

    monkeypatch.setattr(duty, "sweep", fail)
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(duty.run())
        await asyncio.wait_for(enough.wait(), 5)
        task.cancel()
    assert rounds == [DAY_S, DAY_S]
    assert "no such disk" in caplog.text
