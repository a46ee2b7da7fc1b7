"""Finding routers and adopting them, on simulated ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from owtui.engine.fleet import Fleet as Rows
from owtui.engine.inventory.adopt import Candidate, adopt
from owtui.engine.inventory.desk import Desk
from owtui.engine.inventory.scan import Found, networks, scan
from owtui.engine.inventory.scout import Scout
from owtui.engine.transport.base import Login
from owtui.engine.transport.probe import banner, web
from owtui.errors import AuthError, HostKeyError, InputError
from owtui.simulator.fleet import Fleet, FleetSpec, SimulatedDevice
from storage import credentials, hostkeys
from storage.logins import Draft as LoginDraft
from storage.secrets import Secret
from tests.engine.inventory.conftest import EVA, Inventory


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet(FleetSpec(devices=3, factory=("ap-roof-01",), speed=0.05)) as running:
        yield running


async def find(device: SimulatedDevice) -> Found:
    [found] = [
        one
        async for one in scan([device.address], ports=[device.port], http_ports=[device.http_port])
    ]
    return found


def password(device: SimulatedDevice) -> Candidate:
    secret = Secret(device.password)
    return Candidate("fleet", Login(None, "password", device.user, secret))


def guarded(fleet: Fleet) -> SimulatedDevice:
    return next(device for device in fleet.devices if device.password)


async def test_a_router_is_known_by_banner_host_key_ubus_and_luci(fleet: Fleet) -> None:
    device = guarded(fleet)
    found = await find(device)
    assert found.ssh == "SSH-2.0-dropbear"
    assert found.host_key == device.host_key
    assert (found.ubus, found.luci, found.openwrt) == (True, True, True)
    assert found.http_url == f"http://{device.address}:{device.http_port}"
    assert found.as_dict()["host_key"].startswith("SHA256:")


async def test_what_is_adopted_has_facts_and_the_scanned_host_key(fleet: Fleet) -> None:
    device = guarded(fleet)
    wrong = Candidate("wrong", Login(None, "password", "root", Secret("not this one")))
    adoption = await adopt(await find(device), [wrong, password(device)])
    assert (adoption.credentials, adoption.factory, adoption.warning) == ("fleet", False, "")
    assert adoption.draft.mac_address == adoption.facts.mac != ""
    assert adoption.draft.model == adoption.facts.model != ""
    assert adoption.draft.host_keys == (device.host_key,)
    assert adoption.draft.access.port == device.port


async def test_a_factory_device_is_told_as_one_whatever_login_got_in(fleet: Fleet) -> None:
    device = next(device for device in fleet.devices if not device.password)
    found = await find(device)
    for candidates in ([], [Candidate("any", Login(None, "password", "root", Secret("anything")))]):
        adoption = await adopt(found, candidates)
        assert (adoption.factory, adoption.credentials) == (True, "")
        assert "Any password gets in" in adoption.warning
        assert adoption.draft.access.login == "none"


async def test_nobody_gets_in_without_a_right_credential(fleet: Fleet) -> None:
    wrong = Candidate("wrong", Login(None, "password", "root", Secret("not this one")))
    with pytest.raises(AuthError):
        await adopt(await find(guarded(fleet)), [wrong])


async def test_another_host_key_than_the_scanned_one_gets_no_password(fleet: Fleet) -> None:
    one, other = fleet.devices[0], fleet.devices[1]
    found = Found(one.address, one.port, "SSH-2.0-dropbear", other.host_key)
    with pytest.raises(HostKeyError, match="changed"):
        await adopt(found, [password(one)])


async def test_an_empty_address_gives_nothing(fleet: Fleet) -> None:
    free = fleet.devices[0].port + 1
    assert await banner("127.200.200.200", free) == ""
    assert await web("127.200.200.200", free) is None
    assert [one async for one in scan(["127.200.200.200"], ports=[free], http_ports=[free])] == []


async def test_a_server_that_talks_without_end_is_no_ssh_server() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for _n in range(100):
                writer.write(b"x" * 100_000)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        assert await banner("127.0.0.1", server.sockets[0].getsockname()[1]) == ""


@pytest.mark.parametrize(
    ("cidrs", "sentence"),
    [(["10.0.0.0/15"], "131072 addresses"), (["10.0.0.0/16", "10.1.0.0/24"], "65536 at most"),
     (["router"], "no network"), (["fe80::/64"], "at most")],
)  # fmt: skip
async def test_a_scan_of_too_much_or_of_nothing_is_refused(cidrs: list[str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        _ = [one async for one in scan(cidrs)]


def test_a_slash_16_is_still_scanned() -> None:
    assert networks(["10.0.0.0/16"])[0].num_addresses == 65_536


async def test_only_so_many_addresses_are_looked_at_at_once_and_each_once() -> None:
    running, most, seen = 0, 0, []

    async def look(address: str, *_: Sequence[int]) -> tuple[Found, ...]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _turn in range(3):
            await asyncio.sleep(0)
        running -= 1
        seen.append(address)
        return (Found(address),) if address.endswith(".7") else ()

    told: list[tuple[int, int]] = []
    found = [
        one
        async for one in scan(
            ["10.0.0.0/25", "10.0.0.1"], look=look, at_once=8, progress=lambda *n: told.append(n)
        )
    ]
    assert [one.address for one in found] == ["10.0.0.7"]
    assert most == 8
    assert len(seen) == len(set(seen)) == 126
    assert told[-1][0] == 126


async def test_a_scan_that_nobody_reads_on_ends_its_work() -> None:
    ended = asyncio.Event()

    async def look(address: str, *_: Sequence[int]) -> tuple[Found, ...]:
        if address == "10.0.0.1":
            return (Found(address),)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ()

    results = scan(["10.0.0.0/28"], look=look, at_once=4)
    assert (await anext(results)).address == "10.0.0.1"
    await results.aclose()
    assert ended.is_set()


@pytest.fixture
async def scout(inventory: Inventory) -> Scout:
    rows = Rows(inventory.database)
    await rows.load()
    desk = Desk(inventory.database, lambda: inventory.vault, rows, EVA, lambda id: None)
    return Scout(desk)


async def test_adopting_adds_the_device_with_the_login_that_worked(
    fleet: Fleet, inventory: Inventory, scout: Scout
) -> None:
    device = guarded(fleet)
    draft = LoginDraft("fleet", username="root", password=Secret(device.password))
    inventory.database.write(lambda s: credentials.create(s, inventory.vault, draft))
    [found] = [
        one
        async for one in scout.scan(
            [device.address], ports=[device.port], http_ports=[device.http_port]
        )
    ]
    adopted = await scout.adopt(found, ["fleet"], tags=("new",))
    row = inventory.rows()[adopted.row.name]
    assert (row.address, row.connections, row.host_key, row.tags) == (
        device.address,
        1,
        "trusted",
        ("new",),
    )
    keys = inventory.database.read(lambda s: [k.public for k in hostkeys.known(s, row.id)])
    assert keys == [device.host_key]
    again = [one async for one in scout.scan([device.address], ports=[device.port], http_ports=[])]
    assert again[0].device == row.name
    with pytest.raises(InputError, match="which the inventory has"):
        await scout.adopt(again[0])


async def test_a_simulated_fleets_inventory_is_imported_as_it_is(
    fleet: Fleet, inventory: Inventory, tmp_path: Path
) -> None:
    for name in ("fleet.csv", "fleet.json"):
        fleet.write_inventory(tmp_path / name)
        text = (tmp_path / name).read_text()
        plan = inventory.plan(text, name.rpartition(".")[2])
        assert not plan.errors
        assert {row.verdict for row in plan.rows} == {"new" if name == "fleet.csv" else "same"}
        inventory.apply(plan)
    rows = inventory.rows()
    assert {device.name for device in fleet.devices} == set(rows)
    assert {row.host_key for row in rows.values()} == {"trusted"}
    assert rows[guarded(fleet).name].connections == 1
