"""A device's links in the network, for its page: who it is linked to, at what cost, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.frame import Frame
from owtui.console.presenters import topologypanel as presenter
from widgets.factview import Section

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.topology.picture import Picture


class Linked(Frame):
    """Mixed into the screen of a device."""

    _network: Picture | None = None
    _links_of: tuple[datetime | None] | None = None  # the moment that was asked for

    def report_of(self) -> UUID:
        """The device."""
        raise NotImplementedError

    def links_read(self) -> None:
        """They are known now, or have moved."""
        raise NotImplementedError

    def read_links(self, events: Sequence[Event] = ()) -> None:
        """Ask for them once, when a topology moved, and of another time; never of a device."""
        past = self.session.past
        wanted = (past.picture.at if past is not None else None,)
        moved = any(event.topic == "topologies" for event in events)
        if self.session.bridge.engine is not None and (moved or wanted != self._links_of):
            self._links_of = wanted
            self.load(self._load_links, "links")

    def link_sections(self) -> Sequence[Section]:
        """What is known of them; nothing where the device is in no topology."""
        if self._network is None:
            return ()
        now, glyphs = self.session.now(), self.session.glyphs
        return presenter.device_sections(self._network, self.report_of(), now, glyphs)

    async def _load_links(self) -> None:
        past = self.session.past
        at = past.picture.at if past is not None else None

        async def read(engine: Engine) -> Picture | None:
            desk = engine.topologies
            return await desk.picture(None, at) if await desk.topologies() else None

        before, self._network = self._network, await self.session.bridge.call(read)
        if self._network is not None or before is not None:
            self.links_read()
