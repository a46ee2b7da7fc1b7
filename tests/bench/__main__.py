"""`make bench`: what owtui costs beside its peers, as ratios measured in one run.

Absolute figures belong to the machine; the ratios are what docs/benchmarks.md quotes. --quick
leaves out what takes minutes and repeats the rest less.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from tests.bench import console, fanout, firstframe, plans, queries, render, series, warm
from tests.bench.measure import machine, title
from tests.widgets import bench as tables

SUBJECTS = ("fanout", "warm", "table", "frame", "queries", "console", "render", "plans", "series")


def main() -> None:
    """Run the subjects asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller tables")
    parser.add_argument("--seed", type=int, default=7, help="of the simulated fleet")
    chosen = parser.parse_args()
    if unknown := set(chosen.subjects) - set(SUBJECTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    run(chosen.subjects or SUBJECTS, chosen.quick, chosen.seed)


def run(wanted: Sequence[str], quick: bool, seed: int) -> None:
    """The subjects, in the order that suits the machine."""
    print(machine())
    if "series" in wanted:
        series.show(1000, 10 if quick else 60, 31 if quick else 366, seed)
    if "fanout" in wanted:
        fanout.show(1 if quick else 3, seed)
    if "warm" in wanted:
        warm.show(30 if quick else 100, seed)
    if "queries" in wanted:
        queries.show(50_000, 3 if quick else 5, seed)
    if "render" in wanted:
        render.show(200 if quick else 1000, 3)
    if "plans" in wanted:
        plans.show(200 if quick else 1000, 3, seed)
    if "frame" in wanted:
        firstframe.show(3 if quick else 7)
    if "console" in wanted:
        console.show(10.0 if quick else 30.0)
    if "table" in wanted:
        title("RowTable beside Textual's DataTable, CPU ms until idle")
        asyncio.run(tables.main((10_000,) if quick else (10_000, 50_000)))


if __name__ == "__main__":
    main()
