"""The order in which devices are taken away, over random meshes and some drawn by hand."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import networkx as nx
import pytest

from owtui.engine.topology.analysis import Shape
from owtui.engine.topology.order import NOT_HERE, Order, order, order_devices
from owtui.engine.topology.picture import Picture
from tests.engine.topology.meshes import device, mesh, picture


def reachable(graph: nx.Graph, root: str, away: set[str]) -> set[str]:
    """Who the root reaches while some are away; by networkx, not by what is tested."""
    left = graph.subgraph(set(graph) - away)
    return set(nx.node_connected_component(left, root)) if root in left else set()


def held(shown: Picture, found: Order, wanted: set[str], root: str) -> None:
    """What must be so for every order."""
    graph = Shape(shown).graph
    within = reachable(graph, root, set())
    placed = {turn.node: turn.wave for turn in found.turns}
    assert placed.keys() == wanted & within
    assert found.unplaced.keys() == wanted - within
    assert all(found.unplaced.values()) and all(turn.reason for turn in found.turns)
    alone = {node: within - reachable(graph, root, {node}) - {node} for node in within}
    for node, wave in placed.items():
        for other in alone[node] & placed.keys():
            assert placed[other] < wave, f"{node} goes before {other}, which only it reaches"
    for row in map(set, found.waves):
        assert not graph.subgraph(row).edges, "both ends of a link at once"
        excused = set().union(*(alone[node] for node in row))
        assert within - reachable(graph, root, row) - row <= excused or root in row


@pytest.mark.parametrize("block", range(10))
def test_no_node_goes_before_one_that_only_it_reaches(block: int) -> None:
    for seed in range(block * 50, block * 50 + 50):
        chance = random.Random(seed)
        count = chance.randint(1, 28)
        shown = mesh(
            count,
            chance.randint(0, 2 * count) if count > 1 else 0,
            seed,
            down=chance.choice((0.0, 0.2)),
            parts=chance.choice((0.0, 0.1)),
        )
        names = sorted(shown.nodes)
        wanted = set(chance.sample(names, chance.randint(1, count)))
        root = chance.choice(names)
        held(shown, order(shown, wanted, root), wanted, root)


def test_a_line_goes_from_its_end_with_reasons() -> None:
    found = order(picture("gw-a", "a-b", "b-c"), ["a", "b", "c", "gw"], "gw")
    assert found.waves == (("c",), ("b",), ("a",), ("gw",))
    assert found.turns[0].reason == "hangs on b, which goes later"
    assert found.turns[2].reason == "carries 2 nodes, which go first"
    assert found.turns[3].reason == "last: everything is seen from it"


def test_of_a_pair_that_carries_one_more_only_one_goes_at_a_time() -> None:
    shown = picture("gw-a", "gw-b", "a-c", "b-c")
    found = order(shown, ["a", "b"], "gw")
    assert len(found.waves) == 2


def test_only_the_chosen_are_in_it_and_their_order_holds_over_others() -> None:
    found = order(picture("gw-a", "a-b", "b-c"), ["a", "c"], "gw")
    assert found.waves == (("c",), ("a",))


def test_what_cannot_be_placed_is_said() -> None:
    shown = picture("gw-a", "x-y", alone=["z"])
    found = order(shown, ["a", "x", "z", "nowhere"], "gw")
    assert found.waves == (("a",),)
    assert found.unplaced == {
        "nowhere": NOT_HERE,
        "x": "no way leads to it from gw",
        "z": "no way leads to it from gw",
    }
    assert "choose a root" in order(shown, ["a"], "gone").unplaced["a"]
    assert "choose a root" in order(picture(), ["a"]).unplaced["a"]


def test_a_device_of_two_nodes_and_one_of_none_have_no_turn() -> None:
    shown = picture("gw-a", "a-b")
    nodes = dict(shown.nodes)
    nodes["b"] = type(nodes["b"])("b", "b", device_id=device("a"))
    twice = Picture("two", shown.at, nodes=nodes, links=shown.links)
    found = order_devices(twice, [device("a"), device("gw"), device("other")], "gw")
    assert found.waves == (("gw",),)
    assert found.unplaced[str(device("a"))] == "it is 2 nodes (a, b), which go together"
    assert found.unplaced[str(device("other"))] == NOT_HERE


@pytest.mark.slow
def test_two_thousand_nodes_have_an_order_in_seconds() -> None:
    shown = mesh(2000, 4000, 7)
    found = order(shown, shown.nodes, "n0000")
    assert len(found.turns) == 2000


def test_only_who_goes_is_said_to_go_first_or_later() -> None:
    shown = picture("gw-a", "a-b", "b-c", "b-d")
    reasons = {turn.node: turn.reason for turn in order(shown, ["b"], "gw").turns}
    assert reasons == {"b": "hangs on a; carries 2 nodes, lost while it is away"}
    reasons = {turn.node: turn.reason for turn in order(shown, ["a", "b", "c"], "gw").turns}
    assert reasons["b"] == "hangs on a, which goes later; carries 2 nodes, 1 of which goes first"


def test_rings_have_an_order_without_the_cube_of_their_nodes() -> None:
    links = []
    for ring in range(20):
        names = ["gw", *(f"r{ring:02}x{n:02}" for n in range(50)), "gw"]
        links += [f"{one}-{other}" for one, other in pairwise(names)]
    shown = picture(*links)
    started = time.process_time()
    found = order(shown, shown.nodes, "gw")
    assert len(found.waves) == 51  # one of a ring at a time, all rings at once
    assert time.process_time() - started < 5
