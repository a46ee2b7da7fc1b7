"""Beside an outline or a drawing: the node under the cursor, a link of it, what changed."""

from __future__ import annotations

from collections.abc import Sequence

from owtui.console.network import Network
from owtui.console.presenters import topologypanel as presenter
from owtui.console.session import Session
from owtui.engine.topology.graph import Pair
from owtui.engine.topology.picture import Change, LinkView
from widgets.factview import FactView, Section


class TopologyPanel(FactView):
    """Facts of what the cursor is on; all of it is in memory, so a move asks nobody."""

    DEFAULT_CSS = "TopologyPanel { border-left: solid $border; }"

    def __init__(self, session: Session) -> None:
        super().__init__(glyphs=session.glyphs)
        self._session = session
        self._network: Network | None = None
        self._node: str | None = None
        self._by: Pair | None = None  # the link by which it hangs
        self._chosen: Pair | None = None  # another one that somebody asked for
        self._changes: Sequence[Change] = ()
        self.can_focus = False
        if session.glyphs.plot == "ascii":
            self.styles.border_left = ("ascii", "gray")

    def update_network(self, network: Network, changes: Sequence[Change]) -> None:
        """Tell of another picture."""
        self._network, self._changes = network, changes
        self.tell()

    def look_at(self, node: str | None, link: LinkView | None = None) -> None:
        """Tell of another node, with the link by which it hangs."""
        if node != self._node:
            self._chosen = None
        self._node, self._by = node, link.pair if link is not None else None
        self.tell()

    def next_link(self) -> None:
        """Tell of the next link of the node."""
        links = self._links()
        if links:
            self._chosen = links[(self._at(links) + 1) % len(links)].pair
        self.tell()

    def tell(self) -> None:
        """Show it as it is now: ages grow."""
        self.update_sections(self.sections())

    def sections(self) -> list[Section]:
        """What is shown."""
        network, now, glyphs = self._network, self._session.now(), self._session.glyphs
        if network is None:
            return []
        node = network.node(self._node)
        found = []
        if node is not None:
            row = self._session.rows.get(node.device_id) if node.device_id else None
            found.append(presenter.node_section(network, node, row, now))
            links = self._links()
            if links:
                at = self._at(links)
                number = (at + 1, len(links))
                found.append(presenter.link_section(network, links[at], now, glyphs, number))
        return [
            *found,
            presenter.changes_section(self._changes, network.picture, now, glyphs),
        ]

    def _at(self, links: Sequence[LinkView]) -> int:
        """Which link is told of; it is another one only when it is gone."""
        pairs = [link.pair for link in links]
        return next((pairs.index(one) for one in (self._chosen, self._by) if one in pairs), 0)

    def _links(self) -> Sequence[LinkView]:
        network = self._network
        known = network is not None and self._node in network.picture.nodes
        return network.links_of[self._node] if network and known and self._node else ()
