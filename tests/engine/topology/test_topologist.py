"""The duty: turns, back-off, what follows a link that moved, meshes made by themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from owtui.engine.monitoring.alerts.findings import Findings
from owtui.engine.monitoring.alerts.words import LINKS
from owtui.engine.topology.behind import TopologyLinks
from owtui.engine.topology.entries import TopologyDraft
from owtui.engine.topology.formats.openvpn import SERVER
from owtui.engine.topology.graph import Graph, Link, Node
from owtui.engine.topology.meshing import Meshing, _label
from owtui.engine.topology.topologist import Topologist
from owtui.engine.topology.updater import Heard
from owtui.errors import InputError
from storage import (
    devices,
    documents,
    engines,
    organizations,
    registration,
    service,
    topologies,
    topologylinks,
)
from storage.db import Database
from storage.documents import Kept
from storage.tables import EngineBeat, Topology
from tests.engine.topology.networks import START, at, graph
from tests.engine.topology.site import BOTH, Site

URL = "http://127.0.0.1:9/"


@dataclass
class Watched:
    """What was asked of the checks."""

    asked: list[tuple[str, UUID]] = field(default_factory=list)

    async def suspect(self, device_id: UUID) -> None:
        self.asked.append(("suspect", device_id))

    async def recover(self, device_id: UUID) -> None:
        self.asked.append(("recover", device_id))


class Duty:
    """A topologist whose turns a test takes."""

    def __init__(self, site: Site, **how: Any) -> None:
        self.checks = Watched()
        self.site = site
        self.work = Topologist(
            site.database,
            site.updater,
            self.checks,
            clock=self.clock,
            random=Random(7),
            present=lambda: site.now,
            **how,
        )

    def clock(self) -> float:
        return (self.site.now - START).total_seconds()

    async def pass_time(self, seconds: int, step: int = 10) -> None:
        """Serve what is due, every ten seconds."""
        for _ in range(0, seconds, step):
            self.site.later(step)
            for key in self.work.rota.take(self.clock(), 10):
                ok = await self.work._turn(key)
                self.work.rota.done(key, self.clock(), ok=ok)


async def add(site: Site, label: str, **how: Any) -> UUID:
    draft = TopologyDraft(label, how.pop("format", "olsr"), url=URL, **how)
    return (await site.desk.add(draft)).id


async def test_each_is_read_on_its_interval_and_one_that_fails_backs_off(site: Site) -> None:
    await add(site, "quick", interval_s=60)
    await add(site, "usual")
    await add(site, "broken", interval_s=60)
    await add(site, "hidden", published=False)
    owner = site.database.write(lambda s: organizations.create(s, "Quay").id)
    await add(site, "asleep", organization="Quay")
    site.database.write(lambda s: registration.set_active(s, owner, False))
    site.sources |= {"quick": graph("a-b"), "usual": graph("a-b"), "broken": "No answer."}
    duty = Duty(site)
    await duty.work.load()
    await duty.pass_time(3600)
    counted = {name: site.read.count(name) for name in ("quick", "usual", "broken")}
    assert set(site.read) == set(counted)
    assert 50 <= counted["quick"] <= 62
    assert 10 <= counted["usual"] <= 13
    assert 4 <= counted["broken"] <= 8
    assert (await site.desk.find("broken")).failure == "No answer."
    site.sources["broken"] = graph("a-b")
    await duty.pass_time(3600)
    assert (await site.desk.find("broken")).failure == ""


async def test_what_is_done_beside_has_turns_of_its_own_and_a_failure_ends_nothing(
    site: Site,
) -> None:
    looks: list[int] = []

    async def meshes() -> None:
        looks.append(len(looks))
        if len(looks) == 1:
            raise InputError("The database is busy.")

    duty = Duty(site, also={"meshes": (300.0, meshes)})
    await duty.work.load()
    await duty.pass_time(3600)
    assert 9 <= len(looks) <= 13


async def test_the_past_of_a_device_that_was_removed_has_no_device(site: Site) -> None:
    one = await site.device("one", "10.0.0.1")
    id_ = await add(site, "mesh")
    site.sources["mesh"] = graph("10.0.0.1-b")
    await site.desk.update(id_)
    assert (await site.desk.picture(id_, at(1))).nodes["10.0.0.1"].device_id == one
    site.database.write(lambda s: service.remove(s, one, force=True))
    await site.fleet.load()
    for moment in (None, at(1)):
        node = (await site.desk.picture(id_, moment)).nodes["10.0.0.1"]
        assert (node.device_id, node.name) == (None, "10.0.0.1")


@BOTH
async def test_devices_at_both_ends_of_a_link_that_moved_are_checked(site: Site) -> None:
    one, other = await site.device("one", "10.0.0.1"), await site.device("other", "10.0.0.2")
    id_ = await add(site, "mesh")
    duty = Duty(site)
    await duty.work.load()  # what was before is another holder's
    site.sources["mesh"] = graph("10.0.0.1-10.0.0.2", "10.0.0.2-10.0.0.3")
    await site.desk.update(id_)
    await duty.work.follow()
    assert {what for what, _ in duty.checks.asked} == {"recover"}
    duty.checks.asked.clear()
    site.sources["mesh"] = graph("10.0.0.2-10.0.0.3")
    await site.desk.update(id_)
    await duty.work.follow()
    await duty.work.follow()  # nothing new
    assert sorted(duty.checks.asked) == sorted([("suspect", one), ("suspect", other)])


def vpn(*clients: Node) -> Graph:
    links = [Link(SERVER, one.id) for one in clients]
    return Graph.of([Node(SERVER), *clients], links, protocol="OpenVPN Status Log")


@BOTH
async def test_a_vpn_gives_and_takes_management_addresses(site: Site) -> None:
    id_ = await site.device("ap-1", "192.0.2.1", "AA:BB:CC:00:00:01")
    row = await add(site, "vpn", format="openvpn")

    def management_ip() -> str | None:
        return site.database.read(lambda s: devices.get(s, id_).management_ip)

    about = {"common_name": "AA:BB:CC:00:00:01-ap-1"}
    site.sources["vpn"] = vpn(Node("ap-1", "ap-1", ("10.8.0.10",), about))
    await site.desk.update(row)
    assert management_ip() == "10.8.0.10"
    site.sources["vpn"] = vpn(Node("ap-1", "ap-1", ("10.8.0.14",), about))
    await site.desk.update(row)  # it came again between two updates: its link never moved
    assert management_ip() == "10.8.0.14"
    site.sources["vpn"] = vpn()
    await site.desk.update(row)
    assert management_ip() is None
    site.sources["vpn"] = vpn(Node("ap-1", "ap-1", ("no address",), about))
    await site.desk.update(row)
    assert management_ip() is None


def reported(folder: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    return json.loads((folder / "topology" / "mesh" / name).read_text())  # type: ignore[no-any-return]


async def test_meshes_are_made_and_fed_by_what_devices_report(
    site: Site, shared_data: Path
) -> None:
    """operations.md §4.5 and §11.13, from OpenWISP's own sample."""
    told = reported(shared_data, "simple_mesh_data.json")
    ids = [await site.device(f"ap-{n}", f"192.0.2.{n}", mac) for n, mac in enumerate(told, 1)]

    def report(count: int) -> None:
        kept = [
            Kept.of(id_, site.now, {"interfaces": interfaces})
            for id_, interfaces in list(zip(ids, told.values(), strict=True))[:count]
        ]
        site.database.write(lambda s: documents.save(s, kept))

    meshing = Meshing(site.database, site.fleet, site.updater, lambda: site.now)
    report(3)
    await meshing.run()
    [row] = await site.desk.topologies()
    assert (row.label, row.strategy, row.expiration_s, row.organization) == (
        *("Test Mesh@11", "receive", 330),
        "default",
    )
    picture = await site.desk.picture(row.id)
    assert (len(picture.nodes), len(picture.links)) == (3, 3)
    assert (picture.protocol, picture.version, picture.metric) == ("Mesh", "1", "Airtime")
    assert {node.device_id for node in picture.nodes.values()} == set(ids)
    site.later(600)
    report(2)
    await meshing.run()
    assert (await site.desk.find(row.label)).down == 2  # one up link of three
    site.later(600)
    await meshing.run()  # nobody reports
    assert (await site.desk.find(row.label)).down == 3
    assert len(await site.desk.topologies()) == 1


