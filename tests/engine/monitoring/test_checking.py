"""The checks of a fleet: whose turn, on which terms, and what comes of what they find."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from owtui.engine.bus import Bus
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.checkdesk import CheckDesk, Wish, words
from owtui.engine.monitoring.checking import Checking
from owtui.engine.monitoring.monitor import Monitor
from owtui.engine.monitoring.pinger import Pinged
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.verdicts import Observation
from owtui.errors import BlockedError, InputError
from owtui.operator import Operator
from owtui.settings import Settings
from storage import audit, devices, organizations, service, states
from storage.db import Database
from storage.states import StateUpdate
from tests.engine.monitoring.checks.means import World

DEADLINE_S = 30.0
UP = Pinged("icmp", 0.0, 1.0, 2.0, 3.0)
DOWN = Pinged("icmp", 100.0)


class Rig:
    """Checks on a real database with one device of a group; the clock stands until moved."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.world = World()
        self.fleet = Fleet(database)
        self.clock_s = 0.0

        def make(session: Any) -> UUID:
            owner = organizations.default(session)
            group = organizations.create_group(session, owner.id, "roof", "")
            made = devices.create(session, "ap-1", address="192.0.2.1")
            devices.update(session, made.id, group_id=group.id)
            devices.create(session, "ap-2", address="192.0.2.2")
            return made.id

        self.device = database.write(make)
        self.monitor = Monitor(
            self.fleet, Bus(), database, self.world.series, present=lambda: self.world.now
        )
        self.checking = self.make(Settings())
        self.desk = self.desk_of()

    def make(self, chosen: Settings) -> Checking:
        checking = Checking(
            self.fleet,
            self.database,
            self.world.means(),
            chosen,
            clock=lambda: self.clock_s,
            random=Random(1),
        )
        checking.attach(self.monitor)
        return checking

    def desk_of(self, *, read_only: bool = False) -> CheckDesk:
        operator = Operator("eva", "desk", "cli")
        return CheckDesk(
            self.database,
            self.fleet,
            operator,
            lambda: self.checking,
            lambda: self.world.series,
            read_only=read_only,
        )

    async def ready(self) -> Rig:
        await self.fleet.load()
        await self.monitor.load()
        await self.checking.load()
        return self

    async def settle(self) -> str:
        """Judge what was offered; the device's status then."""
        await self.monitor.flush()
        return self.fleet.rows[self.device].status

    async def critical(self) -> None:
        at = self.world.now
        for kind, field in (("ping", "reachable"), ("data_collected", "data_collected")):
            reading = Reading(kind, at.timestamp(), {field: 0.0})
            self.monitor.offer(Observation(self.device, at, (reading,)))
        assert await self.settle() == "critical"

    async def terms(self, type_: str = "ping", name: str = "ap-1") -> Any:
        (row,) = self.fleet.by_name(name)
        return next(one for one in await self.desk.rows([row.id]) if one.type == type_)


@pytest.fixture
async def rig(sqlite_database: Database) -> Rig:
    return await Rig(sqlite_database).ready()


async def test_active_checks_of_active_devices_have_turns(rig: Rig) -> None:
    assert len(rig.checking.rota) == 6
    rig.database.write(lambda session: service.deactivate(session, rig.device))
    await rig.fleet.load()
    rig.checking.sync()
    assert len(rig.checking.rota) == 3
    rig.checking = rig.make(Settings(checks_every_s=0))
    await rig.checking.load()
    assert len(rig.checking.rota) == 0


async def test_a_device_wins_over_its_group_over_the_settings_over_the_defaults(rig: Rig) -> None:
    found = await rig.terms()
    assert (found.active, found.every_s, found.origin) == (True, 300, "default")
    rig.checking = rig.make(Settings(checks={"ping": {"count": 3}, "default/ping": {"bytes": 99}}))
    found = await rig.terms()
    assert (found.params["count"], found.params["bytes"]) == (3, 99)
    assert found.origin == "settings"
    await rig.desk.set("group:roof", "ping", Wish(active=False, every_s=60, params={"count": 4}))
    await rig.desk.set("ap-1", "ping", Wish(params={"count": 7}))
    found = await rig.terms()
    assert (found.active, found.every_s, found.params["count"]) == (False, 60, 7)
    assert (found.params["bytes"], found.params["timeout"]) == (99, 800)
    assert found.origin == "device"
    other = await rig.terms(name="ap-2")
    assert (other.active, other.params["count"], other.origin) == (True, 3, "settings")
    assert await rig.desk.reset("ap-1", "ping")
    assert not await rig.desk.reset("ap-1", "ping")
    assert (await rig.terms()).params["count"] == 4


