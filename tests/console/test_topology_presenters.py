"""How links, changes and ways are said, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from owtui.console import network as networks
from owtui.console.presenters import topology, topologyorder, topologypanel
from owtui.engine.topology.order import order
from owtui.engine.topology.picture import Change, ChangeKind, LinkView
from tests.engine.topology.meshes import NOW, device, picture
from tests.rows import device as device_row
from widgets.factview import Fact, Section
from widgets.glyphs import ASCII, UTF8
from widgets.plaintext import width_of

MESH = picture("gw-a", "a-b", "b-c", "a-c", "c!d", costs={"a-b": 4.0})


def link(cost: float = 1.0, text: str = "", **more: object) -> LinkView:
    return LinkView("a", "b", cost, text, **more)  # type: ignore[arg-type]  # fields


def test_a_cost_is_said_in_the_words_of_its_source_or_metric() -> None:
    assert topology.cost(link(1.854), "ETX") == "etx 1.85"
    assert topology.cost(link(2.0, "20 Mbit/s"), "ETX") == "20 Mbit/s"
    assert topology.cost(link(1.0), "static") == "" and topology.cost(link(3.0), "") == "3"
    assert topology.cost(link(1.0, sources=("wireguard",)), "ETX,static") == ""
    assert topology.cost(link(1.5, sources=("olsr",)), "ETX,static") == "etx 1.5"


def test_by_what_a_node_hangs() -> None:
    assert (
        topology.via(link(sources=("wireguard",), properties={"interface": "wg0"}), UTF8)
        == "wg0 ═ "
    )
    assert topology.via(link(sources=("lldp",)), ASCII) == "- "
    assert topology.via(link(sources=("lldp", "olsr")), UTF8) == "~ "
    assert topology.via(None, UTF8) == ""


def test_the_state_of_a_node_is_its_device_s() -> None:
    node = MESH.nodes["a"]
    rows = {device("a"): replace(device_row("a", status="problem"), id=device("a"))}
    assert topology.state(node, rows, (), is_lost=True) == "problem"
    assert topology.state(node, rows, [device("a")], is_lost=False) == "busy"
    off = {device("a"): replace(rows[device("a")], is_deactivated=True)}
    assert topology.state(node, off, (), is_lost=False) == "deactivated"
    assert topology.state(node, {}, (), is_lost=False) == "unknown"
    assert topology.state(node, {}, (), is_lost=True) == "critical"


def test_changes_and_what_has_become_worse() -> None:
    network = networks.study(MESH, ["gw"])
    was, now = link(1.2), link(4.0)
    changes = [
        Change(NOW - timedelta(hours=2), ChangeKind.LINK_CHANGED, ("a", "b"), was, link(2.0)),
        Change(NOW - timedelta(hours=1), ChangeKind.LINK_CHANGED, ("a", "b"), link(2.0), now),
        Change(NOW, ChangeKind.NODE_REMOVED, ("gone",), MESH.nodes["a"], None),
    ]
    assert topologypanel.worse(changes, network) == {("a", "b"): 1.2}
    said = [topologypanel.change_words(one, MESH, ASCII) for one in changes]
    assert said == ["~ etx 1.2 -> 2  a <-> b", "~ etx 2 -> 4  a <-> b", "- gone"]
    section = topologypanel.changes_section(changes * 30, MESH, NOW, UTF8)
    assert (
        len(section.facts) == topologypanel.MOST + 1 and section.facts[-1].value == "and 50 before"
    )


def test_the_swaying_of_a_cost_is_not_told_and_its_sum_is() -> None:
    costs = [1.0, 1.02, 0.99, 1.1, 1.19, 1.3, 1.28]
    changes = [
        Change(NOW, ChangeKind.LINK_CHANGED, ("a", "b"), link(was), link(now))
        for was, now in pairwise(costs)
    ]
    down = Change(NOW, ChangeKind.LINK_DOWN, ("a", "b"), link(1.28), link(1.28, is_up=False))
    told = topologypanel.worth_telling([*changes, down])
    assert [topologypanel.change_words(one, MESH, ASCII) for one in told] == [
        "~ etx 1 -> 1.3  a <-> b",
        "- a <-> b",
    ]


def test_a_way_its_weakest_link_and_none() -> None:
    network = networks.study(MESH, ["gw"])
    assert (
        topologypanel.path_words(network, "gw", "b", UTF8)
        == "3 hops, cost 3, weakest gw ↔ a etx 1: gw → a → c → b"
    )
    assert "No way leads from gw to d" in topologypanel.path_words(network, "gw", "d", UTF8)
    assert topologypanel.path_words(network, "a", "a", UTF8) == "0 hops, cost 0: a"


def test_a_root_is_found_by_id_name_and_address_and_else_chosen() -> None:
    named = replace(MESH.nodes["b"], name="Roof", addresses=("b", "10.0.0.2"))
    shown = replace(MESH, nodes={**MESH.nodes, "b": named})
    for wanted in ("b", "roof", "10.0.0.2"):
        assert networks.study(shown, ["nobody", wanted]).root == "b"
    assert networks.study(shown, [""], device("c")).root == "c"
    assert networks.study(picture()).root is None


def test_cut_points_that_carry_most_come_first_and_are_counted_where_room_is_short() -> None:
    line = networks.study(picture("gw-a", "a-b", "b-c", "c-d"), ["gw"])
    assert line.cuts == ("a", "b", "c")
    (cuts,) = [one for one in topology.status_pieces(line, True, 1) if one.key == "cuts"]
    assert cuts.text == "cut points: a +2"


def test_an_order_as_text_tells_waves_reasons_and_what_has_none() -> None:
    found = order(MESH, ["a", "c", "d", "x"], "gw")
    text = topologyorder.text(found, MESH, {"x": "cpe-1"})
    assert "Seen from gw" in text and "Wave 1: 1 device" in text
    assert "d: no way leads to it from gw" in text and "cpe-1: it is no node" in text


def test_text_of_nodes_stands_in_its_columns_and_no_name_makes_a_line_of_its_own() -> None:
    shown = picture("gw-a", "gw-b")
    names = {"gw": "gw", "a": "日本", "b": "b\nWave 9: all"}
    nodes = {id_: replace(node, name=names[id_]) for id_, node in shown.nodes.items()}
    shown = replace(shown, nodes=nodes)
    lines = topologyorder.text(order(shown, ["a", "b", "gw"], "gw"), shown, {}).split("\n")
    assert not any(line.startswith("Wave 9") for line in lines)
    assert len({width_of(line[: line.index("a leaf")]) for line in lines if "a leaf" in line}) == 1
    sections = [Section("NODE x\ny", (Fact("属性", "1\nState up"), Fact("b", "2")))]
    text = topologypanel.as_text(sections).split("\n")
    assert text[:3] == ["NODE x y", "  属性           1 State up", "  b              2"]