@BOTH
async def test_many_links_down_are_an_alert_and_news_before_others(site: Site) -> None:
    one = await site.device("one", "10.0.0.1")
    id_ = await add(site, "mesh")
    site.sources["mesh"] = graph("10.0.0.1-b", "b-c", "c-d")
    await site.desk.update(id_)
    site.later(300)
    site.sources["mesh"] = graph("c-d")
    await site.desk.update(id_)
    found = Findings(50)
    openings, _ = site.database.read(lambda s: found.due(s, site.fleet.rows, site.now))
    assert [(one.place, one.what) for one in openings] == [
        ((None, LINKS, "mesh"), "mesh: 2 of 3 links are down")
    ]
    assert not site.database.read(lambda s: Findings(70).due(s, site.fleet.rows, site.now))[0]
    late = site.later(2 * 86_400)  # nobody misses them any more
    assert not site.database.read(lambda s: found.due(s, site.fleet.rows, late))[0]
    touches = site.database.read(lambda s: topologylinks.touching(s, [one], at(0), site.now))
    assert [(one.is_up, one.other, one.topology, one.at) for one in touches] == [
        (False, "b", "mesh", at(300))
    ]


@BOTH
async def test_a_link_that_fell_lately_still_says_what_is_behind_what(site: Site) -> None:
    gate, roof = await site.device("gate", "10.0.0.1"), await site.device("roof", "10.0.0.2")
    id_ = await add(site, "mesh", options={"root": "gate"})
    site.sources["mesh"] = graph("10.0.0.1-10.0.0.2")
    await site.desk.update(id_)
    site.sources["mesh"] = graph()
    await site.desk.update(id_)
    source = TopologyLinks(lambda: site.now)

    def edges() -> list[tuple[UUID, UUID]]:
        found = site.database.read(lambda s: list(source.edges(s, site.fleet.rows)))
        return [(one.below, one.above) for one in found]

    assert edges() == [(roof, gate)]
    site.later(2 * 86_400)
    assert edges() == []


