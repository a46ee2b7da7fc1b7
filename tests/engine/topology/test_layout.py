"""Where nodes are drawn: at once, the same again, and where they were."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.topology.layout import Layout, Places
from owtui.engine.topology.picture import Picture
from tests.engine.topology.meshes import mesh, picture


def begun(shown: Picture, before: Places | None = None) -> Layout:
    return Layout.start(list(shown.links), [min(shown.nodes)], list(shown.nodes), before, seed=3)


def settled(layout: Layout) -> Layout:
    while not layout.rests:
        layout.step()
    return layout


def test_the_same_picture_gives_the_same_places() -> None:
    shown = mesh(60, 90, 4)
    assert settled(begun(shown)).places == settled(begun(shown)).places


def test_nodes_stay_where_they_were_and_new_ones_come_beside_their_neighbours() -> None:
    before = settled(begun(mesh(40, 60, 5))).places
    more = mesh(40, 60, 5)
    grown = picture(*(f"{a}-{b}" for a, b in more.links), "n0007-new", "new-newer", alone=["far"])
    after = settled(begun(grown, before)).places
    assert {node: after[node] for node in before} == before
    assert math.dist(after["new"], after["n0007"]) < 6
    assert len({*after.values()}) == len(after) == 43


def test_settling_brings_linked_nodes_together_and_parts_the_others() -> None:
    shown = mesh(120, 150, 6)
    first = begun(shown).places
    last = settled(begun(shown)).places

    def spread(places: Places) -> float:
        """How long links are beside the distance of any two nodes."""
        names = sorted(places)
        linked = [math.dist(places[a], places[b]) for a, b in shown.links]
        other = [math.dist(places[a], places[b]) for a in names for b in names if a < b]
        return (sum(linked) / len(linked)) / (sum(other) / len(other))

    assert spread(last) < spread(first)
    nearest = min(math.dist(last[a], last[b]) for a in last for b in last if a < b)
    assert nearest > 0.1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 25))
def test_every_node_has_a_finite_place_of_its_own(seed: int, count: int) -> None:
    shown = mesh(count, count if count > 2 else 0, seed, parts=0.3) if count else picture()
    roots = [min(shown.nodes)] if count else []
    layout = Layout.start(list(shown.links), roots, list(shown.nodes), seed=seed)
    assert layout.places.keys() == shown.nodes.keys()
    assert len(set(layout.places.values())) == count
    assert all(math.isfinite(x) and math.isfinite(y) for x, y in settled(layout).places.values())


@pytest.mark.slow
def test_two_thousand_nodes_have_places_at_once_and_rest_in_seconds() -> None:
    shown = mesh(2000, 4000, 7)
    start = time.process_time()  # of this process alone: others may keep the machine busy
    layout = begun(shown)
    first_s = time.process_time() - start
    settled(layout)
    whole_s = time.process_time() - start
    print(f"first places {first_s:.3f} s, settled {whole_s:.1f} s of CPU")
    assert first_s < 1 and whole_s < 20
