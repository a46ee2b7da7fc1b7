"""The compat versions of devices, from what their configurations said when they were read last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.snapshots import unpack
from owtui.engine.openwrt import uci
from owtui.errors import OwtuiError
from storage import running
from storage.db import Database
from storage.errors import SealError
from storage.secrets import Vault

_AT_ONCE = 500
_SYSTEM = "/etc/config/system"


class Compats:
    """Remembers them by the mark of each configuration: it is opened again when it moved."""

    def __init__(self, database: Database, vault: Callable[[], Vault]) -> None:
        self._database = database
        self._vault = vault
        self._known: dict[UUID, tuple[str | None, str]] = {}

    async def of(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """`system.@system[0].compat_version` of these devices, where it is known.

        Who cannot open the vault knows of none: the device itself judges when it is upgraded.
        """
        marks = await self._database.aread(
            lambda session: {id_: one.mark for id_, one in running.known(session, ids).items()}
        )
        new = [id_ for id_, mark in marks.items() if self._known.get(id_, ("", ""))[0] != mark]
        for start in range(0, len(new), _AT_ONCE):
            part = new[start : start + _AT_ONCE]
            try:
                vault = await asyncio.to_thread(self._vault)
                read = partial(compats_within, vault=vault, ids=part)
                found = await self._database.aread(read)
            except (SealError, OwtuiError):
                break
            self._known |= {id_: (marks[id_], found.get(id_, "")) for id_ in part}
        told = {id_: self._known[id_][1] for id_ in marks if id_ in self._known}
        return {id_: version for id_, version in told.items() if version}


def compats_within(session: Session, vault: Vault, ids: Collection[UUID]) -> dict[UUID, str]:
    """The same within a transaction, for whoever has the vault; anew each time."""
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
