"""shell, logs and tunnel as processes of their own: a terminal as before, a page, a log."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import CommandLine
from tests.engine.transport.localtty import LocalTty, local_tty
from tests.routers import Routers

DEADLINE_S = 30.0


class Seat:
    """A person at a terminal in which `owtui …` runs."""

    def __init__(self, tty: LocalTty, *argv: str) -> None:
        self.tty = tty
        self.before = tty.modes
        environment = {**os.environ, "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "owtui", *argv],
            stdin=tty.fd,
            stdout=tty.fd,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )

    def until(self, mark: str) -> bytes:
        try:
            return asyncio.run(self.tty.until(mark.encode()))
        except AssertionError as error:
            self.process.kill()
            error.add_note(f"exit {self.process.wait()}; beside it: {self.ended()[1]!r}")
            raise

    def ended(self) -> tuple[int, str]:
        """The exit code and what was said beside the data, once it has ended."""
        _, said = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, said.decode()


@contextmanager
def seated(*argv: str) -> Iterator[Seat]:
    with local_tty(90, 25) as tty:
        seat = Seat(tty, *argv)
        try:
            yield seat
        finally:
            seat.process.kill()
            seat.process.communicate()


def audited(owtui: CommandLine) -> list[tuple[str, str, str]]:
    return [
        (entry["action"], entry["device"], entry["outcome"])
        for entry in owtui("audit", "--json").json
        if "shell" in entry["action"] or "tunnel" in entry["action"]
    ]


def test_a_shell_is_typed_into_and_leaves_the_terminal_as_it_was(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    with seated("shell", name) as seat:
        seat.until(":~# ")
        assert seat.tty.modes != seat.before
        seat.tty.type("uname\r")
        seat.until("Linux")
        seat.until(":~# ")
        seat.tty.type("exit\r")
        assert seat.ended() == (0, "")
        assert seat.tty.modes == seat.before
    assert audited(owtui) == [("close_shell", name, "success"), ("open_shell", name, "success")]
    [last, _] = owtui("audit", "--json").json[:2]
    assert last["detail"]["seconds"] >= 0


@pytest.mark.parametrize("what", ["device", "SIGTERM", "tilde"])
def test_however_a_shell_ends_the_terminal_is_restored(
    owtui: CommandLine, routers: Routers, what: str
) -> None:
    name = routers.names[0]
    [host] = [device.host for device in routers.fleet.devices if device.name == name]

    async def cut() -> None:
        host.cut()

    with seated("shell", name) as seat:
        seat.until(":~# ")
        if what == "device":
            routers.do(cut())
        elif what == "SIGTERM":
            seat.process.send_signal(signal.SIGTERM)
        else:
            seat.tty.type("~.")
        code, said = seat.ended()
        assert seat.tty.modes == seat.before
    told = {
        "device": (1, f"{name}: the connection went away during the shell."),
        "SIGTERM": (130, "interrupted"),
        "tilde": (0, f"left {name}"),
    }
    assert (code, told[what][1] in said) == (told[what][0], True), said
    assert audited(owtui)[0] == ("close_shell", name, "success")


def test_a_shell_needs_a_terminal_and_leave_to_change_things(
    owtui: CommandLine, routers: Routers
) -> None:
    done = owtui("shell", routers.names[0])
    assert (done.code, "A shell needs a terminal" in done.err) == (2, True)
    with seated("shell", routers.names[0], "--read-only") as seat:
        code, said = seat.ended()
    assert (code, "A shell is refused: this fleet is opened read-only" in said) == (4, True)
    done = owtui("tunnel", routers.names[0], "--read-only")
    assert (done.code, "refused" in done.err) == (4, True)
    assert not audited(owtui)


def line_of(process: subprocess.Popen[str], wanted: str) -> str:
    """The first line with this on standard output."""
    assert process.stdout is not None
    late = threading.Timer(DEADLINE_S, process.kill)
    late.start()
    try:
        for line in process.stdout:
            if re.search(wanted, line):
                return line.strip()
    finally:
        late.cancel()
    raise AssertionError(f"no {wanted!r}")


def test_a_tunnel_shows_the_devices_page_until_it_is_interrupted(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[1]
    process = owtui.start("tunnel", name)
    try:
        url = line_of(process, r"^http://127\.0\.0\.1:\d+/$")
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(url + "ubus", timeout=DEADLINE_S)
        assert answer.value.code == 404  # uhttpd's answer to a GET (openwrt.md)
        answer.value.close()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, f"on {name}; Ctrl-C closes it" in said) == (130, True)
    assert audited(owtui) == [("close_tunnel", name, "success"), ("open_tunnel", name, "success")]


def test_a_tunnel_to_a_port_without_a_server_is_refused(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[1]
    done = owtui("tunnel", name, "--port", "9")
    assert done.code == 3
    assert f"{name} refused: nothing answers at its port 9." in done.err


def test_logs_are_printed_matched_and_followed(owtui: CommandLine, routers: Routers) -> None:
    name = routers.names[2]
    done = owtui("run", "logger -t test first; logger -t test 'second é'", name)
    assert done.code == 0
    done = owtui("logs", name, "--match", "test:")
    assert [line.partition("test: ")[2] for line in done.out.splitlines()] == ["first", "second é"]
    assert owtui("logs", name, "--lines", "2").out.count("\n") == 2
    [last] = owtui("logs", name, "--match", "test:", "--json").json[-1:]
    assert (last["device"], last["line"].endswith("second é")) == (name, True)
    process = owtui.start("logs", name, "--follow", "--match", "test:", "--read-only")
    try:
        line_of(process, "second é")
        assert owtui("run", "logger -t test third", name).code == 0
        line_of(process, "test: third")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert "logread" not in owtui("run", "ps w", name).out
