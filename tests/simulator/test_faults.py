"""Faults: what goes wrong on request, and the file that asks for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncssh
import pytest

from owtui.simulator import Fault, FaultFileError, Fleet, FleetSpec, load_faults
from owtui.simulator.faults import faults_for
from owtui.simulator.fleet import SimulatedDevice
from tests.simulator.dial import connect
from tests.simulator.test_ssh import until

BROKEN = [
    ("f.json", "{\n  bad\n}", "line 2: Expecting property name"),
    ("f.toml", "[a\n", "at line 1"),
    ("f.json", "[]", "must hold a table of device names"),
    ("f.json", '{"ap-*": 3}', "ap-* must be a table of faults, not 3"),
    ("f.json", '{"ap-*": {"slow": 3}}', "ap-*: unknown fault 'slow'; known are bandwidth"),
    ("f.json", '{"x": {"latency_s": "1"}}', "x: latency_s must be a number, not '1'"),
    ("f.json", '{"x": {"full_flash": 1}}', "x: full_flash must be true or false, not 1"),
    ("f.json", '{"x": {"latency_s": -1}}', "x: latency_s must not be negative, not -1"),
]


@pytest.mark.parametrize(("name", "text", "said"), BROKEN, ids=[text for _, text, _ in BROKEN])
def test_a_wrong_fault_file_is_told_in_one_sentence(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FaultFileError) as caught:
        load_faults(path)
    message = str(caught.value)
    assert said in message and name in message and "\n" not in message


def test_a_missing_fault_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaultFileError, match=r"none\.json: cannot be read: No such file"):
        load_faults(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f.json", '{"ap-*": {"latency_s": 1}, "ap-roof-01": {"refuse_auth": true}}'),
        ("f.toml", '["ap-*"]\nlatency_s = 1\n["ap-roof-01"]\nrefuse_auth = true\n'),
    ],
)
def test_patterns_add_up_in_the_order_of_the_file(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    table = load_faults(path)
    assert faults_for("ap-roof-01", table) == Fault(latency_s=1, refuse_auth=True)
    assert faults_for("ap-yard-01", table) == Fault(latency_s=1)
    assert faults_for("gw-harbour", table) == Fault()


async def test_a_slow_device_takes_its_time(fleet: Fleet) -> None:
    device = fleet.devices[0]
    await device.fault(latency_s=0.1, bandwidth=20_000)
    clock = asyncio.get_running_loop().time
    async with connect(device) as client:
        start = clock()
        assert len(str((await client.run("head -c 4000 /dev/zero | tr '\\0' x")).stdout)) == 4000
        assert clock() - start > 0.25


@pytest.mark.parametrize("fault", [{"drop_after_bytes": 1000}, {"drop_after_s": 0.1}])
async def test_a_connection_is_cut_in_the_middle_of_a_command(
    fleet: Fleet, fault: dict[str, float]
) -> None:
    device = fleet.devices[0]
    await device.fault(**fault)
    async with connect(device) as client:
        answer = await client.run("while :; do uptime; sleep 1; logread; done")
        async with asyncio.timeout(30):
            await client.wait_closed()
    assert answer.exit_status is None
    await device.fault()
    async with connect(device) as client:
        assert (await client.run("true")).exit_status == 0


async def test_a_device_that_refuses_everybody_says_permission_denied(fleet: Fleet) -> None:
    await fleet.devices[0].fault(refuse_auth=True)
    with pytest.raises(asyncssh.PermissionDenied):
        async with connect(fleet.devices[0]):
            pass


async def presented(device: SimulatedDevice) -> str:
    async with connect(device) as client:
        key = client.get_server_host_key()
        assert key is not None
        return " ".join(key.export_public_key().decode().split()[:2])


async def test_a_host_key_changes_now_or_with_the_next_boot(fleet: Fleet) -> None:
    first, second, _ = fleet.devices
    await first.fault(new_host_key=True)
    assert await presented(first) != first.host_key
    await second.fault(new_host_key_on_reboot=True)
    assert await presented(second) == second.host_key
    await second.power_cycle()
    assert await presented(second) != second.host_key


async def test_a_host_key_changed_by_the_file_is_not_the_inventorys() -> None:
    spec = FleetSpec(devices=1, speed=0.02, faults={"gw-*": {"new_host_key": True}})
    async with Fleet(spec) as fleet:
        assert await presented(fleet.devices[0]) != fleet.devices[0].host_key


async def test_a_full_flash_refuses_writes_and_empties_a_committed_file(fleet: Fleet) -> None:
    await fleet.devices[0].fault(full_flash=True)
    async with connect(fleet.devices[0]) as client:
        answer = await client.run("echo x >/etc/new")
        assert answer.exit_status == 1
        assert "No space left on device" in str(answer.stderr)
        assert (await client.run("echo x >/tmp/new")).exit_status == 0


async def test_an_unreachable_device_lets_connecting_time_out(fleet: Fleet) -> None:
    device = fleet.devices[0]
    await device.fault(unreachable=True)
    for port in (device.port, device.http_port):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.open_connection(device.address, port)
    await device.fault()
    async with connect(device) as client:
        assert (await client.run("true")).exit_status == 0


@pytest.mark.parametrize("fault", ["unreachable", "refused"])
async def test_a_device_that_is_silent_from_the_start_is_in_the_inventory(fault: str) -> None:
    spec = FleetSpec(devices=2, speed=0.02, faults={"gw-*": {fault: True}})
    async with Fleet(spec) as fleet:
        device = fleet.devices[0]
        assert fleet.inventory()[0]["port"] == str(device.port) != "0"
        assert device.http_port
        with pytest.raises((TimeoutError, ConnectionRefusedError)):
            async with asyncio.timeout(0.2):
                await asyncio.open_connection(device.address, device.port)
        await device.fault()
        async with connect(device) as client:
            assert (await client.run("true")).exit_status == 0


async def test_a_refusing_device_refuses(fleet: Fleet) -> None:
    device = fleet.devices[0]
    await device.fault(refused=True)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(device.address, device.port)


async def test_a_hanging_device_lets_in_and_never_answers(fleet: Fleet) -> None:
    device = fleet.devices[0]
    await device.fault(hang_after_login=True)
    async with connect(device) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.run("true")
        client.abort()


async def test_a_wrong_clock_tells_another_time(fleet: Fleet) -> None:
    device = fleet.devices[0]
    await device.fault(clock_error_s=-86400 * 365)
    async with connect(device) as client:
        told = int(str((await client.run("date +%s")).stdout))
    assert abs(device.host.clock.wall() - told - 86400 * 365) < 5


async def test_a_device_reboots_by_itself() -> None:
    spec = FleetSpec(devices=1, speed=0.01, faults={"*": {"reboot_every_s": 0.1}})
    async with Fleet(spec) as fleet:
        await until(lambda: fleet.devices[0].effects.boots >= 3)


async def test_a_flapping_device_comes_and_goes_until_it_is_mended(fleet: Fleet) -> None:
    device = fleet.devices[0]
    await device.fault(flap_up_s=0.05, flap_down_s=0.05)
    for _ in range(2):
        await until(lambda: device.host._ssh is None)
        await until(lambda: device.host._ssh is not None)
    await until(lambda: device.host._ssh is None)
    await device.fault()
    async with connect(device) as client:
        assert (await client.run("true")).exit_status == 0
