"""What happens to a router while a push waits for its confirm, and that it heals."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import asyncssh
import pytest

from owtui.engine.configs.guard import Refusal, State, Verb, lost_folder
from tests.guard.rig import (
    KILL,
    NETWORK,
    SHORT,
    SYSTEM,
    Client,
    applied,
    arm,
    assert_has,
    assert_old,
    bundle,
    expire,
    hostname,
    idle,
    moved_lan,
    read,
    runs_what_it_has,
    snapshot,
)
from tests.lab.device import LabDevice, LabSpec
from tests.lab.session import ask

OVER = """
until [ ! -e /tmp/owtui/deadline ] ||
    { read -r up </proc/uptime && [ "${up%%.*}" -ge "$(cat /tmp/owtui/deadline)" ]; }; do
    :
done
"""
SWAPPED = "until grep -q ap-2 /etc/config/system; do sleep 0.01; done"

pytestmark = [pytest.mark.lab, pytest.mark.slow]


@pytest.fixture
def device() -> Iterator[LabDevice]:
    with LabDevice(LabSpec(shutdown_s=0, away_s=0.1, overlay_bytes=1024 * 1024)) as running:
        yield running


def cut_power(device: LabDevice) -> None:
    device.inside("kill -USR2 1")
    device.wait_down()
    device.wait_boot()


@pytest.mark.parametrize("moment", ["swapped", "applied"])
async def test_a_power_cycle_before_the_confirm(device: LabDevice, moment: str) -> None:
    client, before = Client(device), snapshot(device)
    changes = hostname(device, "ap-2") | moved_lan(device, "192.168.77.1")
    await client.send(bundle(device, changes))
    device.inside(SWAPPED)
    if moment == "applied":
        applied(device)
    cut_power(device)
    await assert_old(device, before, client)
    answer = await client.ask(Verb.CONFIRM, "p1")
    assert (answer.state, answer.reason) == (State.RESTORED, "reboot")
    cut_power(device)  # the record is on flash
    assert (await client.ask(Verb.STATUS, "p1")).reason == "reboot"


async def test_a_power_cycle_after_the_confirm_changes_nothing(device: LabDevice) -> None:
    client, changes = Client(device), hostname(device, "ap-2")
    await client.send(bundle(device, changes))
    assert (await client.confirm("p1")).state is State.CONFIRMED
    cut_power(device)
    await assert_has(device, changes)
    assert (await client.ask(Verb.CONFIRM, "p1")).state is State.CONFIRMED


async def test_a_power_cycle_of_a_staged_push_drops_it(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2")), stage=True)
    device.inside("echo '# mine' >>/etc/config/dhcp")
    cut_power(device)
    await idle(device)
    assert read(device, "/etc/config/dhcp").endswith(b"# mine\n")
    assert snapshot(device).count("\n") == before.count("\n")
    assert (await client.ask(Verb.COMMIT, "p1")).state is State.NONE


async def test_a_reboot_that_belongs_to_the_push_opens_a_second_window(device: LabDevice) -> None:
    client, changes = Client(device), hostname(device, "ap-2")
    await client.send(bundle(device, changes, reboot=True))
    applied(device)
    cut_power(device)
    answer = await client.confirm("p1")
    assert answer.state is State.CONFIRMED
    await assert_has(device, changes)


async def test_a_second_reboot_takes_it_back_and_so_does_the_second_deadline(
    device: LabDevice,
) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2"), reboot=True))
    device.inside(SWAPPED)
    cut_power(device)
    assert (await client.ask(Verb.STATUS, "p1")).state in (State.PENDING, State.APPLIED)
    cut_power(device)
    await assert_old(device, before, client)
    push = bundle(device, hostname(device, "ap-2"), id="p2", reboot=True)
    await client.send(push)
    device.inside(SWAPPED)
    cut_power(device)
    expire(device)
    await assert_old(device, before, client)
    assert (await client.ask(Verb.STATUS, "p2")).reason == "deadline"


async def test_a_watchdog_that_is_killed_comes_back(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, moved_lan(device, "192.168.77.1")))
    killed = device.inside("kill -9 $(cat /var/run/lab-procd/owtui-guard-*/watch/pid)")
    assert killed.returncode == 0, killed.stderr
    expire(device)
    await assert_old(device, before, client)


@pytest.mark.parametrize("step", [3, 8, 12])
async def test_a_watchdog_that_is_killed_while_it_restores_goes_on(
    device: LabDevice, step: int
) -> None:
    client, before = Client(device), snapshot(device)
    changes = hostname(device, "ap-2") | moved_lan(device, "10.0.0.1")
    await client.send(bundle(device, changes))
    applied(device)
    arm(device, step, act=KILL)
    expire(device)
    await assert_old(device, before, client)
    assert (await client.ask(Verb.STATUS, "p1")).reason == "deadline"


async def test_a_flash_that_is_filled_while_it_waits(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2") | moved_lan(device, "10.0.0.1")))
    device.inside(SWAPPED)
    full = device.inside("cat /dev/zero >/root/fill")
    assert "No space left on device" in full.stderr
    expire(device)
    await assert_old(device, before, client)
    assert (await client.ask(Verb.STATUS, "p1")).state is State.RESTORED


async def test_a_colleagues_commit_is_kept_aside_by_a_restore(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2")))
    device.inside("uci set system.@system[0].hostname=his; uci commit system")
    device.inside("uci set network.lan.mtu=1400; uci commit network")
    expire(device)
    await assert_old(device, before, client)
    answer = await client.ask(Verb.STATUS, "p1")
    assert (answer.state, set(answer.lost)) == (State.RESTORED, {SYSTEM, NETWORK})
    assert b"'his'" in read(device, lost_folder("p1") + SYSTEM)
    assert b"'1400'" in read(device, lost_folder("p1") + NETWORK)


async def test_a_colleagues_commit_stays_when_the_push_is_confirmed(device: LabDevice) -> None:
    client = Client(device)
    await client.send(bundle(device, hostname(device, "ap-2")))
    device.inside("uci set system.@system[0].hostname=his; uci commit system")
    assert (await client.confirm("p1")).state is State.CONFIRMED
    assert b"'his'" in read(device, SYSTEM)


async def test_a_clock_that_is_stepped_moves_no_deadline(device: LabDevice) -> None:
    """The lab may not set the host's clock; date says something else to whoever asks."""
    client, before = Client(device), snapshot(device)
    step = '#!/bin/ash\nexec /bin/busybox date -d @4000000000 "$@"\n'
    device.inside("cat >/usr/sbin/date; chmod 755 /usr/sbin/date", input=step)
    await client.send(bundle(device, hostname(device, "ap-2"), window_s=SHORT + 3))
    assert (await client.ask(Verb.STATUS, "p1")).left_s in range(SHORT, SHORT + 4)
    await assert_old(device, before, client)


