"""What an engine is made of, put together once: database, vault, connections.

Opened in this order and closed in the reverse one. Nothing here talks to a device.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Self

from owtui.engine.attempts import Attempts
from owtui.engine.masterkey import Ask, keys_of, open_vault
from owtui.engine.openwrt.reach import Reach
from owtui.engine.targets import Targets
from owtui.engine.transport.base import Deadlines
from owtui.engine.transport.hostkeys import DatabaseHostKeys
from owtui.engine.transport.pool import Pool
from owtui.settings import Loaded, Settings, database_url
from storage.db import Database
from storage.keys import Keys
from storage.secrets import Vault


@dataclass(slots=True)
class Parts:
    """The long-lived things of one process."""

    loaded: Loaded
    database: Database
    keys: Keys
    targets: Targets = field(init=False)
    pool: Pool = field(init=False)
    reach: Reach = field(init=False)
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
        parts = cls(loaded, database, keys_of(loaded, database, ask))
        chosen = loaded.settings
        parts.targets = Targets(database, parts.vault, chosen)
        attempts = Attempts(database, parts.targets.known_working)
        parts.pool = Pool(
            parts.targets.resolve,
            DatabaseHostKeys(database),
            parts.deadlines,
            max_connections=chosen.max_connections,
            on_attempt=attempts.record,
            resolve_jump=parts.targets.named,
        )
        parts.reach = Reach(
            parts.pool, parts.targets.resolve, parts.deadlines, on_attempt=attempts.record
        )
        return parts

    def vault(self) -> Vault:
        """The vault, opened when the first secret is needed: it may ask, and it may cost Argon2."""
        with self._vault_lock:
            if self._vault is None:
                typed = not self.loaded.settings.passphrase_file
                self._vault = open_vault(self.database, self.keys, typed=typed)
            return self._vault

    async def close(self) -> None:
        """Close connections, then the database."""
        await self.reach.close()
        await self.pool.close()
        self.database.close()


def _deadlines(chosen: Settings) -> Deadlines:
    return Deadlines(
        connect_s=chosen.connect_timeout_s,
        login_s=chosen.login_timeout_s,
        auth_s=chosen.auth_timeout_s,
        command_s=chosen.command_timeout_s,
        keepalive_s=chosen.keepalive_s,
        idle_s=chosen.idle_s,
    )
