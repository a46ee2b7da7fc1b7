"""What links say, in alerts: what is behind what, what changed just before, many that are down."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from owtui.engine.topology import storing
from owtui.engine.topology.behind import TopologyLinks
from owtui.engine.topology.graph import Graph
from owtui.engine.topology.matching import Identities, NoVpnClients
from storage import alerts
from storage.db import Database
from tests.engine.monitoring.alerting import AlertRig
from tests.engine.topology.networks import graph, make

GATE, ROOF = "192.0.2.1", "192.0.2.2"


async def rigged(database: Database) -> AlertRig:
    """A gate and a roof, of whose link a topology alone knows."""
    rig = AlertRig(database, ["gate", "roof"])
    rig.sources = [TopologyLinks(lambda: rig.now)]  # type: ignore[list-item]  # in the place of it
    rig.restart()
    return await rig.ready()


def tell(rig: AlertRig, topology_id: UUID, told: Graph) -> None:
    rows = rig.fleet.rows
    people = rig.database.read(lambda s: Identities.load(s, rows, NoVpnClients()))
    rig.database.write(
        lambda s: storing.put(
            s, topology_id, told, rig.now, match=lambda row: people.match(row, None)
        )
    )


async def test_what_is_behind_a_link_is_folded_and_links_are_news(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'owtui.db'}")
    rig = await rigged(database)
    mesh = make(database, "mesh", options={"root": "gate"})
    tell(rig, mesh, graph(f"{GATE}-{ROOF}", f"{ROOF}-x", f"{GATE}-y"))
    rig.later(60 * 24)
    tell(rig, mesh, graph(f"{ROOF}-x", f"{GATE}-y"))
    await rig.keeper.settle()
    assert not rig.tellings  # one link is not many
    tell(rig, mesh, graph(f"{GATE}-y"))
    await rig.keeper.settle()
    assert [one.type for one in rig.tellings] == ["links_problem"]
    assert "mesh: 2 of 3 links are down" in rig.tellings[0].text
    for name in ("gate", "roof"):
        await rig.take(name, {"ping": 1})
    for _ in range(8):
        rig.later(5)
        for name in ("roof", "gate"):
            await rig.take(name, {"ping": 0})
        await rig.keeper.settle()
    found = database.read(lambda s: {one.device_id: one for one in alerts.rows(s)})
    gate, roof = found[rig.ids["gate"]], found[rig.ids["roof"]]
    assert (gate.cause_id, roof.cause_id) == (None, gate.id)
    assert gate.before[-1]["kind"] == "link"
    assert gate.before[-1]["text"] == f"link to {ROOF} down (mesh)"
    assert "1 device is behind it" in rig.tellings[-1].text
    tell(rig, mesh, graph(f"{GATE}-{ROOF}", f"{GATE}-y"))
    await rig.keeper.settle()
    assert rig.tellings[-1].type == "links_recovery"
    database.close()
