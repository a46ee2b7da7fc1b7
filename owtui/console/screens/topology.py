"""Screen 3, Topology: the network as a tree from one of its nodes, and drawn; what changed in it.

A picture is read when a topology moved, its shape worked out beside the loop; a cursor move asks
nobody. `,` goes to the moment before the last change, `.` to the next change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual import events
from textual.containers import Horizontal
from textual.widget import Widget

from owtui.console import network as networks
from owtui.console.branching import ORDERS, Branching
from owtui.console.finding import Finding
from owtui.console.nodeverbs import NodeVerbs
from owtui.console.presenters import status, topologypanel
from owtui.console.presenters import topology as presenter
from owtui.console.registry import Screens, Spec
from owtui.console.session import Session
from owtui.console.topologypanel import TopologyPanel
from owtui.console.topologyverbs import TopologyVerbs
from owtui.engine.topology.root import first
from widgets.graphcanvas import GraphCanvas
from widgets.outline import Outline
from widgets.textview import TextView

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.topology.entries import TopologyRow
    from owtui.engine.topology.picture import Change, Picture

_DAY = timedelta(days=1)
_NONE = "No topology yet. `owtui topologies add`, or `owtui topology import`"
_ON_DEVICE = frozenset(
    {"dev_charts", "dev_shell", "dev_logs", "act_menu", "act_run_command", "act_apply"}
)
_ON_NODE = frozenset({"topology_root", "topology_path", "topology_around", "dev_describe"})
_ON_ANY = frozenset(
    {"topology_order", "list_export", "list_filter", "list_copy", "list_sort", "topology_shape"}
)
_UPDATES = frozenset({"data_refresh", "data_refresh_all"})


def register(screens: Screens) -> None:
    """Take the screen in."""
    help_ = "The network as a tree and drawn, what changed, what hangs on what"
    screens.add(Spec("topology", "Topology", TopologyScreen, "3", help_))


class TopologyScreen(TopologyVerbs, Branching, Finding, NodeVerbs):
    """A topology. Enter opens the device of a node, `b` looks from it, `T` draws."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "device", "text", "topology")
    title_text: ClassVar[str] = "Topology"
    TRAVELS: ClassVar[bool] = True
    DEFAULT_CSS = """
    TopologyScreen #tree, TopologyScreen #graph { width: 1fr; }
    TopologyScreen #graph, TopologyScreen TopologyPanel, TopologyScreen #way { display: none; }
    TopologyScreen TopologyPanel { width: 44; }
    TopologyScreen #way { height: 2; color: $text-accent; }
    TopologyScreen.-way #way { display: block; }
    TopologyScreen.-normal TopologyPanel, TopologyScreen.-wide TopologyPanel { display: block; }
    TopologyScreen.-graph #tree { display: none; }
    TopologyScreen.-graph #graph { display: block; }
    TopologyScreen.-wide #tree { width: 66; display: block; }
    TopologyScreen.-wide #graph { display: block; }
    TopologyScreen.-zoomed TopologyPanel { display: none; }
    TopologyScreen.-wide.-zoomed #graph { display: none; }
    TopologyScreen.-wide.-zoomed #tree { width: 1fr; }
    TopologyScreen.-wide.-zoomed.-graph #tree { display: none; }
    TopologyScreen.-wide.-zoomed.-graph #graph { display: block; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._changes: Sequence[Change] = ()
        self._root = ""  # as a person chose it: an id; it may be gone
        self._way: tuple[str, str] | None = None
        self._cursor: str | None = None

    def body(self) -> Iterable[Widget]:
        """The search line over tree, drawing and panel, and the way between two nodes."""
        glyphs, slowly = self.session.glyphs, self.session.settings.low_bandwidth
        self.set_class(slowly, "-zoomed")  # a panel would be written anew with every move
        yield self.find_bar()
        with Horizontal():
            yield Outline(glyphs=glyphs, empty_text="Starting the engine", id="tree")
            yield GraphCanvas(glyphs=glyphs, empty_text="Starting the engine", id="graph")
            yield TopologyPanel(self.session)
        yield TextView(glyphs=glyphs, wrap=True, id="way")

    def on_mount(self) -> None:
        """Load it."""
        self.query_one("#way").can_focus = False
        self.outline.focus()
        self.refresh_rows()

    def on_resize(self, event: events.Resize) -> None:
        """A wider terminal may draw what was not asked for before."""
        self.call_after_refresh(self.draw)

    # --- what is shown ---

    def row(self) -> TopologyRow | None:
        """The topology that is shown, None for all as one."""
        return next((row for row in self.topologies if row.id == self.topology_id), None)

    def path(self) -> Sequence[str]:
        """Topology, and which."""
        row = self.row()
        return ("Topology", row.label if row else "all" if len(self.topologies) > 1 else "")[
            : 1 + bool(row or len(self.topologies) > 1)
        ]

    def note(self) -> str:
        """What told it, and how long ago; or why not."""
        if self.network is None or not self.topologies:
            return ""
        row = self.row() or (self.topologies[0] if len(self.topologies) == 1 else None)
        return presenter.note(self.network.picture, row, self.session.now())

    def counts(self) -> Sequence[status.Piece]:
        """How many nodes and links."""
        return presenter.title(self.network.picture) if self.network else ()

    def status_pieces(self) -> list[status.Piece]:
        """The root and the cut points beside what is always told."""
        most = 1 if self.size.width < 116 else 3
        found = [
            *super().status_pieces(),
            *presenter.status_pieces(self.network, self.by_hops, most),
        ]
        if self.hits:
            found.append(status.Piece("hits", f"{len(self.hits)} found", "accent", 61))
        return found

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when a topology moved; when devices did, show their states."""
        if self.session.failed:
            self._say(self.session.failed)
        elif self.session.bridge.engine is None:
            return
        elif not events or any(event.topic == "topologies" for event in events):
            self.load(self._load, "topology")
        elif any(event.topic == "devices" for event in events):
            self.show()

    def jobs_moved(self) -> None:
        """A device that a job works on is busy."""
        self.show()

    def tick(self) -> None:
        """Let the ages grow."""
        self.show()
        self.panel.tell()

    async def _load(self) -> None:
        past, now = self.session.past, self.session.now()
        at = past.picture.at if past is not None else None

        async def read(engine: Engine) -> tuple[list[TopologyRow], Picture, list[Change]]:
            desk = engine.topologies
            rows = await desk.topologies()
            known = self.topology_id if self.topology_id in {row.id for row in rows} else None
            picture = await desk.picture(known, at)
            changes = await desk.changes(known, now - _DAY, now, sway=topologypanel.SWAY)
            return rows, picture, changes

        rows, picture, self._changes = await self.session.bridge.call(read)
        self.topologies = tuple(rows)
        self.network = await asyncio.to_thread(networks.study, picture, self._roots())
        self.worse = topologypanel.worse(self._changes, self.network)
        known = "Nothing is known of it yet." if at is None else "Nothing was known of it then."
        self._say(known if rows else _NONE)
        if self._cursor not in picture.nodes:  # it is gone, or somebody typed a name
            self._cursor = first(picture, [self._cursor or ""]) or self.network.root
        self.lay_out()
        self.panel.update_network(self.network, self._changes)
        self.stand(self._cursor)
        self.find_again()
        self.show_way(self._way)
        self.draw()
        self.refresh_frame()

    def _roots(self) -> list[str]:
        """From where to look: as somebody chose here, else as is set with the topologies."""
        shown = [row for row in self.topologies if self.topology_id in (None, row.id)]
        set_ = (str(row.options.get("root", "")) for row in shown)
        # The default one stays while it is there: no tree turns round because a link has moved.
        return [self._root, *set_, (self.network.root or "") if self.network else ""]

    def _say(self, text: str) -> None:
        self.outline.update_empty(text)
        self.canvas.update_empty(text)

    # --- the cursor ---

    def here(self) -> str | None:
        """The node under the cursor."""
        return self._cursor if self.network and self._cursor in self.network.picture.nodes else None

    def on_outline_cursor_moved(self, message: Outline.CursorMoved) -> None:
        """Tell of the node, and select it in the drawing."""
        message.stop()
        if message.outline.has_focus and (key := message.outline.cursor_key):
            self.stand(key)  # where it is now: the next move may be under way

    def on_graph_canvas_cursor_moved(self, message: GraphCanvas.CursorMoved) -> None:
        """Tell of the node, and stand on it in the tree."""
        message.stop()
        if message.canvas.has_focus and (key := message.canvas.cursor_key):
            self.stand(key)

    def stand(self, node: str | None) -> None:
        self._cursor = node
        if node is not None:
            self.outline.move_to(node)
            self.canvas.select(node)
        link = next((one.link for one in self.branches if one.node == node), None)
        self.panel.look_at(node, link)
        self.refresh_keys()

    def go_to(self, key: str) -> None:
        """Stand on a node, opening what hides it."""
        if key not in self.outline.order:
            self.opened |= {one.node for one in self.branches if one.behind}
            self.lay_out()
        self.stand(key)

    def search(self, words: str) -> Sequence[str]:
        """Nodes by name, id and address, in the order of the tree, what is hidden last."""
        network = self.network
        if network is None:
            return ()
        wanted = words.casefold().split()
        found = [
            id_
            for id_, node in network.picture.nodes.items()
            if all(
                word in " ".join((node.name, id_, *node.addresses)).casefold() for word in wanted
            )
        ]
        place = {one.node: number for number, one in enumerate(self.branches)}
        return sorted(found, key=lambda id_: place.get(id_, len(place)))

    def show_hits(self) -> None:
        """Mark what was found, and a way."""
        network = self.network
        way = network.path(*self._way) if network and self._way else None
        self.outline.update_found({*self.hits, *(way.nodes if way else ())})
        self.canvas.update_found(self.hits)
        self.canvas.update_chosen([link.pair for link in way.links] if way else [])

    def give_keys_back(self) -> None:
        """Let tree or drawing have the keys again."""
        (self.canvas if self.draws else self.outline).focus()

    # --- what is chosen ---

    def take_root(self, node: str) -> None:
        """Look from another node."""
        self._root = node
        self.load(self._load, "topology")

    def take_topology(self, topology_id: UUID | None) -> None:
        """Show another topology; None is all of them as one."""
        before = self.remember()
        self._leave(topology_id)
        self._root, self._cursor = "", None
        self.console.turn_page(before)
        self.load(self._load, "topology")

    def _leave(self, topology_id: UUID | None) -> None:
        """Nothing of one network belongs into another: no place, no way, no hits."""
        self.topology_id, self.network, self.way_from = topology_id, None, None
        self.opened.clear()
        self.forget_places()
        self.forget_hits()
        self.show_way(None)

    def said_way(self) -> str:
        """The way that is shown, "" without one."""
        return self.way_text(self._way) if self._way else ""

    def show_way(self, ends: tuple[str, str] | None) -> None:
        """Say and draw the way between two nodes; without them, ask for the other end."""
        self._way = ends
        text = self.way_text(ends)
        self.query_one("#way", TextView).update_text(text)
        self.set_class(bool(text), "-way")
        self.show_hits()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key is there where it does something."""
        no_node = self.here() is None
        refused = (
            (action in _ON_DEVICE and self.device_id() is None)
            or (action in _ON_NODE and no_node)
            or (action in _ON_ANY and self.network is None)
            or (action == "dev_open" and no_node)
            or (action == "topology_fold" and not self.folds())
            or (action in _UPDATES and (self.session.settings.read_only or not self.topologies))
            or (action in _UPDATES and self.session.past is not None)
            or (action in {"text_next", "text_previous"} and not self.hits)
            or (action == "topology_choose" and len(self.topologies) < 2)
        )
        return (
            False
            if refused or not self.may_draw(action)
            else super().check_action(action, parameters)
        )

    def remember(self) -> Mapping[str, Any]:
        """Which topology, from where, in what shape, and the node."""
        return {
            "topology": str(self.topology_id or ""),
            "root": self._root,
            "by_hops": self.by_hops,
            "order": self.order_by,
            "cursor": self._cursor or "",
            "graph": self.has_class("-graph"),
        }

    def recall(self, state: Mapping[str, Any]) -> None:
        """Look so again."""
        named = str(state.get("topology", ""))
        topology_id = UUID(named) if named else None
        if topology_id != self.topology_id:
            self._leave(topology_id)
        self._root, self._cursor = str(state.get("root", "")), str(state.get("cursor", "")) or None
        self.by_hops = bool(state.get("by_hops", True))
        if state.get("order") in {name for name, _ in ORDERS.values()}:
            self.order_by = str(state["order"])
        self.set_class(bool(state.get("graph")), "-graph")
        self.load(self._load, "topology")

    # --- keys ---

    def action_topology_link(self) -> None:
        """Tell of the next link of the node."""
        self.panel.next_link()

    def on_outline_opened(self, message: Outline.Opened) -> None:
        """Open the device."""
        message.stop()
        self.action_dev_open()

    def on_graph_canvas_opened(self, message: GraphCanvas.Opened) -> None:
        """Open the device."""
        message.stop()
        self.action_dev_open()

    def action_list_filter_clear(self) -> None:
        """End a way, a search, a neighbourhood; without any, go back."""
        if self.way_from or self._way:
            self.way_from = None
            self.show_way(None)
        elif self.hits:
            self.find("")
        elif self.canvas.focus_key is not None:
            self.canvas.focus_on(None)
        else:
            self.console.action_app_back()

    def action_nav_zoom(self) -> None:
        """Tree or drawing on the whole screen, again to see the panel."""
        self.toggle_class("-zoomed")
        self.call_after_refresh(self.draw)
