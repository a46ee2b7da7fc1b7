"""What a command costs from outside, and figures that tell how much they vary."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median
from threading import Timer
from typing import Self

DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure measured several times; the median is the one to quote."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Self:
        """The spread of some figures, one at least."""
        values = sorted(figures)
        return cls(values[0], median(values), values[-1])

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: seconds on the clock, CPU seconds of the process and all it waited for, output."""

    wall_s: float
    cpu_s: float
    output: str


def cost(command: Sequence[str], environ: Mapping[str, str]) -> Cost:
    """Run a command to its end. RuntimeError with its last words when it fails or hangs."""
    began = time.monotonic()
    with subprocess.Popen(
        command,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        watchdog = Timer(DEADLINE_S, process.kill)
        watchdog.start()
        output = process.stdout.read()
        # wait4 and not wait: the usage of this child and its children, and of no other child.
        _, status, usage = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {output[-800:]}")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, output)


def title(text: str, *notes: str) -> None:
    """Print the heading of a subject."""
    print(f"\n== {text}")
    for note in notes:
        print(f"   {note}")


def machine() -> str:
    """What the figures were measured on, as far as it explains them."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{cores} cores, load {load:.1f} at the start, {platform.machine()}, "
        f"Python {platform.python_version()}, asyncssh {version('asyncssh')}, "
        f"Textual {version('textual')}, {sys.platform}"
    )
