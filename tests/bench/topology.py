"""An update of a topology: read, compare, write, record; beside netdiff and OpenWISP's figures.

netdiff reads and compares in memory and writes nothing; OpenWISP's figures were measured with
documents of the same size on a machine of the same kind (1.3 on PostgreSQL, its update command).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from netdiff import NetJsonParser
from netdiff import diff as netdiffs

from owtui.engine.topology import storing
from owtui.engine.topology.formats.netjson import NetJson
from owtui.engine.topology.history import replay
from owtui.engine.topology.views import About
from storage import topologyhistory
from storage.db import Database
from storage.tables import Topology
from tests.bench.measure import Spread, title

START = datetime(2026, 11, 27, tzinfo=UTC)
PEER_S = {200: {"create": 24.1, "no change": 0.40, "all costs": 28.1}}
"""OpenWISP's seconds; with 2,000 nodes it had 989 of 3,996 links after 290 s."""


def document(nodes: int, bump: float = 0.0) -> bytes:
    """A mesh of two links a node, with the properties that olsrd tells."""
    ids = [f"10.{n // 250}.{n % 250}.1" for n in range(nodes)]
    links = [
        {
            "source": ids[n],
            "target": ids[(n + step) % nodes],
            "cost": 1.0 + (n * 7 + step) % 40 / 10 + bump,
            "properties": {"lq": 1.0, "nlq": 0.99},
        }
        for n in range(nodes)
        for step in (1, 17)
    ]
    told = [
        {"id": id_, "label": f"node-{n:04}", "properties": {"role": "gw" if n % 5 == 0 else "ap"}}
        for n, id_ in enumerate(ids)
    ]
    about = {"type": "NetworkGraph", "protocol": "OLSR", "version": "0.8", "metric": "ETX"}
    return json.dumps({**about, "nodes": told, "links": links[: 2 * nodes - 4]}).encode()


class Round:
    """One database, in which a topology is made, seen again, changed, and looked back at."""

    def __init__(self, nodes: int, folder: Path) -> None:
        self.first, self.second = document(nodes), document(nodes, 0.1)
        self.database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
        self.id = self.database.write(_make)
        self.times: dict[str, float] = {}

    def run(self) -> dict[str, float]:
        """Seconds of CPU of each step; nothing in them waits."""
        self._timed("create", lambda: self._update(self.first, 0))
        self._timed("no change", lambda: self._update(self.first, 300))
        self._timed("all costs", lambda: self._update(self.second, 600))
        self._timed("picture now", lambda: self._picture(None))
        self._timed("picture then", lambda: self._picture(450))
        old, new = (NetJsonParser(data=json.loads(one)) for one in (self.first, self.second))
        self._timed("netdiff, no change", lambda: self._netdiff(self.first, old))
        self._timed("netdiff, all costs", lambda: self._netdiff(self.second, old))
        assert netdiffs(old, new)["changed"] is not None
        self.database.close()
        return self.times

    def _timed(self, name: str, step: Callable[[], Any]) -> None:
        began = time.process_time()  # the clock on the wall is other people's on a busy machine
        step()
        self.times[name] = time.process_time() - began

    def _update(self, data: bytes, seconds: int) -> None:
        at = START + timedelta(seconds=seconds)
        graph = NetJson().parse(data, at)
        self.database.write(lambda session: storing.put(session, self.id, graph, at))

    def _picture(self, seconds: int | None) -> None:
        about = About(self.id, "mesh", "netjson")
        if seconds is None:
            about.picture(self.database.read(lambda s: storing.known(s, self.id)), START)
            return
        at = START + timedelta(seconds=seconds)
        told = self.database.read(lambda s: topologyhistory.batches(s, self.id, since=at, until=at))
        about.picture(replay(told).known(), at)

    def _netdiff(self, data: bytes, old: Any) -> None:
        netdiffs(old, NetJsonParser(data=json.loads(data)))


def _make(session: Any) -> UUID:
    row = Topology(label="mesh", format="netjson")
    session.add(row)
    session.flush()
    return row.id


def show(runs: int) -> None:
    """Print milliseconds, and how many times less than OpenWISP's where those are known."""
    title("an update of a topology: read, compare, write, record", f"{runs} runs, SQLite, CPU")
    for nodes in (200, 2000):
        rounds = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                rounds.append(Round(nodes, Path(folder)).run())
        print(f"   {nodes} nodes, {2 * nodes - 4} links")
        for name in rounds[0]:
            spread = Spread.of(1000 * one[name] for one in rounds)
            peer = PEER_S.get(nodes, {}).get(name)
            times = f"   OpenWISP {peer} s: {1000 * peer / spread.median:.0f} ×" if peer else ""
            print(f"   {name:20} {spread} ms{times}")
