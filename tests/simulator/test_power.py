"""Reboots really happen: the device goes, stays away, and comes back without its memory."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest

from owtui.simulator import Fleet
from tests.simulator.dial import connect
from tests.simulator.test_ssh import until


@pytest.mark.parametrize("line", ["reboot", "ubus call system reboot"])
async def test_a_reboot_answers_then_drops_refuses_and_returns(fleet: Fleet, line: str) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        await client.run(
            "echo kept >/root/k; echo lost >/tmp/l; uci set system.@system[0].hostname=x"
        )
        first = device.device.boot_id
        assert (await client.run(line)).exit_status == 0
        async with asyncio.timeout(30):
            await client.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(device.address, device.port)
    await until(lambda: device.host._powered)
    async with connect(device) as client:
        answer = await client.run("cat /root/k; ls /tmp/l; uci changes; cut -d. -f1 /proc/uptime")
    assert answer.stdout == "kept\n0\n"
    assert device.device.boot_id != first
    assert device.effects.boots == 2


async def test_two_requests_make_one_reboot(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        await client.run("reboot; reboot; reboot")
    await until(lambda: device.effects.boots == 2 and device.host._powered)
    await until(lambda: not device.host._tasks)
    assert device.effects.boots == 2


async def test_a_power_cycle_ends_what_ran_and_cuts_who_waited(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        running = asyncio.create_task(client.run("sleep 100; echo never >/root/never"))
        await until(lambda: any(p.name == "sleep" for p in device.device.processes))
        await device.power_cycle()
        assert (await running).exit_status is None
        with pytest.raises(asyncssh.Error):
            await client.run("true")
    assert not any(p.name == "sleep" for p in device.device.processes)
    assert device.device.files.find("/root/never") is None


async def test_a_reboot_applies_what_was_committed(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        await client.run("uci set system.@system[0].hostname=after; uci commit")
    assert device.device.hostname == device.name
    await device.power_cycle()
    assert device.device.hostname == "after"


async def test_a_disabled_service_does_not_return(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        await client.run("/etc/init.d/uhttpd disable")
    await device.power_cycle()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(device.address, device.http_port)


async def test_a_wrong_address_cuts_the_device_off_until_it_is_put_right(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device, keepalive_interval=0.1, keepalive_count_max=2) as client:
        await client.run(
            "cp /etc/config/network /root/old;"
            "(sleep 1; cp /root/old /etc/config/network; reload_config) >/dev/null 2>&1 &"
            "uci set network.lan.ipaddr=10.99.99.1; uci commit; reload_config"
        )
        async with asyncio.timeout(30):
            await client.wait_closed()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await asyncio.open_connection(device.address, device.port)
    await until(lambda: device.host._ssh is not None)
    async with connect(device) as again:
        assert (await again.run("echo back")).stdout == "back\n"
