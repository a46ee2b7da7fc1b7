"""SSH with asyncssh's client: what dropbear on OpenWrt allows, refuses and leaves running."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from owtui.simulator import Fleet, FleetSpec
from tests.simulator.dial import connect

FACTORY = "gw-harbour"


async def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Let the loop run until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # the simulator has no bus to wait on
            await asyncio.sleep(0.005)


async def offered(address: str, port: int) -> tuple[bytes, list[list[str]]]:
    """Return a server's banner and the name lists of its KEXINIT."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        banner = await reader.readline()
        writer.write(b"SSH-2.0-test\r\n")
        length, padding = struct.unpack(">IB", await reader.readexactly(5))
        body = (await reader.readexactly(length - 1))[: -padding or None]
        lists, at = [], 17
        for _ in range(8):
            size = int.from_bytes(body[at : at + 4], "big")
            lists.append(body[at + 4 : at + 4 + size].decode().split(","))
            at += 4 + size
        return banner, lists
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_server_offers_what_dropbear_offers(fleet: Fleet, shared_data: Path) -> None:
    device = fleet.devices[0]
    banner, lists = await offered(device.address, device.port)
    assert banner == b"SSH-2.0-dropbear\r\n"
    wanted = [
        line.partition(": ")[2].partition(": ")[2].split(",")
        for line in (shared_data / "openwrt" / "ssh-server-kexinit.txt").read_text().splitlines()
        if any(word in line for word in (" algorithms:", " ciphers", " MACs", " compression"))
    ]
    kex, *rest = lists
    assert rest[:7] == wanted[1:8]
    guesses = {"kexguess2@matt.ucc.asn.au"}  # asyncssh has no such extension
    assert [name for name in kex if "ext-info" not in name] == [
        name for name in wanted[0] if name not in guesses
    ]


async def test_password_and_key_let_in_and_others_do_not(fleet: Fleet) -> None:
    device = fleet.devices[0]
    key = asyncssh.import_private_key(fleet.private_key)
    right: list[dict[str, Any]] = [{}, {"password": None, "client_keys": [key]}]
    for options in right:
        async with connect(device, **options) as client:
            assert (await client.run("id -u")).stdout == "0\n"
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    wrong: list[dict[str, Any]] = [
        {"password": "no"},
        {"username": "admin"},
        {"password": None, "client_keys": [stranger]},
    ]
    for options in wrong:
        with pytest.raises(asyncssh.PermissionDenied):
            async with connect(device, **options):
                pass
    assert device.effects.logins == 2


