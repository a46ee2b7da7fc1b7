"""The drawing of a topology: placed at once, settling beside the loop, painted when it is seen.

Places are kept between pictures, so that a node stays where a person has seen it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console import network as networks
from owtui.console.frame import Frame
from owtui.console.network import Network
from owtui.console.presenters import topology as presenter
from owtui.errors import PROBLEMS
from widgets.graphcanvas import GraphCanvas
from widgets.outline import Outline

if TYPE_CHECKING:
    from owtui.engine.topology.layout import Places

_GRAPH = "graph"
_DRAWN = frozenset(
    {f"topology_{verb}" for verb in ("zoom_in", "zoom_out", "fit", "around")}
    | {f"topology_pan_{way}" for way in ("left", "right", "up", "down")}
)


class Drawn(Frame):
    """A screen with a canvas beside its tree."""

    network: Network | None = None
    topology_id: UUID | None = None
    places: Places | None = None  # as they are drawn; they may not be settled yet
    _settled: Places | None = None
    _placed: Network | None = None

    def here(self) -> str | None:
        """The node under the cursor."""
        raise NotImplementedError

    def states(self) -> Mapping[str, str]:
        """By node its state."""
        raise NotImplementedError

    @property
    def canvas(self) -> GraphCanvas:
        """The drawing."""
        return self.query_one(GraphCanvas)

    @property
    def draws(self) -> bool:
        """Whether the drawing has the keys."""
        return self.has_class("-graph")

    @property
    def is_seen(self) -> bool:
        """Whether there is a drawing to be seen."""
        return self.is_mounted and self.canvas.display and self.canvas.size.width > 0

    def may_draw(self, action: str) -> bool:
        """Whether an action of the drawing has one to act on; a drawing has no last node."""
        if action == "list_bottom":
            return not (self.is_mounted and self.canvas.has_focus)
        return action not in _DRAWN or self.is_seen

    def forget_places(self) -> None:
        """Another network: nobody has a place yet."""
        self.places = self._settled = self._placed = None
        self.canvas.focus_on(None)
        self.canvas.update_graph([], [])

    def draw(self) -> None:
        """Place and paint what is shown, where it is seen and has moved."""
        if not self.is_seen or self.network is None or self._placed is self.network:
            return
        self._placed = self.network
        self.run_worker(self._settle(self.network), group="layout", exclusive=True)

    async def _settle(self, network: Network) -> None:
        """Rough places at once, then the settled ones: two paintings, however long it takes."""
        try:
            # Not from places half way: who has one keeps it, and it would never settle.
            layout = await asyncio.to_thread(networks.place, network, self._settled)
            self.places = layout.places
            self.paint(self.states())
            while not layout.rests:
                await asyncio.to_thread(networks.settle, layout)
            self.places = self._settled = layout.places
            self.paint(self.states())
        except PROBLEMS as error:
            self.tell(error)

    def paint(self, states: Mapping[str, str]) -> None:
        """Draw states and links as they are, at the places that are known."""
        network, places = self.network, self.places
        if network is None or places is None or not self.is_seen:
            return
        self.canvas.update_graph(*presenter.graph(network, places, states))
        if self.canvas.cursor_key != self.here():
            self.canvas.select(self.here())

    # --- keys ---

    def action_topology_shape(self) -> None:
        """From the tree to the drawing and back; where both are seen, the keys go over."""
        self.toggle_class("-graph")
        (self.canvas if self.draws else self.query_one(Outline)).focus()
        self.call_after_refresh(self._turned)

    def _turned(self) -> None:
        self.draw()
        self.paint(self.states())
        self.refresh_frame()

    def action_topology_around(self) -> None:
        """This node with its neighbours alone, or all again."""
        canvas = self.canvas
        canvas.focus_on(self.here() if canvas.focus_key is None else None)

    def action_topology_zoom_in(self) -> None:
        """Draw it larger."""
        self.canvas.action_zoom_in()

    def action_topology_zoom_out(self) -> None:
        """Draw it smaller."""
        self.canvas.action_zoom_out()

    def action_topology_fit(self) -> None:
        """All of it in sight."""
        self.canvas.action_fit()

    def action_topology_pan_left(self) -> None:
        """Look farther to the left."""
        self.canvas.action_pan(-1, 0)

    def action_topology_pan_right(self) -> None:
        """Look farther to the right."""
        self.canvas.action_pan(1, 0)

    def action_topology_pan_up(self) -> None:
        """Look farther up."""
        self.canvas.action_pan(0, -1)

    def action_topology_pan_down(self) -> None:
        """Look farther down."""
        self.canvas.action_pan(0, 1)

    # The list's own keys, on whichever of the two has them.

    def action_list_up(self) -> None:
        """One up."""
        self._move("action_line_up", 0, -1)

    def action_list_down(self) -> None:
        """One down."""
        self._move("action_line_down", 0, 1)

    def action_list_page_up(self) -> None:
        """A page up."""
        self._move("action_view_up", 0, -1)

    def action_list_page_down(self) -> None:
        """A page down."""
        self._move("action_view_down", 0, 1)

    def action_list_top(self) -> None:
        """The first node; in the drawing, the one that counts most."""
        if self.canvas.has_focus:
            self.canvas.action_first()
        else:
            self.query_one(Outline).action_view_top()

    def action_list_bottom(self) -> None:
        """The last node of the tree."""
        self.query_one(Outline).action_view_bottom()

    def _move(self, verb: str, x: int, y: int) -> None:
        if self.canvas.has_focus:
            self.canvas.action_step(x, y)
        else:
            getattr(self.query_one(Outline), verb)()
