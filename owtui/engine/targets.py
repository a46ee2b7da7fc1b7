"""From a device's id to what a transport needs: addresses, logins with their secrets, policy.

Read when a connection is made, not before: a credential is in memory only as long as it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlmodel import Session

from owtui.engine.transport.base import HostKeyPolicy, Login, Target
from owtui.settings import Settings
from storage import addresses, credentials, devices
from storage import logins as stored
from storage.db import Database
from storage.errors import StorageError
from storage.secrets import Vault


class Targets:
    """Resolves devices; `vault` is asked for when the first secret is needed."""

    def __init__(self, database: Database, vault: Callable[[], Vault], settings: Settings) -> None:
        self._database = database
        self._vault = vault
        self._settings = settings
        self.policy = HostKeyPolicy(settings.host_keys or HostKeyPolicy.STRICT)

    async def resolve(self, device_id: UUID) -> Target:
        """A device as a target. Raises StorageError when it is gone or no address is known."""
        return await self._database.aread(lambda session: self._read(session, device_id))

    async def named(self, name: str) -> Target | None:
        """The device that a jump entry names, or None when it is no device's name."""

        def read(session: Session) -> Target | None:
            try:
                return self._read(session, devices.by_name(session, name).id)
            except StorageError:
                return None

        return await self._database.aread(read)

    def _read(self, session: Session, device_id: UUID) -> Target:
        device = devices.get(session, device_id)
        found = credentials.logins(session, self._vault(), [device_id])[device_id]
        return Target(
            device_id=device.id,
            name=device.name,
            addresses=tuple(
                addresses.candidates(device, management_ip_only=self._settings.management_ip_only)
            ),
            logins=tuple(map(login, found)),
            host_keys=self.policy,
        )


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
    )
