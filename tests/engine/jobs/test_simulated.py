"""Every action over real SSH on simulated devices, which count what was done to them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from owtui import settings
from owtui.engine.actions.install_key import PATH
from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.result import Result
from owtui.engine.parts import Parts
from owtui.simulator import Fleet, FleetSpec
from storage import credentials, devicelist, devices
from storage.logins import Draft
from storage.secrets import Secret
from tests.engine.jobs.victim import means_of

pytestmark = pytest.mark.slow


class Place:
    """Three simulated devices and an engine over real connections."""

    def __init__(self, fleet: Fleet, parts: Parts) -> None:
        self.fleet = fleet
        self.parts = parts
        means = means_of(parts, Registry.load())
        self.jobs = Jobs(means, durable=Durable(means, poll_s=0.1))

    async def do(
        self, action: str, params: Mapping[str, Any], secrets: Mapping[str, str] | None = None
    ) -> list[Result]:
        """Run an action on all devices and return how they ended."""
        rows = await self.parts.database.aread(devicelist.rows)
        job = await self.jobs.submit(await self.jobs.plan(action, rows, params), secrets)
        await self.jobs.wait(job.id)
        return await self.jobs.results(job.id)


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    """Devices whose login is one password."""
    environ = {
        **os.environ,
        "OWTUI_DATABASE": sqlite_url,
        "OWTUI_HOST_KEYS": "accept-new",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    async with Fleet(FleetSpec(devices=3, seed=5, speed=0.05)) as fleet:
        parts = Parts.open(settings.load(environ))
        vault = parts.vault()

        def fill(session: Session) -> None:
            draft = Draft("fleet", password=Secret(fleet.password))
            login = credentials.create(session, vault, draft)
            for device in fleet.devices:
                made = devices.create(session, device.name, address=device.address)
                credentials.attach(session, made.id, login.id, params={"port": device.port})

        parts.database.write(fill)
        made = Place(fleet, parts)
        await made.jobs.start()
        yield made
        await made.jobs.stop(drain_s=5)
        await parts.close()


async def test_a_command_runs_and_its_exit_code_is_told(place: Place) -> None:
    results = await place.do("run_command", {"command": "echo hello; echo bad >&2; exit 3"})
    assert {(one.state.value, one.exit_status, one.output) for one in results} == {
        (
            "failed",
            3,
            "hello\nbad\n"
            'Command "echo hello; echo bad >&2; exit 3" returned non-zero exit code: 3\n',
        )
    }


async def test_devices_are_changed_one_after_another(place: Place, tmp_path: Path) -> None:
    """A file, a key, a password, a reboot: each proven by what the device says of itself."""
    (tmp_path / "banner").write_bytes(b"welcome\n")
    results = await place.do(
        "upload_file", {"file": str(tmp_path / "banner"), "path": "/etc/banner"}
    )
    assert [one.error for one in results] == [None] * 3
    results = await place.do(
        "upload_file", {"file": str(tmp_path / "banner"), "path": "/etc/banner"}
    )
    assert [one.changed for one in results] == [False] * 3

    results = await place.do("install_key", {})
    assert [(one.error, one.step) for one in results] == [(None, "key installed, login proven")] * 3
    (kept,) = {
        one.output for one in await place.do("run_command", {"command": f"tail -n 1 {PATH}"})
    }
    assert kept.startswith("ssh-ed25519 AAAA")

    results = await place.do("change_password", {}, {"password": "a-new-password"})
    assert [one.error for one in results] == [None] * 3
    assert [device.effects.password_changes for device in place.fleet.devices] == [1] * 3

    before = [device.effects.boots for device in place.fleet.devices]
    results = await place.do("reboot", {})
    assert [one.error for one in results] == [None] * 3
    after = [device.effects.boots for device in place.fleet.devices]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1] * 3
    (said,) = {one.output for one in await place.do("run_command", {"command": "cat /etc/banner"})}
    assert said == "welcome\n"


async def test_a_reboot_that_was_meant_for_another_boot_does_not_happen(place: Place) -> None:
    rows = await place.parts.database.aread(devicelist.rows)
    device = place.fleet[rows[0].name]
    before = device.effects.boots
    async with place.parts.reach.router(rows[0].id) as router:
        await router.reboot("another-boot")
        assert (await router.exec("ps | grep -c '[r]eboot'")).text.strip() == "0"
    assert device.effects.boots == before
