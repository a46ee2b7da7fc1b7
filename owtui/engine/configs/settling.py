"""Brings checksums and statuses in step with templates, variables and devices.

Whoever writes counts up `Config.changes`; this renders whatever is behind, in parts: a part is read
from one snapshot, rendered on a thread outside any transaction, and written in a short one, where
a configuration that moved meanwhile is left for the next round. Two processes may do it at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.renderer import Render
from owtui.engine.configs.subjects import Inputs, Layers, Loaded, load
from owtui.errors import InputError
from storage import configs
from storage.configs import Computed
from storage.db import Database
from storage.packed import Box
from storage.secrets import Vault

_log = logging.getLogger(__name__)

PART = 100  # configurations: read and written in some tens of milliseconds


class Settler:
    """`moved` is told which devices are to get another configuration, `written` which were looked
    at."""

    def __init__(
        self,
        database: Database,
        vault: Callable[[], Vault],
        render: Render,
        moved: Callable[[Collection[UUID]], None],
        written: Callable[[Collection[UUID]], Awaitable[None]],
    ) -> None:
        self._database = database
        self._vault = vault
        self._render = render
        self._layers = Layers()
        self._moved = moved
        self._written = written
        self._task: asyncio.Task[None] | None = None
        self._again = False

    async def settled(self) -> None:
        """Wait until nothing is behind. Raises what made it fail; a later call tries again."""
        await asyncio.shield(self._begin())  # others may wait for it as well

    def nudge(self) -> None:
        """Begin and do not wait; a failure is logged, and met again by who waits."""
        if self._task is None or self._task.done():
            self._begin().add_done_callback(_told)
        self._again = True

    def _begin(self) -> asyncio.Task[None]:
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="settle configurations")
        return self._task

    async def close(self) -> None:
        """Stop; what is left is marked in the database and done by whoever comes next."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        inputs = Inputs()
        while self._again:
            self._again = False
            waiting = await self._database.aread(configs.out_of_date)
            if not waiting:
                continue
            vault = await asyncio.to_thread(self._vault)
            for start in range(0, len(waiting), PART):
                part = waiting[start : start + PART]
                moved = await self._part(vault, inputs, part)
                await self._written(part)
                if moved:
                    self._moved(moved)

    async def _part(self, vault: Vault, inputs: Inputs, ids: Sequence[UUID]) -> list[UUID]:
        def read(session: Session) -> list[Loaded]:
            return list(load(session, Box(session, vault), ids, self._layers).values())

        found = await self._database.aread(read)
        outcomes = await asyncio.to_thread(self._compute, inputs, found)

        def write(session: Session) -> list[UUID]:
            return configs.settle(session, Box(session, vault), outcomes)

        return await self._database.awrite(write)

    def _compute(self, inputs: Inputs, found: Sequence[Loaded]) -> list[Computed]:
        return [one for each in found if (one := computed(each, inputs, self._render)) is not None]


def _told(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("Configurations could not be rendered.", exc_info=error)


def computed(loaded: Loaded, inputs: Inputs, render: Render) -> Computed | None:
    """What a configuration comes to; None for a device without one."""
    if loaded.config_id is None:
        return None
    digest = inputs.of(loaded.subject)
    if digest == loaded.inputs and loaded.computed:
        return Computed(
            loaded.config_id, loaded.changes, digest, checksum=loaded.checksum, same=True
        )
    device_id = loaded.subject.device_id
    try:
        rendered = render(loaded.subject)
    except InputError:
        _log.info("The configuration of %s cannot be rendered.", device_id)
        return Computed(loaded.config_id, loaded.changes, digest)
    except Exception as error:  # noqa: BLE001 — a bug met by one device must not stop the others
        # Its name alone: the message may hold what is secret.
        _log.error("Rendering %s failed: %s", device_id, type(error).__name__)
        return Computed(loaded.config_id, loaded.changes, digest)
    return Computed(loaded.config_id, loaded.changes, digest, rendered.checksum, rendered.archive)
