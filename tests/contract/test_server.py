"""The SSH server: banner, passwords, sessions, ends. As dropbear on OpenWrt (openwrt.md, SSH)."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest

from owtui.engine.transport.ending import ender, marked
from tests.contract.subject import Subject
from tests.lab.session import ask


async def test_the_banner_is_dropbears_and_only_its_host_keys_are_offered(device: Subject) -> None:
    async with device.login() as ssh:
        assert ssh.get_extra_info("server_version").startswith("SSH-2.0-dropbear")
    keys = []
    for algorithm in ("ssh-ed25519", "rsa-sha2-256"):
        key = await asyncssh.get_server_host_key(
            device.address, device.port, server_host_key_algs=[algorithm], config=None
        )
        assert key is not None
        keys.append(key.get_algorithm())
    assert keys == ["ssh-ed25519", "ssh-rsa"]
    with pytest.raises((asyncssh.Error, OSError)):
        await asyncssh.get_server_host_key(
            device.address, device.port, server_host_key_algs=["ecdsa-sha2-nistp256"], config=None
        )


async def test_wrong_passwords_are_refused_and_lock_nobody_out(device: Subject) -> None:
    for password in ("wrong", "", "root"):
        with pytest.raises(asyncssh.PermissionDenied):
            async with device.login(password):
                pass
    assert (await device.ask("true")).exit == 0


async def test_there_is_no_sftp(device: Subject) -> None:
    async with device.login() as ssh:
        with pytest.raises((asyncssh.Error, asyncssh.SFTPError)):
            async with asyncio.timeout(10):
                await ssh.start_sftp_client()


async def test_a_sixth_connection_that_never_logs_in_is_closed_unheard(fresh: Subject) -> None:
    held = []
    for _ in range(5):
        reader, writer = await asyncio.open_connection(fresh.address, fresh.port)
        held.append(writer)
        assert (await reader.readline()).startswith(b"SSH-2.0-dropbear")
    reader, writer = await asyncio.open_connection(fresh.address, fresh.port)
    held.append(writer)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    for one in held:
        one.close()
        await one.wait_closed()


async def test_several_commands_run_at_once_on_one_connection(device: Subject) -> None:
    """All are open before the first ends.

    dropbear 2022.82 to 2024.85 ends a connection on which a command ends while another is being
    opened (mkj/dropbear#321); Debian's is one of them, OpenWrt 24.10's no more.
    """
    async with device.login() as ssh:
        processes = [await ssh.create_process("read n; echo $n; exit $n") for _ in range(4)]
        for number, process in enumerate(processes):
            process.stdin.write(f"{number}\n")
        answers = await asyncio.gather(*(process.wait(timeout=10) for process in processes))
    assert [(a.stdout, a.exit_status) for a in answers] == [(f"{n}\n", n) for n in range(4)]


async def test_a_silent_command_outlives_its_client_and_a_printing_one_dies(
    fresh: Subject,
) -> None:
    async with (
        fresh.login() as ssh,
        ssh.create_process("echo $$; exec sleep 300") as silent,
        ssh.create_process("echo $$; while true; do echo y; sleep 1; done") as loud,
    ):
        pids = [(await process.stdout.readline()).strip() for process in (silent, loud)]
        ssh.abort()
    assert await until(fresh, f"! kill -0 {pids[1]} 2>/dev/null")
    assert (await fresh.ask(f"kill -0 {pids[0]}")).exit == 0


async def test_a_detached_job_goes_on_when_the_session_has_ended(fresh: Subject) -> None:
    job = "(sleep 1; echo done >/tmp/done) >/dev/null 2>&1 </dev/null & echo $!"
    said = await fresh.ask(job)
    assert said.exit == 0 and said.text.strip().isdigit()
    assert await until(fresh, "[ -s /tmp/done ]")


async def test_a_killed_command_ends_without_an_exit_code_of_its_own(device: Subject) -> None:
    async with (
        device.login() as ssh,
        ssh.create_process("echo $$; exec sleep 300") as sleeping,
    ):
        pid = (await sleeping.stdout.readline()).strip()
        assert (await ask(ssh, f"kill -9 {pid}")).exit == 0
        async with asyncio.timeout(10):
            await sleeping.wait()
        assert sleeping.exit_signal is not None and sleeping.exit_signal[0] == "KILL"


async def test_what_a_command_exported_is_how_to_find_and_end_it(device: Subject) -> None:
    """The engine's own script, see `ending`."""
    async with (
        device.login() as ssh,
        ssh.create_process(marked("echo here; sleep 4242; echo never", "a-1-")) as cut,
        ssh.create_process(marked("echo here; exec sleep 4343", "a-11-")) as other,
    ):
        for process in (cut, other):
            assert await process.stdout.readline() == "here\n"
        assert (await device.ask(ender("a-1-"))).exit == 0
        async with asyncio.timeout(10):
            await cut.wait()
        assert cut.exit_signal is not None and cut.exit_signal[0] == "TERM"
        left = (await device.ask("ps w | grep '[s]leep 4'")).text
        assert "4343" in left and "4242" not in left
        assert (await device.ask(ender("a-11-"))).exit == 0


async def until(device: Subject, condition: str) -> bool:
    """Ask until a shell condition holds; False after ten seconds."""
    line = f"n=0; until {condition}; do n=$((n+1)); [ $n -lt 10 ] || exit 1; sleep 1; done"
    return (await device.ask(line)).exit == 0