async def test_tables_within_params_are_merged_key_by_key(rig: Rig) -> None:
    options = {"client_options": {"tcp": {"bitrate": "5M"}, "time": 3}}
    await rig.desk.set("group:roof", "iperf3", Wish(params=options))
    await rig.desk.set("ap-1", "iperf3", Wish(params={"client_options": {"time": 4}}))
    await rig.desk.set("ap-1", "iperf3", Wish(params={"client_options": {"port": 99}}))
    found = (await rig.terms("iperf3")).params["client_options"]
    assert (found["tcp"], found["time"]) == ({"bitrate": "5M", "length": "128K"}, 4)
    assert (found["port"], found["udp"]["bitrate"]) == (99, "30M")


@pytest.mark.parametrize(
    ("type_", "wish", "sentence"),
    [
        ("ping", Wish(params={"count": 1}), "1 is less than the minimum of 2"),
        ("ping", Wish(params={"cuont": 3}), "has no “cuont”"),
        ("ping", Wish(params={"cuont": None}), "has no “cuont”"),
        ("ping", Wish(every_s=1), "cannot run every 1 s"),
        ("pong", Wish(active=True), "no check “pong”"),
        ("wifi_clients", Wish(params={"snooze": [["25:00", "06:00"]]}), "no “25:00”"),
    ],
)
async def test_what_cannot_be_set_is_refused_with_a_sentence(
    rig: Rig, type_: str, wish: Wish, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        await rig.desk.set("ap-1", type_, wish)
    with pytest.raises(InputError, match="not set for org:default"):
        await rig.desk.set("org:default", "ping", Wish(active=False))
    with pytest.raises(BlockedError):
        await rig.desk_of(read_only=True).set("ap-1", "ping", Wish(active=False))


async def test_what_is_set_is_audited_and_a_param_of_none_is_the_default_again(rig: Rig) -> None:
    await rig.desk.set("ap-1", "ping", Wish(every_s=30, params={"count": 9}))
    await rig.desk.set("ap-1", "ping", Wish(params={"count": None}))
    found = await rig.terms()
    assert (found.every_s, found.params["count"]) == (30, 5)
    await rig.desk.reset("ap-1", "ping")
    told = await rig.database.aread(lambda session: audit.entries(session, limit=9))
    assert [(one.action, one.device_name) for one in told] == [
        *(("reset_check", "ap-1"), ("set_check", "ap-1"), ("set_check", "ap-1")),
    ]


async def test_settings_that_cannot_be_are_left_out_and_told(rig: Rig) -> None:
    checking = rig.make(Settings(checks={"ping": {"count": 99}, "x": {}, "iperf3": {"host": []}}))
    assert len(checking.terms.problems) == 2
    assert "[checks.ping] of the settings is left out: 99 is greater" in checking.terms.problems[0]


async def test_what_is_found_is_judged_and_reach_leaves_that_to_who_asked(rig: Rig) -> None:
    rig.world.answers.pings["192.0.2.1"] = UP
    (reading,) = await rig.checking.reach(rig.device)
    assert reading.values["reachable"] == 1
    assert await rig.settle() == "unknown"
    (ran,) = await rig.checking.run_now([rig.device], ["ping"])
    assert words(ran) == "reachable 1, loss 0, rtt_min 1, rtt_avg 2, rtt_max 3, by icmp"
    assert await rig.settle() == "ok"
    await rig.desk.set("ap-1", "ping", Wish(active=False))
    assert await rig.checking.reach(rig.device) == ()
    found = await rig.terms()
    assert found.result == words(ran)


async def test_acceptance_2_a_critical_device_that_is_heard_of_is_problem_then_ok(rig: Rig) -> None:
    rig.world.polled = True
    await rig.critical()
    assert await rig.checking.recover(rig.fleet.by_name("ap-2")[0].id) == []
    at = rig.world.now
    collected = Reading("data_collected", at.timestamp(), {"data_collected": 1.0})
    rig.monitor.offer(Observation(rig.device, at, (collected,)))
    rig.world.answers.pings["192.0.2.1"] = UP
    ran = await rig.checking.recover(rig.device)
    assert [one.type for one in ran] == ["data_collected", "ping"]
    assert await rig.settle() == "ok"


async def test_a_device_of_another_zone_is_not_judged_from_here(rig: Rig) -> None:
    """A link of a topology moved: every zone's engine hears of it, and this one cannot reach it."""
    rig.world.answers.pings["192.0.2.1"] = DOWN
    rig.checking = rig.make(Settings(zone="south"))
    assert await rig.checking.suspect(rig.device) == []
    rig.database.write(lambda session: devices.update(session, rig.device, zone="south"))
    await rig.fleet.load()
    assert "ping" in [one.type for one in await rig.checking.suspect(rig.device)]


async def test_a_critical_device_without_critical_checks_is_unknown_when_heard_of(rig: Rig) -> None:
    await rig.critical()
    rig.checking = rig.make(Settings(auto_ping=False, auto_data_collected=False))
    assert await rig.checking.recover(rig.device) == []
    assert await rig.settle() == "unknown"


async def test_a_critical_check_switched_off_leaves_its_device_unknown(rig: Rig) -> None:
    rig.world.answers.pings["192.0.2.1"] = DOWN
    await rig.checking.run_now([rig.device], ["ping"])
    assert await rig.settle() == "problem"
    await rig.desk.set("ap-1", "ping", Wish(active=False))
    assert await rig.settle() == "unknown"
    assert (await rig.terms()).healthy is None


async def test_a_check_that_cannot_find_out_is_told_writes_nothing_and_stops_nobody(
    rig: Rig,
) -> None:
    async def blocked(*_: object) -> Pinged:
        raise BlockedError("The kernel does not let owtui send ICMP.")

    rig.world.answers.ping = blocked  # type: ignore[method-assign]
    ran = await rig.checking.run_now([rig.device])
    told = {one.type: one.failure.sentence if one.failure else "" for one in ran}
    assert told["ping"] == "The kernel does not let owtui send ICMP."
    assert told["data_collected"] == ""
    assert await rig.checking.reach(rig.device) == ()


async def test_a_changed_status_of_a_configuration_is_looked_at_at_once(rig: Rig) -> None:
    rig.database.write(lambda s: states.save(s, [StateUpdate(rig.device, status="ok")]))
    await rig.fleet.load()
    (ran,) = await rig.checking.config_changed([rig.device])
    assert (ran.type, ran.readings, ran.note) == ("config_applied", (), "skipped")
    await rig.desk.set("ap-1", "config_applied", Wish(active=False))
    assert await rig.checking.config_changed([rig.device]) == []


async def test_turns_come_every_interval_and_a_server_in_use_is_tried_again_soon(rig: Rig) -> None:
    rig.checking = rig.make(
        Settings(
            auto_ping=False,
            auto_config_check=False,
            auto_iperf3=True,
            auto_data_collected=False,
            checks={"iperf3": {"host": ["192.0.2.9"]}},
        )
    )
    await rig.checking.load()
    row = rig.fleet.rows[rig.device]
    held = rig.world.locks.first_free([f"{row.organization_id}/192.0.2.9"])
    assert held is not None
    rig.clock_s = 1_000.0
    await _until(rig, lambda: len(rig.checking.last) == 2)
    assert {ran.note for ran in rig.checking.last.values()} == {"waits 20 s for its server"}
    assert rig.checking.rota.next_due() == 1_020


async def test_a_check_that_is_wanted_soon_runs_next_in_its_own_turn(rig: Rig) -> None:
    rig.world.answers.pings["192.0.2.1"] = UP
    rig.checking.soon(rig.device)
    await _until(rig, lambda: (rig.device, "ping") in rig.checking.last)
    assert [key for key in rig.checking.last if key[1] == "ping"] == [(rig.device, "ping")]
    assert await rig.settle() == "ok"


async def test_a_thousand_checks_after_a_night_do_not_storm_and_the_lag_is_told(rig: Rig) -> None:
    def many(session: Any) -> None:
        for nth in range(100):
            devices.create(session, f"r{nth}", address=f"198.51.100.{nth}")

    rig.database.write(many)
    await rig.fleet.load()
    rig.checking.sync()
    rig.clock_s = 200.0
    assert rig.checking.lag.overdue > 100
    task = asyncio.create_task(rig.checking.scheduler.run())
    await asyncio.sleep(0)
    rig.clock_s += 3600.0
    before = len(rig.world.answers.asked)
    rig.checking.scheduler.nudge()
    for _ in range(5):
        await asyncio.sleep(0)
    assert rig.checking.lag.overdue == 0
    assert len(rig.world.answers.asked) - before <= Settings().parallel
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_values_of_what_takes_long_are_of_its_end_so_that_they_are_judged(rig: Rig) -> None:
    async def slow(*_: object) -> Pinged:
        rig.world.now += timedelta(minutes=20)
        return UP

    rig.world.answers.ping = slow  # type: ignore[method-assign]
    await rig.checking.run_now([rig.device], ["ping"])
    assert await rig.settle() == "ok"


async def _until(rig: Rig, there: Callable[[], bool]) -> None:
    ran = asyncio.Event()
    rig.checking.on_ran = lambda one: ran.set()
    task = asyncio.create_task(rig.checking.scheduler.run())
    while not there():
        ran.clear()
        await asyncio.wait_for(ran.wait(), DEADLINE_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
