"""What the stand-ins answer beyond tests/contract, as openwrt.md and the captures say."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncssh
import pytest

from tests.engine.firmware.images import image
from tests.lab.device import LabDevice, LabSpec
from tests.lab.session import ask, login

Fleet = Callable[..., list[LabDevice]]


@pytest.fixture
async def ssh(lab_device: LabDevice) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with login(lab_device.address, lab_device.port, password="labpass") as connection:
        yield connection
        await ask(connection, "rm -rf /tmp/.uci; rm -f /etc/config/lab*")


async def test_uci_prints_the_captured_configuration_byte_for_byte(
    lab_fleet: Fleet, shared_data: Path
) -> None:
    folder = shared_data / "openwrt"
    exports = {
        path.stem.removeprefix("uci-export-"): path.read_text()
        for path in folder.glob("uci-export-*.txt")
    }
    configs = {name: text.split("\n", 1)[1] for name, text in exports.items()}
    [device] = lab_fleet(LabSpec(config=configs))
    async with login(device.address, device.port, password="labpass") as ssh:
        assert (await ask(ssh, "uci show")).text == (folder / "uci-show.txt").read_text()
        for name, text in exports.items():
            assert (await ask(ssh, f"uci export {name}")).text == text


@pytest.mark.parametrize(
    ("command", "code", "error"),
    [
        ("uci get system.@system[0].nosuch", 1, "uci: Entry not found\n"),
        ("uci -q get system.@system[0].nosuch", 1, ""),
        ("uci show nosuch", 1, "uci: Entry not found\n"),
        ("uci set nosuch.a=b", 1, "uci: Entry not found\n"),
        ("uci set network.nosuch.a=b", 1, "uci: Invalid argument\n"),
        ("uci set network.lan", 1, "uci: Invalid argument\n"),
        ("uci delete network.nosuch", 1, "uci: Entry not found\n"),
        ("uci nonsense", 255, "Usage: uci [<options>] <command> [<arguments>]\n"),
    ],
)
async def test_uci_refuses_in_its_own_words(
    ssh: asyncssh.SSHClientConnection, command: str, code: int, error: str
) -> None:
    said = await ask(ssh, command)
    assert (said.exit, said.text, said.error) == (code, "", error)


async def test_uci_lists_sections_and_imports_work(ssh: asyncssh.SSHClientConnection) -> None:
    name = (await ask(ssh, "uci add firewall rule")).text.strip()
    assert name.startswith("cfg05")
    await ask(ssh, f"uci add_list firewall.{name}.proto=tcp")
    await ask(ssh, f"uci add_list firewall.{name}.proto=udp; uci rename firewall.{name}=mine")
    shown = (await ask(ssh, "uci show firewall.mine")).text
    assert shown == "firewall.mine=rule\nfirewall.mine.proto='tcp' 'udp'\n"
    await ask(ssh, "uci del_list firewall.mine.proto=tcp; uci reorder firewall.mine=0")
    assert (await ask(ssh, "uci show firewall")).text.startswith("firewall.mine=rule\n")
    await ask(ssh, "uci import labtest", b"config thing 'a'\n\toption b 'c d'\n")
    assert (await ask(ssh, "uci get labtest.a.b")).text == "c d\n"


async def test_a_broken_file_fails_alone(ssh: asyncssh.SSHClientConnection) -> None:
    await ask(ssh, "cat >/etc/config/labbroken", b"config x 'y'\n\toption z 'open\n")
    alone = await ask(ssh, "uci show labbroken")
    assert alone.exit == 1 and alone.error.startswith("uci: Parse error (EOF with unterminated ')")
    rest = await ask(ssh, "uci show")
    assert "Parse error" in rest.error and "system.ntp=timeserver\n" in rest.text


async def test_a_changed_network_leaves_the_session_hanging(lab_fleet: Fleet) -> None:
    [device] = lab_fleet(LabSpec(reload_s=0))
    async with login(device.address, device.port, password="labpass") as ssh:
        change = "uci set network.lan.ipaddr=192.168.7.1; uci commit network; reload_config"
        job = await ssh.create_process(f"{change}; sleep 1; echo done >/tmp/done; echo done")
        seen = device.inside("until [ -s /tmp/done ]; do sleep 0.05; done")
        assert seen.returncode == 0
        assert not job.is_closing() and job.exit_status is None
        ssh.abort()
    status = json.loads(device.inside("ubus call network.interface.lan status").stdout)
    assert status["ipv4-address"] == [{"address": "192.168.7.1", "mask": 24}]


@pytest.mark.parametrize(
    ("command", "code", "error"),
    [
        ("ubus call nosuch x", 252, "Command failed: ubus call nosuch x (Not found)\n"),
        ("ubus call system x", 253, "Command failed: ubus call system x (Method not found)\n"),
        (
            "ubus call uci get '{}'",
            254,
            "Command failed: ubus call uci get {} (Invalid argument)\n",
        ),
        (
            "ubus call system board '{bad'",
            244,
            "Command failed: ubus call system board {bad (Parsing message data failed)\n",
        ),
        ("ubus -S call nosuch x", 4, ""),
        ("ubus list nosuch", 4, "Command failed: Not found\n"),
    ],
)
async def test_ubus_fails_with_its_status(
    ssh: asyncssh.SSHClientConnection, command: str, code: int, error: str
) -> None:
    said = await ask(ssh, command)
    assert (said.exit, said.text, said.error) == (code, "", error)


async def test_ubus_prints_the_shape_and_the_bytes_of_the_captures(
    ssh: asyncssh.SSHClientConnection, shared_data: Path
) -> None:
    folder = shared_data / "openwrt"
    board = (await ask(ssh, "ubus call system board")).text
    expected = (folder / "ubus-system-board.json").read_text()
    assert board == expected.replace('"hostname": "ap-01"', '"hostname": "OpenWrt"')
    info = (await ask(ssh, "ubus call system info")).text
    assert _outline(info) == _outline((folder / "ubus-system-info.json").read_text())


async def test_what_logger_writes_logread_reads(ssh: asyncssh.SSHClientConnection) -> None:
    await ask(ssh, "logger -t lab 'one line'; logger -t lab -p daemon.err second")
    said = (await ask(ssh, "logread -e lab -l 2")).text.splitlines()
    assert said[0].endswith("user.notice lab: one line")
    assert said[1].endswith("daemon.err lab: second")


@pytest.mark.slow
async def test_an_upgrade_keeps_the_configuration_and_a_clean_one_nothing(
    lab_fleet: Fleet,
) -> None:
    [device] = lab_fleet(1)
    metadata = (
        '{ "metadata_version": "1.1", "supported_devices": ["tplink,archer-c6-v3"], '
        '"version": { "version": "24.10.8" } }'
    )
    image = b"\x7f firmware \0" + metadata.encode()
    before = device.host_keys.public()
    for options, version, key_kept in (("", "24.10.8", True), ("-n", "24.10.8", False)):
        password = "labpass"
        async with login(device.address, device.port, password=password) as ssh:
            await ask(ssh, "cat >/tmp/image", image)
            await ask(ssh, "echo x >/root/lost; uci set system.ntp.enabled=0; uci commit")
            assert (await ask(ssh, "sysupgrade -T /tmp/image")).exit == 0
            said = await ask(ssh, f"sysupgrade {options} /tmp/image")
            assert said.exit == 246 and "(Connection failed)" in said.error
        await asyncio.to_thread(device.wait_boot)
        password = "labpass" if key_kept else ""
        async with login(device.address, device.port, password=password) as ssh:
            key = ssh.get_server_host_key()
            assert key is not None
            assert (key.export_public_key().decode().strip() in before) is key_kept
            board = json.loads((await ask(ssh, "ubus call system board")).text)
            assert board["release"]["version"] == version
            kept = (await ask(ssh, "uci get system.ntp.enabled; ls /root/lost /tmp/image")).text
            assert kept == ("0\n" if key_kept else "1\n")


async def test_an_image_for_another_board_or_without_metadata_is_refused(
    ssh: asyncssh.SSHClientConnection,
) -> None:
    other = b'{ "metadata_version": "1.1", "supported_devices": ["other,board", "more"] }'
    await ask(ssh, "cat >/tmp/real", image("tplink,archer-c6-v3"))  # with fwtool's trailer
    assert (await ask(ssh, "sysupgrade -T /tmp/real")).exit == 0
    await ask(ssh, "cat >/tmp/other", other)
    said = await ask(ssh, "sysupgrade -T /tmp/other")
    assert (said.exit, said.text) == (1, "")
    assert said.error.splitlines()[:2] == [
        "Device tplink,archer-c6-v3 not supported by this image",
        "Supported devices: other,board more",
    ]
    assert (await ask(ssh, "head -c 9 /tmp/other >/tmp/cut; sysupgrade /tmp/cut")).exit == 1


def _outline(text: str) -> str:
    """Return the text with its numbers made alike: keys, order and indentation stay."""
    return re.sub(r"\d+", "0", text)
