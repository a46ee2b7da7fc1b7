"""The desk: sources, pictures of any moment, what people write, what is sent, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from owtui.engine.events import TopologyChanged
from owtui.engine.topology.entries import TopologyDraft
from owtui.engine.topology.graph import Node
from owtui.engine.topology.picture import ChangeKind
from owtui.engine.topology.receiving import WrongKeyError
from owtui.engine.topology.updater import Heard
from owtui.engine.topology.views import netjson
from owtui.errors import BlockedError, InputError
from storage import audit, organizations, registration
from storage.errors import MissingError, RuleError
from storage.secrets import Secret
from tests.engine.topology.networks import at, graph
from tests.engine.topology.site import BOTH, Site

URL = "http://127.0.0.1:9/topology.json"


def sent(*links: str) -> bytes:
    """A NetJSON document with these links."""
    told = [{"source": one[0], "target": one[-1], "cost": 1.0} for one in links]
    nodes = sorted({end for one in links for end in one.split("-")})
    return json.dumps(
        {
            **{"type": "NetworkGraph", "protocol": "OLSR", "version": "0.8", "metric": "ETX"},
            **{"nodes": [{"id": node} for node in nodes], "links": told},
        }
    ).encode()


async def test_a_topology_is_kept_changed_and_removed_and_all_is_audited(site: Site) -> None:
    added = await site.desk.add(TopologyDraft("Mesh", "olsr", url=URL))
    assert (added.strategy, added.interval_s, added.has_key) == ("fetch", 300, False)
    changed = await site.desk.change(added.id, strategy="receive", expiration_s=50)
    assert changed.has_key  # receive needs one, so that it was made
    assert len((await site.desk.key(added.id)).reveal()) == 32
    asked = "http://192.0.2.1:8080/status?token=hunter2"
    await site.desk.change(added.id, key=Secret("k" * 20), published=False, url=asked)
    assert (await site.desk.key(added.id)).reveal() == "k" * 20
    assert (await site.desk.find("MESH")).published is False
    await site.desk.remove(added.id)
    assert not await site.desk.topologies()
    entries = site.database.read(lambda s: audit.entries(s, limit=20))
    assert [one.action for one in entries][::-1] == [
        *("add_topology", "change_topology", "show_topology_key", "change_topology"),
        *("show_topology_key", "remove_topology"),
    ]
    said = str([one.detail for one in entries])
    assert "k" * 20 not in said and "hunter2" not in said
    assert "http://192.0.2.1:8080/status" in said


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (TopologyDraft("x", "olsr"), "an url must be specified when using FETCH strategy"),
        (TopologyDraft("x", "olsrd", url=URL), "no topology format"),
        (TopologyDraft("x", "olsr", url="ftp://x/y"), "is no URL"),
        (TopologyDraft("x", "olsr", url="http://eva:hunter2@h/y"), "The URL of h has a login"),
        (TopologyDraft("x", "olsr", "push", url=URL), "no strategy"),
        (TopologyDraft("x", "olsr", url=URL, interval_s=1), "interval"),
        (TopologyDraft("", "olsr", url=URL), "needs a label"),
        (TopologyDraft("mesh", "olsr", url=URL), "already"),
    ],
)
async def test_what_cannot_be_a_topology_is_refused(
    site: Site, draft: TopologyDraft, refusal: str
) -> None:
    await site.desk.add(TopologyDraft("Mesh", "olsr", url=URL))
    with pytest.raises((InputError, RuleError), match=refusal):
        await site.desk.add(draft)


@BOTH
async def test_a_picture_of_any_moment_and_what_changed_between_them(site: Site) -> None:
    row = await site.desk.add(TopologyDraft("Mesh", "olsr", url=URL))
    heard = site.bus.subscribe([TopologyChanged.topic], lambda: None)
    site.sources["Mesh"] = graph("a-b", "b-c")
    updated = await site.desk.update(row.id)
    assert {one.kind for one in updated.changes} == {ChangeKind.NODE_ADDED, ChangeKind.LINK_ADDED}
    assert [one.key for one in heard.take()] == [str(row.id)]
    site.later(300)
    site.sources["Mesh"] = graph("a-b")
    [down] = (await site.desk.update(row.id)).changes
    assert (down.kind, down.ends) == (ChangeKind.LINK_DOWN, ("b", "c"))
    now = await site.desk.picture(row.id)
    assert not now.links["b", "c"].is_up
    assert now.links["b", "c"].since == at(300)
    assert (now.protocol, now.revision, now.updated) == ("OLSR", "7", at(300))
    was = await site.desk.picture(row.id, at(299))
    assert was.links["b", "c"].is_up
    assert not (await site.desk.picture(row.id, at(-1))).nodes
    assert [one.kind for one in await site.desk.changes(row.id, at(0))] == [ChangeKind.LINK_DOWN]
    assert await site.desk.moments(row.id, at(-1)) == [at(0), at(300)]
    [told] = await site.desk.difference(row.id, at(0), row.id, None)
    assert told.kind is ChangeKind.LINK_DOWN
    assert (await site.desk.find("mesh")).down == 1


async def test_a_failed_read_is_recorded_and_takes_nothing_down(site: Site) -> None:
    row = await site.desk.add(TopologyDraft("Mesh", "olsr", url=URL))
    site.sources["Mesh"] = graph("a-b", "b-c")
    await site.desk.update(row.id)
    site.later(300)
    site.sources["Mesh"] = "The server does not answer."
    with pytest.raises(InputError, match="does not answer"):
        await site.desk.update(row.id)
    failed = await site.desk.find("Mesh")
    assert (failed.failure, failed.failed_at) == ("The server does not answer.", at(300))
    assert (failed.updated_at, failed.down) == (at(0), 0)
    site.sources["Mesh"] = Heard(graph("a-b"), ("ap-2 does not answer.",))
    await site.desk.update(row.id)  # a part of the devices: what only ap-2 tells stays
    assert (await site.desk.find("Mesh")).down == 0
    site.later(901)
    await site.desk.update(row.id)
    assert (await site.desk.find("Mesh")).down == 1  # but not for ever
    site.sources["Mesh"] = graph("a-b", "b-c")
    await site.desk.update(row.id)
    well = await site.desk.find("Mesh")
    assert (well.failure, well.down) == ("", 0)


async def test_what_is_sent_is_refused_in_openwisps_order(site: Site) -> None:
    row = await site.desk.add(
        TopologyDraft("Mesh", "netjson", "receive", key=Secret("right"), expiration_s=50)
    )
    with pytest.raises(InputError, match='missing required "key" parameter'):
        await site.desk.receive(row.id, sent("a-b"), "")
    with pytest.raises(WrongKeyError, match="wrong key"):
        await site.desk.receive(row.id, sent("a-b"), "wrong")
    with pytest.raises(InputError, match="Supplied data not recognized as NetJSON NetworkGraph"):
        await site.desk.receive(row.id, b"nothing", "right")
    updated = await site.desk.receive(row.id, sent("a-b", "a-c"), "right")
    assert (updated.nodes, updated.links) == (3, 2)
    site.later(40)
    await site.desk.receive(row.id, sent("a-b"), "right")
    assert (await site.desk.find("Mesh")).down == 0
    with pytest.raises(InputError, match="receives what is sent"):
        await site.desk.update(row.id)
    await site.desk.change(row.id, published=False)
    with pytest.raises(MissingError):
        await site.desk.receive(row.id, sent("a-b"), "right")


async def test_the_split_network_of_openwisps_own_tests(site: Site, shared_data: Path) -> None:
    """operations.md §11.10: a sender that sees a part of the network takes nothing else down."""
    folder = shared_data / "topology" / "network-topology"
    row = await site.desk.add(
        TopologyDraft("Mesh", "netjson", "receive", key=Secret("k"), expiration_s=50)
    )
    await site.desk.receive(row.id, (folder / "netjson-2-links.json").read_bytes(), "k")
    first = await site.desk.find("Mesh")
    assert (first.links, first.down) == (2, 0)
    split = (folder / "split-network.json").read_bytes()
    site.later(40)
    await site.desk.receive(row.id, split, "k")
    assert (await site.desk.find("Mesh")).down == 0
    site.later(11)
    await site.desk.receive(row.id, split, "k")
    told = await site.desk.find("Mesh")
    assert told.down == told.links - 1 > 0


async def test_a_disabled_organizations_topology_is_neither_read_nor_sent_to(site: Site) -> None:
    owner = site.database.write(lambda s: organizations.create(s, "Quay").id)
    row = await site.desk.add(TopologyDraft("Mesh", "olsr", url=URL, organization="Quay"))
    other = await site.desk.add(
        TopologyDraft("Sent", "netjson", "receive", key=Secret("k"), organization="Quay")
    )
    site.database.write(lambda s: registration.set_active(s, owner, False))
    with pytest.raises(BlockedError, match="disabled"):
        await site.desk.update(row.id)
    assert not site.read
    with pytest.raises(MissingError):
        await site.desk.receive(other.id, sent("a-b"), "k")


@BOTH
async def test_what_people_write_survives_updates_and_is_history(site: Site) -> None:
    row = await site.desk.add(TopologyDraft("Mesh", "olsr", url=URL))
    site.sources["Mesh"] = graph("a-b", nodes=[Node("a", "alpha", properties={"role": "ap"})])
    await site.desk.update(row.id)
    site.later(60)
    await site.desk.describe_node(row.id, "a", {"role": "roof", "owner": "eva"}, "tower")
    await site.desk.describe_link(row.id, "b", "a", {"cable": 7})
    site.later(60)
    site.sources["Mesh"] = graph("a-b", nodes=[Node("a", "beta", properties={"role": "gw"})])
    await site.desk.update(row.id)
    told = netjson(await site.desk.picture(row.id))
    assert told["nodes"][0]["label"] == "tower"
    assert told["nodes"][0]["properties"] == {"role": "roof", "owner": "eva", "label": "tower"}
    assert told["links"][0]["properties"] == {"cable": 7}
    assert (await site.desk.picture(row.id, at(59))).nodes["a"].name == "alpha"
    assert (await site.desk.picture(row.id, at(61))).nodes["a"].properties["owner"] == "eva"
    await site.desk.describe_node(row.id, "a", {"role": None, "owner": None}, "")
    assert (await site.desk.picture(row.id)).nodes["a"].name == "beta"
    with pytest.raises(InputError, match="no node z"):
        await site.desk.describe_node(row.id, "z", {"x": 1})


async def test_a_link_is_set_by_hand_until_an_update_says_otherwise(site: Site) -> None:
    row = await site.desk.add(TopologyDraft("Mesh", "olsr", url=URL))
    site.sources["Mesh"] = graph("a-b")
    await site.desk.update(row.id)
    await site.desk.set_link(row.id, "b", "a", up=False)
    assert (await site.desk.find("Mesh")).down == 1
    await site.desk.update(row.id)
    assert (await site.desk.find("Mesh")).down == 0


async def test_all_topologies_are_one_picture_by_devices_and_addresses(site: Site) -> None:
    roof = await site.device("roof", "10.0.0.1", "AA:BB:CC:00:00:01")
    mesh = await site.desk.add(TopologyDraft("mesh", "olsr", url=URL))
    lldp = await site.desk.add(TopologyDraft("wires", "lldp", url=URL))
    hidden = await site.desk.add(TopologyDraft("old", "olsr", url=URL, published=False))
    site.sources |= {
        "mesh": graph("10.0.0.1-10.0.0.2", "10.0.0.2-10.0.0.3"),
        "wires": graph("aa:bb:cc:00:00:01-switch", "switch-10.0.0.2", cost=2.0),
        "old": graph("x-y"),
    }
    for row in (mesh, lldp, hidden):
        await site.desk.update(row.id)
    everything = await site.desk.picture()
    assert set(everything.nodes) == {"10.0.0.1", "10.0.0.2", "10.0.0.3", "switch"}
    node = everything.nodes["10.0.0.1"]
    assert (node.device_id, node.name, node.sources) == (roof, "roof", ("olsr", "lldp"))
    assert set(everything.links) == {
        *(("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.3")),
        *(("10.0.0.1", "switch"), ("10.0.0.2", "switch")),
    }
    ends = {one.ends for one in await site.desk.changes(None, at(-1))}
    assert ("10.0.0.1", "switch") in ends


async def test_read_only_changes_nothing(site: Site) -> None:
    row = await site.desk.add(TopologyDraft("Mesh", "netjson", "receive", key=Secret("k")))
    desk = site.face(read_only=True)
    for refused in (
        desk.add(TopologyDraft("x", "olsr", url=URL)),
        desk.change(row.id, published=False),
        desk.remove(row.id),
        desk.update(row.id),
        desk.load(row.id, sent("a-b")),
        desk.receive(row.id, sent("a-b"), "k"),
        desk.describe_node(row.id, "a", {}),
        desk.set_link(row.id, "a", "b", up=True),
    ):
        with pytest.raises(BlockedError, match="read-only"):
            await refused
    assert not (await desk.picture(row.id)).nodes
