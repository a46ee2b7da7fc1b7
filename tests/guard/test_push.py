"""A guarded push on a lab device: confirmed, taken back, refused, staged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from owtui.engine.configs.guard import Refusal, State, Verb
from tests.guard.rig import (
    DROPBEAR,
    FIREWALL,
    NETWORK,
    SHORT,
    SYSTEM,
    Client,
    applied,
    assert_has,
    assert_old,
    bundle,
    expire,
    hostname,
    idle,
    moved_lan,
    read,
    snapshot,
)
from tests.lab.device import LabDevice, LabSpec, own_address

Change = Callable[[LabDevice], dict[str, bytes | None]]

pytestmark = pytest.mark.lab


@pytest.fixture
def device() -> Iterator[LabDevice]:
    with LabDevice(LabSpec(shutdown_s=0, away_s=0.1)) as running:
        yield running


async def test_a_good_change_is_confirmed_when_it_has_settled(device: LabDevice) -> None:
    client = Client(device)
    changes = hostname(device, "ap-2") | {"/etc/own/deep/a file": b"new\n", "/etc/banner": None}
    assert (await client.send(bundle(device, changes))).state is State.STARTED
    assert (await client.ask(Verb.CONFIRM, "p1")).state is State.NOTYET
    assert (await client.confirm("p1")).state is State.CONFIRMED
    await assert_has(device, changes)
    assert device.inside("cat /proc/sys/kernel/hostname").stdout == "ap-2\n"
    for verb in (Verb.CONFIRM, Verb.STATUS, Verb.RESTORE):  # whoever lost the answer asks again
        assert (await client.ask(verb, "p1")).state is State.CONFIRMED
    device.inside("rm -rf /tmp/owtui")  # also after a reboot: the record alone answers
    assert (await client.ask(Verb.CONFIRM, "p1")).state is State.CONFIRMED


@pytest.mark.slow
async def test_modes_and_owners_are_kept_and_new_files_get_theirs(device: LabDevice) -> None:
    device.inside(f"chmod 0640 {SYSTEM}; echo x >/etc/rc.local; chmod 0755 /etc/rc.local")
    client = Client(device)
    changes = hostname(device, "ap-2") | {"/etc/config/fresh": b"", "/etc/rc.local": b"exit 0\n"}
    await client.send(bundle(device, changes))
    await client.confirm("p1")
    listed = device.inside(f"ls -l {SYSTEM} /etc/config/fresh /etc/rc.local").stdout.split("\n")
    modes = {line.split()[-1]: line[:10] for line in listed if line}
    assert modes == {
        SYSTEM: "-rw-r-----", "/etc/config/fresh": "-rw-------", "/etc/rc.local": "-rw-r--r--"
    }  # fmt: skip


async def test_what_nobody_confirms_is_taken_back_with_all_that_was_made(
    device: LabDevice,
) -> None:
    client, before = Client(device), snapshot(device)
    changes = hostname(device, "ap-2") | {"/etc/own/deep/file": b"new\n", "/etc/banner": None}
    push = bundle(device, changes, window_s=SHORT)
    assert (await client.send(push)).state is State.STARTED
    assert device.inside("until grep -q ap-2 /proc/sys/kernel/hostname; do :; done").stdout == ""
    await assert_old(device, before, client)
    assert device.inside("cat /proc/sys/kernel/hostname").stdout == "OpenWrt\n"
    answer = await client.ask(Verb.CONFIRM, "p1")
    assert (answer.state, answer.reason) == (State.RESTORED, "deadline")


async def test_the_engine_takes_back_at_once(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2")))
    answer = await client.ask(Verb.RESTORE, "p1", "check")
    assert (answer.state, answer.reason) == (State.RESTORED, "check")
    await assert_old(device, before, client)


CUTS: dict[str, Change] = {
    "wrong address": lambda device: moved_lan(device, "192.168.77.1"),
    "interface removed": lambda device: {NETWORK: b"config interface 'loopback'\n"},
    "firewall drop": lambda device: {
        FIREWALL: b"config rule\n\toption src 'lan'\n\toption target 'DROP'\n"
        + read(device, FIREWALL)
    },
    "zone closed": lambda device: {FIREWALL: read(device, FIREWALL).replace(b"ACCEPT", b"REJECT")},
    "port moved": lambda device: {DROPBEAR: read(device, DROPBEAR).replace(b"'22'", b"'2222'")},
    "dropbear disabled": lambda device: {
        DROPBEAR: read(device, DROPBEAR).replace(b"enable '1'", b"enable '0'")
    },
    "password and keys": lambda device: {
        "/etc/shadow": b"root:$1$abcdefgh$0000000000000000000000:1:0:99999:7:::\n",
        "/etc/dropbear/authorized_keys": b"ssh-ed25519 AAAA nobody\n",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("cut", CUTS)
async def test_a_change_that_cuts_the_way_in_is_taken_back(device: LabDevice, cut: str) -> None:
    client, before = Client(device), snapshot(device)
    changes = CUTS[cut](device) | hostname(device, "ap-2")
    assert (await client.send(bundle(device, changes))).state is State.STARTED
    await client.goes_away()
    applied(device)
    expire(device)
    await assert_old(device, before, client)
    assert (await client.ask(Verb.STATUS, "p1")).reason == "deadline"


@pytest.mark.slow
async def test_a_stopped_and_disabled_dropbear_is_enabled_and_started_again(
    device: LabDevice,
) -> None:
    client, before = Client(device), snapshot(device)
    services = (("dropbear", "stop"), ("dropbear", "disable"))
    await client.send(bundle(device, hostname(device, "ap-2"), services=services))
    await client.goes_away()
    applied(device)
    assert device.inside("ls /etc/rc.d/S19dropbear").returncode != 0
    expire(device)
    await assert_old(device, before, client)


@pytest.mark.slow
async def test_a_service_that_was_enabled_is_disabled_again(device: LabDevice) -> None:
    device.inside("/etc/init.d/cron disable; /etc/init.d/uhttpd stop")
    client, before = Client(device), snapshot(device)
    services = (("cron", "enable"), ("cron", "start"), ("uhttpd", "restart"))
    await client.send(bundle(device, hostname(device, "ap-2"), services=services))
    applied(device)
    assert device.inside("ls /etc/rc.d/S50cron").returncode == 0
    expire(device)
    await assert_old(device, before, client)


async def test_an_address_that_changes_on_purpose_is_confirmed_at_the_new_one(
    device: LabDevice,
) -> None:
    client, address = Client(device), own_address()
    changes = moved_lan(device, address)
    await client.send(bundle(device, changes))
    await client.goes_away()
    client.address = address
    await client.comes_back()
    assert (await client.confirm("p1")).state is State.CONFIRMED
    await assert_has(device, changes)


async def test_a_staged_push_changes_nothing_until_it_is_committed(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    changes = hostname(device, "ap-2") | {"/etc/own/deep/file": b"new\n"}
    push = bundle(device, changes)
    staged = await client.send(push, stage=True)
    assert staged.state is State.STAGED and staged.left_s and staged.left_s > 500
    assert read(device, SYSTEM) != changes[SYSTEM]
    for verb in (Verb.STATUS, Verb.CONFIRM, Verb.RESTORE):
        assert (await client.ask(verb, "p1")).state is State.STAGED
    other = await client.send(bundle(device, hostname(device, "ap-3"), id="p2"))
    assert (other.refusal, other.reason) == (Refusal.PENDING, "p1")
    assert (await client.ask(Verb.ABORT, "p1")).state is State.NONE
    await assert_old(device, before, client)

    assert (await client.send(push, stage=True)).state is State.STAGED
    assert (await client.ask(Verb.COMMIT, "p1")).state is State.STARTED
    repeated = (await client.ask(Verb.COMMIT, "p1")).state
    assert repeated in (State.PENDING, State.APPLIED)  # the answer was lost: nothing happens twice
    assert (await client.confirm("p1")).state is State.CONFIRMED
    await assert_has(device, changes)


@pytest.mark.slow
async def test_a_committed_push_is_taken_back_when_one_of_the_others_fails(
    device: LabDevice,
) -> None:
    client, before = Client(device), snapshot(device)
    await client.send(bundle(device, hostname(device, "ap-2")), stage=True)
    await client.ask(Verb.COMMIT, "p1")
    assert (await client.ask(Verb.ABORT, "p1")).state in (State.PENDING, State.APPLIED)
    assert (await client.ask(Verb.RESTORE, "p1")).state is State.RESTORED
    await assert_old(device, before, client)


async def test_a_staged_push_that_is_forgotten_goes_by_itself(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    push = bundle(device, hostname(device, "ap-2"), hold_s=1)
    assert (await client.send(push, stage=True)).state is State.STAGED
    await assert_old(device, before, client)
    assert (await client.ask(Verb.COMMIT, "p1")).state is State.NONE


async def test_a_staged_push_is_dropped_when_somebody_edits_meanwhile(device: LabDevice) -> None:
    client = Client(device)
    await client.send(bundle(device, hostname(device, "ap-2")), stage=True)
    device.inside(f"echo '# mine' >>{SYSTEM}")
    before = snapshot(device).replace("./config/.owtui-system", "")
    answer = await client.ask(Verb.COMMIT, "p1")
    assert (answer.refusal, answer.reason) == (Refusal.CHANGED, SYSTEM)
    await idle(device)
    assert "# mine" in read(device, SYSTEM).decode()
    assert ".owtui" not in snapshot(device) and before


async def test_two_pushes_at_once_start_one(device: LabDevice) -> None:
    client = Client(device)
    pushes = [bundle(device, hostname(device, f"ap-{n}"), id=f"p{n}") for n in range(1, 5)]
    answers = await asyncio.gather(*(client.send(push) for push in pushes))
    started = [push for push, told in zip(pushes, answers, strict=True) if told.state]
    assert len(started) == 1 and answers[pushes.index(started[0])].state is State.STARTED
    assert {told.refusal for told in answers} <= {None, Refusal.BUSY, Refusal.PENDING}
    assert (await client.confirm(started[0].id)).state is State.CONFIRMED
    files = {path: file.data if file else None for path, file in started[0].changes.items()}
    await assert_has(device, files)


async def test_a_start_that_arrives_twice_starts_once(device: LabDevice) -> None:
    client = Client(device)
    push = bundle(device, hostname(device, "ap-2"))
    assert (await client.send(push)).state is State.STARTED
    while (again := await client.send(push)).refusal is Refusal.BUSY:
        continue  # the swap has the lock
    assert again.state in (State.PENDING, State.APPLIED)
    assert (await client.confirm("p1")).state is State.CONFIRMED
    assert (await client.send(push)).state is State.CONFIRMED


@pytest.mark.slow
async def test_a_start_that_arrives_after_the_restore_starts_nothing(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    push = bundle(device, hostname(device, "ap-2"))
    await client.send(push)
    await client.ask(Verb.RESTORE, "p1")
    assert (await client.send(push)).state is State.RESTORED
    await assert_old(device, before, client)