@pytest.mark.parametrize("days", [10, 1000])
async def test_old_history_is_forgotten(site: Site, days: int) -> None:
    id_ = await add(site, "mesh")
    links = [f"{n}-{n + 1}" for n in range(120)]
    for cost in range(4):
        site.sources["mesh"] = graph(*links, cost=cost)
        await site.desk.update(id_)
        site.later(86_400 * 10)
    await Duty(site, history_days=days).work.tidy()
    assert bool((await site.desk.picture(id_, at(1))).nodes) == (days == 1000)
    assert (await site.desk.picture(id_, site.now)).links["0", "1"].cost == 3


async def test_of_the_engines_of_several_zones_one_fetches_and_each_asks_devices(
    site: Site,
) -> None:
    url, asked = await add(site, "url"), await add(site, "asked", strategy="device")
    site.sources |= {"url": graph("a-b"), "asked": graph("a-b")}
    other = EngineBeat(engine_id="one", zone="north", host="h", pid=1, operator="rosa")
    face = EngineBeat(engine_id="two", zone="~", host="h", pid=2, operator="rosa")
    for beat in (other, face):
        site.database.write(lambda s, beat=beat: engines.beat(s, beat, site.now))
    for zone, read in (("south", ["asked"]), ("north", ["url", "asked"]), ("", ["url", "asked"])):
        duty = Duty(site, zone=zone)
        await duty.work.load()
        site.read.clear()
        assert [await duty.work._turn(str(one)) for one in (url, asked)] == [True, True]
        assert site.read == read, zone
    site.later(31)  # the engine of the north is dead
    site.read.clear()
    duty = Duty(site, zone="south")
    await duty.work.load()
    await duty.work._turn(str(url))
    assert site.read == ["url"]


async def test_a_device_that_was_removed_meanwhile_fails_no_update(site: Site) -> None:
    id_ = await site.device("ap-1", "192.0.2.1")
    row = await add(site, "mesh")
    site.sources["mesh"] = graph("192.0.2.1-b")
    await site.desk.update(row)  # the index of devices is known for a minute
    await site.database.awrite(lambda s: s.delete(devices.get(s, id_)))
    await site.fleet.load()
    site.sources["mesh"] = graph("192.0.2.1-c")
    updated = await site.desk.update(row)
    assert updated.links == 2


async def test_what_many_devices_failed_with_is_told_in_short(site: Site) -> None:
    row = await add(site, "mesh", strategy="device")
    site.sources["mesh"] = Heard(graph("a-b"), tuple(f"ap-{n} is silent." for n in range(500)))
    await site.desk.update(row)
    (found,) = await site.desk.topologies()
    assert found.failure.startswith("ap-0 is silent.; ap-1 is silent.")
    assert found.failure.endswith("; and 495 more") and len(found.failure) < 200


def test_meshes_of_long_names_are_called_apart(database: Database) -> None:
    told = "x" * 80  # a device says it, whatever an SSID may be
    for organization in ("harbour", "harbour", "o" * 64):
        database.write(
            lambda s, o=organization: s.add(Topology(label=_label(s, told, o), format="netjson"))
        )
    labels = [row.label for row in database.read(topologies.rows)]
    assert len(set(labels)) == 3 and max(map(len, labels)) == 64
