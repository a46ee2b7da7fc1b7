"""Scan and adopt, as a face asks for them: what is found is compared with the inventory, what is
adopted goes through the same import as every other device.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.inventory import scan
from owtui.engine.inventory.adopt import Adoption, Candidate, adopt
from owtui.engine.inventory.desk import Desk
from owtui.engine.inventory.scan import HTTP_PORTS, SSH_PORTS, Found, Look
from owtui.engine.openwrt.facts import Facts
from owtui.engine.transport.base import Deadlines, Login
from owtui.errors import InputError
from storage import credentials
from storage.logins import opened
from storage.rows import DeviceRow
from storage.secrets import Vault


@dataclass(frozen=True, slots=True)
class Adopted:
    """A device that was just added, and how it was got into."""

    row: DeviceRow
    adoption: Adoption

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "device": self.row.name,
            "id": str(self.row.id),
            "model": self.row.model,
            "os": self.row.os,
            "credentials": self.adoption.credentials,
            "factory": self.adoption.factory,
            "warning": self.adoption.warning,
        }


@dataclass(frozen=True, slots=True)
class Scout:
    """Finds routers and adds them at the desk; `saw` keeps the facts that adopting read."""

    desk: Desk
    deadlines: Deadlines = field(default_factory=Deadlines)
    look: Look = scan.look
    saw: Callable[[UUID, Facts], Awaitable[None]] | None = None

    async def scan(
        self,
        cidrs: Sequence[str],
        *,
        ports: Sequence[int] = SSH_PORTS,
        http_ports: Sequence[int] = HTTP_PORTS,
        progress: Callable[[int, int], None] | None = None,
    ) -> AsyncGenerator[Found, None]:
        """See scan.scan; what has the address of a known device carries its name."""
        known = {
            address: row.name
            for row in self.desk.fleet.rows.values()
            for address in (row.address, row.management_ip, row.last_ip)
            if address
        }
        look = scan.scan(
            cidrs, ports=ports, http_ports=http_ports, look=self.look, progress=progress
        )
        async with aclosing(look) as found:
            async for one in found:
                yield replace(one, device=known.get(one.address, ""))

    async def adopt(
        self,
        found: Found,
        names: Sequence[str] = (),
        *,
        organization: str = "",
        tags: Sequence[str] = (),
    ) -> Adopted:
        """Log in with these credentials (all, without names), read facts, add the device.

        Raises DeviceError when nothing gets in, InputError when it is in the inventory already.
        """
        if found.device:
            raise InputError(
                f"{found.address} is {found.device}, which the inventory has.",
                "`owtui facts` reads it again.",
            )
        vault = await asyncio.to_thread(self.desk.vault)
        candidates = await self.desk.database.aread(lambda s: _candidates(s, vault, names))
        adoption = await adopt(found, candidates, self.deadlines)
        draft = replace(adoption.draft, organization=organization, tags=tuple(tags))
        row = await self.desk.add(draft)
        if self.saw is not None:
            await self.saw(row.id, adoption.facts)
        return Adopted(self.desk.fleet.rows[row.id], adoption)


def _candidates(session: Session, vault: Vault, names: Sequence[str]) -> list[Candidate]:
    """Credentials as logins to try. Raises MissingError for a name that is not there."""
    chosen = [credentials.by_name(session, name) for name in names] or credentials.rows(session)
    found = []
    for row in chosen:
        parts = {}
        if row.sealed is not None:
            parts = opened(vault.unseal(session, row.sealed, f"credentials:{row.id}"))
        login = Login(
            connection_id=None,
            kind=row.kind,
            username=str(row.params.get("username", "root")),
            secret=parts.get("key") or parts.get("password"),
            passphrase=parts.get("passphrase"),
        )
        found.append(Candidate(row.name, login))
    return found
