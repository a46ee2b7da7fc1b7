"""A background task of the engine that fails is logged and told; the rest goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from owtui.engine.bus import Bus
from owtui.engine.events import Notice
from owtui.log import incident

Work = Callable[[], Coroutine[Any, Any, None]]

_log = logging.getLogger(__name__)


async def supervised(work: Work, name: str, bus: Bus) -> None:
    """Do the work to its end, or to its failure."""
    try:
        await work()
    except Exception:  # noqa: BLE001 — the supervisor: told and logged, the rest goes on
        number = incident(_log, name)
        said = f"The engine's task “{name}” stopped (incident {number})."
        bus.publish(Notice(name, said, level="error"))
