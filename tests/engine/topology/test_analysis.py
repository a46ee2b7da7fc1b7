"""What a shape means, and how it reads as an outline."""

from __future__ import annotations

import time
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.console import network as networks
from owtui.console.presenters.topology import kind
from owtui.engine.topology.analysis import Shape
from owtui.engine.topology.outline import Branch, outline
from tests.engine.topology.meshes import device, mesh, picture

HARBOUR = picture(
    "gw-north", "gw-sw", "gw-r1", "r1-r2", "r2-r4", "r1-r3", "r2-r3", "r4-y1",
    "r1!r7", "r7-r8", "r7-r9", "r8!r6", "lab-lab2",
    costs={"r2-r4": 1.85, "gw-north": 0.5},
)  # fmt: skip


def test_cut_points_bridges_and_islands() -> None:
    shape = Shape(HARBOUR)
    assert shape.cut_points == ("gw", "r1", "r2", "r4", "r7")
    assert ("gw", "r1") in shape.bridges and ("r2", "r3") not in shape.bridges
    assert [len(part) for part in shape.islands] == [8, 3, 2, 1]


def test_what_is_lost_with_a_node() -> None:
    shape = Shape(HARBOUR)
    assert shape.lost_with("r1", "gw") == {"r2", "r3", "r4", "y1"}
    assert shape.lost_with("r2", "gw") == {"r4", "y1"}
    assert not shape.lost_with("north", "gw") and not shape.lost_with("lab", "gw")
    assert len(shape.lost_with("gw", "gw")) == 7


def test_the_score_is_the_share_that_no_single_loss_cuts_off() -> None:
    assert Shape(picture("gw-a", "a-b", "b-gw")).score("gw") == 1.0
    assert Shape(picture("gw-a", "a-b", "b-gw", "b-c")).score("gw") == 2 / 3
    assert Shape(picture(alone=["gw"])).score("gw") == 1.0


def test_the_root_is_nearest_to_us_or_the_busiest() -> None:
    assert Shape(HARBOUR).default_root() == "r1"
    assert Shape(HARBOUR).default_root(device("north")) == "north"
    assert Shape(picture()).default_root() is None


def test_a_path_has_its_weakest_link() -> None:
    shape = Shape(HARBOUR)
    found = shape.path("north", "y1")
    assert found is not None and found.weakest is not None
    assert found.nodes == ("north", "gw", "r1", "r2", "r4", "y1")
    assert found.weakest.pair == ("r2", "r4") and found.cost == pytest.approx(5.35)
    assert shape.path("gw", "lab") is None
    with pytest.raises(KeyError):
        shape.path("gw", "nobody")


def written(lines: tuple[Branch, ...]) -> list[str]:
    return [f"{'  ' * one.depth}{one.node}{'!' * one.is_lost}" for one in lines]


def test_the_outline_of_the_harbour() -> None:
    lines = outline(HARBOUR, "gw")
    assert written(lines) == [
        "gw", "  north", "  r1", "    r2", "      r4", "        y1", "    r3", "    r7!",
        "  sw", "lab", "  lab2",
    ]  # fmt: skip
    by_node = {one.node: one for one in lines}
    assert by_node["r7"].behind == 3 and by_node["r7"].link is not None
    assert by_node["r2"].more == 1 and by_node["lab"].island == 1
    opened = outline(HARBOUR, "gw", opened=["r7"])
    assert written(opened)[7:11] == ["    r7!", "      r8", "        r6", "      r9"]
    assert [one.is_behind for one in opened[7:11]] == [False, True, True, True]
    assert outline(HARBOUR, "gw", every=True) == opened


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_an_outline_holds_every_node_once_under_one_that_is_there(seed: int, count: int) -> None:
    shown = mesh(count, 2 * count if count > 2 else 0, seed, down=0.3, parts=0.2)
    for by_hops in (True, False):
        lines = outline(shown, "n0000", by_hops=by_hops, every=True)
        assert sorted(one.node for one in lines) == sorted(shown.nodes)
        above: list[str] = []
        for one in lines:
            above[one.depth :] = [one.node]
            assert one.parent == (above[one.depth - 1] if one.depth else None)
        hops = nx.single_source_shortest_path_length(Shape(shown).graph, "n0000")
        first = [one for one in lines if not one.island and not one.is_lost and not one.is_behind]
        if by_hops:
            assert {one.node: one.depth for one in first} == hops
        shut = outline(shown, "n0000", by_hops=by_hops)
        hidden = sum(one.behind for one in shut)
        assert len(shut) + hidden == len(shown.nodes)


def test_many_islands_are_laid_out_without_the_square_of_their_number() -> None:
    shown = mesh(6000, 0, 1, parts=1.0)
    assert not shown.links
    started = time.process_time()
    assert len(outline(shown, "n0000")) == 6000
    assert time.process_time() - started < 1


def test_of_rates_the_higher_is_the_better_way() -> None:
    shown = picture("gw-a", "gw-b", "a-c", "b-c", costs={"gw-a": 54, "a-c": 48, "gw-b": 1})
    links = {key: replace(link, sources=("bmx6",)) for key, link in shown.links.items()}
    shown = replace(shown, links=links)
    way = Shape(shown).path("gw", "c")
    assert way is not None and way.nodes == ("gw", "a", "c")
    assert way.weakest is not None and way.weakest.cost == 48
    assert [one.node for one in outline(shown, "gw", by_hops=False)] == ["gw", "a", "c", "b"]
    network = networks.study(shown, ["gw"])
    poor = {link.pair for link in links.values() if kind(link, network) == "poor"}
    assert poor == {("b", "gw"), ("b", "c")}
