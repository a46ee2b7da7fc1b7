"""One upgrade over real HTTP on simulated devices: rights, the way there and back, each fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session

from owtui.engine.actions.base import Task
from owtui.engine.firmware import httpplan, stages
from owtui.engine.firmware.stages import mib
from owtui.engine.jobs.plan import Verdict
from owtui.engine.jobs.state import ResultState
from owtui.engine.openwrt.rights import IMAGE
from owtui.errors import Kind
from owtui.simulator import Fleet, FleetSpec
from storage import credentials, devices
from storage.core import DEVICE_STATE
from storage.logins import Draft
from storage.secrets import Secret, Vault
from tests.engine.configs.httpplace import HURRY, enrol
from tests.engine.firmware.place import Place, upgrading
from tests.engine.firmware.stock import VERSION
from tests.engine.firmware.test_upgrade import backed_up

pytestmark = pytest.mark.slow

WAIT = {"wait_s": 60}


@asynccontextmanager
async def over_http(
    url: str, folder: Path, luci: str = "luci", **more: Any
) -> AsyncIterator[Place]:
    """One device behind HTTP whose clock goes as fast as the engine's."""
    spec = FleetSpec(devices=1, seed=5, speed=1.0, boot_s=1.0, luci=luci, clock=HURRY)
    async with upgrading(url, folder, 1, spec=spec, **{"enrol": enrol, **more}) as place:
        yield place


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with over_http(sqlite_url, tmp_path) as made:
        yield made


def uploads(place: Place) -> int:
    """How often an image came to the device."""
    return place.device().effects.writes[IMAGE]


async def test_with_luci_s_rights_a_device_is_flashed_once_and_keeps_its_configuration(
    place: Place,
) -> None:
    device = place.device().device
    network = device.files.read("/etc/config/network")
    runs = device.release.version
    [row] = (await place.plan()).rows
    assert row.verdict is Verdict.CHANGE
    assert row.reason == f"{runs} → {VERSION}  {httpplan.warning({'rights': ['backup']}, {})}"
    assert "not all changed files (-c); no services are stopped" in row.reason
    assert row.commands == (
        f"cgi-upload {IMAGE} ({mib(len(place.data))})",
        f"ubus call file exec: /sbin/sysupgrade {IMAGE}",
    )
    [result] = await place.do()
    assert (result.state, result.error) == (ResultState.SUCCESS, None)
    assert (device.effects.upgrades, device.effects.boots, uploads(place)) == (1, 2, 1)
    assert device.release.version == VERSION
    assert device.files.read("/etc/config/network") == network
    [said] = [line for line in result.output.splitlines() if line.startswith("backup ")]
    assert backed_up(Path(said.split()[1])) == network
    assert stages.NO_CHECKSUM_FILE in result.output
    await place.look()
    [row] = (await place.plan()).rows
    assert (row.verdict, row.reason) == (Verdict.SAME, f"runs {VERSION} already")