async def test_the_host_key_is_the_one_of_the_inventory(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        key = client.get_server_host_key()
        assert key is not None
        assert key.export_public_key().decode().split()[:2] == device.host_key.split()
        assert client.get_extra_info("server_version") == "SSH-2.0-dropbear"


async def test_a_factory_device_lets_any_password_in() -> None:
    async with Fleet(FleetSpec(factory=(FACTORY,), speed=0.02)) as fleet:
        for password in ("anything", ""):
            async with connect(fleet.devices[0], password=password) as client:
                assert (await client.run("echo in")).stdout == "in\n"


async def test_a_sixth_unauthenticated_connection_is_closed_without_a_banner(fleet: Fleet) -> None:
    device = fleet.devices[0]
    held = [await asyncio.open_connection(device.address, device.port) for _ in range(5)]
    for reader, _ in held:
        assert (await reader.readline()).startswith(b"SSH-2.0-")
    reader, writer = await asyncio.open_connection(device.address, device.port)
    assert await reader.read() == b""
    for _, other in [*held, (reader, writer)]:
        other.close()
    await until(lambda: not device.host._unauthenticated.total())
    async with connect(device) as client:
        assert (await client.run("true")).exit_status == 0


async def test_logged_in_connections_do_not_count_against_the_limit(fleet: Fleet) -> None:
    device = fleet.devices[0]
    clients = [await connect(device) for _ in range(8)]
    answers = await asyncio.gather(*(client.run("echo $$") for client in clients))
    assert len({answer.stdout for answer in answers}) == 8
    for client in clients:
        client.close()


async def test_stdout_stderr_and_status_come_back_apart(fleet: Fleet) -> None:
    async with connect(fleet.devices[0]) as client:
        answer = await client.run("echo o; echo e >&2; exit 7")
    assert (answer.stdout, answer.stderr, answer.exit_status) == ("o\n", "e\n", 7)


async def test_an_upload_arrives_whole_and_is_moved_into_place(fleet: Fleet) -> None:
    data = bytes(range(256)) * 4096
    line = "umask 077; cat >/tmp/x.part && sha256sum </tmp/x.part && mv /tmp/x.part /tmp/x"
    async with connect(fleet.devices[0]) as client:
        answer = await client.run(line, input=data, encoding=None)
        back = await client.run("cat /tmp/x", encoding=None)
    assert answer.exit_status == 0
    assert back.stdout == data


async def test_there_is_no_sftp_server(fleet: Fleet) -> None:
    async with connect(fleet.devices[0]) as client:
        answer = await client.run("/usr/libexec/sftp-server")
        assert answer.exit_status == 127
        assert answer.stderr == "ash: /usr/libexec/sftp-server: not found\n"
        with pytest.raises((asyncssh.Error, asyncssh.SFTPError)):
            async with asyncio.timeout(30):
                await client.start_sftp_client()


async def test_a_silent_command_outlives_its_client_and_a_talking_one_dies(fleet: Fleet) -> None:
    device = fleet.devices[0]
    client = await connect(device)
    await client.create_process("sleep 1; echo done >/tmp/silent")
    await client.create_process("while :; do echo talk; sleep 1; done")
    table = device.device.processes
    await until(lambda: sum(p.name == "sleep" for p in table) == 2)
    client.abort()
    await until(lambda: device.device.files.find("/tmp/silent") is not None)
    await until(lambda: not any("talk" in p.command for p in table))


async def test_a_session_stays_open_while_a_job_holds_its_output(fleet: Fleet) -> None:
    async with connect(fleet.devices[0]) as client:
        answer = await client.run("sleep 1 && echo late & echo early")
        assert (answer.stdout, answer.exit_status) == ("early\nlate\n", 0)
        start = asyncio.get_running_loop().time()
        for line in (
            "(sleep 5) >/tmp/log 2>&1 </dev/null & echo gone",
            "sleep 5 >/dev/null 2>&1 & echo gone",
            "{ sleep 5; echo never; } >/dev/null 2>/dev/null & echo gone",
        ):
            assert (await client.run(line)).stdout == "gone\n"
        assert asyncio.get_running_loop().time() - start < 3


async def test_a_signal_from_the_client_ends_the_command(fleet: Fleet) -> None:
    async with connect(fleet.devices[0]) as client:
        process = await client.create_process("sleep 100")
        await until(lambda: any(p.name == "sleep" for p in fleet.devices[0].device.processes))
        process.terminate()
        await process.wait()
        assert process.exit_signal is not None and process.exit_signal[0] == "TERM"
        assert not any(p.name == "sleep" for p in fleet.devices[0].device.processes)


async def test_stdin_ends_when_the_client_goes_away(fleet: Fleet) -> None:
    device = fleet.devices[0]
    client = await connect(device)
    process = await client.create_process("cat >/tmp/got; echo ended >/tmp/ended")
    process.stdin.write("half")
    await until(lambda: device.device.files.find("/tmp/got") is not None)
    await until(lambda: device.device.files.read("/tmp/got") == b"half")
    client.abort()
    await until(lambda: device.device.files.find("/tmp/ended") is not None)


async def test_an_interactive_shell_prompts_echoes_and_leaves(fleet: Fleet) -> None:
    async with connect(fleet.devices[0]) as client:
        process = await client.create_process(term_type="xterm")
        process.stdin.write("cd /tmp\r")
        process.stdin.write("echo hel\x7f\x7f\x7fhi $((1+1))\r")
        process.stdin.write("for i in 1 2\rdo echo n$i; done\rexit 3\r")
        answer = await process.wait()
    assert "root@gw-harbour:~# cd /tmp\r\n" in answer.stdout
    assert "root@gw-harbour:/tmp# " in answer.stdout
    assert "\r\nhi 2\r\n" in answer.stdout
    assert "n1\r\nn2\r\n" in answer.stdout
    assert answer.exit_status == 3


async def test_an_interactive_shell_needs_no_banner(fleet: Fleet) -> None:
    fleet.devices[0].device.files.remove("/etc/banner")
    async with connect(fleet.devices[0]) as client:
        process = await client.create_process(term_type="xterm")
        process.stdin.write("exit 4\r")
        answer = await process.wait()
    assert "BusyBox" in answer.stdout and answer.exit_status == 4


async def test_a_device_is_a_jump_host_within_its_fleet_only(fleet: Fleet) -> None:
    first, second, _ = fleet.devices
    async with (
        connect(first) as jump,
        connect(second, tunnel=jump) as client,
    ):
        assert (await client.run("uname -n")).stdout == f"{second.name}\n"
        reader, writer = await jump.open_connection("127.0.0.1", 80)
        writer.write(b"GET /ubus HTTP/1.0\r\n\r\n")
        assert b"404 Not Found" in await reader.read()
        with pytest.raises(asyncssh.ChannelOpenError):
            await jump.open_connection("127.0.0.1", 1)
        outside = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        port = outside.sockets[0].getsockname()[1]
        with pytest.raises(asyncssh.ChannelOpenError):
            await jump.open_connection("127.0.0.1", port)
        outside.close()
        writer.close()


async def test_three_wrong_passwords_end_a_connection_and_lock_nobody_out(fleet: Fleet) -> None:
    device = fleet.devices[0]
    for _ in range(4):
        with pytest.raises(asyncssh.PermissionDenied):
            async with connect(device, password="wrong"):
                pass
    async with connect(device) as client:
        assert "Bad password attempt for 'root'" in str((await client.run("logread")).stdout)


async def test_a_changed_password_counts_at_once_and_is_counted(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        answer = await client.run("passwd root", input="n3w-secret\nn3w-secret\n")
        assert answer.exit_status == 0
    with pytest.raises(asyncssh.PermissionDenied):
        async with connect(device):
            pass
    async with connect(device, password="n3w-secret"):
        assert device.effects.password_changes == 1


async def test_stopping_dropbear_refuses_new_logins_and_keeps_old_ones(fleet: Fleet) -> None:
    device = fleet.devices[0]
    async with connect(device) as client:
        await client.run("/etc/init.d/dropbear stop")
        await until(lambda: device.host._ssh is None)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(device.address, device.port)
        assert (await client.run("/etc/init.d/dropbear start; echo ok")).stdout == "ok\n"
        await until(lambda: device.host._ssh is not None)


async def test_a_small_flash_build_has_only_an_rsa_host_key() -> None:
    async with Fleet(FleetSpec(devices=40, speed=0.02)) as fleet:
        small = next(d for d in fleet.devices if d.identity.model == "gl-ar300m16")
        _, lists = await offered(small.address, small.port)
        assert lists[1] == ["rsa-sha2-256", "ssh-rsa"]
        assert small.host_key.startswith("ssh-rsa ")
