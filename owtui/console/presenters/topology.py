"""A topology as rows of an outline, as a drawing, and in words: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from owtui import units
from owtui.console.presenters.status import Piece
from owtui.engine.topology.picture import LinkView, NodeView, Picture
from widgets.glyphs import Glyphs
from widgets.graphmodel import GraphEdge, GraphNode
from widgets.outline import OutlineRow

if TYPE_CHECKING:
    from owtui.console.network import Network
    from owtui.engine.topology.entries import TopologyRow
    from owtui.engine.topology.layout import Places
    from owtui.engine.topology.outline import Branch
    from storage.rows import DeviceRow

Rows = Mapping[UUID, "DeviceRow"]

TUNNELS = frozenset({"openvpn", "wireguard", "zerotier"})
CABLES = frozenset({"lldp", "lease", "leases", "bridge"})
_INTERFACES = ("interface", "local_interface", "ifname", "device", "port")
_NOTHING = ("", "STATIC", "STATIC METRIC", "NONE")  # metrics whose number says nothing


def state(node: NodeView, rows: Rows, busy: Collection[UUID], *, is_lost: bool) -> str:
    """The state of a node: its device's, else lost or not known."""
    row = rows.get(node.device_id) if node.device_id is not None else None
    if row is None:
        return "critical" if is_lost else "unknown"
    if row.id in busy:
        return "busy"
    return "deactivated" if row.is_deactivated else row.status


def cost(link: LinkView, metric: str) -> str:
    """What a link costs, in the words of its source or its metric; "" where it says nothing."""
    if link.cost_text:
        return link.cost_text
    told = set(link.sources)
    if metric.upper() in _NOTHING or (told and told <= TUNNELS | CABLES):
        return units.short_text(link.cost) if link.cost != 1.0 else ""
    return f"{metric.split(',')[0].lower()} {units.short_text(link.cost)}"


def via(link: LinkView | None, glyphs: Glyphs) -> str:
    """By what a node hangs: the interface where one is told, and the kind of the link."""
    if link is None:
        return ""
    told = set(link.sources)
    kind = glyphs.tunnel if told & TUNNELS else glyphs.rule if told and told <= CABLES else "~"
    name = next((str(link.properties[key]) for key in _INTERFACES if link.properties.get(key)), "")
    return f"{name} {kind} " if name else f"{kind} "


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, coarsely; "" where it is not known."""
    return units.age_text((now - moment).total_seconds()) if moment is not None else ""


def outline_rows(
    network: Network,
    branches: Iterable[Branch],
    states: Mapping[str, str],
    worse: Mapping[tuple[str, str], float],
    opened: Collection[str],
    now: datetime,
    glyphs: Glyphs,
) -> list[OutlineRow]:
    """The outline line by line; islands behind the first have a rule above them.

    worse: by link what it cost a day ago, for those that cost more now
    """
    found: list[OutlineRow] = []
    island = 0
    several = _several(network.picture)
    for one in branches:
        node = network.picture.nodes[one.node]
        if one.island != island:
            island = one.island
            rule = glyphs.rule * 2
            found.append(OutlineRow("", 0, f"{rule} island {rule}", role="muted"))
        info = _info(network, one, worse, now, glyphs, several)
        row_state = states[one.node]
        told = via(one.link, glyphs)
        role = "muted" if one.is_behind else ""
        found.append(OutlineRow(one.node, one.depth, node.name, told, row_state, info, role))
        if one.behind and one.node not in opened:
            words = f"({_count(one.behind, 'node')} unreachable behind it)"
            found.append(OutlineRow("", one.depth + 1, words, role="muted"))
    return found


def _several(picture: Picture) -> bool:
    return len({source for link in picture.links.values() for source in link.sources}) > 1


def _info(
    network: Network,
    one: Branch,
    worse: Mapping[tuple[str, str], float],
    now: datetime,
    glyphs: Glyphs,
    several: bool,
) -> tuple[tuple[str, str], ...]:
    link = one.link
    if link is None:
        return ()
    if one.is_lost:
        ago = age(link.since, now)
        return ((f"lost {ago} ago" if ago else "lost", "critical"),)
    words = [(cost(link, network.picture.metric), "problem" if link.weight > network.poor else "")]
    if link.pair in worse:
        words.append((f"{glyphs.sort_down} worse", "problem"))
    if several and len(link.sources) == 1 and set(link.sources) <= CABLES:
        words.append((f"({link.sources[0]} only)", "muted"))
    if one.more:
        words.append((f"+{_count(one.more, 'link')}", "muted"))
    kept = [(text, role) for text, role in words if text]
    return tuple((f"{text} ", role) for text, role in kept)


def graph(
    network: Network,
    places: Places,
    states: Mapping[str, str],
) -> tuple[list[GraphNode], list[GraphEdge]]:
    """What is drawn; a node with many links counts for more."""
    links_of = network.links_of
    nodes = [
        GraphNode(id_, node.name, *places[id_], states[id_], float(len(links_of[id_])))
        for id_, node in network.picture.nodes.items()
        if id_ in places
    ]
    edges = [
        GraphEdge(*link.pair, kind=kind(link, network)) for link in network.picture.links.values()
    ]
    return nodes, edges


def kind(link: LinkView, network: Network) -> str:
    """How a link is drawn."""
    if not link.is_up:
        return "down"
    return "poor" if link.weight > network.poor else "good"


def title(picture: Picture) -> list[Piece]:
    """At the right of the title: how much there is."""
    down = sum(not link.is_up for link in picture.links.values())
    found = [
        Piece("nodes", f"nodes {len(picture.nodes)}", "", 50),
        Piece("links", f"links {len(picture.links) - down}", "", 45),
    ]
    return [*found, Piece("down", f"down {down}", "critical", 40)] if down else found


def note(picture: Picture, row: TopologyRow | None, now: datetime) -> str:
    """Behind the crumbs: what told it, and how long ago; or why it could not be read."""
    if row is not None and row.failure:
        return f"not updated: {row.failure}"
    told = sorted({source for link in picture.links.values() for source in link.sources})
    words = "+".join(told) or picture.protocol
    ago = age(picture.updated, now)
    return "  ".join(filter(None, (words, f"{ago} ago" if ago else "never updated")))


def status_pieces(network: Network | None, by_hops: bool, most: int = 3) -> list[Piece]:
    """The status line's own: the root, the cut points (as many by name as `most`), how much no
    single loss cuts off."""
    if network is None or network.root is None:
        return []
    nodes = network.picture.nodes
    found = [Piece("root", f"root {nodes[network.root].name} (by {_by(by_hops)})", "", 62)]
    if network.cuts:
        shown = min(len(network.cuts), most)
        named = ", ".join(nodes[one].name for one in network.cuts[:shown])
        more = f" +{len(network.cuts) - shown}" if len(network.cuts) > shown else ""
        found.append(Piece("cuts", f"cut points: {named}{more}", "problem", 60))
    found.append(Piece("score", f"{network.score:.0%} redundant", "muted", 22))
    parts = len(network.shape.islands)
    if parts > 1:
        found.append(Piece("islands", f"{parts} islands", "problem", 24))
    return found


def _by(by_hops: bool) -> str:
    return "hops" if by_hops else "cost"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def names(picture: Picture, ids: Iterable[str]) -> Sequence[str]:
    """How nodes are called."""
    return [picture.nodes[id_].name if id_ in picture.nodes else id_ for id_ in ids]
