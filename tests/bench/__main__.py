"""`make bench`: what owtui costs beside its peers, as ratios measured in one run.

Absolute figures belong to the machine; the ratios are what docs/benchmarks.md quotes. --quick
leaves out what takes minutes and repeats the rest less.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable

from tests.bench import (
    collect,
    console,
    fanout,
    firstframe,
    plans,
    polling,
    queries,
    render,
    reports,
    series,
    topology,
    upgrades,
    warm,
)
from tests.bench.measure import machine, title
from tests.widgets import bench as tables

SUBJECTS = (
    *("fanout", "warm", "queries", "render", "plans", "collect", "series"),
    *("reports", "polling", "topology", "upgrades"),
    *("frame", "console", "table"),
)


def main() -> None:
    """Run the subjects asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller tables")
    parser.add_argument("--seed", type=int, default=7, help="of the simulated fleet")
    chosen = parser.parse_args()
    if unknown := set(chosen.subjects) - set(SUBJECTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    runs = _runs(chosen.quick, chosen.seed)
    print(machine())
    for subject in chosen.subjects or SUBJECTS:
        runs[subject]()


def _runs(quick: bool, seed: int) -> dict[str, Callable[[], object]]:
    def table() -> None:
        title("RowTable beside Textual's DataTable, CPU ms until idle")
        asyncio.run(tables.main((10_000,) if quick else (10_000, 50_000)))

    return {
        "fanout": lambda: fanout.show(1 if quick else 3, seed),
        "warm": lambda: warm.show(30 if quick else 100, seed),
        "queries": lambda: queries.show(50_000, 3 if quick else 5, seed),
        "render": lambda: render.show(200 if quick else 1000, 3),
        "plans": lambda: plans.show(200 if quick else 1000, 3, seed),
        "collect": lambda: collect.show(50 if quick else 200, 3),
        "series": lambda: series.show(1000, 10 if quick else 60, 31 if quick else 366, seed),
        "reports": lambda: reports.show(1000, 5 if quick else 30, seed),
        "polling": lambda: polling.show(
            *((200, 15, 60) if quick else (1000, 60, 180)),
            seed,
        ),
        "topology": lambda: topology.show(3 if quick else 9),
        "upgrades": lambda: upgrades.show(
            *((40, 8 << 20, 5) if quick else (200, 8 << 20, 15)),
            seed,
        ),
        "frame": lambda: firstframe.show(3 if quick else 7),
        "console": lambda: console.show(10.0 if quick else 30.0),
        "table": table,
    }


if __name__ == "__main__":
    main()
