"""A network of 2,000 nodes and 4,000 links on screen: how soon it is seen, and what a key costs.

Times are CPU of this process where others could disturb them; bounds are generous, the figures are
printed.
"""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session
from textual.pilot import Pilot

from owtui.console.screens.topology import TopologyScreen
from owtui.engine.topology import storing
from owtui.engine.topology.graph import Graph, Link
from storage.db import Database
from storage.tables import Topology
from tests.console.driving import driven, press, shown, until
from tests.console.seed import NOW
from tests.engine.topology.meshes import mesh

NODES, LINKS = 2000, 4000


@pytest.fixture
def large(folder: Path) -> Path:
    """The seeded fleet beside a large mesh that is none of its devices."""
    shown = mesh(NODES, LINKS, 7)
    links = [Link(*key, cost=link.cost) for key, link in shown.links.items()]
    graph = Graph.of([], links, protocol="OLSR", metric="ETX")

    def write(session: Session) -> None:
        row = Topology(label="large", format="olsr", url="http://10.8.0.9/")
        session.add(row)
        session.flush()
        storing.put(session, row.id, graph, NOW - timedelta(minutes=2))

    database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
    try:
        database.write(write)
    finally:
        database.close()
    return folder


async def keys(pilot: Pilot[Any], key: str, count: int) -> float:
    """CPU seconds of one key, with all that comes of it."""
    start = time.process_time()
    for _ in range(count):
        await pilot.press(key)
    await pilot.pause()
    return (time.process_time() - start) / count


@pytest.mark.slow
async def test_two_thousand_nodes_are_seen_at_once_and_keys_answer(large: Path) -> None:
    async with driven(large, (120, 40)) as pilot:
        start = time.process_time()
        await pilot.press("3")
        screen = pilot.app.screen
        assert isinstance(screen, TopologyScreen)
        await until(pilot, lambda: screen.network is not None and screen.branches)
        tree_s = time.process_time() - start
        assert f"nodes {NODES}" in shown(pilot.app)[0]
        await press(pilot, "home")
        down_s = await keys(pilot, "down", 40)
        start = time.process_time()
        await pilot.press("T")
        await until(pilot, lambda: f"of {NODES} nodes" in "".join(shown(pilot.app)))
        drawn_s = time.process_time() - start
        at_once_s = await keys(pilot, "down", 10)  # while the layout settles beside it
        await until(pilot, lambda: not [w for w in pilot.app.workers if not w.is_finished])
        for _ in range(4):
            await pilot.press("plus")
        pan_s = await keys(pilot, "shift+left", 10)
        print(
            f"2,000 nodes: tree {tree_s:.2f} s, a key in it {down_s * 1000:.0f} ms,"
            f" drawn {drawn_s:.2f} s, a key while it settles {at_once_s * 1000:.0f} ms,"
            f" a pan {pan_s * 1000:.0f} ms (CPU)"
        )
        assert tree_s < 8 and drawn_s < 2
        assert down_s < 0.15 and pan_s < 0.3
