"""The graph as a value: keys, and what is different between two of them."""

from __future__ import annotations

from owtui.engine.topology.graph import Difference, Graph, Link, Node, diff, pair


def graph(*links: Link, nodes: tuple[Node, ...] = ()) -> Graph:
    return Graph.of(nodes, links, protocol="OLSR", metric="ETX")


def test_a_link_is_the_same_from_either_end() -> None:
    assert pair("b", "a") == pair("a", "b") == ("a", "b")
    assert Link("b", "a").pair == ("a", "b")
    assert not diff(graph(Link("a", "b", 2.0)), graph(Link("b", "a", 2.0)))


def test_nodes_that_only_a_link_names_are_there_and_a_loop_is_not() -> None:
    found = graph(Link("c", "a"), Link("c", "c"), nodes=(Node("b", "bee"),))
    assert list(found.nodes) == ["a", "b", "c"]
    assert list(found.links) == [("a", "c")]
    assert [node.name for node in found.nodes.values()] == ["a", "bee", "c"]


def test_the_difference_tells_each_kind_as_it_is_afterwards() -> None:
    before = graph(
        Link("a", "b", 1.0), Link("b", "c", 1.0), nodes=(Node("a", "one"), Node("z", "gone"))
    )
    after = graph(
        Link("b", "a", 1.5, "15 Mbps"), Link("a", "d", 1.0), nodes=(Node("a", "ONE"), Node("c"))
    )
    assert diff(before, after) == Difference(
        added_nodes=(Node("d"),),
        removed_nodes=(Node("z", "gone"),),
        changed_nodes=(Node("a", "ONE"),),
        added_links=(Link("a", "d", 1.0),),
        removed_links=(Link("b", "c", 1.0),),
        changed_links=(Link("b", "a", 1.5, "15 Mbps"),),
    )


def test_properties_and_addresses_are_changes() -> None:
    before = graph(nodes=(Node("a"), Node("b"), Node("c")))
    after = graph(
        nodes=(Node("a", addresses=("10.0.0.1",)), Node("b", properties={"x": 1}), Node("c"))
    )
    assert [node.id for node in diff(before, after).changed_nodes] == ["a", "b"]
