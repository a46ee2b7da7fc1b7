"""What may be done with the node under the cursor: its device, its charts, all of it as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.acting import Acting
from owtui.console.copying import Copy, Copying
from owtui.console.network import Network
from owtui.console.presenters import topologypanel
from owtui.console.reaching import Reaching
from owtui.console.topologypanel import TopologyPanel

if TYPE_CHECKING:
    from owtui.engine.selection import Selection


class NodeVerbs(Acting, Reaching, Copying):
    """Mixed into the screen of topologies."""

    network: Network | None = None

    @property
    def panel(self) -> TopologyPanel:
        """What is told of the node under the cursor."""
        return self.query_one(TopologyPanel)

    def here(self) -> str | None:
        """The node under the cursor."""
        raise NotImplementedError

    def said_way(self) -> str:
        """The way that is shown, "" without one."""
        raise NotImplementedError

    def device_id(self) -> UUID | None:
        """The device of the node under the cursor."""
        node = self.network.node(self.here()) if self.network else None
        known = node is not None and node.device_id in self.session.rows
        return node.device_id if node is not None and known else None

    def selection(self) -> Selection | None:
        """Actions act on the device of the node."""
        engine, device_id = self.session.bridge.engine, self.device_id()
        return engine.select("", cursor=device_id) if engine and device_id else None

    def action_dev_open(self) -> None:
        """Open the device of the node; a node without one is described."""
        device_id = self.device_id()
        if device_id is not None:
            self.console.open_device(device_id)
        else:
            self.action_dev_describe()

    def action_dev_charts(self) -> None:
        """The charts of the device."""
        device_id = self.device_id()
        if device_id is not None:
            self.console.open_over("charts", str(device_id))

    def action_dev_describe(self) -> None:
        """All of the node and its links as text."""
        from owtui.console.screens.text import TextScreen

        network, node = self.network, self.here()
        if network is None or node is None:
            return
        name = network.picture.nodes[node].name
        text = topologypanel.whole(
            network, node, self.session.rows, self.session.now(), self.session.glyphs
        )
        self.app.push_screen(TextScreen(self.session, ["Topology", name], text))

    def copies(self) -> Sequence[Copy]:
        """The node, the way, what the panel tells."""
        network, node = self.network, self.here()
        if network is None or node is None:
            return []
        view = network.picture.nodes[node]
        way = self.said_way()
        return [
            Copy("n", "Name", lambda: view.name),
            Copy("a", "Addresses", lambda: "\n".join(view.addresses or (view.id,))),
            *([Copy("w", "Way", lambda: way)] if way else []),
            Copy("p", "Node and link", lambda: topologypanel.as_text(self.panel.sections())),
        ]
