"""A process that sends by a webhook or by mail and is killed where the test says: see test_cut.

Arguments: database URL, sink ("webhook" or "email"), port. It dies by SIGKILL right after the sink
has sent, before that is written down.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from owtui.engine.bus import Bus
from owtui.engine.notifications.outbox import Outbox
from owtui.engine.notifications.parcels import Packer
from owtui.engine.notifications.sink import Sink, Sinks
from owtui.engine.notifications.sinks.email import EmailSink
from owtui.engine.notifications.sinks.webhook import WebhookSink
from owtui.engine.notifications.teller import Teller
from storage.db import Database
from tests.engine.notifications.rig import START


class Killed(Outbox):
    """Dies in the moment in which it would write that a parcel was sent."""

    async def _sent(self, sink: Sink, parcel: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def sink_of(name: str, port: int) -> Sink:
    """The real sink, to the test's server."""
    if name == "webhook":
        return WebhookSink(f"http://127.0.0.1:{port}/hook")
    return EmailSink("127.0.0.1", port, "off", "noc@lab.example")


def outbox_of(kind: type[Outbox], database: Database, sink: Sink) -> Outbox:
    """An outbox with this sink alone, at the frozen time."""

    def vault() -> Any:
        raise AssertionError("no secret was given")

    sinks, present = Sinks(on={sink.name: sink}), _frozen
    return kind(database, sinks, Packer("lab"), Teller(), Bus(), vault, present)


def _frozen() -> Any:
    return START


async def main(url: str, name: str, port: int) -> None:
    """Send what is due."""
    database = Database.open(url)
    sink = sink_of(name, port)
    await outbox_of(Killed, database, sink).drain(sink)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
