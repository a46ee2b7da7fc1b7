"""In a real terminal, what a pilot cannot see: resizing, leaving, the time to the first frame."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from owtui.engine.lease import FileLease
from tests.tools import tool

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "terminal.py"
DEADLINE_S = 30.0
FRAME_END = b"\x1b[?2026l"
MODES = re.compile(r"^[0-9a-f]+(?::[0-9a-f]+){10,}", re.MULTILINE)  # of `stty -g`
SYNC_QUERY, SYNC_REPLY = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class Tmux:
    """A tmux server of our own with one window in it."""

    def __init__(self) -> None:
        self.socket = f"owtui-test-{uuid4().hex[:8]}"

    def run(self, *arguments: str) -> str:
        """Run a tmux command and return what it prints."""
        command = ["tmux", "-L", self.socket, "-f", "/dev/null", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        return done.stdout

    def told(self, holds: Callable[[], object]) -> None:
        """Wait until tmux says so."""
        self.until(lambda _screen: holds())

    def until(self, holds: Callable[[str], object], session: str = "") -> str:
        """Wait until the screen shows something; returns it."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            screen = self.run("capture-pane", "-p", *(("-t", session) if session else ()))
            if holds(screen):
                return screen
            assert time.monotonic() < deadline, screen
            select.select([], [], [], 0.05)


@pytest.fixture
def tmux() -> Iterator[Tmux]:
    """A tmux server that ends with the test."""
    tool("tmux", "tmux")
    server = Tmux()
    yield server
    server.run("kill-server")


def command(*arguments: str) -> str:
    """A shell line that runs our script and then tells how it ended."""
    line = shlex.join([sys.executable, str(SCRIPT), *arguments])
    # What a test run says of its own terminal is not true of this one.
    return f"env -u COLUMNS -u LINES PYTHONPATH={shlex.quote(str(ROOT))} {line}; echo ended=$?"


@pytest.mark.tmux
@pytest.mark.slow
def test_resized_left_and_restored(tmux: Tmux, folder: Path) -> None:
    tmux.run("new-session", "-d", "-x", "80", "-y", "24", "sh")
    tmux.until(lambda screen: screen.strip())
    tmux.run("send-keys", command("console", str(folder)), "Enter")
    tmux.until(lambda screen: "40 dev" in screen and "ap-hall-04" in screen)
    tmux.run("resize-window", "-x", "200", "-y", "60")
    tmux.until(lambda screen: "GROUP" in screen and "RESOURCES" in screen)
    tmux.run("resize-window", "-x", "60", "-y", "14")
    tmux.until(lambda screen: "needs 60x15, now 60x14" in screen)
    tmux.run("resize-window", "-x", "80", "-y", "24")
    tmux.until(lambda screen: "q quit" in screen and "ap-hall-04" in screen)
    tmux.run("send-keys", "q")
    tmux.until(lambda screen: "Leave while jobs run?" in screen)
    tmux.run("send-keys", "y")
    screen = tmux.until(lambda screen: "\nended=" in screen)
    assert "ended=0" in screen
    assert "40 dev" not in screen, "the alternate screen was not left"


