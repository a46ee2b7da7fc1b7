"""What people set of topologies: their sources, and what they write beside nodes and links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel import Session

from owtui.engine.topology.entries import STRATEGIES, TopologyDraft
from owtui.engine.topology.graph import pair
from owtui.engine.topology.updating import Known, Moves
from owtui.engine.topology.views import id_of
from owtui.errors import InputError
from storage import organizations, revisions, rules, topologies
from storage.errors import RuleError
from storage.rules import storable
from storage.tables import Topology
from storage.topologies import LinkRow

LABEL_LENGTH = 64
SHORTEST_S = 10
LONGEST_S = 30 * 86_400

SETTABLE = ("label", "format", "strategy", "url", "organization", "filter", "options")
"""With key, expiration_s, interval_s and published: what may be set of a topology."""


def create(session: Session, draft: TopologyDraft) -> Topology:
    """Keep a topology, without its key. Raises InputError, RuleError."""
    row = Topology(label="", format=draft.format)
    _set(session, row, {name: getattr(draft, name) for name in _NAMES})
    session.add(row)
    session.flush()
    revisions.touch(session, revisions.TOPOLOGIES)
    return row


def change(session: Session, topology_id: UUID, wish: Mapping[str, Any]) -> Topology:
    """Set what is named. Raises InputError, RuleError, MissingError."""
    for name in wish.keys() - set(_NAMES):
        near = get_close_matches(name, _NAMES, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(_NAMES)}, key."
        raise InputError(f"A topology has no {name} to set.", hint)
    row = topologies.get(session, topology_id, lock=True)
    _set(session, row, wish)
    session.add(row)
    session.flush()
    revisions.touch(session, revisions.TOPOLOGIES)
    return row


def remove(session: Session, topology_id: UUID) -> str:
    """Forget a topology and all of it; returns its label. Raises MissingError."""
    row = topologies.get(session, topology_id, lock=True)
    session.delete(row)
    session.flush()
    revisions.touch(session, revisions.TOPOLOGIES)
    return row.label


_NAMES = (*SETTABLE, "expiration_s", "interval_s", "published")


def _set(session: Session, row: Topology, wish: Mapping[str, Any]) -> None:
    """Each value in turn, then what must hold between them."""
    if "label" in wish:
        row.label = _label(session, row, wish["label"])
    if "organization" in wish:
        name = wish["organization"]
        row.organization_id = organizations.named(session, name).id if name else None
    for name in ("format", "strategy", "url", "filter"):
        if name in wish:
            setattr(row, name, storable(str(wish[name]).strip()))
    if "options" in wish:
        row.options = dict(storable(dict(wish["options"])))
    if "published" in wish:
        row.published = bool(wish["published"])
    if "expiration_s" in wish:
        row.expiration_time = _seconds(wish["expiration_s"], 0, "expiration")
    if "interval_s" in wish:
        row.interval_s = _seconds(wish["interval_s"], SHORTEST_S, "interval")
    _check(row)


def _check(row: Topology) -> None:
    if row.strategy not in STRATEGIES:
        raise InputError(
            f"There is no strategy “{row.strategy}”.", f"Known: {', '.join(STRATEGIES)}."
        )
    if row.strategy == "fetch" and not row.url:
        raise InputError("an url must be specified when using FETCH strategy", "As in --url URL.")
    for url in row.url.split():  # several with blanks between them are read as one document
        if not _is_url(url):
            raise InputError(f"“{url}” is no URL to fetch from.", "As http://HOST:PORT/PATH.")
        if "@" in urlsplit(url).netloc:  # urls are kept and listed readably
            raise InputError(
                f"The URL of {urlsplit(url).hostname} has a login in it, which anybody could read.",
                "Let the server answer owtui without one, or send what it tells (receive).",
            )


def places(urls: str) -> str:
    """URLs without what may be a secret in them: a login, and what is asked for behind "?"."""
    parts = (urlsplit(url) for url in urls.split() if _is_url(url))
    return " ".join(f"{one.scheme}://{one.netloc.rpartition('@')[2]}{one.path}" for one in parts)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _label(session: Session, row: Topology, label: str) -> str:
    clean = rules.text(str(label), LABEL_LENGTH, "label")
    if not clean:
        raise RuleError("A topology needs a label.", field="label")
    other = topologies.called(session, clean)
    if other is not None and other.id != row.id:
        raise RuleError(f"There is a topology {other.label} already.", field="label")
    return clean


def _seconds(value: Any, least: int, what: str) -> int:
    try:
        seconds = int(value)
    except (TypeError, ValueError):
        raise InputError(f"The {what} is a number of seconds, not {value!r}.") from None
    if not least <= seconds <= LONGEST_S:
        raise InputError(f"The {what} is from {least} to {LONGEST_S} seconds, not {seconds}.")
    return seconds


# -- nodes and links -------------------------------------------------------------------------------


def described_node(known: Known, node_id: str, wanted: Mapping[str, Any], at: datetime) -> Moves:
    """Write beside a node; None takes a property away. Raises InputError for no such node."""
    for row in known.nodes.values():
        if id_of(row) == node_id:
            told = _merged(row.user_properties, wanted)
            if told == row.user_properties:
                return Moves()
            return Moves(changed_nodes=(replace(row, user_properties=told, modified=at),))
    raise InputError(f"There is no node {node_id} in this topology.")


def described_link(
    known: Known, ends: tuple[str, str], wanted: Mapping[str, Any], at: datetime
) -> Moves:
    """The same of a link."""
    row = _link(known, ends)
    told = _merged(row.user_properties, wanted)
    if told == row.user_properties:
        return Moves()
    return Moves(changed_links=(replace(row, user_properties=told, modified=at),))


def set_link(known: Known, ends: tuple[str, str], up: bool, at: datetime) -> Moves:
    """Say that a link is up or down."""
    row = _link(known, ends)
    if row.is_up == up:
        return Moves()
    return Moves(changed_links=(replace(row, is_up=up, since=at, modified=at),))


def _link(known: Known, ends: tuple[str, str]) -> LinkRow:
    wanted = pair(*ends)
    for row in known.links.values():
        if pair(id_of(known.nodes[row.source]), id_of(known.nodes[row.target])) == wanted:
            return row
    raise InputError(f"There is no link between {ends[0]} and {ends[1]} in this topology.")


def _merged(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    both = {**before, **storable(dict(wanted))}
    return {name: value for name, value in both.items() if value is not None}
