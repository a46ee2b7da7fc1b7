"""Checks that look at what is known: configuration, data and Wi-Fi clients."""

from __future__ import annotations

from datetime import timedelta

import pytest

from owtui.engine.monitoring.checks.config_applied import ConfigApplied
from owtui.engine.monitoring.checks.data_collected import DataCollected
from owtui.engine.monitoring.checks.wifi_clients import WifiClients
from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.past import status_point
from owtui.errors import InputError
from storage.rows import DeviceRow
from storage.series import Key, Point, members
from tests.engine.monitoring.checks.means import AT, World
from tests.rows import device

OK = device(status="ok", config_status="applied")


async def applied(world: World, row: DeviceRow) -> float | None:
    found = await world.values(ConfigApplied(), row)
    return None if found is None else found["config_applied"]


@pytest.mark.parametrize(
    ("status", "config", "ago_s", "expected"),
    [
        ("ok", "applied", 3600, 1),
        ("ok", "modified", 300, 0),
        ("ok", "modified", 299, 1),
        ("problem", "error", 3600, 0),
        ("critical", "applied", 3600, None),
        ("unknown", "applied", 3600, None),
        ("ok", "", 3600, None),
    ],
)
async def test_a_configuration_is_applied_or_was_changed_within_five_minutes(
    status: str, config: str, ago_s: float, expected: float | None
) -> None:
    world = World(changed=AT - timedelta(seconds=ago_s))
    assert await applied(world, device(status=status, config_status=config)) == expected


async def test_nobody_is_told_of_a_configuration_in_error_by_this_check() -> None:
    world = World()
    told = []
    for config in ("modified", "error"):
        row = device(status="ok", config_status=config)
        found = (await ConfigApplied().run(world.asked(ConfigApplied(), row))).readings
        assert found is not None
        told.append(found[0].tell)
    assert told == [True, False]


async def test_data_is_collected_while_any_passive_metric_has_a_point_within_the_hour() -> None:
    world, check = World(), DataCollected()
    assert await world.values(check, OK) == {"data_collected": 0}
    ping = Point(Key(OK.id, "ping", "reachable"), AT.timestamp() - 1, 1)
    status = status_point(OK.id, Status.OK, AT.timestamp() - 1)  # the ping was judged
    await world.series.write([ping, status])
    assert await world.values(check, OK) == {"data_collected": 0}
    cpu = Point(Key(OK.id, "cpu", "load_1"), AT.timestamp() - 3600, 0.5)
    await world.series.write([cpu])
    assert await world.values(check, OK) == {"data_collected": 1}
    world.now = AT + timedelta(seconds=1)
    assert await world.values(check, OK) == {"data_collected": 0}
    assert await world.values(check, OK, interval=61) == {"data_collected": 1}


async def test_data_of_devices_that_are_polled_is_told_by_the_poll() -> None:
    world = World(polled=True)
    assert await world.values(DataCollected(), OK) is None


async def test_missing_data_of_a_critical_device_is_written_and_nobody_is_told() -> None:
    world, check = World(), DataCollected()
    found = (await check.run(world.asked(check, device(status="critical")))).readings
    assert found is not None
    assert (found[0].values, found[0].tell) == ({"data_collected": 0}, False)


async def clients(world: World, row: DeviceRow = OK, **params: object) -> list[float] | None:
    found = (await WifiClients().run(world.asked(WifiClients(), row, **params))).readings
    return None if found is None else [one.values["clients"] for one in found]


async def test_clients_are_counted_once_over_three_days_and_over_five_minutes() -> None:
    world = World()
    assert await clients(world) == [0, 0]
    for ifname, ago_s, macs in (
        ("wlan0", 10, ["02:00:00:00:00:01", "02:00:00:00:00:02"]),
        ("wlan1", 20, ["02:00:00:00:00:01"]),
        ("wlan0", 86_400, ["02:00:00:00:00:03"]),
        ("wlan0", 4 * 86_400, ["02:00:00:00:00:04"]),
    ):
        key = Key(OK.id, "wifi_clients", "clients", (("ifname", ifname),))
        await world.series.write(members(key, AT.timestamp() - ago_s, macs))
    assert await clients(world) == [3, 2]


@pytest.mark.parametrize("status", ["critical", "unknown"])
async def test_clients_of_a_device_that_is_not_well_are_not_counted(status: str) -> None:
    assert await clients(World(), device(status=status)) is None


async def test_acceptance_7_snoozed_over_night_it_does_not_run_and_a_minute_later_it_does() -> None:
    world = World()
    night = [["23:00", "06:00"]]
    for hour, minute, runs in ((2, 0, False), (6, 0, False), (6, 1, True), (22, 59, True)):
        world.now = AT.replace(hour=hour, minute=minute, second=30)
        assert (await clients(world, snooze=night) is not None) is runs
    world.now = AT.replace(hour=23)
    assert await clients(world, snooze=night) is None


@pytest.mark.parametrize(
    "pair",
    [
        *(["23:00"], ["23:00", "01-05"], ["24:00", "06:00"], ["02-30", "03-01"], ["x", "y"]),
        *(["01-05 10:00", "01-06"], ["", ""]),
    ],
)
def test_a_snooze_that_is_none_is_refused(pair: list[str]) -> None:
    with pytest.raises(InputError):
        WifiClients().prove({"snooze": [pair]})
