"""The compat versions of devices, from what their configurations said when they were read last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.snapshots import unpack
from owtui.engine.openwrt import uci
from owtui.errors import OwtuiError
from storage import running
from storage.db import Database
from storage.errors import SealError
from storage.secrets import Vault

_SYSTEM = "/etc/config/system"


async def compats(
    database: Database, vault: Callable[[], Vault], ids: Collection[UUID]
) -> dict[UUID, str]:
    """`system.@system[0].compat_version` of these devices, where it is known.

    Who cannot open the vault knows of none: the device itself judges when it is upgraded.
    """
    held = await database.aread(lambda session: running.rows(session, ids))
    if not any(row.sealed is not None for row in held.values()):
        return {}
    try:
        opened = await asyncio.to_thread(vault)
    except (SealError, OwtuiError):
        return {}

    return await database.aread(lambda session: compats_within(session, opened, ids))


def compats_within(session: Session, vault: Vault, ids: Collection[UUID]) -> dict[UUID, str]:
    """The same within a transaction, for whoever has the vault."""
    held = running.rows(session, ids)
    try:
        snapshots = running.snapshots(session, vault, held)
    except SealError:
        return {}
    told = {id_: _compat(kept) for id_, kept in snapshots.items()}
    return {id_: version for id_, version in told.items() if version}


def _compat(kept: bytes) -> str:
    file = unpack(kept, {}, None).files.get(_SYSTEM)
    if file is None:
        return ""
    try:
        sections = uci.parse(file.data, "system").typed("system")
    except OwtuiError:
        return ""
    return sections[0].get("compat_version")[:32] if sections else ""
