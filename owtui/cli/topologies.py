"""`owtui topologies`: which networks are remembered, where each is read, and how it went."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owtui.cli.completing import formats as format_ids
from owtui.cli.completing import topologies as labels
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import moment, titled
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.topology.entries import TopologyRow
    from storage.secrets import Secret

STRATEGIES = ("fetch", "device", "receive")


@click.group(cls=VerbGroup)
def topologies() -> None:
    """Topologies: networks as graphs, fetched by URL, read from devices, or sent to us.

    Whoever runs the engine updates those that are due. `owtui topology` shows one.
    """


@topologies.command("list")
@command
async def list_(face: Face) -> int:
    """List them with their sources, what is down, and when each was updated last."""
    async with face.engine() as engine:
        rows = await engine.topologies.topologies()
    for problem in engine.topologies.formats.problems:
        face.output.talk(problem)
    if face.output.machine:
        face.output.document([asdict(row) for row in rows])
    elif not rows:
        face.output.talk("There is no topology yet. Add one with `owtui topologies add`.")
    else:
        titles = titled("label", "format", "strategy", "nodes", "links", "down", "updated", "state")
        face.output.records(titles, [_line(row) for row in rows])
    return 0


@topologies.command("add")
@click.argument("label")
@click.argument("format", shell_complete=format_ids)
@click.option("--url", default="", help="Fetch it from there.")
@click.option("--devices", "filter", metavar="FILTER", help="Read it from these devices.")
@click.option("--receive", is_flag=True, help="It is sent to us; a key is made.")
@click.option("--expiration", "expiration_s", type=int, default=0, metavar="S")
@click.option("--every", "interval_s", type=int, default=300, show_default=True, metavar="S")
@click.option("--organization", default="", help="Of this one; else shared by all.")
@click.option("--key-stdin", is_flag=True, help="The key of senders, on standard input.")
@click.option("--unpublished", is_flag=True, help="Neither updated nor in the picture of all.")
@click.argument("pairs", nargs=-1, metavar="OPTION=VALUE…")
@command
async def add(
    face: Face,
    label: str,
    format: str,
    url: str,
    filter: str | None,
    receive: bool,
    expiration_s: int,
    interval_s: int,
    organization: str,
    key_stdin: bool,
    unpublished: bool,
    pairs: tuple[str, ...],
) -> int:
    """Add a topology of a FORMAT; --url, --devices or --receive says where it is read.

    Options are those of the format, and root: the node, address or device to look from.
    --expiration: a link of a receiving one stays up so long without being told of.
    """
    from owtui.engine.configs.pairs import read_words
    from owtui.engine.topology.entries import TopologyDraft

    face.permit("Adding a topology")
    strategy = _strategy(url, filter, receive)
    draft = TopologyDraft(
        label=label,
        format=format,
        strategy=strategy,
        url=url,
        key=_key(key_stdin),
        organization=organization,
        filter=filter or "",
        expiration_s=expiration_s,
        interval_s=interval_s,
        published=not unpublished,
        options=read_words(pairs),
    )
    async with face.engine() as engine:
        row = await engine.topologies.add(draft)
    _tell(face, row, f"Added {row.label}.")
    if strategy == "receive" and not key_stdin:
        face.output.talk(f"`owtui topologies key {row.label}` shows the key of its senders.")
    return 0


@topologies.command("set")
@click.argument("name", shell_complete=labels)
@click.argument("pairs", nargs=-1, metavar="KEY=VALUE…")
@click.option("--key-stdin", is_flag=True, help="A new key of senders, on standard input.")
@command
async def set_(face: Face, name: str, pairs: tuple[str, ...], key_stdin: bool) -> int:
    """Set label, format, strategy, url, filter, organization, expiration_s, interval_s, published.

    options.NAME=VALUE sets an option of the format, or root; with nothing behind the = it goes.
    """
    from owtui.engine.configs.pairs import read_words

    face.permit("Changing a topology")
    told = read_words(pairs)
    key = _key(key_stdin)
    async with face.engine() as engine:
        row = await engine.topologies.find(name)
        wish = {key: value for key, value in told.items() if not key.startswith("options.")}
        options = {key: value for key, value in told.items() if key.startswith("options.")}
        if options:
            known = {**row.options, **{k.removeprefix("options."): v for k, v in options.items()}}
            wish["options"] = {k: v for k, v in known.items() if v != ""}
        if not (wish or key):
            raise InputError("Nothing is to be set.", "For example: interval_s=60.")
        row = await engine.topologies.change(row.id, **wish, **({"key": key} if key else {}))
    _tell(face, row, f"Changed {row.label}.")
    return 0


@topologies.command("remove")
@click.argument("name", shell_complete=labels)
@click.option("--yes", is_flag=True, help="Do it; else it is only said what would go.")
@command
async def remove(face: Face, name: str, yes: bool) -> int:
    """Forget a topology with all of its history."""
    face.permit("Removing a topology")
    async with face.engine() as engine:
        row = await engine.topologies.find(name)
        if yes:
            await engine.topologies.remove(row.id)
    what = f"{row.label}: {row.nodes} nodes, {row.links} links and their history"
    _tell(face, row, f"Removed {what}." if yes else f"{what} would go; --yes removes them.")
    return 0


@topologies.command("key")
@click.argument("name", shell_complete=labels)
@command
async def key(face: Face, name: str) -> int:
    """Print the key that senders of a topology must show; that is audited."""
    async with face.engine() as engine:
        row = await engine.topologies.find(name)
        found = await engine.topologies.key(row.id)
    if face.output.machine:
        face.output.document({"label": row.label, "key": found.reveal()})
    else:
        face.output.text(found.reveal())
    return 0


@topologies.command("formats")
@command
async def formats(face: Face) -> int:
    """List the formats there are, with their options."""
    from owtui.engine.topology.formats.registry import Formats

    found = [
        {"format": one.id, "title": one.title, "device": bool(one.command), "options": one.options}
        for one in Formats.load()
    ]
    if face.output.machine:
        face.output.document([{**one, "options": dict(one["options"])} for one in found])  # type: ignore[call-overload]
    else:
        lines = [{**one, "options": ", ".join(one["options"])} for one in found]  # type: ignore[arg-type]
        face.output.records(titled("format", "title", "device", "options"), lines)
    return 0


def data_of(file: str) -> bytes:
    """The bytes of a file, or of standard input for "-". Raises InputError."""
    if file == "-":
        return _bytes(sys.stdin)
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error


def _bytes(stream: Any) -> bytes:
    raw = getattr(stream, "buffer", None)
    return bytes(raw.read()) if raw is not None else str(stream.read()).encode()


def _strategy(url: str, filter: str | None, receive: bool) -> str:
    given = [
        name
        for name, there in (
            ("fetch", bool(url)),
            ("device", filter is not None),
            ("receive", receive),
        )
        if there
    ]
    if len(given) != 1:
        raise InputError(
            "Where is it read?" if not given else "It is read in one way only.",
            "Give one of --url URL, --devices FILTER, --receive.",
        )
    return given[0]


def _key(from_stdin: bool) -> Secret | None:
    if not from_stdin:
        return None
    from storage.secrets import Secret

    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise InputError("Standard input ended before the key.", "Give it as one line.")
    return Secret(line)


def _tell(face: Face, row: TopologyRow, said: str) -> None:
    if face.output.machine:
        face.output.document(asdict(row))
    else:
        face.output.talk(said)


def _line(row: TopologyRow) -> dict[str, Any]:
    state = row.failure or ("ok" if row.updated_at else "never updated")
    return {
        **{name: getattr(row, name) for name in ("label", "format", "strategy", "nodes", "links")},
        "down": row.down,
        "updated": moment(row.updated_at),
        "state": state if row.published else f"unpublished, {state}",
    }
