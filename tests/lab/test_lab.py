"""What only a lab device has: its life, its limits, its faults; tests/contract asks the rest."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from tests.lab.applets import ABSENT
from tests.lab.device import LabDevice, LabSpec
from tests.lab.session import ask, login

PASSWORD = "labpass"
Fleet = Callable[..., list[LabDevice]]


async def test_a_device_lets_its_password_in_and_shows_its_own_host_key(
    lab_device: LabDevice,
) -> None:
    known = lab_device.known_hosts()
    async with login(
        lab_device.address, lab_device.port, password=PASSWORD, known_hosts=known
    ) as ssh:
        assert (await ask(ssh, "echo $0 $USER")).text == "ash root\n"
        assert ssh.get_extra_info("server_version").startswith("SSH-2.0-dropbear")


async def test_both_host_keys_are_the_devices_own(lab_device: LabDevice) -> None:
    for algorithm, expected in zip(
        ("ssh-ed25519", "rsa-sha2-256"), lab_device.host_keys.public(), strict=True
    ):
        key = await asyncssh.get_server_host_key(
            lab_device.address, lab_device.port, server_host_key_algs=[algorithm], config=None
        )
        assert key is not None
        assert key.export_public_key().decode().split()[:2] == expected.split()


async def test_a_key_lets_in_and_a_key_added_on_the_device_does_too(lab_fleet: Fleet) -> None:
    first, second = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    public = [key.export_public_key().decode().strip() for key in (first, second)]
    [device] = lab_fleet(LabSpec(password=None, authorized_keys=(public[0],)))
    with pytest.raises(asyncssh.PermissionDenied):
        async with login(device.address, device.port, password=""):
            pass
    async with login(device.address, device.port, key=first) as ssh:
        added = await ask(ssh, "cat >>/etc/dropbear/authorized_keys", f"{public[1]}\n".encode())
        assert added.exit == 0
    async with login(device.address, device.port, key=second) as ssh:
        assert (await ask(ssh, "true")).exit == 0


async def test_a_factory_device_lets_any_password_in(lab_fleet: Fleet) -> None:
    [device] = lab_fleet(LabSpec(password=""))
    for password in (None, "", "anything"):
        async with login(device.address, device.port, password=password) as ssh:
            said = await ask(
                ssh,
                "ubus call session login "
                '\'{"username":"root","password":"whatever"}\' | jsonfilter -e @.timeout',
            )
            assert said.text == "300\n"


async def test_what_openwrt_lacks_is_missing(lab_device: LabDevice) -> None:
    async with login(lab_device.address, lab_device.port, password=PASSWORD) as ssh:
        for name in ABSENT.split():
            said = await ask(ssh, name)
            assert (said.exit, said.error) == (127, f"ash: {name}: not found\n")


async def test_the_fixed_part_of_the_environment_is_that_of_a_router(
    lab_device: LabDevice, shared_data: Path
) -> None:
    captured = (shared_data / "openwrt" / "ssh-session-env.txt").read_text().splitlines()
    async with login(lab_device.address, lab_device.port, password=PASSWORD) as ssh:
        own = (await ask(ssh, "env; set -o; ulimit -n >/dev/null; echo $0")).text.splitlines()
    fixed = ("USER=", "SHLVL=", "HOME=", "LOGNAME=", "PATH=", "SHELL=", "PWD=")
    expected = [line for line in captured if line.startswith(fixed) or line.endswith(" off")]
    assert len(expected) == len(fixed) + 14
    assert set(expected) <= set(own)
    assert own[-1] == "ash"


async def test_a_frozen_session_says_nothing_more_while_the_command_goes_on(
    lab_fleet: Fleet,
) -> None:
    [device] = lab_fleet(1)
    async with login(device.address, device.port, password=PASSWORD) as ssh:
        assert (await ask(ssh, "true")).exit == 0
        device.hang()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await ask(ssh, "true")
        async with login(device.address, device.port, password=PASSWORD) as other:
            assert (await ask(other, "true")).exit == 0
        ssh.abort()


async def test_a_session_cannot_reach_out_of_its_device(lab_device: LabDevice) -> None:
    reaching = (
        "ifconfig lo mtu 65535",
        "mknod /tmp/disk b 8 0",
        "mount -t tmpfs x /root",
        "echo x >/proc/sys/kernel/core_pattern",
    )
    async with login(lab_device.address, lab_device.port, password=PASSWORD) as ssh:
        for command in reaching:
            assert (await ask(ssh, command)).exit != 0, command


async def test_a_commit_to_a_full_overlay_empties_the_file_and_says_nothing(
    lab_fleet: Fleet,
) -> None:
    [device] = lab_fleet(LabSpec(overlay_bytes=1024 * 1024))
    async with login(device.address, device.port, password=PASSWORD) as ssh:
        before = (await ask(ssh, "cat /etc/config/system")).text
        full = await ask(ssh, "cat /dev/zero >/root/fill")
        assert "No space left on device" in full.error
        said = await ask(ssh, "uci set system.@system[0].hostname=full; uci commit system")
        assert (said.exit, said.error) == (0, "")
        assert len((await ask(ssh, "cat /etc/config/system")).text) < len(before)


async def test_a_reboot_drops_everybody_and_returns_empty_handed(lab_fleet: Fleet) -> None:
    [device] = lab_fleet(1)
    first = device.boot_id
    async with login(device.address, device.port, password=PASSWORD) as ssh:
        await ask(ssh, "echo kept >/etc/kept; echo lost >/tmp/lost")
        assert (await ask(ssh, "reboot")).exit == 0
        await asyncio.to_thread(device.wait_down)
        await ssh.wait_closed()
    assert await asyncio.to_thread(device.wait_boot) != first
    known = device.known_hosts()
    async with login(device.address, device.port, password=PASSWORD, known_hosts=known) as ssh:
        said = await ask(
            ssh,
            "cat /proc/sys/kernel/random/boot_id /etc/kept; ls /tmp/lost; "
            "ubus call system info | jsonfilter -e @.uptime; cut -d. -f1 /proc/uptime",
        )
    boot_id, kept, *uptimes = said.text.split()
    assert (boot_id, kept) == (device.boot_id, "kept")
    assert said.error == "ls: /tmp/lost: No such file or directory\n"
    assert all(int(uptime) < 30 for uptime in uptimes) and len(uptimes) == 2


def test_devices_run_side_by_side_with_own_addresses_keys_and_boot_ids(lab_fleet: Fleet) -> None:
    devices = lab_fleet(3)
    assert len({device.address for device in devices}) == 3
    assert len({device.boot_id for device in devices}) == 3
    assert len({key for device in devices for key in device.host_keys.public()}) == 6


def test_a_killed_test_run_leaves_no_process_and_no_mount() -> None:
    script = (
        "from tests.lab.device import LabDevice\n"
        "device = LabDevice()\n"
        "device.start()\n"
        "print(device.init_pid, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as run:
        assert run.stdout is not None
        init = int(run.stdout.readline())
        watch = os.pidfd_open(init)
        os.kill(run.pid, signal.SIGKILL)
    poll = select.poll()
    poll.register(watch)
    assert poll.poll(10_000), "the device outlived the run that started it"
    os.close(watch)
    assert "overlayfs:/overlay" not in Path("/proc/self/mounts").read_text()