async def test_with_rpc_sys_and_no_more_the_boot_is_told_by_the_uptime(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with over_http(sqlite_url, tmp_path, "rpc-sys") as place:
        [row] = (await place.plan()).rows
        assert "no backup (“cgi-io backup” is not granted)" in row.reason
        assert row.commands[1] == "ubus call rpc-sys upgrade_start {keep: true}"
        [result] = await place.do()
        assert (result.state, result.error) == (ResultState.SUCCESS, None)
        effects = place.device().effects
        assert (effects.upgrades, effects.boots, uploads(place)) == (1, 2, 1)
        assert stages.NO_BACKUP in result.output


async def test_a_plan_names_the_right_that_is_missing_and_what_for(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with over_http(sqlite_url, tmp_path, "full") as place:
        [row] = (await place.plan()).rows
        assert row.verdict is Verdict.BLOCKED
        missing = f"“cgi-io upload” with “file write” of {IMAGE} (to send the image). Grant it"
        assert f"its ubus session lacks {missing}" in row.reason


async def test_a_plan_refuses_what_cannot_be_said_over_http(place: Place) -> None:
    [row] = (await place.plan(options="k,F")).rows
    assert row.verdict is Verdict.BLOCKED
    assert "is not told -k (include the list of installed packages), -F (" in row.reason
    [row] = (await place.plan(options="c")).rows
    assert row.verdict is Verdict.BLOCKED
    [row] = (await place.plan(options="n")).rows
    assert row.commands[1] == f"ubus call file exec: /sbin/sysupgrade -n {IMAGE}"
    assert "! Its configuration is not kept." in row.reason
    assert "all changed files" not in row.reason

    [device] = await place.rows()
    facts = {**(device.facts or {}), "rights": None}
    place.parts.database.write(
        lambda session: session.execute(update(DEVICE_STATE).values(facts=facts))
    )
    [row] = (await place.plan()).rows
    assert (row.verdict, row.reason) == (Verdict.BLOCKED, httpplan.UNKNOWN)


async def test_an_upload_that_is_cut_is_sent_again(place: Place) -> None:
    await place.device().fault(upload_cut_bytes=100_000)
    [result] = await place.do()
    assert (result.state, result.error) == (ResultState.SUCCESS, None)
    assert (place.device().effects.upgrades, uploads(place)) == (1, 1)


@pytest.mark.parametrize("luci", ["luci", "rpc-sys"])
async def test_a_start_whose_answer_is_lost_is_not_repeated(
    sqlite_url: str, tmp_path: Path, luci: str
) -> None:
    async with over_http(sqlite_url, tmp_path, luci) as place:
        await place.device().fault(flash_answer_lost=True)
        [result] = await place.do()
        assert (result.state, result.error) == (ResultState.SUCCESS, None)
        assert (place.device().effects.upgrades, place.device().effects.boots) == (1, 2)


async def test_a_start_that_was_lost_is_not_repeated_and_told_as_what_is_known(
    place: Place,
) -> None:
    await place.device().fault(flash_request_lost=True)
    [result] = await place.do(wait_s=120)
    assert result.state is ResultState.FAILED
    assert result.error is not None
    assert "was told to flash and runs as before" in result.error.sentence
    assert (place.device().effects.upgrades, place.device().effects.boots) == (0, 1)
    assert not _starts(place)


def _starts(place: Place) -> int:
    """How often the device ran a sysupgrade that flashes."""
    commands = place.device().effects.commands
    return sum(number for line, number in commands.items() if line == f"/sbin/sysupgrade {IMAGE}")


async def test_one_whose_web_server_stays_away_is_flashed_and_given_up(place: Place) -> None:
    await place.device().fault(flash_no_http=True)
    [result] = await place.do(**WAIT)
    assert result.state is ResultState.FAILED
    assert result.error is not None
    assert result.error.sentence.startswith(stages.GIVING_UP)
    assert (place.device().effects.upgrades, place.device().device.release.version) == (1, VERSION)
    assigned = await place.assigned()
    assert assigned is not None
    assert assigned.installed


@pytest.mark.parametrize("luci", ["luci", "rpc-sys"])
async def test_an_image_that_the_device_refuses_is_not_flashed(
    sqlite_url: str, tmp_path: Path, luci: str
) -> None:
    async with over_http(sqlite_url, tmp_path, luci) as place:
        device = place.device().device

        async def become(task: Task) -> None:
            device.model = replace(device.model, board="other,board")

        place.before("test", become)
        [result] = await place.do()
        assert result.state is ResultState.ABORTED
        assert result.error is not None
        assert "refuses the image: Device other,board not supported" in result.error.sentence
        assert (device.effects.upgrades, device.effects.boots) == (0, 1)
        if luci == "luci":  # who may remove it has removed it
            assert device.files.find(IMAGE) is None


async def test_an_image_that_somebody_else_put_there_is_never_flashed(place: Place) -> None:
    device = place.device().device

    async def other(task: Task) -> None:
        device.files.write(IMAGE, b"another image")

    place.before("flash", other)
    [result] = await place.do()
    assert result.state is ResultState.ABORTED
    assert result.error is not None
    assert (result.error.kind, device.effects.upgrades) == (Kind.CHANGED, 0)
    assert "is no longer the image that was sent" in result.error.sentence


async def test_one_that_rebooted_after_the_test_is_not_flashed(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with over_http(sqlite_url, tmp_path, "rpc-sys") as place:

        async def reboot(task: Task) -> None:
            await place.device().host.power_cycle()

        place.before("flash", reboot)
        [result] = await place.do()
        assert result.state is ResultState.ABORTED
        assert result.error is not None
        assert "rebooted before it was flashed" in result.error.sentence
        assert (place.device().effects.upgrades, place.device().effects.boots) == (0, 2)


async def test_too_little_memory_is_told_as_no_service_is_stopped(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with over_http(sqlite_url, tmp_path, size=1 << 20) as place:
        device = place.device()
        running = set(device.device.services.running)
        await device.fault(memory_left=900_000)
        [result] = await place.do()
        assert result.state is ResultState.ABORTED
        assert result.error is not None
        assert stages.NO_STOPPING in result.error.sentence
        assert set(device.device.services.running) == running
        assert uploads(place) == 0


def with_ssh(session: Session, vault: Vault, fleet: Fleet) -> None:
    """Devices that prefer ubus and let us in over SSH with the same password."""
    login = credentials.create(session, vault, Draft("fleet", password=Secret(fleet.password)))
    for device in fleet.devices:
        made = devices.create(session, device.name, address=device.address)
        url = f"http://{device.address}:{device.http_port}/ubus"
        params = {"port": device.port, "http_url": url, "prefer": "ubus"}
        credentials.attach(session, made.id, login.id, params=params)


async def test_one_that_prefers_http_and_has_ssh_is_upgraded_over_ssh(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with over_http(sqlite_url, tmp_path, enrol=with_ssh) as place:
        [row] = (await place.plan()).rows
        assert row.reason.endswith(httpplan.warning({"rights": ["backup"]}, {}))
        [result] = await place.do()
        assert (result.state, result.error) == (ResultState.SUCCESS, None)
        device = place.device()
        assert (device.effects.upgrades, uploads(place)) == (1, 0)
        written = device.device.files.read("/etc/openwisp/firmware_checksum").decode()
        assert written.strip() == place.image.sha256


async def test_one_with_a_key_is_planned_over_ssh_alone_with_all_options(place: Place) -> None:
    [device] = await place.rows()

    def add(session: Session) -> None:
        login = credentials.create(session, place.parts.vault(), Draft("agent", kind="agent"))
        credentials.attach(session, device.id, login.id)

    await place.parts.database.awrite(add)
    [row] = (await place.plan(options="k")).rows
    assert row.verdict is Verdict.CHANGE
    assert row.reason.endswith(httpplan.BY_KEY)
    assert "/sbin/sysupgrade -v -k -c /tmp/openwrt-" in row.commands[1]
