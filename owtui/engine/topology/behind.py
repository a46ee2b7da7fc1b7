"""Which device is behind which by the links of topologies: a source of root causes, for alerts.

A link says that two devices are beside each other; which of them is nearer to us follows from the
roots: the node that somebody chose, gateways, the server of a VPN. Where there is none, both are
only neighbours.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.alerts.uplinks import Edge, Strength
from owtui.engine.topology.matching import normal
from storage import topologylinks
from storage.rows import DeviceRow
from storage.tables import now
from storage.topologylinks import Ground, Spot

RECENT = timedelta(days=1)
"""A link that went down within it still says what was behind what: just then it is asked."""

STARS = frozenset({"openvpn", "wireguard", "zerotier"})
"""Formats whose graph has the server in its middle."""

_GATEWAYS = frozenset({"gw", "gateway", "uplink"})


class TopologyLinks:
    """Edges out of all published topologies; see alerts.uplinks.Source."""

    def __init__(self, present: Callable[[], datetime] = now) -> None:
        self._present = present

    def edges(self, session: Session, rows: Mapping[UUID, DeviceRow]) -> Iterable[Edge]:
        """Of devices that are nodes, also across nodes that are no devices of ours."""
        names = {id_: row.name for id_, row in rows.items()}
        for ground in topologylinks.grounds(session, self._present() - RECENT):
            for edge in edges_of(ground, names):
                if edge.below in rows and edge.above in rows:
                    yield edge


def edges_of(ground: Ground, names: Mapping[UUID, str] | None = None) -> Iterator[Edge]:
    """The edges of one topology; `names` of devices, by which a root may be chosen."""
    beside = _beside(ground)
    far = _far(beside, roots(ground, names or {}))
    for key, spot in ground.spots.items():
        if spot.device_id is None:
            continue
        for above, strength in _above(ground, beside, far, key):
            if above != spot.device_id:
                yield Edge(spot.device_id, above, strength)


def roots(ground: Ground, names: Mapping[UUID, str]) -> list[UUID]:
    """Where we look from: what the option "root" names, else gateways, else a VPN's server."""
    chosen = ground.options.get("root")
    if isinstance(chosen, str) and chosen:
        word = normal(chosen)
        return [key for key, spot in ground.spots.items() if word in _words(spot, names)]
    gateways = [key for key, spot in ground.spots.items() if _is_gateway(spot)]
    if gateways or ground.format not in STARS:
        return gateways
    beside = _beside(ground)
    hubs = sorted(beside, key=lambda key: (-len(beside[key]), str(key)))
    return hubs[:1]


def _words(spot: Spot, names: Mapping[UUID, str]) -> set[str]:
    name = names.get(spot.device_id, "") if spot.device_id else ""
    return {normal(word) for word in (*spot.addresses, spot.label, name) if word}


def _is_gateway(spot: Spot) -> bool:
    told = spot.properties
    if told.get("gateway") is True or told.get("is_gateway") is True:
        return True
    return str(told.get("role", "")).casefold() in _GATEWAYS


def _beside(ground: Ground) -> dict[UUID, set[UUID]]:
    beside: dict[UUID, set[UUID]] = defaultdict(set)
    for one, other in ground.links:
        if one in ground.spots and other in ground.spots:
            beside[one].add(other)
            beside[other].add(one)
    return beside


def _far(beside: Mapping[UUID, set[UUID]], starts: Iterable[UUID]) -> dict[UUID, int]:
    """How many links each node is from the nearest root."""
    far = dict.fromkeys(starts, 0)
    waiting = deque(far)
    while waiting:
        here = waiting.popleft()
        for other in beside.get(here, ()):
            if other not in far:
                far[other] = far[here] + 1
                waiting.append(other)
    return far


def _above(
    ground: Ground,
    beside: Mapping[UUID, set[UUID]],
    far: Mapping[UUID, int],
    key: UUID,
) -> Iterator[tuple[UUID, Strength]]:
    """The devices directly above a node, through nodes that are none; without a root to look from,
    its neighbours."""
    seen, waiting = {key}, [key]
    while waiting:
        here = waiting.pop()
        for other in beside.get(here, ()):
            up = key not in far or far[other] < far[here]
            if other in seen or not up:
                continue
            seen.add(other)
            device = ground.spots[other].device_id
            if device is not None:
                yield device, Strength.ACCESS if key in far else Strength.NEIGHBOUR
            elif key in far:
                waiting.append(other)
