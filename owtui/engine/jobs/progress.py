"""What running devices do now, written in one transaction a second at most.

It is for the eyes: losing the last second of it in a crash loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs import book
from owtui.engine.jobs.means import Means
from storage.errors import StorageError

EVERY_S = 0.5

log = logging.getLogger(__name__)


class Progress:
    """The newest step of each device, until it is written."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._newest: dict[tuple[UUID, UUID], str] = {}
        self._some = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._writer = asyncio.create_task(self._write(), name="job progress")

    async def stop(self) -> None:
        """Write no more."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    def report(self, job_id: UUID, device_id: UUID, text: str) -> None:
        """Say what a device does now."""
        self._newest[job_id, device_id] = text
        self._some.set()

    async def _write(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            newest, self._newest = self._newest, {}
            try:
                await self._means.database.awrite(partial(_save, newest))
            except StorageError as error:
                log.warning("progress could not be written: %s", error)
            for job_id, device_id in newest:
                self._means.tell_result(job_id, device_id)
            await asyncio.sleep(EVERY_S)


def _save(newest: dict[tuple[UUID, UUID], str], session: Session) -> None:
    for (job_id, device_id), text in newest.items():
        book.progress(session, job_id, device_id, text)
