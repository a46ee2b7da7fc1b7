"""One node of a topology with a link of it, and what has changed: as facts, pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui import units
from owtui.console.presenters import topology
from owtui.engine.topology.picture import Change, ChangeKind, LinkView, NodeView, Picture
from widgets.factview import Fact, Section
from widgets.glyphs import Glyphs
from widgets.plaintext import clean, fit, width_of

if TYPE_CHECKING:
    from owtui.console.network import Network
    from storage.rows import DeviceRow

MOST = 40  # changes that are listed
SWAY = 0.2  # a cost that moved by less is the swaying of a measurement
_MOST_NAMES = 6
_MARKS: Mapping[ChangeKind, tuple[str, str]] = {
    ChangeKind.NODE_ADDED: ("+", "ok"),
    ChangeKind.NODE_CHANGED: ("~", ""),
    ChangeKind.NODE_REMOVED: ("-", "critical"),
    ChangeKind.LINK_ADDED: ("+", "ok"),
    ChangeKind.LINK_UP: ("+", "ok"),
    ChangeKind.LINK_DOWN: ("-", "critical"),
    ChangeKind.LINK_CHANGED: ("~", ""),
    ChangeKind.LINK_REMOVED: ("-", "critical"),
}


def node_section(network: Network, node: NodeView, row: DeviceRow | None, now: datetime) -> Section:
    """A node: what it is, and what hangs on it."""
    links = network.links_of[node.id]
    up = sum(link.is_up for link in links)
    facts = [Fact("State", row.status if row else "no device of ours", row.status if row else "")]
    if node.name != node.id:
        facts.append(Fact("Id", node.id))
    if node.addresses and node.addresses != (node.id,):
        facts.append(Fact("Addresses", " ".join(node.addresses)))
    facts.append(Fact("Links", f"{up} up" + (f", {len(links) - up} down" * (up < len(links)))))
    facts.append(_carries(network, node))
    facts.append(Fact("Told by", ", ".join(node.sources) or network.picture.protocol))
    if node.modified is not None:
        facts.append(Fact("Changed", f"{topology.age(node.modified, now)} ago"))
    return Section(f"NODE {node.name}", tuple(fact for fact in facts if fact.value))


def _carries(network: Network, node: NodeView) -> Fact:
    """What is lost while it is away: the question before every reboot."""
    if node.id == network.root:
        return Fact("If away", "all is seen from here", "muted")
    lost = network.behind.get(node.id, frozenset())
    if not lost:
        return Fact("If away", "nothing else is lost")
    told = topology.names(network.picture, sorted(lost)[:_MOST_NAMES])
    more = f" and {len(lost) - len(told)} more" if len(lost) > len(told) else ""
    return Fact("If away", f"lost: {', '.join(told)}{more}", "problem")


def link_section(
    network: Network, link: LinkView, now: datetime, glyphs: Glyphs, number: tuple[int, int]
) -> Section:
    """A link: its cost, its state and since when, what else was told; `number` of how many."""
    ends = f" {glyphs.both} ".join(topology.names(network.picture, link.pair))
    state = "up" if link.is_up else "down"
    since = topology.age(link.since, now)
    role = "" if link.is_up else "critical"
    facts = [Fact("State", f"{state} for {since}" if since else state, role)]
    told = topology.cost(link, network.picture.metric) or units.short_text(link.cost)
    facts.append(Fact("Cost", told, "problem" if link.is_up and link.weight > network.poor else ""))
    if link.is_up and link.pair in network.shape.bridges:
        facts.append(Fact("Bridge", "no other way leads over", "problem"))
    if link.modified is not None:
        facts.append(Fact("Told", f"{topology.age(link.modified, now)} ago"))
    facts.append(Fact("Told by", ", ".join(link.sources)))
    facts += [
        Fact(key.replace("_", " "), _plain(value)) for key, value in sorted(link.properties.items())
    ]
    which = f" ({number[0]} of {number[1]})" if number[1] > 1 else ""
    return Section(f"LINK{which} {ends}", tuple(fact for fact in facts if fact.value))


def _plain(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def changes_section(
    changes: Sequence[Change], picture: Picture, now: datetime, glyphs: Glyphs
) -> Section:
    """What has changed in the last day, the newest first."""
    changes = worth_telling(changes)
    facts = [
        Fact(
            f"{one.at.astimezone():%H:%M}" + " " * (one.at.astimezone().date() == now.date()),
            change_words(one, picture, glyphs),
            _MARKS[one.kind][1],
        )
        for one in reversed(changes[-MOST:])
    ]
    if len(changes) > MOST:
        facts.append(Fact("", f"and {len(changes) - MOST} before", "muted"))
    return Section("CHANGES 24h", tuple(facts) or (Fact("", "none", "muted"),))


def worth_telling(changes: Sequence[Change]) -> list[Change]:
    """Changes without the swaying of costs: one is told when it is a fifth from where it was told
    last, and then from there. Routing daemons measure anew with each update."""
    told: dict[tuple[str, ...], LinkView] = {}
    found = []
    for one in changes:
        if isinstance(one.before, LinkView) and isinstance(one.after, LinkView):
            was, now = told.setdefault(one.ends, one.before), one.after
            if one.kind is ChangeKind.LINK_CHANGED:
                if abs(now.cost - was.cost) < SWAY * max(was.cost, now.cost):
                    continue
                one = replace(one, before=was)
            told[one.ends] = now
        found.append(one)
    return found


def change_words(one: Change, picture: Picture, glyphs: Glyphs) -> str:
    """A change in a line: its mark, what it was, its ends."""
    ends = f" {glyphs.both} ".join(topology.names(picture, one.ends))
    mark = _MARKS[one.kind][0]
    if isinstance(one.before, LinkView) and isinstance(one.after, LinkView):
        was, is_ = (topology.cost(link, picture.metric) for link in (one.before, one.after))
        if one.kind is ChangeKind.LINK_CHANGED and was != is_:
            metric = was.rpartition(" ")[0]  # said once: "etx 1.2 → 1.8"
            is_ = is_.removeprefix(metric).strip() if metric else is_
            return f"{mark} {was or '1'} {glyphs.way} {is_ or '1'}  {ends}"
    return f"{mark} {ends}"


def worse(changes: Sequence[Change], network: Network) -> dict[tuple[str, str], float]:
    """By link what it weighed before these changes, for those that weigh a fifth more now."""
    first: dict[tuple[str, str], float] = {}
    for one in changes:
        if one.kind is ChangeKind.LINK_CHANGED and isinstance(one.before, LinkView):
            first.setdefault(one.before.pair, one.before.weight)
    links = network.picture.links
    return {
        key: was
        for key, was in first.items()
        if key in links and links[key].weight > (1 + SWAY) * was
    }


def path_words(network: Network, one: str, other: str, glyphs: Glyphs) -> str:
    """The way between two nodes and its weakest link, in a sentence or two."""
    picture = network.picture
    (first, last) = topology.names(picture, (one, other))
    found = network.path(one, other)
    if found is None:
        return f"No way leads from {first} to {last}: all links between them are down."
    way = f" {glyphs.way} ".join(topology.names(picture, found.nodes))
    hops = len(found.links)
    told = f"{hops} hop{'s' * (hops != 1)}, cost {units.short_text(found.cost)}"
    if found.weakest is None:
        return f"{told}: {way}"
    at = found.links.index(found.weakest)
    weak = f" {glyphs.both} ".join(topology.names(picture, found.nodes[at : at + 2]))
    weakest = topology.cost(found.weakest, picture.metric) or units.short_text(found.weakest.cost)
    return f"{told}, weakest {weak} {weakest}: {way}"


def as_text(sections: Sequence[Section]) -> str:
    """Sections as text, to be searched and copied."""
    lines = []
    for section in sections:
        lines += [clean(section.title), *map(_line, section.facts)]
        lines.append("")
    return "\n".join(lines)


def _line(fact: Fact) -> str:
    """A fact in one line, whatever it holds: what is told could else look like lines of ours."""
    label = clean(fact.label)
    return f"  {fit(label, max(14, width_of(label)))} {clean(fact.value)}".rstrip()


def whole(
    network: Network, node_id: str, rows: Mapping[UUID, DeviceRow], now: datetime, glyphs: Glyphs
) -> str:
    """All of a node and each of its links, as text."""
    node = network.picture.nodes[node_id]
    row = rows.get(node.device_id) if node.device_id is not None else None
    links = network.links_of[node_id]
    own = tuple(Fact(key, _plain(value)) for key, value in sorted(node.properties.items()))
    sections = [
        node_section(network, node, row, now),
        *([Section("TOLD OF IT", own)] if own else []),
    ]
    sections += [
        link_section(network, link, now, glyphs, (number, len(links)))
        for number, link in enumerate(links, 1)
    ]
    return as_text(sections)


def device_sections(
    picture: Picture, device_id: UUID, now: datetime, glyphs: Glyphs
) -> list[Section]:
    """The links of a device, those that are up first, then the cheapest; none without a node."""
    mine = {id_ for id_, node in picture.nodes.items() if node.device_id == device_id}
    links = [link for link in picture.links.values() if mine & set(link.pair)]
    facts = []
    for link in sorted(links, key=lambda one: (not one.is_up, one.weight, one.pair)):
        (other, *_) = [end for end in link.pair if end not in mine] or [link.target]
        since = topology.age(link.since, now)
        told = topology.cost(link, picture.metric)
        state = f"up for {since}" if link.is_up else f"{glyphs.critical} lost {since} ago"
        words = "  ".join(filter(None, (told if link.is_up else "", state)))
        (name,) = topology.names(picture, [other])
        facts.append(Fact(name, words, "" if link.is_up else "critical"))
    return [Section("LINKS", tuple(facts))] if facts else []
