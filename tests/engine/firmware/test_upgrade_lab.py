"""An upgrade over real SSH to dropbear and busybox: flashed once, kept, refused, never doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from owtui.engine.actions.base import Change, Task
from owtui.engine.openwrt import upgrade as verbs
from storage.tables import FirmwareImage
from tests.engine.configs.pushplace import PushPlace
from tests.engine.firmware.place import look
from tests.engine.firmware.stock import VERSION, image, stock
from tests.lab.device import SESSION, LabDevice
from tests.lab.fixtures import lab_fleet

__all__ = ["lab_fleet"]
pytestmark = [pytest.mark.slow, pytest.mark.lab]

BOARD = "tplink,archer-c6-v3"
PARAMS = {"build": f"roofs/{VERSION}", "wait_s": 120}


@pytest.fixture
async def place(
    lab_fleet: Callable[..., list[LabDevice]], sqlite_url: str, tmp_path: Path
) -> AsyncIterator[PushPlace]:
    made = await PushPlace.build(sqlite_url, tmp_path, lab_fleet(1))
    await look(made.parts, await made.rows())
    yield made
    await made.close()


def only(place: PushPlace) -> LabDevice:
    found: LabDevice = next(iter(place.fleet.values()))
    return found


def stocked(place: PushPlace, tmp_path: Path, board: str = BOARD) -> FirmwareImage:
    """A build whose metadata may name another board than we believe."""
    # The stand-in takes over the version alone: an image of the release's own revision.
    return stock(place.parts, [BOARD], image([board], revision=""), tmp_path, revision="")


async def upgrade(place: PushPlace) -> tuple[str, str]:
    """How the one device ended, and why."""
    plan = await place.jobs.plan("upgrade", await place.rows(), PARAMS)
    job = await place.jobs.submit(plan)
    await place.jobs.wait(job.id)
    [result] = await place.jobs.results(job.id)
    return result.state.value, result.error.sentence if result.error else ""


async def test_a_real_device_is_flashed_keeps_its_configuration_and_says_so(
    place: PushPlace, tmp_path: Path
) -> None:
    made = stocked(place, tmp_path)
    device = only(place)
    device.inside("uci set system.ntp.enabled=0; uci commit; echo x >/root/lost")
    before = device.boot_id
    assert await upgrade(place) == ("success", "")
    assert await asyncio.to_thread(device.wait_boot) != before
    said = device.inside(
        f"cat {verbs.CHECKSUM}; uci get system.ntp.enabled; ls /root/lost; "
        "ubus call system board | grep '\"version\"'"
    ).stdout
    assert said.split("\n")[:2] == [made.sha256, "0"]
    assert f'"version": "{VERSION}"' in said
    assert await upgrade(place) == ("success", "")  # the checksum says that it is there
    assert device.boot_id == device.inside(f"cat {verbs.BOOT_ID}").stdout.strip()


async def test_an_image_that_the_device_refuses_changes_nothing(
    place: PushPlace, tmp_path: Path
) -> None:
    stocked(place, tmp_path, "other,board")
    state, why = await upgrade(place)
    assert state == "aborted"
    assert f"Device {BOARD} not supported by this image" in why
    assert not only(place).inside("ls /tmp/*.bin 2>/dev/null").stdout


COUNTING = """
mv /sbin/sysupgrade /sbin/sysupgrade.real
cat >/sbin/sysupgrade <<'END'
#!/bin/sh
case "$*" in *-v*) echo flash >>/etc/dropbear/flashes ;; esac
exec /sbin/sysupgrade.real "$@"
END
chmod +x /sbin/sysupgrade
"""
CUTTING = f"for i in 1 2 3 4 5 6 7 8 9; do pkill -f {SESSION}; sleep 0.15; done"


async def test_it_is_flashed_once_however_often_the_connection_is_cut_meanwhile(
    place: PushPlace, tmp_path: Path
) -> None:
    """Sessions die at any moment from the start on; the count survives the flash."""
    stocked(place, tmp_path)
    device = only(place)
    device.inside(COUNTING)
    action = place.jobs.means.registry.get("upgrade")
    assert isinstance(action, Change)
    carry_out = action.step
    cutting: list[asyncio.Task[object]] = []

    async def cut_meanwhile(name: str, task: Task) -> object:
        if name == "flash":
            cutting.append(asyncio.create_task(asyncio.to_thread(device.inside, CUTTING)))
        return await carry_out(name, task)

    action.step = cut_meanwhile  # type: ignore[method-assign]  # of this place alone
    assert await upgrade(place) == ("success", "")
    await asyncio.gather(*cutting, return_exceptions=True)  # it ends with the device's boot
    await asyncio.to_thread(device.wait_boot)
    assert device.inside("cat /etc/dropbear/flashes").stdout == "flash\n"


async def test_two_starts_at_once_flash_once_and_a_refusal_is_told_by_its_log(
    place: PushPlace, tmp_path: Path
) -> None:
    """The exclusive start by itself, with a sysupgrade that counts."""
    device = only(place)
    device.inside(
        "echo '#!/bin/sh' >/tmp/count; echo 'echo run >>/tmp/runs; sleep 1; echo no; exit 1' "
        ">>/tmp/count; chmod +x /tmp/count; touch /tmp/image.bin"
    )
    [row] = await place.rows()
    key = "ab" * 8
    async with place.parts.reach.router(row.id) as router:
        boot = (await router.boot()).id
        assert (await verbs.standing(router, key)).log is None
        start = (router, "/tmp/count", "/tmp/image.bin", key, boot)
        await asyncio.gather(verbs.start(*start), verbs.start(*start), verbs.start(*start))
        await verbs.start(*start)
        ended = f"while ! grep -q rc= {verbs.FOLDER}-{key}.log; do sleep 1; done"
        assert (await router.exec(ended)).ok
        found = await verbs.standing(router, key)
        assert found.log == "no\nrc=1\n"
        assert (await router.read_file("/tmp/runs")) == b"run\n"


async def test_services_that_ran_are_stopped_and_exactly_they_start_again(
    place: PushPlace, tmp_path: Path
) -> None:
    device = only(place)
    [row] = await place.rows()
    device.inside("/etc/init.d/odhcpd stop; /etc/init.d/uhttpd start; /etc/init.d/dnsmasq start")
    running = "for s in uhttpd dnsmasq odhcpd; do /etc/init.d/$s running && echo $s; done"
    async with place.parts.reach.router(row.id) as router:
        before = (await router.exec(running)).text.split()
        assert before
        stopped = await verbs.stop_services(router)
        assert set(before) <= set(stopped)
        assert "odhcpd" not in stopped
        assert await verbs.stop_services(router) == stopped  # a second life of the engine
        assert not (await router.exec(running)).text
        assert await verbs.start_services(router) == stopped
        assert (await router.exec(running)).text.split() == before
        assert await verbs.start_services(router) == ()
