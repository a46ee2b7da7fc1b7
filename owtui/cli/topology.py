"""`owtui topology`: one network, or all as one: now, as it was, and what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from owtui.cli.completing import formats as format_ids
from owtui.cli.completing import topologies as labels
from owtui.cli.exits import OK, SOME_FAILED
from owtui.cli.face import Face, command
from owtui.cli.group import LazyGroup
from owtui.cli.output import moment
from owtui.cli.topologies import data_of
from owtui.errors import PROBLEMS, InputError, failure_of
from owtui.units import parse_age

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.topology.entries import TopologyRow, Updated
    from owtui.engine.topology.picture import Change, LinkView, NodeView, Picture

ALL = "all"


@click.group(cls=LazyGroup, verbs={"path": "topologyways:path", "export": "topologyways:export"})
def topology() -> None:
    """One topology: NAME is its label, or "all" for all published ones as one picture.

    Times are ISO 8601, or how long ago: 2h, 3d.
    """


@topology.command("show")
@click.argument("name", shell_complete=labels)
@click.option("--at", metavar="TIME", help="As it was then.")
@click.option("--down", is_flag=True, help="Only links that are down.")
@command
async def show(face: Face, name: str, at: str | None, down: bool) -> int:
    """Show nodes and links; --json is a NetJSON NetworkGraph with status and times."""
    from owtui.engine.topology.views import netjson

    async with face.engine() as engine:
        picture = await engine.topologies.picture(await id_of(engine, name), when(at))
    links = {key: link for key, link in picture.links.items() if not (down and link.is_up)}
    if face.output.machine:
        face.output.document(netjson(replace(picture, links=links)))
        return OK
    _describe(face, picture)
    table = [_link_line(picture, link) for link in links.values()]
    face.output.table(("LINK", "STATE", "SINCE", "COST", "FROM"), table)
    return OK


@topology.command("import")
@click.argument("name", shell_complete=labels)
@click.argument("format", shell_complete=format_ids)
@click.argument("file", metavar="FILE|-")
@command
async def import_(face: Face, name: str, format: str, file: str) -> int:
    """Take a document of a FORMAT into a topology, which is made where there is none of that name.

    What it does not name of the topology is down from then on, as with any other update.
    """
    from owtui.engine.topology.entries import TopologyDraft

    face.permit("Importing a topology")
    data = data_of(file)
    async with face.engine() as engine:
        desk = engine.topologies
        engine.topologies.formats.get(format)
        rows = {row.label.casefold(): row for row in await desk.topologies()}
        row = rows.get(name.strip().casefold())
        if row is None:
            row = await desk.add(TopologyDraft(name, format.lower(), "receive"))
        updated = await desk.load(row.id, data, format)
    _tell(face, updated)
    return OK


@topology.command("update")
@click.argument("name", required=False, shell_complete=labels)
@command
async def update(face: Face, name: str | None) -> int:
    """Read the source of a topology now; of all that have one without a NAME."""
    face.permit("Updating a topology")
    code = OK
    async with face.engine() as engine:
        for row in await _sources(engine, name):
            try:
                _tell(face, await engine.topologies.update(row.id))
            except PROBLEMS as error:
                if name is not None:
                    raise
                failure, code = failure_of(error), SOME_FAILED
                face.output.talk(f"{row.label}: {failure.sentence}")
    return code


@topology.command("diff")
@click.argument("name", shell_complete=labels)
@click.argument("t1")
@click.argument("t2", required=False)
@click.option("--with", "other", metavar="NAME", help="Against another topology, both at T1.")
@command
async def diff(face: Face, name: str, t1: str, t2: str | None, other: str | None) -> int:
    """Tell what differs between two moments; T2 left out is now."""
    async with face.engine() as engine:
        one = await id_of(engine, name)
        second = one if other is None else await id_of(engine, other)
        then = when(t1) if other is not None and t2 is None else when(t2)
        found = await engine.topologies.difference(one, when(t1), second, then)
        picture = await engine.topologies.picture(one)
    _changes(face, found, picture)
    return OK


@topology.command("changes")
@click.argument("name", shell_complete=labels)
@click.option("--since", default="1d", show_default=True, metavar="TIME")
@click.option("--until", metavar="TIME")
@command
async def changes(face: Face, name: str, since: str, until: str | None) -> int:
    """List what happened, oldest first."""
    async with face.engine() as engine:
        which = await id_of(engine, name)
        found = await engine.topologies.changes(which, _begin(since), when(until))
        picture = await engine.topologies.picture(which)
    _changes(face, found, picture)
    return OK


@topology.command("history")
@click.argument("name", shell_complete=labels)
@click.option("--date", metavar="YYYY-MM-DD", help="The snapshot of that day, as NetJSON.")
@click.option("--since", default="30d", show_default=True, metavar="TIME")
@command
async def history(face: Face, name: str, date: str | None, since: str) -> int:
    """List the days on which something changed; with --date, print that day's snapshot.

    A day's snapshot is the topology at 23:30 UTC, as OpenWISP saves it; today's is that of now.
    """
    from owtui.engine.topology.views import netjson

    async with face.engine() as engine:
        which = await id_of(engine, name)
        if date is not None:
            picture = await engine.topologies.snapshot(which, _day(date))
            face.output.document(netjson(picture))
            return OK
        moments = await engine.topologies.moments(which, _begin(since))
    days: dict[str, int] = {}
    for one in moments:
        day = f"{one.astimezone(UTC):%Y-%m-%d}"
        days[day] = days.get(day, 0) + 1
    if face.output.machine:
        face.output.document([{"date": day, "updates": number} for day, number in days.items()])
    else:
        face.output.table(("DATE", "UPDATES"), [(day, str(n)) for day, n in days.items()])
    return OK


@topology.command("describe")
@click.argument("name", shell_complete=labels)
@click.argument("node")
@click.argument("pairs", nargs=-1, metavar="KEY=VALUE…")
@click.option("--label", help='Call it so; "" is what its source calls it.')
@click.option("--link", "other", metavar="NODE", help="Of the link between both.")
@command
async def describe(
    face: Face, name: str, node: str, pairs: tuple[str, ...], label: str | None, other: str | None
) -> int:
    """Write properties of your own beside a node or link; KEY= alone takes one away."""
    from owtui.engine.configs.pairs import read_words

    face.permit("Describing a topology")
    told = {key: None if value == "" else value for key, value in read_words(pairs).items()}
    async with face.engine() as engine:
        row = await engine.topologies.find(name)
        picture = await engine.topologies.picture(row.id)
        one = node_of(picture, node).id
        if other is None:
            await engine.topologies.describe_node(row.id, one, told, label)
        else:
            ends = (one, node_of(picture, other).id)
            await engine.topologies.describe_link(row.id, *ends, told)
    face.output.talk("Written.")
    return OK


@topology.command("link")
@click.argument("name", shell_complete=labels)
@click.argument("one")
@click.argument("other")
@click.argument("state", type=click.Choice(["up", "down"]))
@command
async def link(face: Face, name: str, one: str, other: str, state: str) -> int:
    """Say that a link is up or down, until an update says otherwise."""
    face.permit("Setting a link")
    async with face.engine() as engine:
        row = await engine.topologies.find(name)
        picture = await engine.topologies.picture(row.id)
        ends = (node_of(picture, one).id, node_of(picture, other).id)
        await engine.topologies.set_link(row.id, *ends, up=state == "up")
    face.output.talk(f"{ends[0]} - {ends[1]} is {state}.")
    return OK


# -- what both modules share -----------------------------------------------------------------------


async def id_of(engine: Engine, name: str) -> UUID | None:
    """The topology of a name, None for all of them. Raises InputError."""
    rows = await engine.topologies.topologies()
    if name.casefold() == ALL and all(row.label.casefold() != ALL for row in rows):
        return None
    return (await engine.topologies.find(name)).id


def node_of(picture: Picture, word: str) -> NodeView:
    """A node by its id, its name, or one of its addresses. Raises InputError."""
    if word in picture.nodes:
        return picture.nodes[word]
    wanted = word.casefold()
    for names in (lambda one: (one.name,), lambda one: one.addresses):
        found = [
            one
            for one in picture.nodes.values()
            if wanted in (name.casefold() for name in names(one))
        ]
        if len(found) == 1:
            return found[0]
    raise InputError(
        f"There is no one node “{word}” in {picture.label}.",
        f"`owtui topology show {picture.label} --json` lists them.",
    )


def when(text: str | None) -> datetime | None:
    """A moment: ISO 8601, local where it names no zone, or how long ago. None for nothing, now."""
    if text is None or text == "now":
        return None
    seconds = parse_age(text)
    if seconds is not None:
        return datetime.now(UTC) - timedelta(seconds=seconds)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise InputError(
            f"“{text}” is no time.", "For example: 2026-11-28T07:00, or 2h for two hours ago."
        ) from None


def _begin(text: str) -> datetime:
    return when(text) or datetime.now(UTC)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InputError("invalid date supplied", "As YYYY-MM-DD.") from None


async def _sources(engine: Engine, name: str | None) -> list[TopologyRow]:
    if name is not None:
        return [await engine.topologies.find(name)]
    rows = await engine.topologies.topologies()
    return [row for row in rows if row.published and row.strategy != "receive"]


def _describe(face: Face, picture: Picture) -> None:
    up = sum(link.is_up for link in picture.links.values())
    about = " ".join(filter(None, (picture.protocol, picture.version, picture.metric)))
    updated = f", updated {moment(picture.updated)}" if picture.updated else ""
    face.output.text(
        f"{picture.label}: {about or 'nothing told yet'}{updated}; {len(picture.nodes)} nodes, "
        f"{up} links up, {len(picture.links) - up} down"
    )


def _link_line(picture: Picture, link: LinkView) -> tuple[str, ...]:
    names = [picture.nodes[end].name for end in (link.source, link.target)]
    state, cost = "up" if link.is_up else "down", link.cost_text or f"{link.cost:g}"
    return (" - ".join(names), state, moment(link.since), cost, ",".join(link.sources))


def _tell(face: Face, updated: Updated) -> None:
    if face.output.machine:
        face.output.document(
            {
                **{name: getattr(updated, name) for name in ("label", "at", "nodes", "links")},
                "changes": [change_told(one) for one in updated.changes],
            }
        )
        return
    kinds: dict[str, int] = {}
    for one in updated.changes:
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    told = ", ".join(f"{number} × {kind}" for kind, number in kinds.items())
    face.output.text(
        f"{updated.label}: {updated.nodes} nodes, {updated.links} links; {told or 'no change'}"
    )


def _changes(face: Face, found: list[Change], picture: Picture) -> None:
    if face.output.machine:
        face.output.document([change_told(one) for one in found])
        return
    table = [(moment(one.at), one.kind.value, _ends(one, picture), _what(one)) for one in found]
    face.output.table(("AT", "WHAT", "WHO", "HOW"), table)


def change_told(one: Change) -> dict[str, Any]:
    """A change as JSON."""
    return {
        "at": one.at,
        "kind": one.kind.value,
        "ends": list(one.ends),
        "before": _view(one.before),
        "after": _view(one.after),
    }


def _view(view: NodeView | LinkView | None) -> dict[str, Any] | None:
    from owtui.engine.topology.picture import LinkView

    if view is None:
        return None
    if isinstance(view, LinkView):
        told: dict[str, Any] = {"cost": view.cost, "cost_text": view.cost_text}
        told["status"] = "up" if view.is_up else "down"
    else:
        told = {"id": view.id, "label": view.name, "addresses": list(view.addresses)}
    return {**told, "properties": json.loads(json.dumps(dict(view.properties), default=str))}


def _ends(one: Change, picture: Picture) -> str:
    """Who it is about, by the names of today."""
    names = [picture.nodes[end].name if end in picture.nodes else end for end in one.ends]
    return " - ".join(names)


def _what(one: Change) -> str:
    """Which values moved, in words."""
    before, after = _view(one.before), _view(one.after)
    if before is None or after is None:
        return ""
    flat = [{**told, **told.pop("properties")} for told in (before, after)]
    names = [name for name in {**flat[0], **flat[1]} if flat[0].get(name) != flat[1].get(name)]
    return ", ".join(f"{name} {flat[0].get(name)} → {flat[1].get(name)}" for name in names)
