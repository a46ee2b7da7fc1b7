"""Which device is behind which by a topology's links: from roots, across nodes that are none."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from owtui.engine.monitoring.alerts.uplinks import Edge, Strength, Uplinks
from owtui.engine.topology.behind import edges_of
from storage.topologylinks import Ground, Spot


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)


def ground(*links: str, format: str = "olsr", nobody: str = "", **options: Any) -> Ground:
    """`nobody`: names of nodes that are no devices; a node called gw… is a gateway."""
    names = sorted({end for link in links for end in link.split("-")})
    spots = {
        id_of(name): Spot(
            *(id_of(name), (name,), ""),
            None if name in nobody else id_of(f"device {name}"),
            {"role": "gw"} if name.startswith("gw") else {},
        )
        for name in names
    }
    ends = tuple((id_of(link.split("-")[0]), id_of(link.split("-")[1])) for link in links)
    return Ground(id_of("t"), format, options, spots, ends)


def told(one: Ground) -> set[tuple[str, str, Strength]]:
    names = {id_of(f"device {spot.addresses[0]}"): spot.addresses[0] for spot in one.spots.values()}
    return {(names[e.below], names[e.above], e.strength) for e in edges_of(one)}


def test_from_a_gateway_each_is_behind_what_is_nearer_to_it() -> None:
    found = told(ground("gw-a", "gw-b", "a-c", "b-c", "a-b", "c-d"))
    assert found == {
        *(("a", "gw", Strength.ACCESS), ("b", "gw", Strength.ACCESS)),
        *(("c", "a", Strength.ACCESS), ("c", "b", Strength.ACCESS)),
        ("d", "c", Strength.ACCESS),
    }
    uplinks = Uplinks(edges_of(ground("gw-a", "gw-b", "a-c", "b-c", "c-d")))
    assert uplinks.behind(id_of("device gw")) == 4
    assert uplinks.behind(id_of("device a")) == 0  # c has another way


def test_nodes_that_are_no_devices_are_looked_through() -> None:
    assert told(ground("gw-x", "x-y", "y-a", nobody="xy")) == {("a", "gw", Strength.ACCESS)}


def test_a_root_that_somebody_chose_goes_before_gateways() -> None:
    found = told(ground("gw-a", "a-b", root="b"))
    assert found == {("a", "b", Strength.ACCESS), ("gw", "a", Strength.ACCESS)}


def test_without_a_root_they_are_neighbours_and_nothing_more() -> None:
    assert told(ground("a-b", "b-c")) == {
        *(("a", "b", Strength.NEIGHBOUR), ("b", "a", Strength.NEIGHBOUR)),
        *(("b", "c", Strength.NEIGHBOUR), ("c", "b", Strength.NEIGHBOUR)),
    }


def test_a_vpn_hangs_on_its_server() -> None:
    found = told(ground("s-a", "s-b", "s-c", format="openvpn"))
    assert found == {(name, "s", Strength.ACCESS) for name in "abc"}


def test_an_island_without_the_root_is_of_neighbours() -> None:
    assert ("d", "c", Strength.NEIGHBOUR) in told(ground("gw-a", "c-d"))
    assert Edge(id_of("device a"), id_of("device gw"), Strength.ACCESS) in set(
        edges_of(ground("gw-a", "c-d"))
    )
