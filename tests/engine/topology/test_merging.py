"""Views of many devices become one graph: the same in every order, and however often."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph, Link, Node
from owtui.engine.topology.merging import View, merge

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORMATS = Formats.load()

NAMES = st.sampled_from("abcdef")
NODES = st.builds(
    Node,
    NAMES,
    st.sampled_from(["", "hill", "mill"]),
    st.lists(NAMES, max_size=3, unique=True).map(tuple),
    st.dictionaries(st.sampled_from("xy"), st.integers(0, 2), max_size=2),
)
LINKS = st.builds(
    Link,
    NAMES,
    NAMES,
    st.floats(1, 9),
    st.sampled_from(["", "slow"]),
    st.dictionaries(st.sampled_from("xy"), st.integers(0, 2), max_size=2),
)
GRAPHS = st.builds(
    lambda nodes, links: Graph.of(nodes, links, protocol="P"),
    st.lists(NODES, max_size=4),
    st.lists(LINKS, max_size=4),
)
VIEWS = st.lists(st.builds(View, st.sampled_from(["one", "two"]), GRAPHS), min_size=1, max_size=4)


@given(VIEWS, st.randoms(use_true_random=False))
def test_the_order_of_views_and_their_number_do_not_matter(
    views: list[View], shuffler: random.Random
) -> None:
    found = merge(views)
    again = [*views, *views]
    shuffler.shuffle(again)
    assert merge(again) == found
    assert merge([View("all", found)]) == found


@given(VIEWS)
def test_merging_loses_nobody_and_resolves_all_it_can(views: list[View]) -> None:
    found = merge(views)
    owners: dict[str, set[str]] = {}
    for node in found.nodes.values():
        for address in node.addresses:
            owners.setdefault(address, set()).add(node.id)
    for view in views:
        for id_ in view.graph.nodes:
            assert id_ in found.nodes or id_ in owners
    assert not [id_ for id_ in found.nodes if len(owners.get(id_, set()) - {id_}) == 1]
    costs = [link.cost for view in views for link in view.graph.links.values()]
    assert all(link.cost in costs for link in found.links.values())


def dump(number: int, *neighbours: tuple[int, int], up: str = "true") -> bytes:
    """What babeld of one router says: each neighbour with what it costs from here."""
    lines = ["BABEL 1.0", "version babeld-1.13.1", f"host r{number}", f"my-id 0{number}", "ok"]
    lines.append(f"add interface mesh0 up {up} ipv6 fe80::{number}")
    lines += [
        f"add neighbour 7f address fe80::{other} if mesh0 reach ffff ureach 0000 rxcost 96"
        f" txcost 96 cost {cost}".replace("7f", f"7f{other}")
        for other, cost in neighbours
    ]
    return "\n".join([*lines, "ok", ""]).encode()


def views(id_: str, *documents: bytes) -> list[View]:
    format_ = FORMATS.get(id_)
    return [View(f"r{n}", format_.parse(one, AT)) for n, one in enumerate(documents, 1)]


def test_babel_dumps_become_one_mesh_with_the_larger_cost_of_both_directions() -> None:
    told = views("babel", dump(1, (2, 96), (9, 300)), dump(2, (1, 128), (3, 65535)), dump(3))
    found = merge(told)
    assert {ends: link.cost for ends, link in found.links.items()} == {
        ("01", "02"): 128,
        ("01", "fe80::9"): 300,  # nobody we can ask owns that address
    }
    assert [node.label for node in found.nodes.values()] == ["r1", "r2", "r3", ""]
    assert merge(told[:1]).links.keys() == {("01", "fe80::2"), ("01", "fe80::9")}


def test_an_address_that_two_routers_have_leads_to_neither() -> None:
    twin = dump(3).replace(b"fe80::3", b"fe80::2")
    found = merge(views("babel", dump(1, (2, 96)), dump(2), twin))
    assert list(found.links) == [("01", "fe80::2")]


def test_of_two_ways_to_one_router_the_cheaper_counts() -> None:
    two = dump(2).replace(b"ok\n", b"ok\nadd interface eth1 up true ipv6 fe80::22\n", 1)
    found = merge(views("babel", dump(1, (2, 300), (22, 96)), two))
    assert [link.cost for link in found.links.values()] == [96]


def test_halves_of_a_mesh_stand_beside_each_other() -> None:
    def half(*ends: str) -> bytes:
        source, target = ends
        return (
            f'{{"topology": [{{"lastHopIP": "{source}", "destinationIP": "{target}",'
            f' "tcEdgeCost": 1024, "linkQuality": 1, "neighborLinkQuality": 1}}], "mid": []}}'
        ).encode()

    found = merge(views("olsr", half("a", "b"), half("c", "d"), half("b", "a")))
    assert list(found.links) == [("a", "b"), ("c", "d")]


def test_wireguard_interfaces_are_told_apart_and_found_by_their_keys() -> None:
    def wg(own: str, *peers: str) -> bytes:
        fresh = int(AT.timestamp()) - 5
        rows = [f"wg0\tPRIVATE\t{own}\t51820\toff"]
        rows += [
            f"wg0\t{one}\t(none)\t192.0.2.1:1\t10.0.0.1/32\t{fresh}\t1\t2\toff" for one in peers
        ]
        return "\n".join(rows).encode()

    told = views("wireguard", wg("K1", "K2", "K9"), wg("K2", "K1"))
    found = merge(told, FORMATS.get("wireguard").private)
    assert list(found.nodes) == ["K9", "r1/wg0", "r2/wg0"]
    assert list(found.links) == [("K9", "r1/wg0"), ("r1/wg0", "r2/wg0")]


def test_lldp_finds_a_chassis_by_mac_management_address_and_name() -> None:
    def chassis(name: str, kind: str, id_: str, ip: str = "") -> str:
        address = f', "mgmt-ip": "{ip}"' if ip else ""
        return f'{{"{name}": {{"id": {{"type": "{kind}", "value": "{id_}"}}{address}}}}}'

    def lldp(own: str, *heard: str) -> bytes:
        ports = ", ".join(f'{{"lan{n}": {{"chassis": {one}}}}}' for n, one in enumerate(heard))
        mine = f'{{"local-chassis": {{"chassis": {own}}}}}'
        return f'{mine} {{"lldp": {{"interface": [{ports}]}}}}'.encode()

    one, two, three = (f"02:00:00:00:00:0{number}" for number in (1, 2, 3))
    told = views(
        "lldp",
        lldp(
            chassis("r1", "mac", one),
            chassis("r2", "mac", two.upper()),
            chassis("x", "local", "r3"),
        ),
        lldp(chassis("r2", "mac", two, "10.0.0.2"), chassis("r1", "mac", one)),
        lldp(chassis("r3", "mac", three), chassis("y", "ip", "10.0.0.2")),
    )
    found = merge(told, FORMATS.get("lldp").private, FORMATS.get("lldp").names)
    assert list(found.links) == [(one, two), (one, three), (two, three)]
