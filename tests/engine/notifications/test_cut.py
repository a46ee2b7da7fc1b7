"""An engine is killed between sending and writing that down: nothing goes twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from owtui.engine.notifications.outbox import CUT, CUT_S, Outbox
from storage.db import Database
from tests.engine.notifications.rig import START, FakeSink, Rig
from tests.engine.notifications.servers import MailServer, Receiver
from tests.engine.notifications.victim import outbox_of, sink_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["webhook", "email"])
async def test_a_killed_engine_has_sent_once_and_the_next_sends_nothing(
    database: Database, database_url: str, name: str
) -> None:
    rig = Rig(database, FakeSink(name))
    rig.person("anna", "anna@example.org")
    rig.tell(rig.told())
    mail, receiver = MailServer(), Receiver()
    async with mail.running(), receiver.running():
        port = receiver.port if name == "webhook" else mail.port
        assert await _run(database_url, name, port) == -signal.SIGKILL
        assert len(receiver.posts) + len(mail.messages) == 1
        assert [one.state for one in rig.deliveries()] == ["sending"]
        sink = sink_of(name, port)
        successor = outbox_of(Outbox, database, sink)
        successor.present = lambda: START + timedelta(seconds=CUT_S + 1)
        await successor._mend(sink)
        await successor.drain(sink)
        assert len(receiver.posts) + len(mail.messages) == 1
    (left,) = rig.deliveries()
    assert (left.state, left.error) == ("failed", CUT)
    assert "sink_problem" in {row.type for row in rig.rows("anna")}


async def _run(url: str, name: str, port: int) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.engine.notifications.victim", url, name, str(port)),
        cwd=ROOT,
    )
    async with asyncio.timeout(100):
        return await process.wait()
