"""The engine's own parts tell people, and the holder sends: wired as it runs."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session, select

from owtui.engine.attempts import Attempts
from owtui.engine.engine import Engine, Role
from owtui.engine.monitoring.alerts import words
from owtui.engine.notifications.telling import Telling
from owtui.engine.notifications.types import TYPES
from owtui.operator import Operator
from owtui.settings import Loaded, Paths, Settings
from storage import credentials, organizations, registration
from storage.configstatus import Status
from storage.core import DEVICE_CONNECTION
from storage.db import Database
from storage.logins import Draft
from storage.secrets import Secret
from storage.tables.base import now
from tests.engine.configs.office import Office
from tests.engine.monitoring.alerting import AlertRig
from tests.engine.notifications.rig import FakeSink, Rig
from tests.engine.notifications.servers import Receiver

AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
def rig(database: Database) -> Rig:
    made = Rig(database)
    made.person("anna")
    return made


def _connection(rig: Rig, folder: Path) -> UUID:
    vault = rig.desk(folder).vault()

    def write(session: Session) -> UUID:
        login = credentials.create(session, vault, Draft("noc", password=Secret("letter-7f3a")))
        credentials.attach(session, rig.device, login.id)
        return session.scalars(select(DEVICE_CONNECTION.c.id)).one()

    return rig.database.write(write)


async def test_a_login_that_works_no_more_is_told_and_that_it_works_again(
    rig: Rig, tmp_path: Path
) -> None:
    connection, working = _connection(rig, tmp_path), set[UUID]()
    attempts = Attempts(rig.database, working)
    attempts.tell = rig.teller.tell
    await attempts.record(connection, True, "")  # the first ever: nobody is told
    await attempts.record(connection, False, "ap-1: no answer from 192.0.2.1 within 5 s.")
    await attempts.record(connection, True, "")  # it rebooted, or was flashed
    assert not rig.rows("anna")
    await attempts.record(connection, False, "ap-1: the password of root was refused.")
    (told,) = (row for row in rig.rows("anna") if row.level == "error")
    assert told.type == "connection_is_not_working"
    assert told.text == (
        "noc connection to device ap-1 is not working. ap-1: the password of root was refused."
    )
    await attempts.record(connection, True, "")
    assert rig.rows("anna")[0].type == "connection_is_working"


async def test_an_agent_s_registration_and_its_error_are_told(
    database: Database, tmp_path: Path
) -> None:
    office, rig = Office(database, tmp_path), Rig(database)
    rig.person("anna")
    office.shelf.controller._tell = rig.teller.tell

    def enrol(session: Session) -> str:
        owner = organizations.default(session)
        registration.set_enabled(session, owner.id, True)
        return registration.ensure_secret(session, office.vault, owner.id).reveal()

    secret = database.write(enrol)
    form = {
        **{"secret": secret, "name": "cpe-7", "mac_address": "02:00:00:00:00:07"},
        "backend": "netjsonconfig.OpenWrt",
    }
    answer = await office.shelf.controller.register(form, "192.0.2.7")
    assert answer.status == 201, answer.text
    said = dict(line.split(": ") for line in answer.text.splitlines())
    report = {"key": said["key"], "status": Status.ERROR, "error_reason": "wifi: no such radio"}
    done = await office.shelf.controller.report_status(said["uuid"], report)
    assert done.status == 200, done.text
    told = {row.type: row.text for row in rig.rows("anna")}
    assert told["device_registered"] == "A new device cpe-7 has registered successfully."
    assert told["config_error"].endswith("restored from a backup. wifi: no such radio")


async def test_the_holder_sends_what_another_process_told(tmp_path: Path) -> None:
    paths = Paths(*[tmp_path] * 5)
    async with Receiver().running() as receiver:
        settings = Settings(
            fleet="lab",
            database=f"sqlite:///{tmp_path / 'owtui.db'}",
            facts_every_s=0,
            notify_webhook_url=receiver.url,
            notify_exec="relative",
        )
        engine = await Engine.start(
            Loaded(settings, paths), Operator("eva", "noc", "engine"), Role.HOLD
        )
        try:
            other = Database.open(settings.database)
            desk = Rig(other).desk(tmp_path, notify_webhook_url=receiver.url)
            desk.present = now  # the engine goes by the real clock
            other.write(
                lambda s: desk.tell(s, [Telling("drift_problem", "warning", "It drifted.", AT)])
            )
            other.close()
            async with asyncio.timeout(60):
                await receiver.posted.wait()
            assert [one.name for one in engine.notifications.sinks.problems] == ["exec"]
        finally:
            await engine.close()
    posted = json.loads(receiver.posts[0][1])
    assert [one["text"] for one in posted["notifications"]] == ["It drifted."]
    assert len(receiver.posts) == 1


async def test_an_alert_and_its_end_are_told_and_mailed_with_its_subject(
    database: Database,
) -> None:
    sink = FakeSink()
    rig = Rig(database, sink, interval_s=0)
    rig.person("anna", "anna@example.org")
    alerts = await AlertRig(database, ["gw"]).ready()
    alerts.keeper.tell = rig.teller.tell
    for value in (80.0, 95.0, 50.0):
        await alerts.saw("gw", "disk", value)
        alerts.later(5)
    await rig.drain()
    assert sink.subjects == [
        "[lab] PROBLEM: gw is experiencing a peak in disk usage which has gone over 90%",
        "[lab] RECOVERY: gw disk usage has returned to normal levels",
    ]
    rows = rig.rows("anna")
    assert {row.alert_id for row in rows} == {alerts.alert("gw", "disk").id}
    assert {row.type: row.level for row in rows} == {
        "disk_problem": "warning",
        "disk_recovery": "info",
    }


def test_every_kind_of_alert_has_types_to_be_told_by() -> None:
    for kind in words.kinds():
        if words.is_told(kind):
            assert f"{kind}_problem" in TYPES and f"{kind}_recovery" in TYPES
