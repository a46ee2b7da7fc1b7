"""The demo's networks: a day of past that ends in what its routers will tell."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from owtui.cli.demo_history import AWAY_S, DAY_S, twins
from owtui.cli.demo_topology import NETWORKS, _graph, _shaky, past
from owtui.engine.topology.graph import diff

AT = datetime(2026, 11, 27, 13, 37, tzinfo=UTC)


@pytest.mark.parametrize("format_", NETWORKS.values())
def test_the_past_ends_in_what_the_routers_tell_without_those_that_are_away(format_: str) -> None:
    made = list(twins(12, 7))
    graph = _graph(made, format_, AT)
    assert graph is not None and len(graph.links) >= 10
    away = made[5].hostname
    shaky = _shaky(graph, made, frozenset({away}))
    assert len(shaky) >= 2
    told = list(past(graph, AT, random.Random(1), shaky))
    assert told == list(past(graph, AT, random.Random(1), shaky))
    moments = [moment for moment, _ in told]
    assert moments == sorted(moments)
    assert (moments[0], moments[-1]) == (AT - timedelta(seconds=DAY_S), AT)
    lost = diff(graph, told[-1][1]).removed_links
    assert lost and not diff(graph, told[-1][1]).changed_links
    early = dict(told)[AT - timedelta(seconds=DAY_S)]
    assert len(early.links) == len(graph.links)
    late = [len(one.links) for moment, one in told if AT - moment <= timedelta(seconds=AWAY_S)]
    assert max(late) <= len(graph.links) - len(lost)
    assert min(len(one.links) for _, one in told) < max(late)  # a hiccup besides
