"""The whole console in a terminal of 120x40: the bytes it writes and how soon it answers a key.

A real engine polls 500 devices a minute, 1,000 for the keys; see tests/console/live.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from tests.bench.measure import title
from tests.console import live
from tests.console.counting import SIXTEEN, TRUECOLOUR, Console

KINDS = {
    "truecolour": (TRUECOLOUR, "low_bandwidth=false"),
    "low bandwidth": (TRUECOLOUR, "low_bandwidth=true"),
    "low, 16 colours": (SIXTEEN, "low_bandwidth=true"),
}
PAGE_DOWN, F5, ESCAPE = b"\x1b[6~", b"\x1b[15~", b"\x1b"


@contextmanager
def console(devices: int, every_s: float, kind: str = "truecolour") -> Iterator[Console]:
    """A console of this kind on a fleet of its own."""
    terminal, slowly = KINDS[kind]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        live.sow(Path(folder), devices)
        with Console(Path(folder), f"facts_every_s={every_s}", slowly, **terminal) as one:
            yield one


def figures(kind: str, seconds: float) -> dict[str, float]:
    """The bytes of everything, by its name."""
    with console(500, 60.0, kind) as one:
        found = {"a second, polled": one.during(seconds) / seconds}
        one.act(b"pj", "FROZEN")
        found["a second, paused"] = one.during(seconds / 2) / (seconds / 2)
        found["cursor move"] = median(one.act(b"j") for _ in range(9))
        found["page down"] = median(one.act(PAGE_DOWN) for _ in range(3))
        found["filter tag=roof"] = one.act(b"/tag=roof\r", "/tag=roof")
        found["open a device"] = one.act(b"\r", "INTERFACES")
        one.act(ESCAPE, "AGE")
        one.act(b"x", "F5 shows the plan")
        one.act(b"uptime", "uptime")
        found["plan"] = one.act(F5, "will change 1")
    with console(500, 0.0, kind) as one:
        found["a second, at rest"] = one.during(seconds) / seconds
    return found


def show(seconds: float) -> None:
    """Measure and print."""
    title("the console in a terminal of 120x40, bytes", "500 devices, polled a minute, or not")
    columns = {kind: figures(kind, seconds) for kind in KINDS}
    print(f"   {'':20}" + "".join(f"{kind:>18}" for kind in columns))
    for name in columns["truecolour"]:
        print(f"   {name:20}" + "".join(f"{column[name]:18,.0f}" for column in columns.values()))
    with console(1_000, 60.0) as one:
        taken = [one.latency(b"j") * 1000 for _ in range(200)]
    worst = quantiles(taken, n=20)[-1]
    print(f"   key to first byte, 1,000 polled a minute: {median(taken):.1f} ms, p95 {worst:.1f}")
    with console(200, 0.0) as one:
        one.during(2.0)
        share, _ = one.share(10.0)
    print(f"   at rest with 200 devices: {share:.1%} of a core")
