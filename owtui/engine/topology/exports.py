"""A picture as a file for other programs: NetJSON, DOT, GraphML, CSV, SVG. Pure.

    export(picture, form, places=None)      the text of one of FORMS

Names come from the network and are hostile: each format escapes them in its own way here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from owtui.engine.inventory import csvfile
from owtui.engine.topology import views
from owtui.engine.topology.layout import Layout, Places
from owtui.engine.topology.picture import LinkView, NodeView, Picture
from owtui.errors import InputError

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SCALE = 60.0
_UP, _DOWN = "#1ba619", "#c92517"  # netjsongraph's colours of links

ENDINGS: Mapping[str, str] = {
    "netjson": ".json",
    "dot": ".dot",
    "graphml": ".graphml",
    "nodes": ".csv",
    "links": ".csv",
    "svg": ".svg",
}
"""The forms, each with the ending of its files."""


def export(picture: Picture, form: str, places: Places | None = None) -> str:
    """Write a picture in one of the forms; `places` is where an SVG draws its nodes.

    Raises InputError for no such form.
    """
    if form == "svg":
        return svg(picture, places)
    made = _FORMS.get(form)
    if made is None:
        raise InputError(f"There is no form “{form}”.", f"There are: {', '.join(ENDINGS)}.")
    return made(picture)


def netjson(picture: Picture) -> str:
    """The NetworkGraph that `topology show --json` gives out, too."""
    return json.dumps(views.netjson(picture), indent=2, ensure_ascii=False, default=str) + "\n"


def dot(picture: Picture) -> str:
    """A graph for Graphviz; links that are down are dashed."""
    lines = [f"graph {_quoted(picture.label)} {{"]
    lines += [f"  {_quoted(node.id)} [label={_quoted(node.name)}];" for node in _nodes(picture)]
    for link in _links(picture):
        told = _quoted(link.cost_text or f"{link.cost:g}")
        style = "" if link.is_up else " style=dashed"
        lines.append(f"  {_quoted(link.source)} -- {_quoted(link.target)} [label={told}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def graphml(picture: Picture) -> str:
    """GraphML with typed data, as Gephi, yEd and networkx read it."""
    keys = (
        ("name", "node", "string"),
        ("addresses", "node", "string"),
        ("device", "node", "string"),
        ("cost", "edge", "double"),
        ("up", "edge", "boolean"),
        ("text", "edge", "string"),
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(
            f'  <key id="{id_}" for="{on}" attr.name="{id_}" attr.type="{kind}"/>'
            for id_, on, kind in keys
        ),
        '  <graph edgedefault="undirected">',
    ]
    for node in _nodes(picture):
        device = str(node.device_id) if node.device_id else ""
        told = {"name": node.name, "addresses": " ".join(node.addresses), "device": device}
        lines += [f"    <node id={_attribute(node.id)}>", *_data(told), "    </node>"]
    for link in _links(picture):
        told = {"cost": repr(float(link.cost)), "up": str(link.is_up).lower()}
        ends = f"source={_attribute(link.source)} target={_attribute(link.target)}"
        lines += [f"    <edge {ends}>", *_data({**told, "text": link.cost_text}), "    </edge>"]
    return "\n".join([*lines, "  </graph>", "</graphml>"]) + "\n"


def nodes_csv(picture: Picture) -> str:
    """A line a node; a spreadsheet that opens it runs no formula."""
    return _csv(
        {
            "id": node.id,
            "name": node.name,
            "addresses": " ".join(node.addresses),
            "device_id": str(node.device_id or ""),
            "sources": " ".join(node.sources),
            "created": _time(node.created),
            "modified": _time(node.modified),
        }
        for node in _nodes(picture)
    )


def links_csv(picture: Picture) -> str:
    """A line a link; a spreadsheet that opens it runs no formula."""
    return _csv(
        {
            "source": link.source,
            "target": link.target,
            "status": "up" if link.is_up else "down",
            "cost": f"{link.cost:g}",
            "cost_text": link.cost_text,
            "since": _time(link.since),
            "sources": " ".join(link.sources),
        }
        for link in _links(picture)
    )


def svg(picture: Picture, places: Places | None = None) -> str:
    """A drawing; without places it is laid out anew. Links that are down are red and dashed."""
    at = places if places and picture.nodes.keys() <= places.keys() else laid_out(picture)
    xs, ys = [x for x, _ in at.values()] or [0.0], [y for _, y in at.values()] or [0.0]
    left, top = min(xs) - 1, min(ys) - 1
    width, height = (max(xs) - left + 3) * _SCALE, (max(ys) - top + 1) * _SCALE

    def place(id_: str) -> tuple[str, str]:
        x, y = at[id_]
        return f"{(x - left) * _SCALE:.1f}", f"{(y - top) * _SCALE:.1f}"

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{_xml(picture.label)}</title>",
        '<g font-family="sans-serif" font-size="12">',
    ]
    for link in _links(picture):
        (x1, y1), (x2, y2) = place(link.source), place(link.target)
        stroke = f'stroke="{_UP}"' if link.is_up else f'stroke="{_DOWN}" stroke-dasharray="6 4"'
        state = "up" if link.is_up else "down"
        title = f"<title>{_xml(link.cost_text or f'{link.cost:g}')}, {state}</title>"
        lines.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {stroke}>{title}</line>')
    for node in _nodes(picture):
        x, y = place(node.id)
        lines.append(f'<circle cx="{x}" cy="{y}" r="5" fill="#456"/>')
        lines.append(
            f'<text x="{float(x) + 8:.1f}" y="{float(y) + 4:.1f}">{_xml(node.name)}</text>'
        )
    return "\n".join([*lines, "</g>", "</svg>"]) + "\n"


def laid_out(picture: Picture) -> Places:
    """Places for a picture of its own, settled; the node with the most links is the first root."""
    links: dict[str, int] = dict.fromkeys(picture.nodes, 0)
    for one, other in picture.links:
        links[one] += 1
        links[other] += 1
    roots = sorted(links, key=lambda node: (-links[node], node))[:1]
    layout = Layout.start(list(picture.links), roots, list(picture.nodes))
    while not layout.rests:
        layout.step()
    return layout.places


def _nodes(picture: Picture) -> Sequence[NodeView]:
    return [picture.nodes[id_] for id_ in sorted(picture.nodes)]


def _links(picture: Picture) -> Sequence[LinkView]:
    return [picture.links[key] for key in sorted(picture.links)]


def _time(moment: datetime | None) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else ""


def _quoted(text: str) -> str:
    """An id of DOT; a backslash would end its quotes or begin an escape."""
    plain = _NO_LINE.sub(" ", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def _xml(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text))


def _data(told: Mapping[str, str]) -> list[str]:
    return [f'      <data key="{key}">{_xml(text)}</data>' for key, text in told.items() if text]


def _csv(records: Iterable[Mapping[str, str]]) -> str:
    rows = [{key: _NO_LINE.sub(" ", cell) for key, cell in row.items()} for row in records]
    return csvfile.write(rows, rows[0] if rows else ())


_FORMS: Mapping[str, Callable[[Picture], str]] = {
    "netjson": netjson,
    "dot": dot,
    "graphml": graphml,
    "nodes": nodes_csv,
    "links": links_csv,
}
