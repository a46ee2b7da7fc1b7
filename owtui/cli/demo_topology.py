"""The demo's networks: what its routers tell of each other, with a day of history.

The past is made up, and only the demo has it: twins of the simulated routers are asked for the
documents that the routers themselves will give, and the day before has the same links with costs
that wander and links that went down and came back, as the charts of `demo_history` have it. From
now on the topologies are read from the routers.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.cli.demo_history import AWAY_S, DAY_S, HICCUP, twins
from owtui.engine.topology.entries import TopologyDraft
from owtui.engine.topology.graph import Graph, Link
from storage.tables import now

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.simulator.device import Device

STEP_S = 1800
EVERY_S = 60  # nobody looks at a demo for five minutes
WANDER = 0.25  # by so much a cost may differ from what it is now
NETWORKS = {"mesh": "olsr", "cables": "lldp"}


async def seed(engine: Engine, devices: int, number: int, away: frozenset[str]) -> None:
    """Add the topologies of a demo with the past of each.

    away: the names of those that do not answer now.
    """
    made = list(twins(devices, number))
    names = {row.name for row in engine.fleet.rows.values()}
    at = now()
    for label, format_ in NETWORKS.items():
        draft = TopologyDraft(
            label, format_, "device", interval_s=EVERY_S, options={"root": made[0].hostname}
        )
        row = await engine.topologies.add(draft)
        graph = _graph([one for one in made if one.hostname in names], format_, at)
        if graph is None:
            continue
        shaky = _shaky(graph, made, away)
        rng = random.Random(f"{number}/{label}")
        for moment, told in past(graph, at, rng, shaky):
            await engine.topology_updater.take(row.id, told, at=moment)


def past(
    graph: Graph, at: datetime, rng: random.Random, shaky: Mapping[str, tuple[float, float]]
) -> Iterator[tuple[datetime, Graph]]:
    """The day before, oldest first, which ends with the graph itself.

    shaky: nodes without links between two ages in seconds
    """
    for age_s in range(DAY_S, 0, -STEP_S):
        gone = {id_ for id_, (old, young) in shaky.items() if young <= age_s <= old}
        links = [
            _wandered(link, rng, age_s)
            for link in graph.links.values()
            if gone.isdisjoint((link.source, link.target))
        ]
        yield at - timedelta(seconds=age_s), _with(graph, links)
    lost = {id_ for id_, (_, young) in shaky.items() if young <= 0}
    kept = [one for one in graph.links.values() if lost.isdisjoint((one.source, one.target))]
    yield at, _with(graph, kept)


def _wandered(link: Link, rng: random.Random, age_s: int) -> Link:
    """A cost as it was: one in ten differs, by less the nearer it is to now."""
    if rng.random() > 0.1 or link.cost == 1.0:
        return link
    factor = 1 + WANDER * rng.uniform(-1, 1) * age_s / DAY_S
    return replace(link, cost=round(max(1.0, link.cost * factor), 3))


def _with(graph: Graph, links: list[Link]) -> Graph:
    return Graph.of(
        graph.nodes.values(),
        links,
        protocol=graph.protocol,
        version=graph.version,
        metric=graph.metric,
        revision=graph.revision,
    )


def _shaky(
    graph: Graph, devices: list[Device], away: frozenset[str]
) -> dict[str, tuple[float, float]]:
    """The nodes of routers that did not answer, and when: those of `demo_history`."""
    found: dict[str, tuple[float, float]] = {}
    hiccup = (DAY_S * (1 - HICCUP[0]), DAY_S * (1 - HICCUP[1]))
    for nth, device in enumerate(devices):
        span = (float(AWAY_S), 0.0) if device.hostname in away else hiccup
        if device.hostname not in away and nth % 7 != 3:
            continue
        found |= {
            id_: span
            for id_, node in graph.nodes.items()
            if _own(device) & {id_, node.label, *node.addresses}
        }
    return found


def _own(device: Device) -> set[str]:
    member = device.identity.wiring.members[device.identity.index]
    return {member.name, member.address, member.mac, member.mac.upper()}


def _graph(devices: list[Device], format_: str, at: datetime) -> Graph | None:
    """What these routers would tell by now, merged as when they are asked."""
    from owtui.engine.topology.asking import Answer
    from owtui.engine.topology.fetching import assemble
    from owtui.engine.topology.formats.registry import Formats

    names = {UUID(int=nth): one.hostname for nth, one in enumerate(devices)}
    answers = {
        UUID(int=nth): Answer({format_: _document(one, format_)}) for nth, one in enumerate(devices)
    }
    return assemble(Formats.load().get(format_), answers, at, names).graph


def _document(device: Device, format_: str) -> bytes:
    from owtui.simulator import routing

    if format_ == "olsr":
        return routing.jsoninfo(device).encode()
    parts: list[Any] = [routing.lldp_chassis(device), routing.lldp_neighbours(device)]
    return "\n".join(json.dumps(part) for part in parts).encode()
