"""Guarded pushes under chaos: old or new, reachable, and the job says which.

A small share each run; OWTUI_CHAOS=full has OWTUI_CHAOS_COUNT (1000) of them, a third in the lab.
The seed is printed; `python -m tests.chaos --seed S --only N` runs one again.
"""

from __future__ import annotations

import os
from random import SystemRandom
from types import SimpleNamespace
from typing import Any, cast

import pytest

from owtui.engine.configs.guard import State
from tests.chaos import report
from tests.chaos.injecting import Attack, Trace
from tests.chaos.judging import Case, Fault, Has, Verdict, which
from tests.chaos.routers import Tree
from tests.chaos.runner import run
from tests.chaos.scenario import ONLY_LAB, Injection, Place, Sizes, batches, scenarios
from tests.lab.device import namespaces

FULL = os.environ.get("OWTUI_CHAOS") == "full"
COUNT = int(os.environ.get("OWTUI_CHAOS_COUNT", "1000")) if FULL else 20
SEED = int(os.environ.get("OWTUI_CHAOS_SEED", "0")) or SystemRandom().randrange(1, 10**6)


@pytest.mark.slow
@pytest.mark.lab
@pytest.mark.timeout(7200 if FULL else 240)
async def test_every_push_ends_old_or_new_and_the_job_says_which() -> None:
    namespaces()  # skips where there can be no lab
    found = scenarios(COUNT, COUNT // 3, SEED)
    if not FULL:  # engines that are killed have tests of their own and take lives of seconds
        found = [one for one in found if one.injection is not Injection.ENGINE]
    print(f"chaos: seed {SEED} (--count {COUNT} --lab {COUNT // 3})")  # shown when it fails
    verdicts = await run(found, Sizes(), lambda batch: None)
    print(report.table(verdicts))
    assert len(verdicts) == len(found)
    assert not report.faults(verdicts), report.faults(verdicts)


# --- what is drawn ---


def test_a_seed_draws_the_same_again_and_another_seed_others() -> None:
    assert scenarios(200, 60, 7) == scenarios(200, 60, 7)
    assert scenarios(200, 60, 7) != scenarios(200, 60, 8)
    assert scenarios(200, 60, 7)[:50] != scenarios(200, 100, 7)[:50]


def test_each_kind_is_drawn_at_each_place_as_often_as_the_others() -> None:
    found = scenarios(1000, 333, 3)
    assert sum(one.place is Place.LAB for one in found) == 333
    for place in Place:
        of = [one.injection for one in found if one.place is place]
        wanted = [one for one in Injection if place is Place.LAB or one not in ONLY_LAB]
        often = [of.count(one) for one in wanted if one is not Injection.ENGINE]
        assert max(often) - min(often) <= 1 and min(often) >= 20
        assert of.count(Injection.ENGINE) >= 5


def test_batches_hold_each_once_within_their_sizes_and_engines_die_by_themselves() -> None:
    found = scenarios(300, 100, 3)
    made = list(batches(found, Sizes(lab=5, simulator=9, at_once=3)))
    assert sorted(one.number for batch in made for one in batch) == list(range(300))
    for batch in made:
        assert len({one.injection is Injection.ENGINE for one in batch}) == 1
        assert sum(one.place is Place.LAB for one in batch) <= 5
        assert sum(one.place is Place.SIMULATOR for one in batch) <= 9


# --- what is judged ---

BEFORE: Tree = {"/etc": (0o755, b""), "/etc/a": (0o600, b"old"), "/etc/b": (0o644, b"own")}
WANTED: dict[str, bytes | None] = {"/etc/a": b"new", "/etc/deep/c": b"more"}
NEW: Tree = BEFORE | {
    "/etc/a": (0o600, b"new"),
    "/etc/deep": (0o755, b""),
    "/etc/deep/c": (0o600, b"more"),
}


def case(now: Tree, **trace: Any) -> Case:
    router = SimpleNamespace(etc=lambda: now)
    attack = Attack(cast(Any, SimpleNamespace(router=router)), cast(Any, None), Trace(**trace))
    return Case(attack, BEFORE, WANTED, cast(Any, None))


@pytest.mark.parametrize(
    ("now", "has"),
    [
        (BEFORE, Has.OLD),
        (NEW, Has.NEW),
        (NEW | {"/etc/a": (0o600, b"old")}, Has.HALF),
        (NEW | {"/etc/a": (0o600, b"")}, Has.HALF),
        (NEW | {"/etc/b": (0o644, b"gone")}, Has.HALF),
        (BEFORE | {"/etc/a": (0o644, b"old")}, Has.HALF),
        (BEFORE | {"/etc/deep": (0o755, b"")}, Has.HALF),
        ({path: NEW[path] for path in NEW if path != "/etc/b"}, Has.HALF),
    ],
)
def test_which_configuration_a_device_has(now: Tree, has: Has) -> None:
    assert which(case(now))[0] is has


def test_what_others_changed_on_purpose_is_not_held_against_a_push() -> None:
    edited = BEFORE | {"/etc/b": (0o644, b"his")}
    assert which(case(edited))[0] is Has.HALF
    assert which(case(edited, edited={"/etc/b": b"his"}))[0] is Has.OLD
    assert which(case(NEW, rival=State.CONFIRMED))[0] is Has.NEW


def test_the_table_counts_by_kind_and_place() -> None:
    scenario = scenarios(1, 0, 1)[0]
    verdicts = [
        Verdict(scenario, True, "confirmed"),
        Verdict(scenario, False, "restored", ((Fault.HALF, "x"), (Fault.HALF, "y"))),
        Verdict(scenario, True, "restored", swept_later=True),
    ]
    lines = report.table(verdicts).splitlines()
    assert lines[2] == "| nothing | simulator | 3 | 1 | 1 | 2 | 0 | 0 | 1 | 0 | 1 |"
    assert "half: x" in report.faults(verdicts) and "left" not in report.faults(verdicts)