@pytest.mark.tmux
@pytest.mark.slow
def test_detached_resized_and_attached_again(tmux: Tmux, folder: Path) -> None:
    inside = ["-x", "80", "-y", "24"]
    tmux.run("new-session", "-d", "-s", "console", *inside, "sh")
    tmux.until(lambda screen: screen.strip())
    modes = "stty -a | sed 's/.*columns/modes/' | cksum"
    tmux.run("send-keys", modes, "Enter")
    before = tmux.until(lambda screen: re.search(r"^\d+ \d+$", screen, re.M))
    tmux.run("send-keys", command("console", str(folder)), "Enter")
    tmux.until(lambda screen: "40 dev" in screen and "ap-hall-04" in screen)
    # A client of its own, in a window beside it: what somebody's terminal is to tmux.
    client = f"env -u TMUX tmux -L {tmux.socket} attach -t console"
    tmux.run("new-session", "-d", "-s", "outside", "-x", "100", "-y", "30", client)
    attached = ("list-clients", "-t", "console")
    tmux.told(lambda: tmux.run(*attached).strip())
    for size, there in (((200, 60), "RESOURCES"), ((60, 14), "needs 60x15, now 60x14")):
        tmux.run("resize-window", "-t", "console", "-x", str(size[0]), "-y", str(size[1]))
        tmux.until(lambda screen, there=there: there in screen, "console")  # type: ignore[misc]
        tmux.run("detach-client", "-s", "console")
        tmux.told(lambda: not tmux.run(*attached).strip())
        tmux.run("new-session", "-d", "-x", "100", "-y", "30", client)
        tmux.told(lambda: tmux.run(*attached).strip())
    tmux.run("resize-window", "-t", "console", "-x", "80", "-y", "24")
    tmux.until(lambda screen: "q quit" in screen and "ap-hall-04" in screen, "console")
    tmux.run("send-keys", "-t", "console", "q")
    tmux.until(lambda screen: "Leave while jobs run?" in screen, "console")
    tmux.run("send-keys", "-t", "console", "y")
    tmux.until(lambda screen: "\nended=0" in screen, "console")
    tmux.run("send-keys", "-t", "console", f"clear; {modes}", "Enter")
    after = tmux.until(lambda screen: re.search(r"^\d+ \d+$", screen, re.M), "console")
    assert sums(after) == sums(before), "the terminal's modes are other ones"


def sums(screen: str) -> list[str]:
    """The checksums on the screen."""
    return re.findall(r"^\d+ \d+$", screen, re.M)[-1:]


@pytest.mark.tmux
@pytest.mark.slow
@pytest.mark.parametrize(("signal", "code"), [("TERM", 143), ("HUP", 129)])
def test_ended_by_a_signal_in_order(tmux: Tmux, folder: Path, signal: str, code: int) -> None:
    tmux.run("new-session", "-d", "-x", "80", "-y", "24", "sh")
    tmux.until(lambda screen: screen.strip())
    tmux.run("send-keys", "stty -g", "Enter")
    modes = MODES.search(tmux.until(MODES.search))
    assert modes is not None
    tmux.run("send-keys", command("console", str(folder)), "Enter")
    tmux.until(lambda screen: "40 dev" in screen and "RW" in screen)
    shell = tmux.run("display-message", "-p", "#{pane_pid}").strip()
    children = Path(f"/proc/{shell}/task/{shell}/children").read_text("utf-8").split()
    subprocess.run(["kill", f"-{signal}", *children], check=True, timeout=5)
    screen = tmux.until(lambda screen: "\nended=" in screen)
    assert f"ended={code}" in screen
    tmux.run("send-keys", "clear; stty -g; echo sum=$((40 + 2))", "Enter")
    assert modes[0] in tmux.until(lambda screen: "\nsum=42" in screen)


@pytest.mark.tmux
@pytest.mark.slow
def test_suspended_the_shell_has_the_terminal_and_resumed_the_console_draws_all_of_it(
    tmux: Tmux, tmp_path: Path
) -> None:
    tmux.run("new-session", "-d", "-x", "80", "-y", "24", "sh")
    tmux.until(lambda screen: screen.strip())
    tmux.run("send-keys", "stty -g", "Enter")
    modes = MODES.search(tmux.until(MODES.search))
    assert modes is not None
    tmux.run("send-keys", command("console", str(tmp_path)), "Enter")
    tmux.until(lambda screen: "No devices yet" in screen and "engine: " in screen)
    tmux.run("send-keys", "C-z")
    tmux.until(lambda screen: f"ended={128 + signal.SIGSTOP}" in screen)
    tmux.run("send-keys", "clear; stty -g; echo sum=$((40 + 2))", "Enter")
    between = tmux.until(lambda screen: "\nsum=42" in screen)
    assert modes[0] in between, "the shell got the terminal as it gave it"
    tmux.run("send-keys", "fg; echo left=$?", "Enter")
    tmux.until(lambda screen: "No devices yet" in screen and "engine: " in screen)
    tmux.run("send-keys", "q")
    assert "left=0" in tmux.until(lambda screen: "\nleft=" in screen)
    tmux.run("send-keys", "clear; stty -g; echo sum=$((40 + 3))", "Enter")
    assert modes[0] in tmux.until(lambda screen: "\nsum=43" in screen)


