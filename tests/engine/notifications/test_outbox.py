"""What is due is sent once: retries, rests, doubts, and what is said of a sink that fails."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.notifications.outbox import CUT_S, FIRST_S, LONGEST_S, pause_s
from owtui.engine.notifications.sink import Parcel, SinkError
from owtui.engine.notifications.sinks.webhook import WebhookSink
from storage.core import DELIVERY
from storage.db import Database
from storage.secrets import Secret
from tests.engine.notifications.rig import START, FakeSink, Rig
from tests.engine.notifications.servers import Receiver


@pytest.fixture
def hook() -> FakeSink:
    return FakeSink("webhook")


@pytest.fixture
def rig(database: Database, hook: FakeSink) -> Rig:
    return Rig(database, hook)


def _kinds(rig: Rig, operator: str = "") -> list[str]:
    return sorted(row.type for row in rig.rows(operator))


async def test_a_sink_that_fails_for_an_hour_gets_all_once_and_is_said_once(
    rig: Rig, hook: FakeSink
) -> None:
    rig.person("anna")
    hook.error = SinkError("The webhook answers 503.", "Check it.")
    tries: list[timedelta] = []
    while rig.now < START + timedelta(hours=1):
        rig.tell(rig.told(len(tries)))
        before = hook.tried
        (pause,) = await rig.drain()
        tries += [rig.now - START] * (hook.tried - before)
        rig.passes(seconds=max(pause, 1))
    # after 15 s, and then each time after twice as long
    assert [one.total_seconds() for one in tries] == [0, 15, 45, 105, 225, 465, 945, 1905]
    assert rig.notices() == ["The webhook answers 503."]
    hook.error = None
    told = len([row for row in rig.rows("") if row.type == "ping_problem"])
    rig.passes(seconds=LONGEST_S * 2)
    await rig.drain()
    numbers = [n["data"]["number"] for one in hook.sent for n in one.payload["notifications"]]
    assert sorted(numbers) == list(range(told)) and len(hook.sent) == told
    assert rig.notices() == ["The sink webhook works again."]
    kinds = _kinds(rig, "anna")
    assert kinds.count("sink_problem") == kinds.count("sink_recovery") == 1
    assert {one.state for one in rig.deliveries()} == {"sent"}


async def test_what_is_said_of_a_sink_goes_through_no_sink(database: Database) -> None:
    mail, hook = FakeSink("email"), FakeSink("webhook")
    rig = Rig(database, mail, hook)
    rig.person("anna", "anna@example.org")
    mail.error = SinkError("No.", lasting=True)
    rig.tell(rig.told())
    await rig.drain()
    rig.passes(days=1)
    mail.error = None
    await rig.drain()
    assert not mail.sent
    assert [one.payload["notifications"][0]["type"] for one in hook.sent] == ["ping_problem"]
    problem = next(row for row in rig.rows("anna") if row.type == "sink_problem")
    assert problem.text == "email: No. It is not tried again." and problem.delivery_id is None


async def test_what_may_have_arrived_is_not_sent_again_unless_the_sink_repeats(
    rig: Rig, hook: FakeSink
) -> None:
    hook.error = SinkError("It hung up.", perhaps=True)
    rig.tell(rig.told())
    await rig.drain()
    rig.passes(days=1)
    hook.error = None
    await rig.drain()
    assert not hook.sent and [one.state for one in rig.deliveries()] == ["failed"]
    assert rig.notices() == ["It hung up."]
    hook.repeats, hook.error = True, SinkError("It hung up.", perhaps=True)
    rig.tell(rig.told(2))
    await rig.drain()
    rig.passes(days=1)
    hook.error = None
    await rig.drain()
    assert [one.attempt for one in hook.sent] == [2]


async def test_while_a_sink_rests_only_one_of_what_waits_is_tried(rig: Rig, hook: FakeSink) -> None:
    hook.error = SinkError("No.")
    for number in range(20):
        rig.tell(rig.told(number))
    await rig.drain()
    await rig.drain()
    assert hook.tried == 1


async def test_a_refused_mail_does_not_hold_up_the_others(database: Database) -> None:
    class Picky(FakeSink):
        async def send(self, parcel: Parcel, secret: Secret | None) -> None:
            if parcel.payload["to"] == "gone@example.org":
                raise SinkError("No such user.", lasting=True)
            await super().send(parcel, secret)

    sink = Picky()
    rig = Rig(database, sink)
    rig.person("anna", "gone@example.org")
    rig.person("ben", "ben@example.org")
    rig.tell(rig.told())
    await rig.drain()
    assert [one.payload["to"] for one in sink.sent] == ["ben@example.org"]


async def test_what_a_dead_engine_was_sending_is_said_and_not_sent_again(
    rig: Rig, hook: FakeSink
) -> None:
    rig.tell(rig.told())
    _mark_sending(rig)
    rig.passes(seconds=CUT_S - 1)
    await rig.outbox._mend(hook)
    assert [one.state for one in rig.deliveries()] == ["sending"]  # its engine may live
    rig.passes(seconds=2)
    await rig.outbox._mend(hook)
    await rig.drain()
    assert not hook.sent and [one.state for one in rig.deliveries()] == ["failed"]
    assert "sink_problem" in _kinds(rig)


async def test_it_is_sent_again_by_a_sink_that_repeats(rig: Rig, hook: FakeSink) -> None:
    hook.repeats = True
    rig.tell(rig.told())
    _mark_sending(rig)
    rig.passes(seconds=CUT_S + 1)
    await rig.outbox._mend(hook)
    await rig.drain()
    assert len(hook.sent) == 1


async def test_a_sink_that_hangs_is_ended_by_the_outbox_and_holds_up_no_other(
    database: Database,
) -> None:
    class Hanging(FakeSink):
        async def send(self, parcel: Parcel, secret: Secret | None) -> None:
            await asyncio.Event().wait()

    hanging, hook = Hanging("exec", deadline_s=0.1), FakeSink("webhook")
    rig = Rig(database, hanging, hook)
    rig.tell(rig.told())
    await rig.drain()
    assert len(hook.sent) == 1
    states = {one.sink: one.state for one in rig.deliveries()}
    assert states == {"exec": "failed", "webhook": "sent"}


async def test_a_bug_in_a_plug_in_is_told_and_ends_nothing(rig: Rig, hook: FakeSink) -> None:
    hook.error = RuntimeError("bug")  # type: ignore[assignment]
    rig.tell(rig.told())
    await rig.drain()
    (said,) = rig.notices()
    assert said.startswith("The sink webhook broke (incident ")
    assert [one.state for one in rig.deliveries()] == ["failed"]


async def test_the_duty_sends_when_it_is_nudged_and_what_is_under_way_is_finished(
    database: Database,
) -> None:
    class Slow(FakeSink):
        async def send(self, parcel: Parcel, secret: Secret | None) -> None:
            began.set()
            await go.wait()
            await super().send(parcel, secret)

    began, go = asyncio.Event(), asyncio.Event()
    sink = Slow("webhook")
    rig = Rig(database, sink)
    duty = asyncio.create_task(rig.outbox.run())
    rig.tell(rig.told())
    rig.outbox.nudge()
    async with asyncio.timeout(60):
        await began.wait()
    duty.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await duty
    assert len(sink.sent) == 1
    assert [one.state for one in rig.deliveries()] == ["sent"]


async def test_the_vault_opens_for_a_sink_with_a_secret_alone(
    database: Database, tmp_path: Path
) -> None:
    async with Receiver().running() as receiver:
        rig = Rig(database, WebhookSink(receiver.url))
        desk = rig.desk(tmp_path, notify_webhook_url=receiver.url)
        rig.tell(rig.told(1))
        await rig.drain()  # the rig's vault would raise
        await desk.set_secret("webhook", "key-7f3a")
        rig.outbox.vault = desk.vault
        rig.tell(rig.told(2))
        await rig.drain()
    signed = ["owtui-signature" in headers for headers, _ in receiver.posts]
    assert signed == [False, True]
    stored = database.read(_sealed)
    assert b"key-7f3a" not in stored


def test_pauses_double_up_to_half_an_hour_and_are_spread() -> None:
    assert [pause_s(n, 0.5) for n in (1, 2, 3)] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert pause_s(50, 0.5) == LONGEST_S
    assert pause_s(1, 0.0) < pause_s(1, 1.0)


def _sealed(session: Any) -> bytes:
    from storage.core import SINK_SECRET

    return bytes(session.execute(SINK_SECRET.select()).one().sealed)


def _mark_sending(rig: Rig) -> None:
    """As an engine leaves it that is killed between marking and the end of the sending."""
    values = {"state": "sending", "modified": rig.now}
    rig.database.write(lambda s: s.execute(DELIVERY.update().values(values)))


async def test_what_no_database_takes_in_a_text_is_replaced(database: Database) -> None:
    sink = FakeSink("webhook", error=SinkError("It says 550 \0\ud800.", lasting=True))
    rig = Rig(database, sink)
    rig.tell(rig.told(text="ap-1 says \0\ud800.", data={"reason": "\0\ud800"}))
    await rig.drain()
    (row,) = [one for one in rig.rows("") if one.type == "ping_problem"]
    assert row.text == "ap-1 says \u2400?." and row.data == {"reason": "\u2400?"}
    assert [(one.state, one.error) for one in rig.deliveries()] == [
        ("failed", "It says 550 \u2400?.")
    ]
