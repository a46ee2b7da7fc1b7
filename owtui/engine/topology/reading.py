"""Where a topology's source is read: by URL, or from devices."""

from __future__ import annotations

from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.alerts.quiet import Views
from owtui.engine.parts import Parts
from owtui.engine.topology.updater import Heard, Order, Read
from owtui.errors import InputError


def reader(parts: Parts, fleet: Fleet, views: Views | None) -> Read:
    """Reads sources with the means of a process."""

    async def read(order: Order) -> Heard:
        raise InputError(f"The topology {order.label} cannot be read by {order.strategy} yet.")

    return read
