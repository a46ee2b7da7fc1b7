"""What is told becomes rows: once, for those who want it, together with what is to be sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import Session

from owtui.engine.events import NotificationChanged
from owtui.engine.notifications.telling import Telling
from storage import notifications, service
from storage.db import Database
from tests.engine.notifications.rig import START, FakeSink, Rig


@pytest.fixture
def rig(database: Database) -> Rig:
    return Rig(database, FakeSink(), FakeSink("webhook"))


async def test_what_is_told_twice_is_there_once_and_sent_once(rig: Rig) -> None:
    rig.person("anna", "anna@example.org")
    assert rig.tell(rig.told(), rig.told()) == [
        NotificationChanged(""),
        NotificationChanged("anna"),
    ]
    rig.passes(hours=1)
    assert rig.tell(rig.told(at=START)) == []
    assert len(rig.rows("anna")) == 1
    assert sorted(one.sink for one in rig.deliveries()) == ["email", "webhook"]


async def test_a_transaction_that_fails_leaves_nothing_and_one_that_runs_twice_one(
    rig: Rig,
) -> None:
    rig.person("anna", "anna@example.org")

    def fails(session: Session) -> None:
        rig.teller.tell(session, [rig.told()])
        raise KeyError

    with pytest.raises(KeyError):
        rig.database.write(fails)
    assert not rig.rows("anna") and not rig.deliveries()
    assert rig.recipient("anna").last_email_at is None
    rig.tell(rig.told())
    assert len(rig.rows("anna")) == 1


async def test_everybody_has_the_list_until_somebody_is_known(database: Database) -> None:
    rig = Rig(database)
    rig.tell(rig.told(1))
    assert len(rig.rows("")) == 1
    rig.person("anna")
    rig.tell(rig.told(2))
    assert [len(rig.rows(who)) for who in ("", "anna")] == [1, 1]


async def test_who_wants_no_web_is_told_nothing_and_who_wants_no_email_gets_no_mail(
    rig: Rig,
) -> None:
    rig.person("anna", "anna@example.org")
    rig.person("ben", "ben@example.org")
    rig.database.write(
        lambda s: notifications.set_preference(s, "anna", None, "", web=False, email=False)
    )
    rig.database.write(
        lambda s: notifications.set_preference(
            s, "ben", None, "ping_problem", web=None, email=False
        )
    )
    rig.tell(rig.told())
    assert [len(rig.rows(who)) for who in ("anna", "ben")] == [0, 1]
    assert [one.sink for one in rig.deliveries()] == ["webhook"]


async def test_an_ignored_device_is_not_told_of_to_who_ignores_it(rig: Rig) -> None:
    rig.person("anna")
    rig.person("ben")
    till = START + timedelta(days=1)
    rig.database.write(lambda s: notifications.ignore(s, "anna", rig.device, till))
    rig.tell(rig.told(1))
    rig.now = till
    rig.tell(rig.told(2))
    assert [len(rig.rows(who)) for who in ("anna", "ben")] == [1, 2]


async def test_what_is_told_of_a_removed_device_is_left_out_and_goes_with_it(rig: Rig) -> None:
    rig.person("anna")
    rig.tell(rig.told(1))
    rig.tell(rig.told(2, device_id=uuid4()))
    assert len(rig.rows("anna")) == 1
    rig.database.write(lambda s: service.remove(s, rig.device, force=True))
    assert not rig.rows("anna")


async def test_a_type_that_nobody_registered_is_told_by_every_way(rig: Rig) -> None:
    rig.person("anna", "anna@example.org")
    rig.tell(Telling("poe_problem", "warning", "The device ap-1 has no power left.", START))
    await rig.drain()
    sink = rig.sinks.on["email"]
    assert isinstance(sink, FakeSink)
    assert sink.subjects == ["[lab] The device ap-1 has no power left."]


async def test_a_storm_is_few_parcels_for_a_webhook(rig: Rig) -> None:
    rig.person("anna", "anna@example.org")
    rig.tell(*(rig.told(number) for number in range(250)))
    parcels = [one for one in rig.deliveries() if one.sink == "webhook"]
    assert sorted(len(one.payload["notifications"]) for one in parcels) == [50, 100, 100]
    assert len([one for one in rig.deliveries() if one.sink == "email"]) == 2  # at once, a batch
    assert len(rig.rows("anna")) == 250


async def test_what_is_older_than_ninety_days_is_forgotten(rig: Rig, tmp_path: Path) -> None:
    rig.person("anna")
    rig.tell(rig.told(1))
    rig.passes(days=89)
    rig.tell(rig.told(2))
    rig.passes(days=2)
    desk = rig.desk(tmp_path)
    assert await desk.tidy() == 2  # anna's and everybody's
    assert [row.data["number"] for row in rig.rows("anna")] == [2]
