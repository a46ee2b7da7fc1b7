"""The verbs over SSH, against a shell that answers as the captured access point did."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.openwrt.quoting import quote
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.transport.base import CommandResult
from owtui.errors import (
    CommandError,
    DeniedError,
    InputError,
    MissingError,
    OwtuiError,
    ProtocolError,
)
from tests.engine.openwrt.fakes import CapturedShell
from tests.tools import tool


def answer(stdout: bytes = b"", stderr: bytes = b"", status: int = 0) -> CommandResult:
    return CommandResult(stdout, stderr, status)


@pytest.fixture
def shell() -> CapturedShell:
    return CapturedShell()


@pytest.fixture
def router(shell: CapturedShell) -> SshRouter:
    return SshRouter(shell, "ap-01")


async def test_boot_tells_id_and_uptime(shell: CapturedShell, router: SshRouter) -> None:
    shell.answers["cat /proc/uptime"] = answer(b"22.31 80.02\nabc-def\n")
    boot = await router.boot()
    assert (boot.id, boot.uptime_s) == ("abc-def", 22.31)
    shell.answers["cat /proc/uptime"] = answer(b"", b"cat: no\n", 1)
    with pytest.raises(ProtocolError, match="ap-01"):
        await router.boot()


async def test_uci_is_read_from_the_committed_file(shell: CapturedShell, router: SshRouter) -> None:
    shell.answers["cat /etc/config/system"] = answer(b"config system\n\toption hostname 'x'\n")
    package = await router.uci("system")
    assert package.typed("system")[0].get("hostname") == "x"
    gone = b"cat: can't open '/etc/config/nosuch': No such file or directory\n"
    shell.answers["cat /etc/config/nosuch"] = answer(b"", gone, 1)
    with pytest.raises(MissingError, match="ap-01 has no UCI package nosuch"):
        await router.uci("nosuch")
    with pytest.raises(InputError):
        await router.uci("../passwd")


async def test_a_file_is_read_byte_for_byte_and_its_absence_told(
    shell: CapturedShell, router: SshRouter
) -> None:
    shell.answers["cat '/tmp/a b'"] = answer(bytes(range(256)))
    assert await router.read_file("/tmp/a b") == bytes(range(256))
    shell.answers["cat /root/x"] = answer(b"", b"cat: can't open '/root/x': Permission denied\n", 1)
    with pytest.raises(DeniedError, match="read /root/x"):
        await router.read_file("/root/x")
    shell.answers["cat /proc/kcore"] = CommandResult(b"part", b"", 0, cut=True)
    with pytest.raises(ProtocolError, match="too large"):
        await router.read_file("/proc/kcore")
    with pytest.raises(InputError):
        await router.read_file("-etc")


async def test_a_file_is_written_through_the_upload(
    shell: CapturedShell, router: SshRouter
) -> None:
    await router.write_file("/etc/banner", b"hello\n", mode=0o644)
    assert shell.uploads == {"/etc/banner": (b"hello\n", 0o644)}


async def test_a_service_is_called_and_its_absence_told(
    shell: CapturedShell, router: SshRouter
) -> None:
    shell.answers["/etc/init.d/dnsmasq restart"] = answer()
    await router.service("dnsmasq", "restart")
    with pytest.raises(MissingError, match="no service nosuch"):
        await router.service("nosuch", "start")
    shell.answers["/etc/init.d/log stop"] = answer(b"", b"Command failed: Not found\n", 1)
    with pytest.raises(CommandError, match="stop log: Command failed"):
        await router.service("log", "stop")
    for name, verb in (("../../bin/sh", "start"), ("log", "boot; reboot"), ("-a", "start")):
        with pytest.raises(InputError):
            await router.service(name, verb)


async def test_a_password_goes_twice_over_stdin_and_never_in_the_command(
    shell: CapturedShell, router: SshRouter
) -> None:
    shell.answers["passwd root"] = answer(b"passwd: password for root changed by root\n")
    await router.set_password("root", "it's $(new)")
    assert shell.stdin[-1] == b"it's $(new)\nit's $(new)\n"
    assert "new" not in shell.commands[-1]
    shell.answers["passwd root"] = answer(b"passwd: password for root is unchanged\n", b"", 0)
    with pytest.raises(CommandError) as caught:
        await router.set_password("root", "secret")
    assert "secret" not in str(caught.value)
    shell.answers["passwd nobody2"] = answer(b"passwd: unknown user nobody2\n", b"", 1)
    with pytest.raises(MissingError, match="no user nobody2"):
        await router.set_password("nobody2", "secret")


@pytest.mark.parametrize("password", ["", "a\nb", "a\rb", "a\0b", "a\x1bb", "a\x7fb"])
async def test_a_password_that_passwd_would_misread_is_refused(
    shell: CapturedShell, router: SshRouter, password: str
) -> None:
    with pytest.raises(InputError) as caught:
        await router.set_password("root", password)
    assert not shell.commands
    assert not password or password not in str(caught.value)


async def test_a_reboot_is_detached(shell: CapturedShell, router: SshRouter) -> None:
    shell.answers["command -v reboot"] = answer()
    await router.reboot()
    assert shell.commands[-1].endswith("&")
    shell.answers["command -v reboot"] = answer(status=127)
    with pytest.raises(MissingError, match="no reboot"):
        await router.reboot()


async def test_exec_gives_back_what_the_command_left(
    shell: CapturedShell, router: SshRouter
) -> None:
    shell.answers["false"] = answer(b"out", b"err", 1)
    result = await router.exec("false", stdin=b"in", timeout=3)
    assert (result.stdout, result.stderr, result.exit_status) == (b"out", b"err", 1)
    assert shell.stdin == [b"in"]


@given(st.text())
def test_quoted_text_is_one_word_of_a_real_shell(text: str) -> None:
    if "\0" in text:
        with pytest.raises(OwtuiError):
            quote(text)
        return
    assert shlex.split(quote(text), posix=True) == [text]


def test_quoted_words_pass_real_ash_unchanged() -> None:
    busybox = tool("busybox", "busybox-static")
    words = ["it's", "$(reboot)", "`id`", "a b\nc", "*", "\\", '"', "ü€", "-n", "!", "", "~"]
    line = "for w in " + " ".join(map(quote, words)) + '; do echo "<$w>"; done'
    done = subprocess.run([busybox, "ash", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode() == "".join(f"<{w}>\n" for w in words)
