"""What an engine is made of, put together once: database, vault, connections.

Opened in this order and closed in the reverse one. What talks to devices is made when first asked
for: asyncssh takes 0.1 s to import, which `owtui devices` and its like never need.
"""

from __future__ import annotations

import threading
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self
from uuid import UUID

from owtui.engine.attempts import Attempts
from owtui.engine.masterkey import Ask, keys_of, open_vault
from owtui.engine.notifications.telling import Tell
from owtui.engine.targets import Targets
from owtui.engine.transport.base import Deadlines, Login
from owtui.settings import Loaded, Settings, database_url
from storage.db import Database
from storage.keys import Keys
from storage.secrets import Vault

if TYPE_CHECKING:
    from owtui.engine.openwrt.reach import Reach
    from owtui.engine.openwrt.router import Router
    from owtui.engine.openwrt.ubusdoor import UbusDoor
    from owtui.engine.transport.pool import Pool
    from owtui.engine.transport.ubus import UbusSession


@dataclass
class Parts:
    """The long-lived things of one process."""

    loaded: Loaded
    database: Database
    keys: Keys
    targets: Targets = field(init=False)
    _attempts: Attempts = field(init=False)
    _vault: Vault | None = None
    _vault_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def deadlines(self) -> Deadlines:
        """How long a device may take, by the settings."""
        return _deadlines(self.loaded.settings)

    @classmethod
    def open(cls, loaded: Loaded, ask: Ask | None = None) -> Self:
        """Open the database and prepare the rest. Blocks; raises StorageError, InputError."""
        database = Database.open(database_url(loaded))
        database.shared_addresses = loaded.settings.shared_management_ip
        parts = cls(loaded, database, keys_of(loaded, database, ask))
        parts.targets = Targets(database, parts.vault, loaded.settings)
        parts._attempts = Attempts(database, parts.targets.known_working)
        return parts

    @cached_property
    def pool(self) -> Pool:
        """The SSH connections to all devices."""
        from owtui.engine.transport.hostkeys import DatabaseHostKeys
        from owtui.engine.transport.pool import Pool

        return Pool(
            self.targets.resolve,
            DatabaseHostKeys(self.database),
            self.deadlines,
            max_connections=self.loaded.settings.max_connections,
            on_attempt=self._attempts.record,
            resolve_jump=self.targets.named,
        )

    @cached_property
    def reach(self) -> Reach:
        """The way to a device, over SSH or ubus."""
        from owtui.engine.openwrt.reach import Reach

        return Reach(
            self.pool, self.targets.resolve, self.deadlines, on_attempt=self._attempts.record
        )

    @property
    def doors(self) -> Doors:
        """The same for whom may never open a device."""
        return Doors(self)

    def tell_of_logins(self, tell: Tell) -> None:
        """Who is told when a login works no more, or again; before that nobody is."""
        self._attempts.tell = tell

    def invalidate(self, device_id: UUID) -> None:
        """Forget a device's connection, if there can be one yet."""
        self.cool()
        if "pool" in self.__dict__:
            self.pool.invalidate(device_id)

    def cool(self) -> None:
        """Somebody edited devices or their logins: they are read again with the next opening."""
        if "reach" in self.__dict__:
            self.reach.cool()

    def vault(self) -> Vault:
        """The vault, opened when the first secret is needed: it may ask, and it may cost Argon2."""
        with self._vault_lock:
            if self._vault is None:
                typed = not self.loaded.settings.passphrase_file
                self._vault = open_vault(self.database, self.keys, typed=typed)
            return self._vault

    async def close(self) -> None:
        """Close connections, then the database."""
        if "reach" in self.__dict__:
            await self.reach.close()
        if "pool" in self.__dict__:
            await self.pool.close()
        self.database.close()


@dataclass(frozen=True, slots=True)
class Doors:
    """`Parts.reach`, made with the first device that is opened; see jobs.means.Reach."""

    parts: Parts

    def router(self, device_id: UUID) -> AbstractAsyncContextManager[Router]:
        """Open a device with what is stored for it. Raises DeviceError."""
        return self.parts.reach.router(device_id)

    def fresh(self, device_id: UUID, login: Login) -> AbstractAsyncContextManager[Router]:
        """Open a connection of its own with this login alone, closed afterwards."""
        return self.parts.reach.fresh(device_id, login)

    def at(
        self, device_id: UUID, address: str, port: int = 0
    ) -> AbstractAsyncContextManager[Router]:
        """Open a device at another address. Raises DeviceError."""
        return self.parts.reach.at(device_id, address, port)

    def over_ssh(self, device_id: UUID) -> AbstractAsyncContextManager[Router]:
        """Open a device over SSH alone. Raises DeviceError."""
        return self.parts.reach.over_ssh(device_id)

    def over_ubus(self, device_id: UUID) -> AbstractAsyncContextManager[UbusSession]:
        """Open a device's ubus session alone. Raises DeviceError."""
        return self.parts.reach.over_ubus(device_id)

    async def door(self, device_id: UUID) -> UbusDoor:
        """The device's ubus by itself."""
        return await self.parts.reach.door(device_id)

    async def forget(self, device_id: UUID) -> None:
        """Close pooled connections to a device."""
        await self.parts.reach.forget(device_id)


def _deadlines(chosen: Settings) -> Deadlines:
    return Deadlines(
        connect_s=chosen.connect_timeout_s,
        login_s=chosen.login_timeout_s,
        auth_s=chosen.auth_timeout_s,
        command_s=chosen.command_timeout_s,
        keepalive_s=chosen.keepalive_s,
        idle_s=chosen.idle_s,
    )
