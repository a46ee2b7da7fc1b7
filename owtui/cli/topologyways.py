"""`owtui topology path` and `export`: a picture walked over, or handed to other programs."""

from __future__ import annotations

import click

from owtui.cli.completing import topologies as labels
from owtui.cli.exits import OK
from owtui.cli.face import Face, command
from owtui.cli.topology import id_of, node_of, when
from owtui.errors import InputError

FORMATS = ("netjson", "dot", "graphml", "nodes", "links", "svg")


@click.command("path")
@click.argument("name", shell_complete=labels)
@click.argument("one")
@click.argument("other")
@click.option("--at", metavar="TIME", help="As it was then.")
@click.option("--hops", is_flag=True, help="The fewest links instead of the least cost.")
@command
async def path(face: Face, name: str, one: str, other: str, at: str | None, hops: bool) -> int:
    """Tell the cheapest way between two nodes, over links that are up."""
    from owtui.engine.topology.analysis import Shape

    async with face.engine() as engine:
        picture = await engine.topologies.picture(await id_of(engine, name), when(at))
    ends = (node_of(picture, one), node_of(picture, other))
    found = Shape(picture).path(ends[0].id, ends[1].id, by_hops=hops)
    if found is None:
        raise InputError(f"There is no way from {ends[0].name} to {ends[1].name} that is up.")
    names = [picture.nodes[id_].name for id_ in found.nodes]
    if face.output.machine:
        face.output.document(
            {
                "nodes": list(found.nodes),
                "names": names,
                "cost": found.cost,
                "links": [
                    {"source": link.source, "target": link.target, "cost": link.cost}
                    for link in found.links
                ],
            }
        )
        return OK
    costs = ["", *(link.cost_text or f"{link.cost:g}" for link in found.links)]
    face.output.table(("NODE", "COST"), list(zip(names, costs, strict=True)))
    face.output.talk(f"{len(found.links)} links, cost {found.cost:g}.")
    return OK


@click.command("export")
@click.argument("name", shell_complete=labels)
@click.option("--format", "form", type=click.Choice(FORMATS), default="netjson", show_default=True)
@click.option("--at", metavar="TIME", help="As it was then.")
@command
async def export(face: Face, name: str, form: str, at: str | None) -> int:
    """Print a picture for another program."""
    from owtui.engine.topology import exports

    async with face.engine() as engine:
        picture = await engine.topologies.picture(await id_of(engine, name), when(at))
    face.output.out.write(exports.export(picture, form))
    return OK
