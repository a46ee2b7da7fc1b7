"""The desk for topologies: pictures of any moment, what changed, and what people set; audited.

It reads and writes the tables, so that it works in every process; whoever holds the engine updates
those that are due and follows what the others wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.engine.topology import editing, receiving, storing
from owtui.engine.topology.entries import NEIGHBOURS, TopologyDraft, TopologyRow, Updated
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.history import replay
from owtui.engine.topology.picture import Change, Picture
from owtui.engine.topology.receiving import known_options
from owtui.engine.topology.uniting import renamed, united
from owtui.engine.topology.updater import Updater, about_of
from owtui.engine.topology.updating import Known, Moves
from owtui.engine.topology.views import changes, difference
from owtui.errors import BlockedError, InputError
from owtui.operator import Operator
from storage import organizations, topologies, topologyhistory
from storage.db import Database
from storage.rules import new_key
from storage.secrets import Secret, Vault
from storage.tables import Topology, now


class TopologyDesk:
    """Lists, shows and changes topologies. Everything raises StorageError; what writes raises
    BlockedError in read-only mode."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        operator: Operator,
        vault: Callable[[], Vault],
        updater: Updater,
        *,
        read_only: bool = False,
        present: Callable[[], datetime] = now,
    ) -> None:
        self.formats = Formats.load()
        self._database = database
        self._fleet = fleet
        self._operator = operator
        self._vault = vault
        self._updater = updater
        self._read_only = read_only
        self._present = present

    # -- asking ---------------------------------------------------------------------------------

    async def topologies(self) -> list[TopologyRow]:
        """All of them, by label."""
        return await self._database.aread(_rows)

    async def find(self, name: str) -> TopologyRow:
        """One by its label, in whatever case, or its id. Raises InputError."""
        found = [
            row
            for row in await self.topologies()
            if name.strip().casefold() == row.label.casefold() or name.strip() == str(row.id)
        ]
        if not found:
            raise InputError(
                f"There is no topology called “{name}”.", "`owtui topologies` lists them."
            )
        return found[0]

    async def picture(self, topology_id: UUID | None = None, at: datetime | None = None) -> Picture:
        """A topology now, or as it was at a moment; None: all published ones as one.

        Of a moment before the history begins the picture is empty.
        """
        moment = at or self._present()

        def read(session: Session) -> list[Picture]:
            return [
                self._pictured(session, row, at, moment) for row in _wanted(session, topology_id)
            ]

        found = await self._database.aread(read)
        return found[0] if topology_id is not None else united(found, moment)

    async def changes(
        self,
        topology_id: UUID | None,
        since: datetime,
        until: datetime | None = None,
        *,
        sway: float = 0.0,
    ) -> list[Change]:
        """What happened after one moment up to another, oldest first; of all topologies with the
        ids that their nodes have in the picture of all. `sway`: see views.changes."""
        end = until or self._present()

        def read(session: Session) -> list[Change]:
            found: list[Change] = []
            for row in _wanted(session, topology_id):
                told = topologyhistory.batches(session, row.id, since=since, until=end)
                found += changes(about_of(row, self._fleet), told, since, end, sway)
            return sorted(found, key=lambda one: one.at)

        found = await self._database.aread(read)
        if topology_id is not None:
            return found
        return renamed(found, await self.picture(None))

    async def moments(
        self, topology_id: UUID | None, since: datetime, until: datetime | None = None
    ) -> list[datetime]:
        """When something changed after one moment up to another, oldest first."""
        end = until or self._present()
        return await self._database.aread(
            lambda session: topologyhistory.moments(session, topology_id, since, end)
        )

    async def snapshot(self, topology_id: UUID | None, day: datetime) -> Picture:
        """A topology at the end of a day: at 23:30 UTC, when OpenWISP saves its own; of today as it
        is now. Raises InputError for a day that is not remembered."""
        end = day.replace(hour=23, minute=30)
        at = min(end, self._present())
        first = await self._database.aread(
            lambda session: topologyhistory.first_at(session, topology_id)
        )
        if first is None or at < first or self._present() < day:
            raise InputError("no snapshot found for this date")
        return await self.picture(topology_id, at)

    async def difference(
        self, one: UUID | None, at: datetime | None, other: UUID | None, then: datetime | None
    ) -> list[Change]:
        """From one picture to another: two moments of a topology, or two topologies."""
        return difference(await self.picture(one, at), await self.picture(other, then))

    async def key(self, topology_id: UUID) -> Secret:
        """What a sender must show. Raises InputError where there is none; a reading that is
        audited, as it is one of a secret."""

        vault = await asyncio.to_thread(self._vault)

        def write(session: Session) -> Secret:
            row = topologies.get(session, topology_id)
            if row.sealed is None:
                raise InputError(f"The topology {row.label} has no key.", "It receives nothing.")
            self._note(session, "show_topology_key", {"topology": row.label})
            return vault.unseal(session, row.sealed, f"topology:{row.id}")

        return await self._database.awrite(write)

    # -- what people set ------------------------------------------------------------------------

    async def add(self, draft: TopologyDraft) -> TopologyRow:
        """Keep a topology. Raises InputError, StorageError for what cannot be one."""
        self._permit()
        self._known_format(draft.format, draft.strategy)
        key = draft.key or (Secret(new_key()) if draft.strategy == "receive" else None)
        vault = await asyncio.to_thread(self._vault) if key else None

        def write(session: Session) -> UUID:
            row = editing.create(session, draft)
            if key and vault:
                _seal(session, vault, row, key)
            self._note(session, "add_topology", {"topology": row.label, "format": row.format})
            return row.id

        return await self._row(await self._database.awrite(write))

    async def change(self, topology_id: UUID, **wish: Any) -> TopologyRow:
        """Set what is named as a draft names it. Raises InputError, StorageError."""
        self._permit()
        if {"format", "strategy"} & wish.keys():
            row = await self._row(topology_id)
            self._known_format(wish.get("format", row.format), wish.get("strategy", row.strategy))
        key = wish.pop("key", None)
        keyed = key or wish.get("strategy") == "receive"
        vault = await asyncio.to_thread(self._vault) if keyed else None

        def write(session: Session) -> UUID:
            row = editing.change(session, topology_id, wish)
            if vault and (key or row.sealed is None):
                _seal(session, vault, row, key or Secret(new_key()))
            told = {"topology": row.label, **wish, **({"key": "changed"} if key else {})}
            if "url" in wish:
                told["url"] = editing.places(row.url)
            self._note(session, "change_topology", told)
            return row.id

        return await self._row(await self._database.awrite(write))

    async def remove(self, topology_id: UUID) -> None:
        """Forget a topology with its history."""
        self._permit()

        def write(session: Session) -> None:
            label = editing.remove(session, topology_id)
            self._note(session, "remove_topology", {"topology": label})

        await self._database.awrite(write)

    async def describe_node(
        self,
        topology_id: UUID,
        node_id: str,
        properties: Mapping[str, Any],
        label: str | None = None,
    ) -> None:
        """Write beside a node what no source tells; a value of None, and a label of "", takes it
        away. Updates leave it as it is."""
        wanted = {**properties, **({"label": label or None} if label is not None else {})}
        await self._edit(
            topology_id,
            "describe_node",
            {"node": node_id, **wanted},
            lambda known: editing.described_node(known, node_id, wanted, self._present()),
        )

    async def describe_link(
        self, topology_id: UUID, source: str, target: str, properties: Mapping[str, Any]
    ) -> None:
        """The same of a link."""
        await self._edit(
            topology_id,
            "describe_link",
            {"link": f"{source} - {target}", **properties},
            lambda known: editing.described_link(
                known, (source, target), properties, self._present()
            ),
        )

    async def set_link(self, topology_id: UUID, source: str, target: str, *, up: bool) -> None:
        """Say that a link is up, or down, until an update says otherwise (openwisp-network-topology
        #154)."""
        await self._edit(
            topology_id,
            "set_link",
            {"link": f"{source} - {target}", "up": up},
            lambda known: editing.set_link(known, (source, target), up, self._present()),
        )

    # -- updates --------------------------------------------------------------------------------

    async def update(self, topology_id: UUID) -> Updated:
        """Read its source now. Raises OwtuiError; nothing but the failure is written then."""
        self._permit()
        return await self._updater.update(topology_id)

    async def receive(self, topology_id: UUID, data: bytes, key: str) -> Updated:
        """Take what a sender sent, who shows the key; see `receiving` for what it raises."""
        self._permit()

        vault = await asyncio.to_thread(self._vault)

        def read(session: Session) -> tuple[str, dict[str, Any]]:
            return receiving.admit(session, vault, topology_id, key)

        format_, options = await self._database.aread(read)
        parser = self.formats.get(format_)
        graph = await asyncio.to_thread(receiving.parse, parser, data, self._present(), options)
        return await self._updater.take(topology_id, graph)

    async def load(self, topology_id: UUID, data: bytes, format: str = "") -> Updated:
        """Take a person's file; audited, and no key is asked for."""
        self._permit()
        row = await self._row(topology_id)
        parser = self.formats.get(format or row.format)
        options = row.options if parser.id == row.format else {}
        known = known_options(parser, options)
        graph = await asyncio.to_thread(parser.parse, data, self._present(), known)
        updated = await self._updater.take(topology_id, graph)
        told = {"topology": row.label, "format": parser.id, "changes": len(updated.changes)}
        await self._database.awrite(lambda s: self._note(s, "import_topology", told))
        return updated

    # -- the tables -----------------------------------------------------------------------------

    async def _edit(
        self,
        topology_id: UUID,
        action: str,
        detail: dict[str, Any],
        edit: Callable[[Known], Moves],
    ) -> None:
        self._permit()

        def write(session: Session) -> storing.Stored:
            row = topologies.get(session, topology_id, lock=True)
            known = storing.known(session, topology_id)
            stored = storing.write(session, row, known, edit(known), self._present())
            self._note(session, action, {"topology": row.label, **detail})
            return stored

        self._updater.told(await self._database.awrite(write))

    def _known_format(self, format: str, strategy: str) -> None:
        if format == NEIGHBOURS and strategy == "device":
            return
        if not self.formats.get(format).command and strategy == "device":
            raise InputError(
                f"No device tells {format}.", "Fetch it from a URL, or receive what is sent."
            )

    async def _row(self, topology_id: UUID) -> TopologyRow:
        return await self.find(str(topology_id))

    def _pictured(
        self, session: Session, row: Topology, at: datetime | None, moment: datetime
    ) -> Picture:
        about = about_of(row, self._fleet)
        if at is None:
            return about.picture(storing.known(session, row.id), moment)
        told = topologyhistory.batches(session, row.id, since=at, until=at)
        return about.before(at, told[-1].at if told else None).picture(replay(told).known(), at)

    def _permit(self) -> None:
        if self._read_only:
            raise BlockedError("Nothing is changed in read-only mode.", "Start with --write.")

    def _note(self, session: Session, action: str, detail: dict[str, Any]) -> None:
        note(session, self._operator, action, detail)


def _seal(session: Session, vault: Vault, row: Topology, key: Secret) -> None:
    row.sealed = vault.seal(session, key, f"topology:{row.id}")
    session.add(row)


def _wanted(session: Session, topology_id: UUID | None) -> list[Topology]:
    if topology_id is not None:
        return [topologies.get(session, topology_id)]
    return [row for row in topologies.rows(session) if row.published]


def _rows(session: Session) -> list[TopologyRow]:
    owners = {one.id: one.name for one in organizations.rows(session)}
    counts = topologies.counts(session)
    return [
        TopologyRow.of(
            row,
            owners.get(row.organization_id, "") if row.organization_id else "",
            counts.get(row.id, topologies.Counts()),
        )
        for row in topologies.rows(session)
    ]
