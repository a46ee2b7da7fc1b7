"""Tunnels as table rows: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from owtui import units
from widgets.glyphs import Glyphs
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.transport.tunnel import Tunnel

COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("device", "DEVICE", 16, min_width=8, priority=95),
    Column("url", "ADDRESS HERE", 25, min_width=25, priority=90),
    Column("port", "PORT THERE", 10, align="right", priority=85),
    Column("age", "AGE", 5, align="right", priority=70),
    Column("visitors", "OPEN", 4, align="right", priority=60),
    Column("visits", "VISITS", 6, align="right", priority=50),
    Column("in", "IN", 9, align="right", priority=45),
    Column("out", "OUT", 9, align="right", priority=40),
    Column("note", "NOTE", 20, flex=1, min_width=8, priority=55),
)
_LOST = "connection lost; a visit makes it anew"


def rows(tunnels: Iterable[Tunnel], glyphs: Glyphs, now: datetime) -> list[Row]:
    """One row a tunnel, in the order given; the key is its local port."""
    return [_row(tunnel, glyphs, now) for tunnel in tunnels]


def text(tunnel: Tunnel) -> str:
    """One tunnel on a line, for the clipboard."""
    return f"{tunnel.device}\t{tunnel.url}\t{tunnel.remote}"


def _row(tunnel: Tunnel, glyphs: Glyphs, now: datetime) -> Row:
    state = "critical" if tunnel.lost else "problem" if tunnel.error else "ok"
    age = (now - tunnel.opened).total_seconds()
    note = tunnel.error or (_LOST if tunnel.lost else "")
    return Row(
        str(tunnel.local_port),
        (
            Cell(glyphs.state(state), state),
            tunnel.device,
            Cell(tunnel.url, "accent"),
            str(tunnel.door.port),
            units.age_text(age),
            str(tunnel.visitors),
            str(tunnel.visits),
            units.bytes_text(tunnel.bytes_in),
            units.bytes_text(tunnel.bytes_out),
            Cell(note, state),
        ),
        (
            state,
            tunnel.device,
            tunnel.local_port,
            tunnel.door.port,
            age,
            tunnel.visitors,
            tunnel.visits,
            tunnel.bytes_in,
            tunnel.bytes_out,
            note,
        ),
    )
