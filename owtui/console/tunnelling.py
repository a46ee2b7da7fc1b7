"""Tunnels from the console: open one to a device's web page, tell where it is, list them all.

They belong to this process and end with it; whether one may be opened, the engine decides.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.copying import Copy
from owtui.console.reaching import Reaching
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.console.session import Session
    from owtui.engine.engine import Engine
    from owtui.engine.transport.tunnel import Tunnel

TOLD_S = 20.0  # an address is read, typed or copied


class Tunnelling(Reaching):
    """The ways to one device, and the one to its web page."""

    def action_dev_tunnel(self) -> None:
        """A tunnel to the web page of the device."""
        device_id = self.device_id()
        if device_id is not None:
            open_tunnel(self, device_id)


def open_tunnel(frame: Frame, device_id: UUID, port: int | None = None) -> None:
    """Open a tunnel to a device, or find the one that is there, and tell its address."""

    async def found(engine: Engine) -> tuple[Tunnel, bool]:
        for tunnel in engine.tunnels:
            if tunnel.device_id == device_id and port in (None, tunnel.door.port):
                return tunnel, False
        return await engine.sessions.tunnel(device_id, port), True

    async def opened() -> None:
        tunnel, is_new = await frame.session.bridge.call(found)
        there = "leads" if is_new else "leads already"
        frame.notify(
            f"{tunnel.url} {there} to {tunnel.remote} on {tunnel.device}. "
            "y copies the address, `:tunnels` lists and closes it.",
            timeout=TOLD_S,
            markup=False,
        )
        frame.refresh_frame()

    row = frame.session.rows.get(device_id)
    frame.notify(f"Opening a tunnel to {row.name if row else 'the device'}.", timeout=3)
    # A group of its own: a second device's tunnel does not take the place of the first one's.
    frame.ask(opened, f"tunnel {device_id}")


def show_tunnels(frame: Frame) -> None:
    """List the tunnels over what is shown; where they are shown, nothing changes."""
    from owtui.console.screens.tunnels import KIND, TunnelsScreen

    if not isinstance(frame, TunnelsScreen):
        frame.console.open_over(KIND)


def copies(session: Session, ids: Collection[UUID]) -> list[Copy]:
    """The address of each tunnel to these devices, to be copied; the newest has the letter."""
    engine = session.bridge.engine
    open_ = [one for one in engine.tunnels if one.device_id in ids] if engine is not None else []
    return [Copy("t", "Tunnel", lambda: open_[-1].url, open_[-1].url)] if open_ else []


def port_of(text: str) -> int:
    """A port as typed. Raises InputError."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise InputError(f"“{text}” is no port.", "Name one from 1 to 65535, such as 443.")
