"""What running devices do now, written in one transaction a second at most.

It is for the eyes: losing the last second of it in a crash loses nothing. What they do is kept as
lines, too; figures that run on (bytes sent, seconds waited) make one line and no more.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs import book
from owtui.engine.jobs.means import Means
from storage import joblines
from storage.errors import StorageError
from storage.joblines import Line

EVERY_S = 0.5
KNOWN = 50_000  # devices whose last line is remembered

Key = tuple[UUID, UUID]  # job, device

_FIGURES = re.compile(r"\d+(?:\.\d+)?")

log = logging.getLogger(__name__)


class Progress:
    """The newest step of each device, until it is written."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._newest: dict[Key, str] = {}
        self._lines: list[tuple[UUID, Line]] = []
        self._said: dict[Key, str] = {}  # their last line, without its figures
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
        said = shape(text)
        if self._said.get((job_id, device_id)) != said:
            if len(self._said) >= KNOWN:
                self._said.clear()
            self._said[job_id, device_id] = said
            line = Line(device_id, self._means.now(), book.clean(text))
            self._lines.append((job_id, line))
        self._some.set()

    async def _write(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            newest, self._newest = self._newest, {}
            lines, self._lines = self._lines, []
            try:
                await self._means.database.awrite(partial(_save, newest, lines))
            except StorageError as error:
                self._lines = [*lines, *self._lines][-KNOWN:]
                log.warning("progress could not be written: %s", error)
            for job_id, device_id in newest:
                self._means.tell_result(job_id, device_id)
            await asyncio.sleep(EVERY_S)


def shape(text: str) -> str:
    """A text without its figures: two that differ in these alone are one line of a log.

    The figure of a step, "3/7", is part of what is said.
    """
    step, space, more = text.partition(" ")
    return f"{step}{space}{_FIGURES.sub('#', more)}"


def _save(newest: dict[Key, str], lines: Sequence[tuple[UUID, Line]], session: Session) -> None:
    for (job_id, device_id), text in newest.items():
        book.progress(session, job_id, device_id, text)
    joblines.add(session, lines)