@pytest.mark.tmux
@pytest.mark.slow
def test_a_terminal_that_is_killed_ends_the_console_in_order(tmux: Tmux, tmp_path: Path) -> None:
    tmux.run("new-session", "-d", "-x", "80", "-y", "24", "sh")
    tmux.until(lambda screen: screen.strip())
    tmux.run("send-keys", command("console", str(tmp_path)), "Enter")
    tmux.until(lambda screen: "No devices yet" in screen and "engine: " in screen)
    lease = FileLease(tmp_path / "owtui.engine")
    holder = lease.holder()
    assert holder is not None
    server = int(tmux.run("display-message", "-p", "#{pid}"))
    ended = os.pidfd_open(holder.pid)
    try:
        os.kill(server, signal.SIGKILL)
        assert select.select([ended], [], [], DEADLINE_S)[0], "it goes on without a terminal"
    finally:
        os.close(ended)
    assert lease.holder() is None
    assert "incident" not in (tmp_path / "owtui.log").read_text("utf-8")


@pytest.mark.slow
def test_a_terminal_that_goes_without_a_signal_ends_the_console_in_order(tmp_path: Path) -> None:
    """It is in a session without a terminal, so that no SIGHUP comes."""
    parent, process = begun("console", str(tmp_path))
    try:
        read_frame(parent)
    finally:
        os.close(parent)
    try:
        assert process.wait(DEADLINE_S) == 128 + signal.SIGHUP
    finally:
        process.kill()
        process.wait(DEADLINE_S)
    assert FileLease(tmp_path / "owtui.engine").holder() is None
    assert "incident" not in (tmp_path / "owtui.log").read_text("utf-8")


def begun(*arguments: str) -> tuple[int, subprocess.Popen[bytes]]:
    """A process in a pty of 80x24, and the other end of that."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has been compiled
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment,
        start_new_session=True,
    )
    os.close(child)
    return parent, process


def read_frame(parent: int) -> None:
    """Read to the end of the first frame."""
    written = b""
    while FRAME_END not in written:
        assert select.select([parent], [], [], DEADLINE_S)[0], "no frame came"
        part = os.read(parent, 65536)
        written += part
        if SYNC_QUERY in part:
            os.write(parent, SYNC_REPLY)


def first_frame_s(*arguments: str) -> float:
    """Seconds of CPU from exec to the end of the first frame, of all threads together.

    A clock would tell how busy the machine is: a program that takes longer is interrupted more.
    """
    parent, process = begun(*arguments)
    try:
        read_frame(parent)
        tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
    finally:
        process.kill()
        process.wait(DEADLINE_S)
        os.close(parent)


@pytest.mark.slow
def test_the_first_frame_takes_at_most_two_and_a_half_times_the_cpu_of_an_empty_app(
    folder: Path,
) -> None:
    first_frame_s("console", str(folder))  # compiles what a fresh checkout has not yet
    ours, empty = [], []
    for _ in range(3):  # again where the engine has begun before we look
        for _ in range(4):
            ours.append(first_frame_s("console", str(folder)))
            empty.append(first_frame_s("empty"))
        if min(ours) <= 2.5 * min(empty):
            return
    pytest.fail(f"{min(ours):.2f} s against {min(empty):.2f} s")
