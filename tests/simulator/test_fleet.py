"""A whole fleet: the same from the same seed, with an inventory, and a thousand at once."""

from __future__ import annotations

import asyncio
import csv
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import asyncssh
import pytest

from owtui.simulator import Fleet, FleetError, FleetSpec, serve
from owtui.simulator.census import Plan, address_of, enrol
from owtui.simulator.inventory import COLUMNS
from owtui.simulator.models import MODELS, RELEASES
from tests.simulator.dial import connect


def plan(devices: int, seed: int = 7, shape: str = "tree") -> Plan:
    return Plan(devices, seed, shape, "lab", "secret", "", "luci")


def test_the_same_seed_gives_the_same_fleet_and_another_does_not() -> None:
    assert enrol(plan(50)) == enrol(plan(50))
    assert enrol(plan(50)) != enrol(plan(50, seed=8))


def test_names_addresses_and_macs_are_unique() -> None:
    devices = enrol(plan(3000))
    for values in (
        {d.name for d in devices},
        {d.address for d in devices},
        {d.mac for d in devices},
        {d.lan_address for d in devices},
    ):
        assert len(values) == 3000
    assert all(address.startswith("127.20.") for address in (address_of(0), address_of(59_999)))


def test_a_fleet_has_many_models_and_releases_and_protected_gateways() -> None:
    devices = enrol(plan(60))
    assert len({d.model for d in devices}) >= 8
    assert {RELEASES[d.release].series for d in devices} >= {(19, 7), (23, 5), (24, 10)}
    gateways = [d for d in devices if d.name.startswith("gw-")]
    assert gateways and all("protect" in d.tags for d in gateways)
    assert all(RELEASES[d.release].series >= MODELS[d.model].oldest for d in devices)


@pytest.mark.parametrize("shape", ["tree", "mesh", "star"])
def test_every_device_but_the_first_has_an_uplink_before_it(shape: str) -> None:
    first, *rest = enrol(plan(40, shape=shape))
    assert first.uplink is None
    assert all(d.uplink is not None and d.uplink < d.index for d in rest)


@pytest.mark.parametrize(
    "spec",
    [
        FleetSpec(devices=0),
        FleetSpec(shape="ring"),
        FleetSpec(luci="half"),
        FleetSpec(devices=10, ssh_port=65_530),
    ],
)
def test_an_impossible_fleet_is_refused_in_words(spec: FleetSpec) -> None:
    with pytest.raises(FleetError, match=r"\.$"):
        Fleet(spec)


async def test_a_taken_port_is_told_with_the_address() -> None:
    taken = await asyncio.start_server(lambda r, w: w.close(), address_of(1), 0)
    port = taken.sockets[0].getsockname()[1]
    with pytest.raises(FleetError, match=r"cannot listen on 127\.20\.0\.2: Address already in use"):
        await Fleet(FleetSpec(devices=2, ssh_port=port - 1)).start()
    taken.close()


async def test_the_inventory_is_complete_and_private(fleet: Fleet, tmp_path: Path) -> None:
    for name in ("fleet.csv", "fleet.json"):
        path = tmp_path / name
        fleet.write_inventory(path)
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text()
        rows = (
            json.loads(text) if name.endswith("json") else list(csv.DictReader(text.splitlines()))
        )
        assert [tuple(row) for row in rows] == [COLUMNS] * 3
        assert [row["name"] for row in rows] == [device.name for device in fleet.devices]
    one, device = rows[0], fleet.devices[0]
    async with asyncssh.connect(
        one["address"],
        port=int(one["port"]),
        username=one["user"],
        password=one["password"],
        known_hosts=([asyncssh.import_public_key(one["host_key"])], [], []),
        client_keys=None,
        config=None,
    ) as client:
        assert (await client.run("cat /tmp/sysinfo/model")).stdout == one["model"] + "\n"
    assert one["http_url"] == f"http://{device.address}:{device.http_port}"
    assert one["mac_address"] == device.identity.mac.upper()


async def test_the_key_file_is_private_and_opens_every_device(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "id"
    fleet.write_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    for device in fleet.devices:
        async with connect(device, password=None, client_keys=[str(path)]) as client:
            assert (await client.run("uname -n")).stdout == f"{device.name}\n"


async def test_serve_runs_until_it_is_cancelled(tmp_path: Path) -> None:
    ready = asyncio.Event()
    spec = FleetSpec(devices=2, speed=0.02)
    task = asyncio.create_task(serve(spec, tmp_path / "i.csv", lambda fleet: ready.set()))
    async with asyncio.timeout(30):
        await ready.wait()
    assert (tmp_path / "i.csv").exists()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_effects_can_be_read_on_the_device_itself(fleet: Fleet) -> None:
    async with connect(fleet.devices[0]) as client:
        await client.run("true")
        await client.run("true")
        told = json.loads(str((await client.run("cat /proc/simulator")).stdout))
    assert told["commands"]["true"] == 2
    assert told["boots"] == 1


def test_too_few_open_files_are_told_with_the_number_needed() -> None:
    code = (
        "import asyncio, resource\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))\n"
        "from owtui.simulator import Fleet, FleetSpec\n"
        "try:\n    asyncio.run(Fleet(FleetSpec(devices=500)).start())\n"
        "except Exception as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert "500 devices need 2200 open files and this login may have 256" in done.stdout


@pytest.mark.slow
async def test_a_thousand_devices_start_at_once_and_all_answer() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    async with Fleet(FleetSpec(devices=1000, speed=0.02)) as fleet:
        took = time.process_time() - start
        assert took < 10
        gate = asyncio.Semaphore(50)

        async def ask(index: int) -> str:
            device = fleet.devices[index]
            async with gate, connect(device, login_timeout=30, connect_timeout=30) as client:
                return str((await client.run("uname -n")).stdout)

        names = await asyncio.gather(*(ask(index) for index in range(1000)))
        assert names == [f"{device.name}\n" for device in fleet.devices]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"1,000 devices listened after {took:.2f} s; +{grown} MiB with their clients")
    assert grown < 300
