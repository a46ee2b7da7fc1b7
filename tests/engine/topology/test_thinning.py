"""History that grows old: who was up when stays exact, what sways is known by the hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from owtui.engine.topology.graph import Graph, Link
from owtui.engine.topology.topologist import Topologist
from owtui.engine.topology.updating import Known
from storage.core import TOPOLOGY_BATCH
from storage.db import Database
from tests.engine.topology.networks import START, at, downs, known, make, put, replayed, ups
from tests.engine.topology.site import BOTH, Site
from tests.engine.topology.test_topologist import Watched

NAMES = "abcdefghij"
PAIRS = [f"{one}-{other}" for one in NAMES for other in NAMES if one < other]
DAYS, EVERY_S = 3, 1200


def told(random: Random, pairs: list[str]) -> Graph:
    """A mesh whose costs differ each time."""
    return Graph.of(
        [], [Link(*one.split("-"), 1 + random.random()) for one in pairs], protocol="OLSR"
    )


def plain(found: Known) -> Known:
    """Without when rows were told of last, which is no history."""
    return Known(
        {key: replace(row, modified=START) for key, row in found.nodes.items()},
        {key: replace(row, modified=START) for key, row in found.links.items()},
    )


def weight(database: Database) -> tuple[int, int]:
    """How many batches there are, and how many bytes."""
    b = TOPOLOGY_BATCH.c
    query = select(func.count(), func.sum(func.length(b.packed)))
    rows, size = database.read(lambda session: session.execute(query).one())
    return int(rows), int(size)


@BOTH
@pytest.mark.slow
async def test_costs_that_sway_are_kept_by_the_hour_and_links_to_the_moment(site: Site) -> None:
    random, id_ = Random(3), make(site.database)
    shown: list[tuple[float, Known]] = []
    for second in range(0, DAYS * 86_400, EVERY_S):
        pairs = PAIRS if random.random() < 0.8 else random.sample(PAIRS, 40)
        put(site.database, id_, told(random, pairs), at(second))
        shown.append((second, known(site.database, id_)))
    rows, size = weight(site.database)
    now = [at(DAYS * 86_400)]
    work = Topologist(site.database, site.updater, Watched(), present=lambda: now[0])
    await work.tidy()
    fewer, smaller = weight(site.database)
    assert fewer < rows * 0.7 and smaller < size * 0.7
    for second, kept in shown:
        found = replayed(site.database, id_, at(second))
        assert (ups(found), downs(found)) == (ups(kept), downs(kept)), second
        assert {r.since for r in found.links.values()} == {r.since for r in kept.links.values()}
        young = at(second) >= now[0] - timedelta(days=1)
        if young or (second + EVERY_S) % 3600 == 0:
            assert plain(found) == plain(kept), second
    await work.tidy()
    assert weight(site.database) == (fewer, smaller)  # what is thin stays as it is
    now[0] += timedelta(days=40)
    await Topologist(site.database, site.updater, Watched(), present=lambda: now[0]).tidy()
    assert weight(site.database) < (fewer, smaller)
    assert plain(replayed(site.database, id_, now[0])) == plain(shown[-1][1])
    for second, kept in shown:
        assert ups(replayed(site.database, id_, at(second))) == ups(kept), second
