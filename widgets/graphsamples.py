"""A small network for the gallery: as an outline, and drawn."""

from __future__ import annotations

from textual.containers import Vertical
from textual.widget import Widget

from widgets.glyphs import Glyphs
from widgets.graphcanvas import GraphCanvas, GraphEdge, GraphNode
from widgets.outline import Outline, OutlineRow

# name, depth, link, state, words, place
_NODES = (
    ("gw-harbour", 0, "", "critical", "", 0.0, 0.0),
    ("gw-north", 1, "wg0 ", "ok", "12ms  2%", -1.6, -1.2),
    ("sw-1", 1, "eth1 ", "unknown", "(lldp only)", -1.5, 0.9),
    ("ap-roof-01", 1, "mesh0 ", "ok", "etx 1.02", 1.6, 0.0),
    ("ap-roof-02", 2, "", "problem", "etx 1.10", 2.6, -1.2),
    ("ap-roof-04", 3, "", "ok", "etx 1.85 worse", 4.0, -1.3),
    ("ap-yard-01", 4, "", "busy", "etx 1.20", 5.4, -0.6),
    ("ap-roof-03", 2, "", "ok", "etx 1.00", 2.9, 0.7),
    ("ap-roof-07", 2, "", "critical", "lost 6m ago", 1.4, 1.9),
)
_EDGES = (
    ("gw-harbour", "gw-north", "good"),
    ("gw-harbour", "sw-1", "poor"),
    ("gw-harbour", "ap-roof-01", "good"),
    ("ap-roof-01", "ap-roof-02", "good"),
    ("ap-roof-02", "ap-roof-04", "poor"),
    ("ap-roof-04", "ap-yard-01", "good"),
    ("ap-roof-01", "ap-roof-03", "good"),
    ("ap-roof-02", "ap-roof-03", "good"),
    ("ap-roof-01", "ap-roof-07", "down"),
)


def outline(glyphs: Glyphs) -> Widget:
    """The network as a tree."""
    rows = [
        OutlineRow(name, depth, name, via, state, ((words, ""),) if words else ())
        for name, depth, via, state, words, _, _ in _NODES
    ]
    remark = OutlineRow("", 3, "(3 nodes unreachable behind it)", role="muted")
    island = (
        OutlineRow("", 0, f"{glyphs.rule * 2} island {glyphs.rule * 2}", role="muted"),
        OutlineRow("ap-lab-01", 0, "ap-lab-01", state="deactivated"),
    )
    shown = Outline([*rows, remark, *island], glyphs=glyphs)
    shown.update_found(["ap-roof-03"])
    return shown


def graph(glyphs: Glyphs) -> Widget:
    """The network drawn, with a way chosen in it."""
    nodes = [GraphNode(name, name, x, y, state) for name, _, _, state, _, x, y in _NODES]
    edges = [GraphEdge(*one) for one in _EDGES]
    canvas = GraphCanvas(nodes, edges, glyphs=glyphs)
    canvas.update_chosen([("ap-roof-02", "ap-roof-04"), ("ap-roof-04", "ap-yard-01")])
    canvas.select("ap-roof-01")
    return Vertical(canvas)
