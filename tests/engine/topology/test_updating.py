"""What a told graph changes in what is known: operations.md §4.2, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from owtui.engine.topology.graph import Graph, Node
from owtui.engine.topology.history import after
from owtui.engine.topology.updating import Known, Moves, Rules, update
from tests.engine.topology.networks import at, downs, graph, ups

FETCH = Rules.of("fetch", 0)
RECEIVE = Rules.of("receive", 50)


def told(known: Known, heard: Graph, seconds: float, rules: Rules = FETCH) -> tuple[Known, Moves]:
    """One update; links that were told of again are touched as storage does it."""
    moves = update(known, heard, rules, at(seconds))
    found = after(known, moves)
    touched = {
        key: replace(row, modified=at(seconds)) if key in moves.touched else row
        for key, row in found.links.items()
    }
    return Known(found.nodes, touched), moves


def test_a_fetch_takes_down_what_it_does_not_tell_of_and_keeps_it() -> None:
    known, _ = told(Known(), graph("a-b", "b-c"), 0)
    known, moves = told(known, graph("a-b"), 300)
    assert ups(known) == {"a-b"}
    assert downs(known) == {"b-c"}
    assert [row.since for row in moves.changed_links] == [at(300)]
    assert len(known.nodes) == 3
    known, moves = told(known, graph("a-b"), 600)
    assert not moves  # down is down: nothing is written


def test_a_link_from_the_other_end_is_the_same_and_up_again() -> None:
    known, _ = told(Known(), graph("a-b", "a-c"), 0)
    known, _ = told(known, graph("a-b"), 10)
    known, moves = told(known, graph("a-b", "c-a"), 20)
    assert ups(known) == {"a-b", "a-c"}
    assert not moves.added_links
    (back,) = moves.changed_links
    assert (back.since, back.created) == (at(20), at(0))


def test_several_senders_with_partial_views_do_not_kill_each_others_links() -> None:
    """operations.md §11.10, with the split network of OpenWISP's own tests in short."""
    known, _ = told(Known(), graph("a-b", "a-c"), 0, RECEIVE)
    known, _ = told(known, graph("a-b"), 10, RECEIVE)
    assert ups(known) == {"a-b", "a-c"}
    known, _ = told(known, graph("a-b"), 50, RECEIVE)
    assert ups(known) == {"a-b", "a-c"}
    known, moves = told(known, graph("a-b"), 51, RECEIVE)
    assert downs(known) == {"a-c"}
    assert len(moves.touched) == 1
    known, moves = told(known, graph("c-a"), 60, RECEIVE)
    assert ups(known) == {"a-b", "a-c"}
    assert not moves.added_links


def test_receive_without_expiration_takes_links_down_at_once() -> None:
    rules = Rules.of("receive", 0)
    known, _ = told(Known(), graph("a-b", "a-c"), 0, rules)
    known, moves = told(known, graph("a-b"), 1, rules)
    assert downs(known) == {"a-c"}
    assert not moves.touched


def test_status_changed_moves_only_when_the_status_does() -> None:
    known, _ = told(Known(), graph("a-b"), 0)
    known, moves = told(known, graph("a-b", cost=2.5), 300)
    (row,) = moves.changed_links
    assert (row.cost, row.since, row.modified) == (2.5, at(0), at(300))


def test_nodes_are_found_by_any_of_their_addresses() -> None:
    known, _ = told(Known(), graph("a-b", nodes=[Node("a", "", ("10.0.0.1", "10.1.0.1"))]), 0)
    moved = graph("10.1.0.1-b", nodes=[Node("10.1.0.1", "roof", ("10.0.0.9",))])
    known, moves = told(known, moved, 300)
    assert not moves.added_nodes
    (row,) = moves.changed_nodes
    assert (row.addresses, row.label) == (("10.1.0.1", "10.0.0.9"), "roof")
    assert ups(known) == {"10.1.0.1-b"}
    assert len(known.links) == 1


def test_a_client_that_is_given_the_address_of_another_one_is_not_that_one() -> None:
    known = Known()
    for seconds, name in ((0, "alice"), (300, "bob"), (600, "alice")):
        node = Node(name, name, ("10.8.0.6",), {"common_name": name})
        known, _ = told(known, graph(f"server-{name}", nodes=[node]), seconds)
    assert sorted(row.addresses[0] for row in known.nodes.values()) == ["alice", "bob", "server"]
    assert (ups(known), downs(known)) == ({"alice-server"}, {"bob-server"})


def test_who_sees_a_part_of_the_network_unsays_nothing_and_renames_nobody() -> None:
    first = graph("a-b", nodes=[Node("a", "roof", ("10.0.0.1",), {"gateway": True})])
    known, _ = told(Known(), first, 0, RECEIVE)
    known, moves = told(known, graph("10.0.0.1-c"), 10, RECEIVE)
    assert not moves.changed_nodes
    assert ups(known) == {"a-b", "a-c"}


def test_two_told_nodes_never_share_one_that_is_known() -> None:
    known, _ = told(Known(), graph("a-c", nodes=[Node("a", "", ("b",))]), 0)
    known, moves = told(known, graph("a-b", "a-c"), 300)
    assert [row.addresses for row in moves.added_nodes] == [("b",)]
    assert ups(known) == {"a-b", "a-c"}


def test_links_that_are_down_expire_and_nodes_only_where_asked() -> None:
    known, _ = told(Known(), graph("a-b", "b-c"), 0)
    known, _ = told(known, graph("a-b"), 60)
    days = timedelta(days=60).total_seconds()
    known, moves = told(known, graph("a-b"), 60 + days)
    assert not moves
    known, moves = told(known, graph("a-b"), 61 + days)
    assert len(moves.removed_links) == 1
    assert len(known.nodes) == 3
    limited = Rules(links=None, nodes=timedelta(days=30))
    known, moves = told(known, graph("a-b"), 62 + days, limited)
    assert len(moves.removed_nodes) == 1
    assert not update(known, graph("a-b"), limited, at(2 * days))


def test_labels_and_cost_texts_are_cut_to_what_is_kept_and_stay_equal() -> None:
    long = graph("a-b", nodes=[Node("a", "x" * 100)])
    known, _ = told(Known(), long, 0)
    assert max(len(row.label) for row in known.nodes.values()) == 64
    assert not update(known, long, FETCH, at(1))


def test_where_a_device_did_not_answer_only_what_nobody_else_can_tell_stays_up() -> None:
    known, _ = told(Known(), graph("a-b", "b-c", "c-d"), 0)
    devices = {row.addresses[0]: uuid4() for row in known.nodes.values()}
    nodes = {
        key: replace(row, device_id=devices[row.addresses[0]]) for key, row in known.nodes.items()
    }
    known = Known(nodes, known.links)
    known, moves = told(known, graph("a-b", "b-c", "c-d"), 5000, Rules.of("device", 0))
    assert not moves and len(moves.touched) == 3
    missed = replace(
        Rules.of("device", 0),
        keeps=timedelta(seconds=900),
        answered=frozenset({devices["a"]}),
    )
    known, _ = told(known, graph(), 5300, missed)
    assert downs(known) == {"a-b"}  # which a does not tell of; b, c and d did not answer
    known, _ = told(known, graph(), 5901, missed)
    assert ups(known) == set()
