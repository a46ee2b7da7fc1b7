"""Upgrades under chaos: flashed once at most, and the job says what the device says.

A small share each run; OWTUI_CHAOS=full has 30 rounds of 60 devices. The seed is printed;
`python -m tests.chaos.upgrades --devices N --rounds 1 --seed S` runs one again.
"""

from __future__ import annotations

import os
from collections import Counter
from random import SystemRandom
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from owtui.engine.firmware import stages
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.errors import Failure, Kind
from tests.chaos.upgrades import Before, Fate, judge, run, sent_again, told_wrong
from tests.engine.firmware.stock import VERSION

FULL = os.environ.get("OWTUI_CHAOS") == "full"
SEED = int(os.environ.get("OWTUI_CHAOS_SEED", "0")) or SystemRandom().randrange(1, 10**6)


@pytest.mark.slow
@pytest.mark.timeout(7200 if FULL else 240)
async def test_every_device_is_flashed_once_at_most_and_the_job_says_what_it_says() -> None:
    print(f"upgrades: seed {SEED}")  # shown when it fails
    came = await (run(60, 30, SEED) if FULL else run(8, 2, SEED))
    assert not came.faults


RAN = frozenset({"log", "rpcd"})
OLD = Before("23.05.5", RAN)


@pytest.mark.parametrize(
    ("state", "flashes", "version", "services", "faults"),
    [
        ("success", 1, VERSION, RAN, 0),
        ("success", 2, VERSION, RAN, 2),
        ("success", 0, "23.05.5", RAN, 1),
        ("aborted", 0, "23.05.5", RAN, 0),
        ("aborted", 1, VERSION, RAN, 1),
        ("cancelled", 0, "23.05.5", frozenset({"log"}), 1),
        ("failed", 1, "23.05.5", frozenset(), 0),
        ("failed", 2, "23.05.5", RAN, 1),
    ],
)
def test_what_counts_as_a_fault(
    state: str, flashes: int, version: str, services: frozenset[str], faults: int
) -> None:
    inside = SimpleNamespace(
        release=SimpleNamespace(version=version), services=SimpleNamespace(running=services)
    )
    effects, host = SimpleNamespace(upgrades=flashes), SimpleNamespace(answers=True)
    device = cast(Any, SimpleNamespace(device=inside, effects=effects, host=host))
    error = None if state == "success" else Failure(Kind.UNKNOWN, "why")
    result = Result(uuid4(), "ap", ResultState(state), error=error)
    assert len(judge(device, OLD, result)) == faults


@pytest.mark.parametrize(
    ("kind", "state", "said", "faults"),
    [
        ("away", "failed", stages.GIVING_UP, 0),
        ("away", "failed", "It runs 23.05.5.", 1),
        ("away", "success", "", 1),
        ("away", "cancelled", "", 0),
        ("services", "success", "", 0),
        ("cut", "failed", "anything", 0),
    ],
)
def test_what_is_told_has_to_be_what_befell_it(
    kind: str, state: str, said: str, faults: int
) -> None:
    error = Failure(Kind.UNKNOWN, said) if said else None
    result = Result(uuid4(), "ap", ResultState(state), error=error)
    assert len(told_wrong(Fate(kind, "flash", 0.0, 0), result)) == faults


@pytest.mark.parametrize(
    ("left", "went_on", "faults"), [(0, [], 0), (9, [9], 0), (9, [12], 0), (9, [], 1), (9, [8], 1)]
)
def test_a_beginning_that_is_sent_again_is_a_fault(
    left: int, went_on: list[int], faults: int
) -> None:
    commands = Counter(f'set -- x;[ "$5" = {at} ]||exit 25' for at in went_on)
    device = cast(Any, SimpleNamespace(effects=SimpleNamespace(commands=commands)))
    result = Result(uuid4(), "ap", ResultState.SUCCESS)
    assert len(sent_again(device, left, result)) == faults