@pytest.mark.parametrize("seed", range(4))
async def test_a_client_that_is_killed_leaves_the_old_or_starts_the_new(
    device: LabDevice, seed: int
) -> None:
    client, before = Client(device), snapshot(device)
    push = bundle(device, hostname(device, "ap-2") | {"/etc/big": bytes(range(256)) * 200})
    after = random.Random(seed).uniform(0.0, 0.4)
    print(f"killed after {after:.3f} s (seed {seed})")
    async with client.connect() as ssh:
        job = asyncio.create_task(ask(ssh, push.start_line(), push.archive()))
        await asyncio.wait([job], timeout=after)
        ssh.abort()
        await asyncio.wait([job])
        assert job.exception() is None or isinstance(
            job.exception(), (asyncssh.Error, OSError, AttributeError)
        )
    quiet = "until ! ls -d /tmp/owtui-* 2>/dev/null; do sleep 0.05; done"
    await asyncio.to_thread(device.inside, quiet)
    expire(device)
    await assert_old(device, before, client)
    assert (await client.ask(Verb.STATUS, "p1")).state in (State.NONE, State.RESTORED)


async def test_confirms_that_race_the_deadline_are_never_wrong(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    changes = hostname(device, "ap-2")
    await client.send(bundle(device, changes, window_s=SHORT))
    await asyncio.to_thread(device.inside, OVER)
    answers = await asyncio.gather(*(client.ask(Verb.CONFIRM, "p1") for _ in range(5)))
    confirmed = {answer.state for answer in answers} & {State.CONFIRMED}
    await idle(device)
    answer = await client.ask(Verb.STATUS, "p1")
    if confirmed:
        assert {answer.state for answer in answers} == {State.CONFIRMED} == {answer.state}
        await assert_has(device, changes)
    else:
        assert answer.state is State.RESTORED
        await assert_old(device, before, client)


async def test_files_of_the_guard_in_ram_that_somebody_removes(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2")))
    applied(device)
    device.inside("rm -f /tmp/owtui/state /tmp/owtui/deadline")  # no deadline is one that is over
    await assert_old(device, before, client)


async def test_the_restored_services_run_the_restored_files_even_without_a_record(
    device: LabDevice,
) -> None:
    """reload_config tells nothing when its record was written after the restore (its trap)."""
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2")))
    applied(device)
    device.inside("md5sum /rom/etc/config/* | sed 's|/rom||' >/var/run/config.md5")
    expire(device)
    await assert_old(device, before, client)
    await runs_what_it_has(device)
    assert device.inside("cat /proc/sys/kernel/hostname").stdout == "OpenWrt\n"


async def test_what_a_power_cut_left_of_a_push_that_was_over_is_swept_by_the_next(
    device: LabDevice,
) -> None:
    """The boot guard goes first, for that ends the push; its folder may outlive a cut then."""
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2")))
    applied(device)
    device.inside("cp -a /etc/owtui/guard /tmp/left")
    expire(device)
    await assert_old(device, before, client)
    device.inside("cp -a /tmp/left /etc/owtui/guard && rm -f /tmp/owtui/state")
    assert (await client.ask(Verb.STATUS, "p1")).state is State.RESTORED
    changes = hostname(device, "ap-3")
    assert (await client.send(bundle(device, changes, id="p2"))).state is State.STARTED
    assert (await client.confirm("p2")).state is State.CONFIRMED
    await assert_has(device, changes)


STANDINS = {
    "ping": "#!/bin/ash\nexec test ! -e /tmp/silent\n",
    "sleep": "#!/bin/ash\n[ $1 -lt 5 ] || set -- 0.1\nexec /bin/busybox sleep $1\n",
}


async def test_a_silent_address_after_the_restore_reboots_the_device(device: LabDevice) -> None:
    """ping stands in: the lab has no raw sockets, and 30 s are too long for a test."""
    client, before = Client(device), snapshot(device)
    for name, text in STANDINS.items():
        device.inside(f"cat >/usr/sbin/{name}; chmod 755 /usr/sbin/{name}", input=text)
    first = device.boot_id
    await client.send(bundle(device, hostname(device, "ap-2"), ping="192.0.2.1"))
    device.inside("touch /tmp/silent")
    expire(device)
    await asyncio.to_thread(device.wait_down)
    assert await asyncio.to_thread(device.wait_boot) != first
    await assert_old(device, before, client)


EDITS_BEFORE_THE_SWAP = """#!/bin/ash
case "$*" in *"guard swap"*) uci set system.@system[0].hostname=his; uci commit system ;; esac
exec /bin/busybox setsid "$@"
"""


async def test_a_commit_between_the_check_and_the_swap_is_not_overwritten(
    device: LabDevice,
) -> None:
    """On a slow flash copying and syncing take seconds in which a colleague may commit."""
    device.inside("cat >/usr/sbin/setsid; chmod 755 /usr/sbin/setsid", input=EDITS_BEFORE_THE_SWAP)
    client, changes = Client(device), hostname(device, "ap-2")
    push = bundle(device, changes | moved_lan(device, "192.168.77.1"))
    network = read(device, NETWORK)
    assert (await client.send(push)).state is State.STARTED
    await idle(device)
    assert b"'his'" in read(device, SYSTEM)
    assert read(device, NETWORK) == network
    assert (await client.ask(Verb.CONFIRM, "p1")).state is State.NONE
    answer = await client.send(push)  # as the engine does when the device knows nothing of it
    assert (answer.refusal, answer.reason) == (Refusal.CHANGED, SYSTEM)
