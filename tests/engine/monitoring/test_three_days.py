"""Three days of a fleet by an accelerated clock: the alerts are those of the script, each told
once, whatever the order of the polls.

Two gateways with nine access points behind each. All are polled in rounds, in an order of chance
and spread over the minutes of the round; the holder of the engine changes twice, once in the middle
of an outage. Around what happens a round takes five minutes, else half an hour.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from owtui.engine.monitoring.alerts.forecast import DiskForecast
from owtui.engine.monitoring.alerts.quiet import Quiet
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.verdicts import Observation
from storage import quiet
from storage.db import Database
from storage.tables import Alert
from tests.engine.monitoring.alerting import START, AlertRig

GATEWAYS = ("gw-a", "gw-b")
BEHIND = {f"ap-{site}{nth}": f"gw-{site}" for site in "ab" for nth in range(1, 10)}
SITE_A = sorted(name for name, gateway in BEHIND.items() if gateway == "gw-a")
SITE_B = sorted(name for name, gateway in BEHIND.items() if gateway == "gw-b")
HOURS = 72.0


@dataclass(frozen=True)
class Span:
    """Something of a device, between two hours of the three days."""

    name: str
    start: float
    end: float

    def holds(self, name: str, hour: float) -> bool:
        return self.name == name and self.start <= hour < self.end


DOWN = (
    Span("gw-a", 6.0, 7.25),  # with all behind it
    Span("ap-a3", 9.0, 10.0),  # alone
    *(Span("ap-a7", 12 + nth, 12 + nth + 0.25) for nth in range(2)),  # too short each
    Span("ap-a8", 19.2, 20.2),  # within the window, which is from 19:00 to 21:00
    Span("ap-a9", 19.2, 23.0),  # beyond it
    Span("gw-b", 28.0, 31.0),  # long enough that nobody collects data either
    Span("ap-b5", 28.0, 33.0),  # stays away when the gateway is back
)
BUSY = (Span("ap-a1", 50.0, 51.0), Span("ap-a2", 50.0, 50.4))  # the second too short
RESTARTS = (12.5, 29.7)
FLAPPING = Span("ap-b2", 40.0, 42.0)
SLOW = Span("ap-b7", 0.0, 60.0)  # one more per cent an hour, cleaned up at the end


def is_down(name: str, hour: float) -> bool:
    above = BEHIND.get(name, "")
    return any(one.holds(name, hour) or one.holds(above, hour) for one in DOWN)


def disk(name: str, hour: float) -> float:
    if FLAPPING.holds(name, hour):
        return 95.0 if int(hour * 6) % 2 else 60.0
    if SLOW.holds(name, hour):
        return 60.0 + hour
    return 60.0


def values(name: str, hour: float) -> dict[str, float]:
    """What a poll finds. Nobody collected data when the last was an hour ago."""
    if is_down(name, hour):
        recent = any(not is_down(name, hour - back / 12) for back in range(1, 13))
        return {"ping": 0.0, "data_collected": float(recent)}
    cpu = 97.0 if any(one.holds(name, hour) for one in BUSY) else 20.0
    return {"ping": 1.0, "data_collected": 1.0, "disk": disk(name, hour), "cpu": cpu}


def rounds() -> Iterator[float]:
    """The hours at which a round of polls begins."""
    eventful = (*DOWN, *BUSY, FLAPPING, Span("", 29.0, 31.0), Span("", 59.5, 60.5))
    hour = 0.0
    while hour < HOURS:
        yield hour
        near = any(one.start - 0.5 <= hour < one.end + 1.0 for one in eventful)
        hour = round(hour + (1 / 12 if near else 0.5), 6)


@dataclass
class Days:
    """The three days as they were lived."""

    rig: AlertRig
    chance: random.Random
    foreseen: int = -1

    async def live(self) -> None:
        restarts = list(RESTARTS)
        for hour in rounds():
            if restarts and hour >= restarts[0]:
                restarts.pop(0)
                self.rig.restart()
                self.rig.keeper.forecasts.append(DiskForecast())
                await self.rig.ready()
            await self._round(hour)

    async def _round(self, hour: float) -> None:
        rig = self.rig
        order = [*GATEWAYS, *BEHIND]
        self.chance.shuffle(order)
        cuts = sorted(self.chance.sample(range(1, len(order)), 2))
        parts = (order[: cuts[0]], order[cuts[0] : cuts[1]], order[cuts[1] :])
        for nth, names in enumerate(parts):
            rig.now = START + timedelta(hours=hour, seconds=nth * 100)
            await rig.monitor.take([self._seen(name, hour) for name in names])
            await rig.keeper.due()
        if int(hour) > self.foreseen:
            self.foreseen = int(hour)
            await rig.keeper.foresee(rig.series)
            await rig.keeper.due()

    def _seen(self, name: str, hour: float) -> Observation:
        rig = self.rig
        fields = {"ping": "reachable", "disk": "used_disk", "cpu": "cpu_usage"}
        readings = tuple(
            Reading(kind, rig.now.timestamp(), {fields.get(kind, kind): value})
            for kind, value in values(name, hour).items()
        )
        return Observation(rig.ids[name], rig.now, readings)


@pytest.fixture(params=[1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
async def rig(request: pytest.FixtureRequest, sqlite_database: Database) -> AlertRig:
    rig = await AlertRig(sqlite_database, [*GATEWAYS, *BEHIND], BEHIND).ready()
    rig.keeper.forecasts.append(DiskForecast())
    window = Quiet(
        "night works",
        "maintenance",
        START,
        filter="ap-a8 | ap-a9",
        weekdays=(5,),
        at="02:00",
        minutes=120,
        timezone="Europe/Rome",
    )
    rig.database.write(lambda session: quiet.add(session, window.row()))
    days = Days(rig, random.Random(request.param))
    await days.live()
    return rig


TOLD = {
    "gw-a": ["ping_problem", "ping_recovery"],
    "ap-a3": ["ping_problem", "ping_recovery"],
    "ap-a9": ["ping_problem", "ping_recovery"],
    "gw-b": ["ping_problem", "ping_recovery"],
    "ap-b5": ["ping_problem", "ping_recovery"],
    "ap-a1": ["cpu_problem", "cpu_recovery"],
    "ap-b2": [*["disk_problem", "disk_recovery"] * 3, "disk_flapping", "disk_recovery"],
    "ap-b7": ["forecast_problem", "disk_problem", "disk_recovery"],
}
RAISED = Counter(
    {
        **{(name, "ping"): 1 for name in ("gw-a", *SITE_A, "gw-b", *SITE_B)},
        **{(name, "ping"): 2 for name in ("ap-a3", "ap-a8", "ap-a9")},
        **{(name, "data_collected"): 1 for name in ("ap-a9", "gw-b", *SITE_B)},
        ("ap-a1", "cpu"): 1,
        ("ap-b2", "disk"): 1,
        ("ap-b7", "disk"): 1,
        ("ap-b7", "forecast"): 1,
    }
)


def named(rig: AlertRig, one: Alert) -> tuple[str, str]:
    names = {id_: name for name, id_ in rig.ids.items()}
    return (names[one.device_id] if one.device_id else "", one.kind)


@pytest.mark.timeout(300)
async def test_the_alerts_are_those_of_the_script(rig: AlertRig) -> None:
    found = rig.alerts()
    assert Counter(named(rig, one) for one in found) == RAISED
    assert [named(rig, one) for one in found if one.resolved_at is None] == []

    told = defaultdict(list)
    for name, type_ in rig.told:
        told[name].append(type_)
    assert dict(told) == TOLD

    by_id = {one.id: one for one in found}
    causes = {
        (*named(rig, one), one.opened_at.day): named(rig, by_id[one.cause_id])
        for one in found
        if one.cause_id is not None
    }
    day = START.day
    expected = {(name, "ping", day): ("gw-a", "ping") for name in SITE_A}
    others = [name for name in SITE_B if name != "ap-b5"]
    expected |= {(name, "ping", day + 1): ("gw-b", "ping") for name in others}
    expected |= {(name, "data_collected", day + 1): ("gw-b", "ping") for name in others}
    for name in ("gw-b", "ap-b5", "ap-a9"):
        expected[name, "data_collected", day + 1] = (name, "ping")
    assert causes == expected

    when = {(name, type_): at for name, type_, at in rig.told_at}
    assert when["ap-b5", "ping_problem"] > when["gw-b", "ping_recovery"]
    ends = START + timedelta(hours=21)
    assert ends <= when["ap-a9", "ping_problem"] < ends + timedelta(minutes=6)
