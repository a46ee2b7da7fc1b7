"""The records of configurations as the desks use them: read or written with the vault at hand.

A write returns when the checksums of whatever it touched are right again; that happens after its
transaction, so that the database is never kept while something renders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.entries import DeviceEdit
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.operator import Operator
from storage import organizations, templates
from storage.db import Database
from storage.packed import Box
from storage.rows import DeviceRow
from storage.secrets import Vault
from storage.tables import Template
from storage.templates import By

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ledger:
    """`settled` waits until every checksum is of what its device should have now.

    `prove` refuses an edit of one device that would leave it with what cannot be rendered.
    """

    database: Database
    vault: Callable[[], Vault]
    fleet: Fleet
    operator: Operator
    settled: Callable[[], Awaitable[None]]
    prove: Callable[[DeviceEdit], Awaitable[None]]

    async def read(self, fn: Callable[[Session, Box], T]) -> T:
        """Read from one snapshot."""
        vault = await asyncio.to_thread(self.vault)
        return await self.database.aread(lambda session: fn(session, Box(session, vault)))

    async def write(self, fn: Callable[[Session, Box], T]) -> T:
        """Write in one transaction, then bring checksums and statuses in step with it."""
        vault = await asyncio.to_thread(self.vault)
        written = await self.database.awrite(lambda session: fn(session, Box(session, vault)))
        await self.settled()
        return written

    def note(
        self, session: Session, action: str, detail: dict[str, Any], device_id: UUID | None = None
    ) -> None:
        """Put it into the audit; `detail` never holds what may be secret."""
        row = self.fleet.rows.get(device_id) if device_id else None
        note(session, self.operator, action, detail, row)

    def by(self, reason: str = "") -> By:
        """Who writes, as generations keep it."""
        return By(self.operator.name, self.operator.host, reason)

    def row(self, device_id: UUID) -> DeviceRow | None:
        """A device as the fleet has it."""
        return self.fleet.rows.get(device_id)


def find_template(session: Session, which: UUID | str, organization: str = "") -> Template:
    """A template by id or name. Raises MissingError, RuleError."""
    if isinstance(which, UUID):
        return templates.get(session, which)
    owner = organizations.find(session, organization).id if organization else None
    return templates.by_name(session, which, owner)
