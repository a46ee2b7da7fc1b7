"""Any moment out of history: what was recorded is what is replayed, whatever happened."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from owtui.console.presenters.topologypanel import worth_telling
from owtui.engine.topology import history
from owtui.engine.topology.graph import Graph, Link, Node, diff
from owtui.engine.topology.picture import Change, ChangeKind, LinkView
from owtui.engine.topology.updating import Known
from owtui.engine.topology.views import About, changes, difference
from storage import topologyhistory
from storage.db import Database
from tests.engine.topology.networks import (
    START,
    at,
    downs,
    graph,
    known,
    make,
    put,
    replayed,
    ups,
)

NAMES = "abcdef"
PAIRS = tuple(f"{one}-{other}" for one in NAMES for other in NAMES if one < other)
KEEPS_S, DAY_S = 50, 86_400


def still(found: Known) -> Known:
    """Without when links were told of last, which is no history."""
    links = {key: replace(row, modified=START) for key, row in found.links.items()}
    return Known(dict(found.nodes), links)


class Senders(RuleBasedStateMachine):
    """Several senders tell a topology what each of them sees, in any order and at any time; beside
    it another one is fetched. A model of a dozen lines says which links must be up."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="owtui-topology-"))
        self.database = Database.open(f"sqlite:///{self.folder / 'owtui.db'}")
        self.received = make(self.database, "received", strategy="receive", expiration_time=KEEPS_S)
        self.fetched = make(self.database, "fetched")
        self.seconds = 0.0
        self.told: dict[str, float] = {}  # when a link was told of last
        self.fell: dict[str, float] = {}  # and when it went down, of those that are
        self.shown: list[tuple[datetime, Known, Known]] = []

    @initialize()
    def start(self) -> None:
        self.remember()

    @rule(
        links=st.sets(st.sampled_from(PAIRS), max_size=6),
        after_s=st.sampled_from([0, 1, 20, 49, 50, 51, 600]),
        turned=st.booleans(),
        cost=st.sampled_from([1.0, 1.5]),
        role=st.sampled_from(["ap", "gw"]),
    )
    def receive(
        self, links: set[str], after_s: float, turned: bool, cost: float, role: str
    ) -> None:
        self.seconds += after_s
        ends = [sorted(one.split("-"), reverse=turned) for one in links]
        heard = [Link(source, target, cost) for source, target in ends]
        nodes = [Node(heard[0].source, properties={"role": role})] if heard else []
        put(
            self.database,
            self.received,
            Graph.of(nodes, heard, protocol="OLSR"),
            at(self.seconds),
        )
        self._model(links)
        self.remember()

    @rule(links=st.sets(st.sampled_from(PAIRS), max_size=6), after_s=st.sampled_from([0, 300]))
    def fetch(self, links: set[str], after_s: float) -> None:
        self.seconds += after_s
        put(self.database, self.fetched, graph(*links), at(self.seconds))
        assert ups(known(self.database, self.fetched)) == links
        self.remember()

    @rule(days=st.sampled_from([1, 59, 61]))
    def nothing_for_days(self, days: int) -> None:
        self.seconds += days * DAY_S

    @invariant()
    def each_link_is_as_the_model_says(self) -> None:
        found = known(self.database, self.received)
        assert ups(found) == self.told.keys() - self.fell.keys()
        assert downs(found) == self.fell.keys()

    def _model(self, links: set[str]) -> None:
        for one in links:
            self.told[one] = self.seconds
            self.fell.pop(one, None)
        for one, last in list(self.told.items()):
            if one not in self.fell and self.seconds - last > KEEPS_S:
                self.fell[one] = self.seconds
            elif one in self.fell and self.seconds - self.fell[one] > 60 * DAY_S:
                del self.told[one], self.fell[one]

    def remember(self) -> None:
        """What is known at this moment; several updates of one moment are seen as the last."""
        both = (known(self.database, self.received), known(self.database, self.fetched))
        if self.shown and self.shown[-1][0] == at(self.seconds):
            self.shown.pop()
        self.shown.append((at(self.seconds), *both))

    def teardown(self) -> None:
        try:
            for moment, received, fetched in self.shown:
                for id_, kept in ((self.received, received), (self.fetched, fetched)):
                    assert still(replayed(self.database, id_, moment)) == still(kept)
        finally:
            self.database.close()
            shutil.rmtree(self.folder)


