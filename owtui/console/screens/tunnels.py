"""The tunnels of this console: where each is, what goes through it, and the key that closes one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.listing import Listing
from owtui.console.presenters import tunnels as presenter
from owtui.console.registry import Screens
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.transport.tunnel import Tunnel

KIND = "tunnels"
_OF_ONE = ("tunnel_open", "tunnel_close")


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add_kind(KIND, TunnelsScreen)


class TunnelsScreen(Copying, Listing):
    """What this process keeps open to web pages; others' tunnels are theirs."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "tunnels")
    title_text: ClassVar[str] = "Tunnels"

    def body(self) -> Iterable[Widget]:
        """One table."""
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text="No tunnels. t on a device opens one, or :tunnel NAME [PORT].",
        )

    @property
    def place(self) -> tuple[str, ...]:
        """The list itself."""
        return (KIND,)

    def on_mount(self) -> None:
        """Show them."""
        self.table.focus()
        self.refresh_rows()

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Show them as they are now: they are in memory."""
        if events and not any(event.topic == "tunnels" for event in events):
            return
        rows = presenter.rows(self._open(), self.session.glyphs, self.session.now())
        self.table.set_rows(rows)
        self.refresh_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be closed where nothing is open."""
        if action in _OF_ONE and self._tunnel() is None:
            return False
        return super().check_action(action, parameters)

    def copies(self) -> Sequence[Copy]:
        """The address, or all of the line."""
        tunnel = self._tunnel()
        if tunnel is None:
            return []
        return [
            Copy("a", "Address", lambda: tunnel.url, tunnel.url),
            Copy("r", "Row", lambda: presenter.text(tunnel)),
        ]

    def action_tunnel_open(self) -> None:
        """Open the device."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the device, while it is in the inventory."""
        tunnel = self._tunnel()
        if tunnel is not None and tunnel.device_id in self.session.rows:
            self.console.open_device(tunnel.device_id)

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        """Offer what may be done to the tunnel under the cursor."""
        self.refresh_keys()

    def action_tunnel_close(self) -> None:
        """Close it; what a browser has open through it is cut."""
        tunnel = self._tunnel()
        if tunnel is None:
            return

        async def close() -> None:
            await self.session.bridge.call(lambda engine: tunnel.close())
            self.refresh_rows()
            self.refresh_frame()
            self.notify(f"Closed: {tunnel.url} to {tunnel.device}.", markup=False)

        self.ask(close, f"close {tunnel.local_port}")

    def _open(self) -> Sequence[Tunnel]:
        engine = self.session.bridge.engine
        return engine.tunnels if engine is not None else ()

    def _tunnel(self) -> Tunnel | None:
        """The one under the cursor."""
        key = self.table.cursor_key if self.is_mounted else None
        return next((one for one in self._open() if str(one.local_port) == key), None)
