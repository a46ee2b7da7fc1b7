"""Mails are gathered as OpenWISP gathers them (operations.md §8.3), on a frozen clock."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.notifications.batching import LATE, Mailbox, Place, due, put
from owtui.engine.notifications.mail import compose, moment
from owtui.engine.notifications.sink import SinkError
from storage.db import Database
from tests.engine.notifications.rig import START, FakeSink, Rig

INTERVAL_S = 10800.0


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def rig(database: Database, sink: FakeSink) -> Rig:
    made = Rig(database, sink)
    made.person("anna", "anna@example.org")
    return made


async def _told_each_minute(rig: Rig, count: int) -> None:
    for number in range(count):
        rig.tell(rig.told(number + 1))
        await rig.drain()
        rig.passes(minutes=1)


async def test_six_in_a_window_one_read_are_a_mail_at_once_and_one_of_four_unread(
    rig: Rig, sink: FakeSink
) -> None:
    await _told_each_minute(rig, 6)
    assert sink.subjects == ["[lab] PROBLEM: ap-1 is not reachable"]
    second = next(row for row in rig.rows("anna") if row.data["number"] == 2)
    rig.read("anna", second.id)
    rig.now = START + timedelta(minutes=1, seconds=INTERVAL_S - 1)
    await rig.drain()
    assert len(sink.sent) == 1
    rig.passes(seconds=1)
    await rig.drain()
    assert sink.subjects[1:] == [
        "[lab] 4 unread notifications since November 27, 2026, 9:01 AM UTC"
    ]
    text = sink.sent[1].payload["text"]
    assert [number for number in range(1, 7) if f"({number})" in text] == [3, 4, 5, 6]
    assert sink.sent[1].payload["to"] == "anna@example.org"
    mailed = {row.data["number"]: row.emailed for row in rig.rows("anna")}
    assert mailed == {1: True, 2: False, 3: True, 4: True, 5: True, 6: True}
    assert rig.recipient("anna").last_email_at == rig.now
    assert rig.recipient("anna").batch_start is None


async def test_the_one_that_goes_at_once_starts_no_batch(rig: Rig) -> None:
    rig.tell(rig.told())
    assert rig.recipient("anna").batch_start is None
    assert rig.recipient("anna").last_email_at == START


async def test_a_batch_of_which_all_was_read_is_no_mail_and_leaves_the_clock(
    rig: Rig, sink: FakeSink
) -> None:
    await _told_each_minute(rig, 3)
    before = rig.recipient("anna").last_email_at
    rig.read("anna", *(row.id for row in rig.rows("anna")))
    rig.passes(seconds=INTERVAL_S)
    await rig.drain()
    assert len(sink.sent) == 1
    assert rig.recipient("anna").last_email_at == before
    assert rig.recipient("anna").batch_start is None
    assert sorted(one.state for one in rig.deliveries()) == ["dropped", "sent"]


async def test_a_batch_of_which_one_is_left_is_the_mail_of_that_one(
    rig: Rig, sink: FakeSink
) -> None:
    await _told_each_minute(rig, 3)
    rig.read("anna", next(row.id for row in rig.rows("anna") if row.data["number"] == 3))
    rig.passes(seconds=INTERVAL_S)
    await rig.drain()
    assert sink.subjects[1] == "[lab] PROBLEM: ap-1 is not reachable"
    assert "(2)" in sink.sent[1].payload["text"]


async def test_fifteen_are_shown_and_the_others_counted(rig: Rig, sink: FakeSink) -> None:
    await _told_each_minute(rig, 21)
    rig.passes(seconds=INTERVAL_S)
    await rig.drain()
    assert sink.subjects[1].startswith("[lab] 20 unread notifications since ")
    text = sink.sent[1].payload["text"]
    assert text.count("is not reachable") == 15
    assert "… and 5 more" in text


async def test_a_batch_that_was_forgotten_goes_with_the_next_notification(
    rig: Rig, sink: FakeSink
) -> None:
    await _told_each_minute(rig, 2)  # the second began a batch; then no engine ran
    due_at = next(one.due_at for one in rig.deliveries() if one.state == "waiting")
    rig.database.write(lambda s: _never_due(s))
    rig.now = due_at + timedelta(seconds=INTERVAL_S * (LATE - 1) + 1)
    rig.tell(rig.told(3))
    await rig.drain()
    assert sink.subjects[1].startswith("[lab] 2 unread notifications since ")


async def test_without_an_interval_each_is_a_mail(database: Database) -> None:
    sink = FakeSink()
    rig = Rig(database, sink, interval_s=0)
    rig.person("anna", "anna@example.org")
    await _told_each_minute(rig, 4)
    assert len(sink.sent) == 4


async def test_each_has_a_mailbox_of_its_own_and_the_team_one_too(rig: Rig, sink: FakeSink) -> None:
    rig.person("ben", "ben@example.org")
    rig.person("", "noc@example.org")
    rig.person("carl")
    rig.tell(rig.told(1))
    await rig.drain()
    assert sorted(one.payload["to"] for one in sink.sent) == [
        *("anna@example.org", "ben@example.org", "noc@example.org")
    ]
    assert len(rig.rows("carl")) == 1


async def test_a_mail_that_could_not_go_goes_later_with_what_is_unread_then(
    rig: Rig, sink: FakeSink
) -> None:
    sink.error = SinkError("The mail server refuses.")
    rig.tell(rig.told(1))
    await rig.drain()
    assert not sink.sent
    sink.error = None
    rig.passes(minutes=1)
    await rig.drain()
    assert len(sink.sent) == 1
    assert rig.rows("anna")[0].emailed


def test_the_moment_is_written_as_openwisp_writes_it() -> None:
    assert moment(START.replace(hour=0, minute=5)) == "November 27, 2026, 12:05 AM UTC"
    assert moment(START.replace(hour=13, day=3)) == "November 3, 2026, 1:00 PM UTC"


def test_a_subject_never_holds_a_line_break() -> None:
    class Told:
        type, at = "ping_problem", START
        text = "x"
        data: dict[str, Any] = {"device": "ap-1\r\nBcc: all@example.org"}  # noqa: RUF012

    subject = compose("lab", [Told()])["subject"]
    assert subject == "[lab] PROBLEM: ap-1 Bcc: all@example.org is not reachable"


@given(st.lists(st.integers(0, 20_000), max_size=60))
def test_nothing_is_lost_or_mailed_twice_and_mails_keep_their_distance(gaps: list[int]) -> None:
    """Every notification is in one mail; a batch goes an interval after its first, never later."""
    box, now = Mailbox(), START
    at_once: list[Any] = []
    gathered = 0
    mailed: list[tuple[Any, int]] = []
    for gap in gaps:
        now += timedelta(seconds=gap)
        when = due(box, INTERVAL_S)
        if when is not None and when <= now:
            mailed.append((when, gathered))
            gathered, box = 0, Mailbox(when)
        place, box = put(box, now, INTERVAL_S)
        if place is Place.AT_ONCE:
            assert not gathered
            at_once.append(now)
        else:
            assert place in (Place.START, Place.APPEND)
            assert (place is Place.START) == (gathered == 0)
            gathered += 1
    assert len(at_once) + gathered + sum(count for _, count in mailed) == len(gaps)
    times = sorted([*at_once, *(when for when, _ in mailed)])
    spans = [(b - a).total_seconds() for a, b in pairwise(times)]
    assert all(span >= INTERVAL_S for span in spans)


def _never_due(session: Any) -> None:
    from storage.core import DELIVERY

    far = START + timedelta(days=365)
    session.execute(DELIVERY.update().where(DELIVERY.c.state == "waiting").values(due_at=far))