TestSenders = pytest.mark.slow(Senders.TestCase)
TestSenders.settings = settings(
    max_examples=20,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_whole_pictures_bound_the_replay_and_old_history_goes(database: Database) -> None:
    id_ = make(database)
    links = [f"{one}-{other}" for one in "abcdefghij" for other in "klmnopqrst"]
    for round_ in range(12):
        put(database, id_, graph(*links, cost=1.0 + round_), at(300 * round_))
    told = database.read(
        lambda s: topologyhistory.batches(s, id_, since=at(300 * 12), until=at(300 * 12))
    )
    assert told[0].is_whole
    assert sum(one.size for one in told[1:]) <= max(history.FEWEST, 120)
    kept = replayed(database, id_, at(300 * 9))
    database.write(lambda s: topologyhistory.drop(s, at(300 * 9)))
    assert replayed(database, id_, at(300 * 9)) == kept
    assert {row.cost for row in kept.links.values()} == {10.0}
    assert not replayed(database, id_, at(0)).nodes  # nothing is known of that any more


def test_a_clock_that_goes_back_reorders_nothing(database: Database) -> None:
    id_ = make(database)
    put(database, id_, graph("a-b", "b-c"), at(100))
    put(database, id_, graph("a-b"), at(40))
    assert downs(replayed(database, id_, at(100))) == {"b-c"}
    assert not replayed(database, id_, at(99)).nodes


def test_changes_between_two_moments_are_told_with_what_was_and_is(database: Database) -> None:
    id_ = make(database)
    put(database, id_, graph("a-b", "b-c"), at(0))
    put(database, id_, graph("a-b"), at(300))
    put(database, id_, graph("a-b", "b-c", cost=2.0, nodes=[Node("a", "roof")]), at(600))
    about = About(id_, "mesh", "olsr")
    batches = database.read(lambda s: topologyhistory.batches(s, id_, since=at(0), until=at(900)))
    found = changes(about, batches, at(0), at(900))
    assert [(one.at, one.kind, one.ends) for one in found] == [
        (at(300), ChangeKind.LINK_DOWN, ("b", "c")),
        (at(600), ChangeKind.NODE_CHANGED, ("a",)),
        (at(600), ChangeKind.LINK_CHANGED, ("a", "b")),
        (at(600), ChangeKind.LINK_UP, ("b", "c")),
    ]
    down = found[0]
    assert down.before is not None and down.before.is_up  # type: ignore[union-attr]
    assert down.after is not None and down.after.since == at(300)  # type: ignore[union-attr]
    assert not changes(about, batches, at(600), at(900))


def test_costs_that_sway_are_told_as_the_panel_would_from_all_of_them(database: Database) -> None:
    """The console reads a day of a mesh at each event: what it would drop is not made first."""
    id_, random, costs = make(database), Random(5), dict.fromkeys(PAIRS, 1.0)
    for round_ in range(40):
        costs = {one: cost * random.uniform(0.9, 1.1) for one, cost in costs.items()}
        shown = [one for one in PAIRS if random.random() < 0.95]
        links = [Link(*one.split("-"), costs[one], f"etx {costs[one]:.2f}") for one in shown]
        put(database, id_, Graph.of([], links, protocol="OLSR"), at(300 * round_))
    about, end = About(id_, "mesh", "olsr"), at(300 * 40)
    batches = database.read(lambda s: topologyhistory.batches(s, id_, since=at(900), until=end))
    every = changes(about, batches, at(900), end)
    found = changes(about, batches, at(900), end, sway=0.2)
    assert [_words(one) for one in found] == [_words(one) for one in worth_telling(every)]
    assert 0 < len(found) < len(every) / 2


def _words(one: Change) -> tuple[object, ...]:
    costs = [
        (v.cost, v.cost_text) if isinstance(v, LinkView) else None for v in (one.before, one.after)
    ]
    swayed = one.kind is ChangeKind.LINK_CHANGED
    return (one.at, one.kind, one.ends, *(costs if swayed else costs[1:]))


def test_the_difference_of_two_pictures_is_what_happened_between_them(database: Database) -> None:
    id_ = make(database)
    first, last = graph("a-b", "b-c"), graph("a-b", "c-d", cost=3.0)
    put(database, id_, first, at(0))
    put(database, id_, last, at(300))
    about = About(id_, "mesh", "olsr")
    one, other = (about.picture(replayed(database, id_, at(s)), at(s)) for s in (0, 300))
    found = difference(one, other)
    told = diff(first, last)
    assert {c.ends for c in found if c.kind is ChangeKind.LINK_ADDED} == {
        link.pair for link in told.added_links
    }
    assert {c.ends for c in found if c.kind is ChangeKind.LINK_DOWN} == {
        link.pair for link in told.removed_links
    }
    assert {c.ends for c in found if c.kind is ChangeKind.LINK_CHANGED} == {("a", "b")}
    assert not difference(one, one)
