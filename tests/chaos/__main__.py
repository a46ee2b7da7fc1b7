"""`make chaos`: guarded pushes under every injection at random moments, each judged by the device.

The seed is printed; `--seed S --only 17,23` runs those scenarios of it again.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos import report
from tests.chaos.judging import Verdict
from tests.chaos.runner import run
from tests.chaos.scenario import Scenario, Sizes, scenarios


def main() -> int:
    """0 when nothing was lost, half or said wrongly."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="pushes in all (1000)")
    parser.add_argument("--lab", type=int, help="of them in the lab (a third)")
    parser.add_argument("--seed", type=int, help="of the scenarios (a random one)")
    parser.add_argument("--only", default="", help="numbers of scenarios, with commas")
    parser.add_argument(
        "--within", type=float, default=86400, help="begin no batch after so many s"
    )
    parser.add_argument("--verbose", action="store_true", help="tell how each push ended")
    chosen = parser.parse_args()
    seed = random.randrange(10**6) if chosen.seed is None else chosen.seed
    lab = chosen.count // 3 if chosen.lab is None else chosen.lab
    found = scenarios(chosen.count, lab, seed)
    if chosen.only:
        numbers = {int(number) for number in chosen.only.split(",")}
        found = [scenario for scenario in found if scenario.number in numbers]
    print(
        f"chaos: {len(found)} pushes, seed {seed}, --count {chosen.count} --lab {lab}", flush=True
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="owtui-chaos-") as home:
        _private(Path(home))
        verdicts = _run(found, chosen.within, began, verbose=chosen.verbose)
    print(f"\n{report.table(verdicts)}\n\n{report.absent()}")
    print(f"{time.monotonic() - began:.0f} s, seed {seed}")
    print(report.faults(verdicts))
    return any(verdict.faults for verdict in verdicts)


def _run(found: list[Scenario], within: float, began: float, *, verbose: bool) -> list[Verdict]:
    done = 0
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # connections that die are the point

    def tell(batch: list[Verdict]) -> None:
        nonlocal done
        done += len(batch)
        bad = sum(bool(verdict.faults) for verdict in batch)
        print(f"{time.monotonic() - began:6.0f} s  {done:4} done, {bad} with faults", flush=True)
        for verdict in batch:
            if verbose or verdict.faults:
                late = "" if verdict.hit else " (too late)"
                print(f"    {verdict.scenario}{late} → {verdict.end}: {verdict.said}", flush=True)
                for fault, seen in verdict.faults:
                    print(f"        {fault}: {seen}", flush=True)

    def is_enough() -> bool:
        return time.monotonic() - began > within

    return asyncio.run(run(found, Sizes(), tell, is_enough))


def _private(home: Path) -> None:
    """No settings, keys or fleet of the user's own."""
    for name in [name for name in os.environ if name.startswith("OWTUI_")]:
        del os.environ[name]
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
    os.environ["HOME"] = str(home)
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


if __name__ == "__main__":
    sys.exit(main())
