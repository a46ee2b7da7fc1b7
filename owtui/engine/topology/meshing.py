"""Topologies of 802.11s meshes, made and fed by what devices report (operations.md §4.5).

One a network and channel and organization, of the strategy receive: a device that did not report
takes no link of the others down before it expires.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlmodel import Session

from owtui.engine.fleet import Fleet
from owtui.engine.topology.editing import LABEL_LENGTH
from owtui.engine.topology.graph import Graph
from owtui.engine.topology.mesh import EXPIRATION_S, meshes
from owtui.engine.topology.reading import reported
from owtui.engine.topology.told import Told
from owtui.engine.topology.updater import Updater
from storage import organizations, revisions, topologies
from storage.db import Database
from storage.rows import DeviceRow
from storage.tables import Topology, now

EVERY_S = 300.0
MARK = "mesh"
"""The option that says whose topology it is; its value is "SSID@channel"."""

Place = tuple[UUID, str]
"""Organization, and SSID@channel."""


class Meshing:
    """Looks at the latest documents of all devices; `run` is one look."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        updater: Updater,
        present: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._updater = updater
        self._present = present

    async def run(self) -> None:
        """Make topologies for meshes that are new and update all of them. Raises StorageError."""
        at = self._present()
        rows = {id_: row for id_, row in self._fleet.rows.items() if not row.is_deactivated}
        told = await self._database.aread(lambda session: _told(session, rows))
        found: dict[Place, Graph] = {
            (owner, label): graph
            for owner, documents_ in told.items()
            for label, graph in meshes(documents_, at).items()
        }
        known = await self._database.awrite(lambda session: _ensure(session, found))
        for place, topology_id in known.items():
            # Nobody reports: what expires is down all the same.
            graph = found.get(place) or Graph.of((), (), protocol="Mesh")
            await self._updater.take(topology_id, graph, at=at)


def _told(session: Session, rows: dict[UUID, DeviceRow]) -> dict[UUID, list[Told]]:
    """The latest documents by organization; those of disabled ones are left out."""
    active = {one.id for one in organizations.rows(session) if one.is_active}
    found: dict[UUID, list[Told]] = defaultdict(list)
    for one in reported(session, rows):
        if (owner := rows[one.device_id].organization_id) in active:
            found[owner].append(one)
    return found


def _ensure(session: Session, found: dict[Place, Graph]) -> dict[Place, UUID]:
    """The topologies of all meshes there are or were, those of new ones made."""
    known: dict[Place, UUID] = {}
    for row in topologies.rows(session):
        mark = row.options.get(MARK)
        mine = isinstance(mark, str) and row.organization_id is not None
        if mine and not topologies.disabled(session, row.id):
            known[row.organization_id, mark] = row.id  # type: ignore[index]  # just asked
    owners = {one.id: one.name for one in organizations.rows(session)}
    for owner, label in found.keys() - known.keys():
        row = Topology(
            label=_label(session, label, owners[owner]),
            format="netjson",
            strategy="receive",
            options={MARK: label},
            organization_id=owner,
            expiration_time=EXPIRATION_S,
        )
        session.add(row)
        session.flush()
        known[owner, label] = row.id
        revisions.touch(session, revisions.TOPOLOGIES)
    return known


def _label(session: Session, label: str, organization: str) -> str:
    """ "SSID@channel", with the organization where another one has a mesh of that name."""
    for more in _endings(organization):
        name = f"{label[: max(LABEL_LENGTH - len(more), 1)]}{more}"[:LABEL_LENGTH]
        if topologies.called(session, name) is None:
            return name
    raise AssertionError  # the numbers do not end


def _endings(organization: str) -> Iterator[str]:
    yield from ("", f" ({organization})")
    yield from (f" ({number})" for number in count(2))
