"""What a guard refuses, in a word, with nothing changed and nothing left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from owtui.engine.configs import guard
from owtui.engine.configs.guard import Refusal, State, Verb
from tests.guard.rig import (
    NETWORK,
    SYSTEM,
    Client,
    assert_old,
    bundle,
    hostname,
    idle,
    read,
    snapshot,
)
from tests.lab.device import LabDevice, LabSpec

OVERLAY = 1024 * 1024

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def shared() -> Iterator[LabDevice]:
    with LabDevice(LabSpec(overlay_bytes=OVERLAY)) as running:
        yield running


@pytest.fixture
def device(shared: LabDevice) -> Iterator[LabDevice]:
    yield shared
    shared.inside("rm -rf /root/fill /tmp/.uci /tmp/owtui /etc/fresh")


async def refusal(device: LabDevice, push: guard.Bundle) -> tuple[Refusal | None, str]:
    """Send a push that must be refused; the device must be as it was."""
    client, before = Client(device), snapshot(device)
    answer = await client.send(push)
    await assert_old(device, before, client, runs=False)
    assert (await client.ask(Verb.STATUS, push.id)).state is State.NONE
    assert device.inside("ls -d /tmp/owtui-* /etc/owtui/guard").stdout == ""
    return answer.refusal, answer.reason


async def test_a_file_that_somebody_has_edited(device: LabDevice) -> None:
    push = bundle(device, hostname(device, "ap-2"))
    device.inside(f"echo '# mine' >>{SYSTEM}")
    assert await refusal(device, push) == (Refusal.CHANGED, SYSTEM)


async def test_a_file_that_has_come_or_gone(device: LabDevice) -> None:
    push = bundle(device, {"/etc/fresh": b"x", **hostname(device, "ap-2")})
    device.inside("echo y >/etc/fresh")
    assert await refusal(device, push) == (Refusal.CHANGED, "/etc/fresh")
    push = bundle(device, {"/etc/fresh": b"x"})
    device.inside("rm /etc/fresh")
    assert await refusal(device, push) == (Refusal.CHANGED, "/etc/fresh")


async def test_an_edit_that_a_colleague_has_not_committed(device: LabDevice) -> None:
    push = bundle(device, hostname(device, "ap-2"))
    device.inside("uci set system.@system[0].hostname=mine")
    assert await refusal(device, push) == (Refusal.STAGED, "system")
    assert "hostname='mine'" in device.inside("uci changes system").stdout


async def test_a_colleagues_edit_of_another_package_is_left_alone(device: LabDevice) -> None:
    device.inside("uci set network.lan.mtu=1400")
    client = Client(device)
    changes = hostname(device, "ap-7")
    await client.send(bundle(device, changes, id="other"))
    assert (await client.confirm("other")).state is State.CONFIRMED
    assert device.inside("uci changes network").stdout == "network.lan.mtu='1400'\n"
    assert read(device, SYSTEM) == changes[SYSTEM]
    await idle(device)


@pytest.mark.parametrize(
    "text",
    [b"config system\n\toption hostname 'open\n", b"nonsense\n", b"\x7fELF\x00\x01\n"],
)
async def test_a_package_that_uci_does_not_understand(device: LabDevice, text: bytes) -> None:
    changes = hostname(device, "ap-2") | {NETWORK: text}
    assert await refusal(device, bundle(device, changes)) == (Refusal.SYNTAX, "network")


async def test_a_target_that_is_a_link_or_a_folder(device: LabDevice) -> None:
    for path in ("/etc/resolv.conf", "/etc/dropbear"):
        push = guard.Bundle("p1", {path: None}, {path: "-"}, window_s=3, settle_s=1)
        assert await refusal(device, push) == (Refusal.NOTFILE, path)


@pytest.mark.parametrize("free_kib", [0, 4, 8, 16, 24, 32])
async def test_a_flash_without_the_space(device: LabDevice, free_kib: int) -> None:
    push = bundle(device, {**hostname(device, "ap-2"), "/etc/own/big": b"x" * 20000})
    fill = f"cat /dev/zero >/root/fill 2>/dev/null; truncate() {{ :; }}; {_SHRINK % free_kib}"
    device.inside(fill)
    assert await refusal(device, push) == (Refusal.NOSPACE, "")


_SHRINK = """
size=$(wc -c </root/fill)
head -c $((size - %d * 1024)) /root/fill >/tmp/part; cat /tmp/part >/root/fill; rm /tmp/part
"""


async def test_a_ram_without_the_space_is_told_by_the_upload(device: LabDevice) -> None:
    push = bundle(device, hostname(device, "ap-2"))
    client, before = Client(device), snapshot(device)
    device.inside("cat /dev/zero >/tmp/fill 2>/dev/null")
    with pytest.raises(AssertionError, match="No space left on device"):
        await client.send(push)
    device.inside("rm /tmp/fill")
    await assert_old(device, before, client, runs=False)


async def test_an_upload_that_arrives_damaged(device: LabDevice) -> None:
    client, before = Client(device), snapshot(device)
    push = bundle(device, hostname(device, "ap-2"))
    line = push.start_line().replace("&& sh guard", "&& echo x >>new/etc/config/system && sh guard")
    answer = await client.say(line, "p1", push.archive())
    assert answer.refusal is Refusal.UPLOAD
    await assert_old(device, before, client, runs=False)


@pytest.mark.parametrize("share", [0, 0.3, 0.7, 0.99])
async def test_an_upload_that_is_cut_off(device: LabDevice, share: float) -> None:
    client, before = Client(device), snapshot(device)
    push = bundle(device, hostname(device, "ap-2"))
    data = push.archive()
    with pytest.raises(AssertionError):
        await client.say(push.start_line(), "p1", data[: int(len(data) * share)] or b"\0")
    await assert_old(device, before, client, runs=False)
    assert device.inside("ls -d /tmp/owtui-*").stdout == ""


@pytest.mark.parametrize(
    ("mounts", "refusal"),
    [
        ("overlayfs:/tmp/root / overlay rw,noatime 0 0", Refusal.VOLATILE),
        ("tmpfs / tmpfs rw 0 0", Refusal.VOLATILE),
        ("overlayfs:/overlay / overlay ro,noatime 0 0", Refusal.READONLY),
        ("/dev/root / squashfs ro,relatime 0 0", Refusal.READONLY),
        ("/dev/sda2 / ext4 rw,noatime 0 0", None),
        ("/dev/root /rom squashfs ro 0 0\noverlayfs:/overlay / overlay rw 0 0", None),
    ],
)
async def test_a_root_that_would_lose_the_guard(
    device: LabDevice, mounts: str, refusal: Refusal | None
) -> None:
    """Only the reading of the mounts: the lab cannot put another root under a device."""
    device.inside("cat >/tmp/mounts", input=f"{mounts}\n")
    script = guard.script().decode().replace("/proc/mounts", "/tmp/mounts")
    functions = script[: script.index("verb=${1-}")]
    said = device.inside(f"{functions}\ncheck_device && echo fine")
    assert said.stdout.split()[0] == (refusal or "fine")


async def test_a_device_that_lacks_a_program(device: LabDevice) -> None:
    push = bundle(device, hostname(device, "ap-2"))
    device.inside("mv /usr/bin/setsid /usr/bin/setsid.away")
    try:
        assert await refusal(device, push) == (Refusal.MISSING, "setsid")
    finally:
        device.inside("mv /usr/bin/setsid.away /usr/bin/setsid")


async def test_a_service_manager_that_does_not_start_the_watchdog(device: LabDevice) -> None:
    push = bundle(device, hostname(device, "ap-2"))
    device.inside("mv /lab/respawn /lab/respawn.away")
    try:
        assert await refusal(device, push) == (Refusal.NOWATCHDOG, "")
    finally:
        device.inside("mv /lab/respawn.away /lab/respawn")


async def test_words_that_are_none(device: LabDevice) -> None:
    client = Client(device)
    await client.send(bundle(device, hostname(device, "ap-9"), id="used"))
    await client.confirm("used")
    for words in ("", "nosuch used", "status", "status 'a b'", "status ../x"):
        said = device.inside(f"sh /tmp/owtui/guard {words}")
        assert (said.stdout, said.returncode) == ("USAGE\n", 1), words
