"""From the start of the program to the first frame: the console beside an empty Textual app.

Both run in a real terminal of 120x40, in turn; a frame is out when the first coloured cell is.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import Spread, title

EMPTY = "from textual.app import App; App().run()"
GOAL = 2.0
_FRAME = re.compile(rb"\x1b\[[0-9;]*[34]8;2;")
_DEADLINE_S = 30.0


def first_frame_ms(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Milliseconds from the start of a program to its first coloured cell. It is killed then."""
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, env=environ, start_new_session=True
    )
    os.close(inside)
    try:
        written = b""
        while not _FRAME.search(written):
            left = began + _DEADLINE_S - time.monotonic()
            if not select.select([outside], [], [], max(0.0, left))[0]:
                raise RuntimeError(f"no frame from {command[0]}: {written[-300:]!r}")
            written += os.read(outside, 65536)
        return (time.monotonic() - began) * 1000
    finally:
        process.kill()
        process.wait()
        os.close(outside)


def measure(runs: int) -> tuple[Spread, Spread]:
    """The console's and the empty app's time to the first frame, in ms."""
    program = str(Path(sys.executable).with_name("owtui"))
    with TemporaryDirectory() as home:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
        }
        pairs = [
            (
                first_frame_ms([program], environ),
                first_frame_ms([sys.executable, "-c", EMPTY], environ),
            )
            for _ in range(runs + 1)
        ][1:]  # the first fills the caches and makes the database
    return Spread.of(own for own, _ in pairs), Spread.of(empty for _, empty in pairs)


def show(runs: int) -> None:
    """Measure and print."""
    title("first frame", f"{runs} runs in turn: median (min to max) in ms, goal {GOAL:g} x")
    own, empty = measure(runs)
    print(f"   owtui              {own}")
    print(f"   empty Textual app  {empty}")
    print(f"   ratio              {own.median / empty.median:.2f} x")
