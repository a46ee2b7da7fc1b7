"""The rota: fairness, back-off and the circuit, over weeks of simulated time."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.rota import Pace, Rota


def run(rota: Rota, until: float, *, ok: bool, took: float = 0.5) -> dict[str, list[float]]:
    """Serve every turn until a time; returns when each key was polled."""
    polled: dict[str, list[float]] = {}
    while (due := rota.next_due()) is not None and due <= until:
        for key in rota.take(due, 1_000):
            polled.setdefault(key, []).append(due)
            rota.done(key, due + took, ok=ok)
    return polled


def test_a_week_of_polls_keeps_the_interval_within_its_jitter() -> None:
    rota = Rota(Pace(every_s=60, jitter=0.1), Random(7))
    rota.sync(["a", "b"], 0)
    polled = run(rota, 7 * 86_400, ok=True)
    gaps = [b - a for a, b in pairwise(polled["a"])]
    assert len(gaps) > 9_000
    assert min(gaps) >= 54
    assert max(gaps) <= 67


def test_the_first_round_is_spread_over_one_interval() -> None:
    rota = Rota(Pace(every_s=60), Random(1))
    rota.sync([f"d{i}" for i in range(1_000)], 100)
    first = [times[0] for times in run(rota, 160, ok=True).values()]
    in_first_ten_seconds = sum(t < 110 for t in first)
    assert 100 < in_first_ten_seconds < 240


def test_failures_double_the_interval_and_open_the_circuit() -> None:
    rota = Rota(Pace(every_s=60, jitter=0, longest_s=900, trip=5), Random(0))
    rota.sync(["a"], 0)
    times = run(rota, 10_000, ok=False, took=0)["a"]
    gaps = [round(b - a) for a, b in pairwise(times)]
    assert gaps[:6] == [120, 240, 480, 900, 900, 900]
    assert rota.open_circuits() == 1


def test_one_answer_closes_the_circuit() -> None:
    rota = Rota(Pace(every_s=60, jitter=0, trip=2), Random(0))
    rota.sync(["a"], 0)
    run(rota, 5_000, ok=False)
    due = rota.next_due()
    assert due is not None
    assert rota.take(due, 1) == ["a"]
    rota.done("a", due, ok=True)
    assert rota.open_circuits() == 0
    assert rota.next_due() == due + 60


def test_a_running_key_is_not_taken_twice_and_a_removed_one_not_at_all() -> None:
    rota = Rota(Pace(), Random(0))
    rota.sync(["a", "b"], 0)
    assert set(rota.take(61, 9)) == {"a", "b"}
    rota.hasten("a", 62)
    assert rota.take(1_000, 9) == []
    rota.sync(["b"], 70)
    rota.done("a", 71, ok=True)
    rota.done("b", 71, ok=True)
    assert rota.take(10_000, 9) == ["b"]


@given(
    seed=st.integers(),
    steps=st.lists(st.tuples(st.sampled_from("sthd"), st.integers(0, 5), st.booleans())),
)
def test_whatever_happens_every_known_key_is_due_or_running(
    seed: int, steps: list[tuple[str, int, bool]]
) -> None:
    rota, now, running, keys = Rota(Pace(every_s=5), Random(seed)), 0.0, set[str](), set[str]()
    for verb, number, flag in steps:
        now += number
        if verb == "s":
            keys = {f"k{i}" for i in range(number)}
            rota.sync(keys, now)
            running &= keys
        elif verb == "t":
            taken = rota.take(now, number)
            assert not running & set(taken)
            running |= set(taken)
        elif verb == "h":
            rota.hasten(f"k{number}", now)
        elif running:
            key = min(running)
            running.discard(key)
            rota.done(key, now, ok=flag)
    assert set(rota.take(now + 10**6, 1_000)) == keys - running
