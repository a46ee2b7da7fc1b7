"""Where a topology's source is read: by URL, from devices, or out of what these reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.fleet import Fleet
from owtui.engine.openwrt.reach import Reach
from owtui.engine.parts import Parts
from owtui.engine.selection import parse
from owtui.engine.topology import fetching
from owtui.engine.topology.entries import NEIGHBOURS
from owtui.engine.topology.fetching import Assembled
from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.neighbours import neighbours
from owtui.engine.topology.receiving import known_options
from owtui.engine.topology.told import Told
from owtui.engine.topology.updater import Heard, Order
from owtui.errors import Failure, InputError, Kind, OwtuiError
from storage import documents
from storage.db import Database
from storage.rows import DeviceRow
from storage.tables import now

NOTHING_TO_TELL = frozenset({Kind.MISSING, Kind.COMMAND})
"""Kinds of a device that answered and has no part of the network to tell: no failed read."""

Views = Callable[[str], str | None]


class Reader:
    """Reads sources with the means of a process; see updater.Read."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        reach: Callable[[], Reach],
        views: Views | None = None,
        *,
        timeout_s: float = fetching.URL_S,
        parallel: int = fetching.PARALLEL,
        present: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._reach = reach
        self._views = views
        self._timeout_s = timeout_s
        self._parallel = parallel
        self._present = present

    @classmethod
    def of(cls, parts: Parts, fleet: Fleet, views: Views | None) -> Reader:
        """With the parts of an engine."""
        chosen = parts.loaded.settings
        return cls(
            parts.database,
            fleet,
            lambda: parts.reach,
            views,
            timeout_s=chosen.topology_fetch_s,
            parallel=chosen.parallel,
        )

    @cached_property
    def formats(self) -> Formats:
        """The formats there are."""
        return Formats.load()

    async def __call__(self, order: Order) -> Heard:
        """Read a source. Raises OwtuiError."""
        if order.strategy == "device" and order.format == NEIGHBOURS:
            return await self._reported(order)
        format_ = self.formats.get(order.format)
        options = known_options(format_, order.options)
        if order.strategy == "device":
            return await self._asked(order, format_, options)
        graph = await fetching.read_url(
            *(format_, order.url, self._present, options),
            tls=str(order.options.get("tls") or "verify"),
            timeout=self._timeout_s,
        )
        return Heard(graph)

    async def _asked(self, order: Order, format_: Format, options: Mapping[str, Any]) -> Heard:
        names = {row.id: row.name for row in self._chosen(order)}
        found = await fetching.read_devices(
            *(self._reach(), format_, names, self._present, options), parallel=self._parallel
        )
        return heard(order, found, names.keys())

    async def _reported(self, order: Order) -> Heard:
        rows = {row.id: row for row in self._chosen(order)}
        at = self._present()
        told = await self._database.aread(lambda session: reported(session, rows))
        return Heard(await asyncio.to_thread(neighbours, told, at))

    def _chosen(self, order: Order) -> list[DeviceRow]:
        """The devices to ask: of the filter and the organization, in service."""
        rows = [
            row
            for row in parse(order.filter, self._views).choose(
                self._fleet.rows.values(), self._present()
            )
            if not row.is_deactivated and order.organization_id in (None, row.organization_id)
        ]
        if not rows:
            raise InputError(
                f"The topology {order.label} has no device to be read from.",
                f"`owtui topologies set {order.label} filter=…` chooses them.",
            )
        return rows


def reported(session: Session, rows: Mapping[UUID, DeviceRow]) -> list[Told]:
    """The latest monitoring documents of devices."""
    return [
        Told(id_, rows[id_].name, rows[id_].mac, kept.at, kept.document())
        for id_, kept in documents.load(session, rows.keys()).items()
    ]


def heard(order: Order, found: Assembled, asked: Collection[UUID]) -> Heard:
    """What devices told. Raises the failure where not one of them told anything."""
    failed = {id_: one for id_, one in found.failures.items() if one.kind not in NOTHING_TO_TELL}
    if found.graph is not None:
        answered = frozenset(asked) - found.failures.keys()
        return Heard(found.graph, tuple(one.sentence for one in failed.values()), answered)
    told = [*failed.values(), *found.failures.values()]
    why = told[0] if told else Failure(Kind.MISSING, "No device tells it")
    more = f" ({len(told)} devices like it)" if len(told) > 1 else ""
    raise OwtuiError(
        f"The topology {order.label} could not be read: {why.sentence}{more}",
        why.hint,
        kind=why.kind,
    )
