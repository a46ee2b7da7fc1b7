"""A graph drawn in the terminal: nodes by their state, links by their worth, zoomed and panned.

    GraphNode(key, label, x, y, state, rank)    GraphEdge(source, target, kind)
    GraphCanvas(*, glyphs)    update_graph(nodes, edges)  select(key)  focus_on(key)
                              update_found(keys)  update_chosen(pairs)
    cursor_key  zoom  focus_key
    actions: zoom_in  zoom_out  fit  pan(x, y)  step(x, y)  first  open
    CursorMoved(key)  Opened(key)

It is told where nodes are and only decides what is in sight; the last line is the legend. Lines are
painted from the first cell that differs to the last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.glyphs import UTF8, Glyphs
from widgets.graphcells import ROLES, Cells, Line, differs
from widgets.graphmodel import GraphEdge, GraphModel, GraphNode
from widgets.graphview import MARGIN, View
from widgets.lineview import FOUND
from widgets.oneline import Piece, Spans, fit_pieces
from widgets.plaintext import fit, width_of
from widgets.roles import role_classes, role_css

__all__ = ["GraphCanvas", "GraphEdge", "GraphNode"]

CURSOR = "graphcanvas--cursor"
_LABEL = 20  # the most cells a name may take
_CELLS_A_LABEL = 40  # so many cells a name at the least: more would be a wall of words
_ZOOM = 1.4


class GraphCanvas(Widget, can_focus=True):
    """The drawing; see the module for its surface."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, FOUND, *role_classes()}
    DEFAULT_CSS = """
    GraphCanvas { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    GraphCanvas > .graphcanvas--cursor { text-style: reverse bold; }
    GraphCanvas > .lineview--found { text-style: reverse; }
    """ + role_css("GraphCanvas")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=False, id="list.open"),
        Binding("up", "step(0, -1)", "Up", show=False, id="list.up"),
        Binding("down", "step(0, 1)", "Down", show=False, id="list.down"),
        Binding("left", "step(-1, 0)", "Left", show=False, id="graph.left"),
        Binding("right", "step(1, 0)", "Right", show=False, id="graph.right"),
    ]

    class _Told(Message):
        def __init__(self, canvas: GraphCanvas, key: str) -> None:
            super().__init__()
            self.canvas = canvas
            self.key = key

        @property
        def control(self) -> GraphCanvas:
            """The canvas that sent the message."""
            return self.canvas

    class CursorMoved(_Told):
        """Another node is selected."""

        def can_replace(self, message: Message) -> bool:
            """The newest place is what counts."""
            return isinstance(message, GraphCanvas.CursorMoved)

    class Opened(_Told):
        """Enter, or a click on the selected node."""

    def __init__(
        self,
        nodes: Iterable[GraphNode] = (),
        edges: Iterable[GraphEdge] = (),
        *,
        empty_text: str = "",
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._empty = empty_text
        self._model = GraphModel.of(nodes, edges)
        self._view: View | None = None  # as somebody has chosen it; None shows all
        self._key: str | None = None
        self._found: frozenset[str] = frozenset()
        self._chosen: frozenset[frozenset[str]] = frozenset()
        self._focus_key: str | None = None
        self._lines: list[Spans] = []

    # -- what others ask and tell ----------------------------------------------------------

    @property
    def cursor_key(self) -> str | None:
        """The selected node, None for none."""
        return self._key if self._key in self._model.index else None

    @property
    def focus_key(self) -> str | None:
        """The node whose neighbourhood alone is shown, None while all is."""
        return self._focus_key if self._focus_key in self._model.index else None

    @property
    def zoom(self) -> float:
        """How near it is drawn: 1 shows all of it."""
        return self._looked().scale / View.around(self._model.all_places, *self._room()).scale

    def update_graph(self, nodes: Iterable[GraphNode], edges: Iterable[GraphEdge]) -> None:
        """Show another graph, or the same one elsewhere; a view that was chosen stays so."""
        self._model = GraphModel.of(nodes, edges)
        self._sync()

    def update_empty(self, text: str) -> None:
        """Say something else where there is no node."""
        self._empty = text
        self._sync()

    def update_found(self, keys: Collection[str]) -> None:
        """Mark nodes that a search has found."""
        self._found = frozenset(keys)
        self._sync()

    def update_chosen(self, pairs: Collection[tuple[str, str]]) -> None:
        """Draw these links as a way, with their nodes named first."""
        self._chosen = frozenset(frozenset(ends) for ends in pairs)
        self._sync()

    def select(self, key: str | None) -> bool:
        """Select a node and bring it into sight; False where it is not there."""
        if key is not None and key not in self._model.index:
            return False
        if key != self._key:
            self._key = key
            self._follow()
            self._sync()
            self.post_message(self.CursorMoved(self, key or ""))
        return True

    def focus_on(self, key: str | None) -> None:
        """Show a node with its neighbours alone, or all again; drawn as large as it can be."""
        self._focus_key = key
        self._view = None
        self._sync()

    # -- moving ----------------------------------------------------------------------------

    def action_zoom_in(self) -> None:
        """Draw it larger, round the selected node."""
        self._scale(_ZOOM)

    def action_zoom_out(self) -> None:
        """Draw it smaller."""
        self._scale(1 / _ZOOM)

    def action_fit(self) -> None:
        """Show all of it."""
        self._view = None
        self._sync()

    def action_pan(self, x: int, y: int) -> None:
        """Look a third of the view farther: x to the right, y down."""
        if not self._model.nodes:
            return  # what comes later is to be seen whole
        view = self._looked()
        width, height = self._room()
        self._view = view.moved(x * width / 3, y * height / 3)
        self._sync()

    def action_step(self, x: int, y: int) -> None:
        """Select the nearest node in a direction."""
        here = self._model.index.get(self._key or "")
        if here is None:
            self.action_first()
            return
        found = self._model.nearest(here, x, y, self._scope())
        if found is not None:
            self.select(found)

    def action_first(self) -> None:
        """Select the node that counts most."""
        self.select(self._model.first(self._scope()))

    def action_open(self) -> None:
        """Open the selected node."""
        if self.cursor_key:
            self.post_message(self.Opened(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        """Select what is there; the selected one is opened."""
        if event.y >= self._room()[1]:
            return  # the legend
        view = self._looked()
        key = self._model.at(*view.place(event.x, event.y), 2.5 / view.scale, self._scope())
        if key is None:
            return
        if key == self._key:
            self.action_open()
        else:
            self.select(key)

    def _scale(self, by: float) -> None:
        if not self._model.nodes:
            return
        view = self._looked()
        here = self._model.index.get(self._key or "")
        at = self._model.place(here) if here is not None else view.centre
        self._view = view.scaled(by, at)
        self._sync()

    def _follow(self) -> None:
        here = self._model.index.get(self._key or "")
        if here is None or self._view is None or not self.is_mounted:
            return
        x, y = self._view.cell(*self._model.place(here))
        width, height = self._room()
        side = min(MARGIN // 2, width // 4)  # its name is to be read, too
        if not (side <= x < width - side and 0 <= y < height):
            self._view = self._view.centred(self._model.place(here))

    # -- painting --------------------------------------------------------------------------

    def _room(self) -> tuple[int, int]:
        return max(1, self.size.width), max(1, self.size.height - 1)

    def _scope(self) -> frozenset[int] | None:
        key = self.focus_key
        return self._model.neighbourhood(key) if key is not None else None

    def _looked(self) -> View:
        if self._view is not None:
            return self._view
        scope = self._scope()
        places = self._model.all_places if scope is None else self._model.places(scope)
        return View.around(places, *self._room())

    def _sync(self) -> None:
        """Draw anew, and repaint of each line what differs."""
        if not self.is_mounted or not self.size.height:
            return
        before, self._lines = self._lines, self._drawn()
        regions = []
        for y, now in enumerate(self._lines):
            was = before[y] if y < len(before) else None
            if was != now:
                start, end = differs(was, now, self.size.width)
                regions.append(Region(start, y, max(1, end - start), 1))
        if regions:
            self.refresh(*regions)

    def _drawn(self) -> list[Spans]:
        width, height = self._room()
        if not self._model.nodes:
            said = fit(f"  {self._empty}", width, ellipsis=self._glyphs.ellipsis)
            return [[(said, "muted")], *([] for _ in range(height))]
        view, scope = self._looked(), self._scope()
        cells = Cells(width, height, self._glyphs)
        cells.draw(self._edges(view, scope))
        seen = self._put_nodes(cells, view, scope)
        return [*cells.spans(), self._legend(seen, scope)]

    def _edges(self, view: View, scope: frozenset[int] | None) -> list[Line]:
        dots = view.dots(self._model.all_places, self._glyphs)
        found: list[Line] = []
        for kind, ends in self._model.ends(scope, self._chosen).items():
            found.append(Line(kind, dots[ends].reshape(-1, 4)))
        return found

    def _put_nodes(self, cells: Cells, view: View, scope: frozenset[int] | None) -> int:
        """Symbols, then names where there is room; the wanted ones first. How many are seen."""
        wanted = self._wanted()
        width, height = self._room()
        places = view.cells(self._model.all_places)
        seen: list[tuple[Any, int, int, GraphNode]] = []
        inside = (
            (places[:, 0] >= 0)
            & (places[:, 0] < width)
            & (places[:, 1] >= 0)
            & (places[:, 1] < height)
        )
        for number in inside.nonzero()[0].tolist():
            if scope is None or number in scope:
                node = self._model.nodes[number]
                x, y = places[number].tolist()
                place = (wanted.get(node.key, 9), -node.weight, -node.rank, node.key)
                seen.append((place, x, y, node))
        seen.sort(key=lambda one: one[0])
        for _, x, y, node in reversed(seen):  # of several in one cell the most wanted is on top
            cells.put(x, y, self._glyphs.state(node.state), node.state)
        most = max(8, width * height // _CELLS_A_LABEL)
        for _, x, y, node in seen[: 4 * most]:
            if self._named(cells, x, y, node):
                most -= 1
            if not most:
                break
        return len(seen)

    def _wanted(self) -> dict[str, int]:
        """Which nodes are named before all others."""
        found = {key: 2 for ends in self._chosen for key in ends}
        found |= dict.fromkeys(self._found, 1)
        if self._key is not None:
            found[self._key] = 0
        return found

    def _named(self, cells: Cells, x: int, y: int, node: GraphNode) -> bool:
        label = node.label
        if width_of(label) > _LABEL:
            label = fit(label, _LABEL, ellipsis=self._glyphs.ellipsis)
        role = FOUND if node.key in self._found else ""
        if node.key == self._key:
            role, label = CURSOR, f"{self._glyphs.cursor}{label}"
        size = width_of(label)
        # Beside it with a blank between, so that no edge runs into the name.
        for at, blank in ((x + 2, x + 1), (x - 1 - size, x - 1)):
            if cells.write(at, y, label, role):
                cells.put(blank, y, " ", "")
                return True
        middle = x - size // 2
        return any(cells.write(middle, line, label, role) for line in (y - 1, y + 1))

    def _legend(self, seen: int, scope: frozenset[int] | None) -> Spans:
        """What the lines mean, how near it is, how much of it is seen."""
        good, poor, down, way = _SAMPLES[self._glyphs.plot]
        whole = len(self._model.nodes)
        pieces = [
            Piece("seen", f"{seen} of {whole} nodes", "", 9),
            Piece("zoom", f"{self.zoom:.0%}", "", 8),
            Piece("good", f"{good} good", ROLES["good"], 5),
            Piece("poor", f"{poor} poor", ROLES["poor"], 6),
            Piece("down", f"{down} down", ROLES["down"], 7),
        ]
        if self._chosen:
            pieces.append(Piece("way", f"{way} way", ROLES["chosen"], 4))
        if self.focus_key is not None:
            name = self._model.nodes[self._model.index[self.focus_key]].label
            pieces.insert(0, Piece("focus", f"around {name}", "accent", 10))
        spans: Spans = [(" ", "")]
        for piece in fit_pieces(pieces, self.size.width - 2, 3):
            spans += [(piece.text, piece.role), ("   ", "")]
        return spans

    def _style(self, role: str) -> Style:
        if not role:
            return self.rich_style
        return self.get_component_rich_style(role if "--" in role else f"role--{role}")

    def render_line(self, y: int) -> Strip:
        """Draw one screen line."""
        base, width = self.rich_style, self.size.width
        spans = self._lines[y] if y < len(self._lines) else []
        strip = Strip([Segment(text, self._style(role)) for text, role in spans if text])
        return strip.crop_extend(0, width, base)

    # -- what Textual tells it -------------------------------------------------------------

    def on_mount(self) -> None:
        """Draw the first time."""
        self._sync()

    def on_resize(self, _event: events.Resize) -> None:
        """Draw for the new size; what was all in sight is so again."""
        self._lines = []
        if self._view is not None:
            self._view = self._view.sized(*self._room())
        self._sync()


_SAMPLES = {
    "braille": ("⠒⠒⠒", "⠂⠂⠂", "⠒×⠂", "⠶⠶⠶"),
    "block": ("▀▀▀", "▘▘▘", "▀×▘", "███"),
    "ascii": ("---", "...", "-x-", "###"),
}
