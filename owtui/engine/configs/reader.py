"""Reads what one device runs and, when it begins to differ from what was applied, who is likely."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs import drift, keeping
from owtui.engine.configs.keeping import Read
from owtui.engine.configs.likely import UNKNOWN, likely
from owtui.engine.openwrt import clues
from owtui.engine.openwrt.clues import Clues
from owtui.engine.openwrt.reach import Reach
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.sums import Fingerprint
from owtui.errors import PROBLEMS, DeadlineError, DeviceError
from storage import running as store
from storage.db import Database
from storage.secrets import Vault
from storage.tables import DeviceRunning, now

READ_S = 60.0
SLACK_S = 60.0
"""What a poll may be late by, and clocks may differ."""


class Reader:
    """Looks at devices; writes nothing."""

    def __init__(
        self,
        reach: Reach,
        database: Database,
        vault: Callable[[], Vault],
        token: Callable[[], str] = lambda: secrets.token_hex(12),
    ) -> None:
        self._reach = reach
        self._database = database
        self._vault = vault
        self._token = token

    async def read(
        self,
        device_id: UUID,
        seen: Fingerprint | None = None,
        seen_before: datetime | None = None,
    ) -> Read:
        """Read a device now. Raises DeviceError, StorageError.

        seen: the fingerprint that moved, when one did; seen_before: when it was still the old one
        """
        ids = (device_id,)
        rows, changing = await self._database.aread(
            lambda session: (store.rows(session, ids), keeping.changing(session, ids))
        )
        row = rows.get(device_id)
        expected = keeping.expected(row)
        try:
            async with asyncio.timeout(READ_S), self._reach.router(device_id) as router:
                running = await router.configuration(expected.further)
                read = Read(device_id, running, seen, unsettled=bool(changing))
                paths = tuple(drift.differing(expected, running))
                if row is None or not paths or row.drift or read.unsettled:
                    return read
                return await self._asked(router, read, row, paths, seen_before)
        except TimeoutError:
            raise DeadlineError(
                f"The configuration was not told within {READ_S:.0f} s.", "Try again."
            ) from None

    async def _asked(
        self,
        router: Router,
        read: Read,
        row: DeviceRunning,
        paths: tuple[str, ...],
        seen_before: datetime | None,
    ) -> Read:
        """Ask a device that begins to drift who is likely; what it does not tell is unknown."""
        token = self._token()
        try:
            said = await router.exec(clues.script(token, paths))
            found = clues.read(said.stdout, token)
        except DeviceError:
            return replace(read, who=UNKNOWN)
        at = read.running.read_at or now()
        before = seen_before or row.read_at or at
        window_s = max(0.0, (at - before).total_seconds()) + SLACK_S
        since = at
        if found.changed_s is not None and found.changed_s <= window_s:
            since = at - timedelta(seconds=found.changed_s)
        who = await self._judged(read, row, paths, found, window_s)
        return replace(read, who=who, since=since)

    async def _judged(
        self,
        read: Read,
        row: DeviceRunning,
        paths: tuple[str, ...],
        found: Clues,
        window_s: float,
    ) -> str:
        new_host_key, before = await self._database.aread(
            lambda session: (
                keeping.met_anew(session, read.device_id, row.read_at),
                self._agent_checksum(session, read.device_id),
            )
        )
        by_now = read.running.agent.checksum if read.running.agent else ""
        return likely(
            found,
            paths,
            window_s=window_s,
            ours=read.running.seen_from.client,
            new_host_key=new_host_key,
            agent_moved=bool(by_now and before and by_now != before),
        )

    def _agent_checksum(self, session: Session, device_id: UUID) -> str:
        """What OpenWISP's agent had applied when the device was read before."""
        try:
            before = keeping.running(session, self._vault(), device_id)
        except PROBLEMS:
            return ""
        return before.agent.checksum if before and before.agent else ""
