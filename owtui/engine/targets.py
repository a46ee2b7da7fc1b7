"""From a device's id to what a transport needs: addresses, logins with their secrets, policy.

Read when a connection is made, not before: a credential is in memory only as long as it is used.
Devices that are wanted at the same time are read together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.batch import Batch
from owtui.engine.transport.base import HostKeyPolicy, Login, Target
from owtui.settings import Settings
from storage import addresses, credentials, devices
from storage import logins as stored
from storage.core import DEVICE, among
from storage.db import Database
from storage.errors import MissingError, StorageError
from storage.secrets import Vault

# Not whole objects: they were a fifth of what it costs to resolve a device.
_COLUMNS = (
    DEVICE.c.id,
    DEVICE.c.name,
    DEVICE.c.address,
    DEVICE.c.management_ip,
    DEVICE.c.last_ip,
)


class Targets:
    """Resolves devices; `vault` is asked for when the first secret is needed."""

    def __init__(self, database: Database, vault: Callable[[], Vault], settings: Settings) -> None:
        self._database = database
        self._vault = vault
        self._settings = settings
        # ASK never trusts by itself either: it keeps the first key for somebody to accept.
        self.policy = HostKeyPolicy(settings.host_keys or HostKeyPolicy.ASK)
        self.known_working: set[UUID] = set()
        """Connection rows that the database says worked last, as of when each was read."""
        self._wanted: Batch[UUID, Target] = Batch(self._resolve, "resolve devices")

    async def resolve(self, device_id: UUID) -> Target:
        """A device as a target. Raises StorageError when it is gone or no address is known."""
        return await self._wanted.ask(device_id)

    async def named(self, name: str) -> Target | None:
        """The device that a jump entry names, or None when it is no device's name."""

        def read(session: Session) -> Target | None:
            try:
                id_ = devices.by_name(session, name).id
            except StorageError:
                return None
            found = self._read(session, [id_])[0]
            return None if isinstance(found, Exception) else found

        return await self._database.aread(read)

    async def _resolve(self, ids: Sequence[UUID]) -> Sequence[Target | Exception]:
        return await self._database.aread(lambda session: self._read(session, ids))

    def _read(self, session: Session, ids: Sequence[UUID]) -> list[Target | Exception]:
        """A target, or why there is none, for each; a secret that cannot be opened is one's own."""
        try:
            found = credentials.logins(session, self._vault(), ids)
        except StorageError as error:
            return [error] if len(ids) == 1 else [self._read(session, [id_])[0] for id_ in ids]
        query = select(*_COLUMNS).where(among(session, DEVICE.c.id, ids))
        rows = {row.id: row for row in session.execute(query)}
        return [self._target(rows.get(id_), found[id_]) for id_ in ids]

    def _target(self, row: Any, found: list[stored.Login]) -> Target | StorageError:
        if row is None:
            return MissingError("There is no such device any more.", "See: owtui devices")
        only = self._settings.management_ip_only
        try:
            tried = addresses.candidates(row, management_ip_only=only)
        except StorageError as error:
            return error
        for each in found:
            note = self.known_working.add if each.is_working else self.known_working.discard
            note(each.connection_id)
        return Target(row.id, row.name, tuple(tried), tuple(map(login, found)), self.policy)


def login(kept: stored.Login) -> Login:
    """A stored login as transports take it."""
    params = kept.params
    return Login(
        connection_id=kept.connection_id,
        kind=kept.kind,
        username=kept.username,
        secret=kept.key if kept.kind == "key" else kept.password,
        passphrase=kept.passphrase,
        port=kept.port,
        http_url=str(params.get("http_url", "")),
        http_tls=str(params.get("http_tls", "verify")),
        jump=tuple(params.get("jump", ())),
        prefer=str(params.get("prefer", "ssh")),
        legacy_host_keys=bool(params.get("legacy_host_keys", False)),
        known=bool(kept.is_working),
    )
