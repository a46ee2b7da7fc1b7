"""What one may ask of a topology: another one, a way, an order, a file, an update.

The frame mixes this in. Nothing here touches a device but an update, which reads alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.console import network as networks
from owtui.console.frame import Frame
from owtui.console.listing import LETTERS
from owtui.console.network import Network
from owtui.console.presenters import topologyorder
from owtui.console.presenters import topologypanel as words
from owtui.console.saving import save_as
from owtui.console.timetravel import travel
from owtui.errors import PROBLEMS, InputError, failure_of
from widgets.dialog import Choice, ChoiceDialog
from widgets.finddialog import FindDialog, Item
from widgets.form import PromptDialog

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.topology.entries import TopologyRow
    from owtui.engine.topology.layout import Places

_ALL = "0"
_FAR = timedelta(days=60)  # how far back `,` looks for a change: as long as links are remembered
_FORMS = {
    "n": ("netjson", "NetJSON", "NetworkGraph, as OpenWISP reads it"),
    "d": ("dot", "DOT", "for Graphviz"),
    "g": ("graphml", "GraphML", "for Gephi, yEd, networkx"),
    "c": ("nodes", "CSV of nodes", ""),
    "l": ("links", "CSV of links", ""),
    "s": ("svg", "SVG", "the drawing"),
}


def _about(row: TopologyRow) -> str:
    return f"{row.format}, {row.nodes} nodes, {row.links} links"


class TopologyVerbs(Frame):
    """Mixed into the screen of topologies."""

    network: Network | None = None
    topologies: tuple[TopologyRow, ...] = ()
    topology_id: UUID | None = None
    places: Places | None = None
    way_from: str | None = None  # the first end of a way that is asked for

    def here(self) -> str | None:
        """The node under the cursor."""
        raise NotImplementedError

    def take_root(self, node: str) -> None:
        """Look from another node."""
        raise NotImplementedError

    def take_topology(self, topology_id: UUID | None) -> None:
        """Show another topology; None is all of them as one."""
        raise NotImplementedError

    def show_way(self, ends: tuple[str, str] | None) -> None:
        """Draw a way, or none."""
        raise NotImplementedError

    def _menu(self, title: str, choices: list[Choice], take: Callable[[str], None]) -> None:
        def chosen(letter: str | None) -> None:
            if letter is not None:
                take(letter)

        self.app.push_screen(ChoiceDialog(title, choices, glyphs=self.session.glyphs), chosen)

    # --- which, from where ---

    def action_topology_choose(self) -> None:
        """Choose the topology."""
        if len(self.topologies) > len(LETTERS):
            self._find_topology()
            return
        by_letter = dict(zip(LETTERS, self.topologies, strict=False))
        choices = [Choice(_ALL, "All of them", "as one network, by devices and addresses")]
        choices += [Choice(letter, row.label, _about(row)) for letter, row in by_letter.items()]
        self._menu(
            "Topology",
            choices,
            lambda letter: self.take_topology(None if letter == _ALL else by_letter[letter].id),
        )

    def _find_topology(self) -> None:
        """The same for more than there are letters."""
        by_key = {str(row.id): row for row in self.topologies}
        items = [Item(_ALL, "All of them", "as one network, by devices and addresses")]
        items += [Item(key, row.label, _about(row)) for key, row in by_key.items()]

        def chosen(key: str | None) -> None:
            if key is not None:
                self.take_topology(None if key == _ALL else by_key[key].id)

        current = str(self.topology_id or _ALL)
        dialog = FindDialog("Topology", items, current=current, glyphs=self.session.glyphs)
        self.app.push_screen(dialog, chosen)

    def action_topology_root(self) -> None:
        """Look from this node."""
        node = self.here()
        if node is not None:
            self.take_root(node)

    # --- a way ---

    def action_topology_path(self) -> None:
        """The first end, or the second: then the way between them and its weakest link."""
        node = self.here()
        if node is None or self.network is None:
            return
        if self.way_from in (None, node) or self.way_from not in self.network.picture.nodes:
            self.way_from = None if self.way_from == node else node
            self.show_way(None)
            return
        first, self.way_from = self.way_from, None
        assert first is not None  # it was looked for among the nodes
        self.show_way((first, node))

    def way_text(self, ends: tuple[str, str] | None) -> str:
        """What is said of the way, or of the end that is missing."""
        if self.network is None:
            return ""
        if ends is not None and all(end in self.network.picture.nodes for end in ends):
            return words.path_words(self.network, *ends, self.session.glyphs)
        node = self.network.node(self.way_from)
        key = self.session.keys.names("topology.path")
        return f"Way from {node.name} to: go to a node, then {key} again." if node else ""

    # --- the order ---

    def action_topology_order(self) -> None:
        """Ask of which devices, and show in which order they may be taken away."""
        dialog = PromptDialog(
            "Order",
            "Devices",
            placeholder="a filter; all of the network without one",
            text="What hangs on another goes before it, in waves, with the reason.",
            keys=self.session.keys.form(),
            glyphs=self.session.glyphs,
        )

        def given(text: str | None) -> None:
            if text is not None:
                self.ask(partial(self._order, text.strip()), "order")

        self.app.push_screen(dialog, given)

    async def _order(self, text: str) -> None:
        from owtui.console.screens.text import TextScreen
        from owtui.engine.topology.order import order_devices

        network, engine = self.network, self.session.bridge.engine
        if network is None or engine is None:
            return
        wanted = engine.select(text).ids
        if not text:
            held = set(networks.devices(network.picture, list(network.picture.nodes)))
            wanted = tuple(one for one in wanted if one in held)
        if not wanted:
            raise InputError(f"No device matches {text}." if text else "No node here is a device.")
        found = await asyncio.to_thread(order_devices, network.picture, wanted, network.root)
        rows = {str(one): row.name for one, row in self.session.rows.items()}
        told = topologyorder.text(found, network.picture, rows)
        self.app.push_screen(TextScreen(self.session, ["Topology", "Order"], told))

    # --- a file ---

    def action_list_export(self) -> None:
        """Choose the form, then the file."""
        choices = [Choice(letter, title, help_) for letter, (_, title, help_) in _FORMS.items()]
        self._menu("Export as", choices, lambda letter: self._export(_FORMS[letter][0]))

    def _export(self, form: str) -> None:
        from owtui.engine.topology import exports

        network = self.network
        if network is None:
            return
        picture, places = network.picture, self.places

        async def make(_kind: str) -> str:
            return await asyncio.to_thread(exports.export, picture, form, places)

        name = "-".join(picture.label.split()).replace("/", "-") or "topology"
        save_as(
            self,
            f"Export {picture.label}",
            f"{name}{exports.ENDINGS[form]}",
            make,
            text=f"{len(picture.nodes)} nodes and {len(picture.links)} links, as they are shown.",
            what=f"{len(picture.nodes)} nodes",
        )

    # --- an update ---

    def action_data_refresh(self) -> None:
        """Read this topology from its source now; of all as one, each that can be read."""
        wanted = [
            row
            for row in self.topologies
            if row.strategy != "receive" and self.topology_id in (None, row.id)
        ]
        if wanted:
            self.ask(partial(self._update, wanted), "update")
        else:
            self.notify("It takes what is sent to it; there is nothing to fetch.", timeout=5)

    def action_data_refresh_all(self) -> None:
        """The same."""
        self.action_data_refresh()

    async def _update(self, wanted: list[TopologyRow]) -> None:
        changed, failed = 0, []
        for row in wanted:

            async def update(engine: Engine, row: Any = row) -> Any:
                return await engine.topologies.update(row.id)

            try:
                changed += len((await self.session.bridge.call(update)).changes)
            except PROBLEMS as error:
                failed.append(f"{row.label}: {failure_of(error).sentence}")
        if failed:
            self.notify("\n".join(failed[:4]), severity="error", timeout=10, markup=False)
        told = f"{changed} change{'s' * (changed != 1)}" if changed else "nothing has changed"
        if len(failed) < len(wanted):
            self.notify(f"Read now: {told}.", timeout=4, markup=False)

    # --- time ---

    def action_data_earlier(self) -> None:
        """The moment before the last change; where none is known, a step back."""
        self.ask(partial(self._travel, -1), "time")

    def action_data_later(self) -> None:
        """The next change, and in the end now."""
        if self.session.past is not None:
            self.ask(partial(self._travel, 1), "time")

    async def _travel(self, by: int) -> None:
        past = self.session.past
        clock = past.clock if past is not None else self.session.now
        here, known = self.session.now(), self.topology_id

        async def moments(engine: Engine) -> list[datetime]:
            since, until = (here - _FAR, here) if by < 0 else (here, clock())
            return await engine.topologies.moments(known, since, until)

        found = await self.session.bridge.call(moments)
        if by > 0:
            await travel(self, next((one for one in found if one > here), None))
        elif found:
            await travel(self, found[-1] - timedelta(seconds=1))
        else:
            self.notify("No change is known before.", timeout=4)
