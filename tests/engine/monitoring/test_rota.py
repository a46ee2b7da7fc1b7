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
    steps=st.lists(st.tuples(st.sampled_from("sthdpxa"), st.integers(0, 5), st.booleans())),
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
        elif verb == "p":
            rota.prefer([f"k{number}", "k0"])
        elif verb == "x":
            rota.spread(now)
        elif verb == "a":
            rota.again(f"k{number}", now + number)
        elif running:
            key = min(running)
            running.discard(key)
            rota.done(key, now, ok=flag)
    assert set(rota.take(now + 10**6, 1_000)) == keys - running


def test_who_is_looked_at_goes_before_others_that_are_overdue_and_not_before_his_time() -> None:
    rota = Rota(Pace(every_s=60, jitter=0), Random(3))
    rota.sync([f"d{i}" for i in range(100)], 0)
    rota.prefer(["d7", "d8", "gone"])
    assert set(rota.take(61, 2)) == {"d7", "d8"}
    for key in ("d7", "d8"):
        rota.done(key, 61, ok=True)
    assert not {"d7", "d8"} & set(rota.take(62, 100))
    assert rota.next_due() == 121


def test_a_hastened_key_does_not_wait_behind_who_is_overdue() -> None:
    rota = Rota(Pace(every_s=60), Random(3))
    rota.sync([f"d{i}" for i in range(100)], 0)
    rota.hasten("d50", 500)
    assert rota.take(500, 1) == ["d50"]


def test_keys_have_intervals_of_their_own_and_a_turn_may_set_its_next() -> None:
    rota = Rota(Pace(jitter=0), Random(0), {"a": 10.0, "b": 1_000.0}.__getitem__)
    rota.sync(["a", "b"], 0)
    assert set(rota.take(1_000, 2)) == {"a", "b"}
    rota.again("b", 1_020)
    rota.done("a", 1_001, ok=True)
    rota.done("b", 1_001, ok=True)
    assert rota.take(1_012, 9) == ["a"]
    assert rota.take(1_020, 9) == ["b"]
    rota.done("b", 1_021, ok=True)
    rota.again("b", 1_030)
    assert rota.next_due() == 1_030


def test_after_standing_still_nobody_storms_and_everybody_is_seen_within_an_interval() -> None:
    rota = Rota(Pace(every_s=300, jitter=0), Random(5))
    keys = {f"d{i}" for i in range(1_000)}
    rota.sync(keys, 0)
    run(rota, 600, ok=True)
    woke = 8 * 3600.0
    rota.prefer(["d1"])
    assert rota.spread(woke) == 1_000
    polled = run(rota, woke + 300, ok=True)
    first = {key: times[0] for key, times in polled.items()}
    assert first.keys() == keys
    busiest = max(sum(woke + s <= at < woke + s + 10 for at in first.values()) for s in range(300))
    assert busiest < 3 * 1_000 * 10 / 300
    assert first["d1"] <= woke + 30


def test_the_lag_says_how_late_turns_begin_and_how_many_wait() -> None:
    rota = Rota(Pace(every_s=100, jitter=0), Random(2))
    assert (rota.lag(0).p50_s, rota.lag(0).p99_s, rota.lag(0).overdue) == (0, 0, 0)
    rota.sync([f"d{i}" for i in range(100)], 0)
    run(rota, 100, ok=True)
    on_time = rota.lag(100)
    assert (on_time.p50_s, on_time.p99_s, on_time.overdue) == (0, 0, 0)
    assert len(rota.take(400, 60)) == 60
    behind = rota.lag(400)
    assert behind.overdue == 40
    assert 0 <= behind.p50_s <= behind.p99_s
    assert 200 <= behind.p99_s <= 300


def test_an_interval_that_became_shorter_holds_at_once_and_a_back_off_is_kept() -> None:
    every = {"a": 86_400.0, "b": 60.0}
    rota = Rota(Pace(jitter=0), Random(0), every.__getitem__)
    rota.sync(["a", "b"], 0)
    taken = rota.take(100_000, 2)
    assert set(taken) == {"a", "b"}
    rota.done("a", 100_000, ok=True)
    rota.done("b", 100_000, ok=False)
    rota.sync(["a", "b"], 100_000)
    assert rota.next_due() == 100_120
    every["a"] = 60.0
    rota.sync(["a", "b"], 100_000)
    assert rota.take(100_060, 2) == ["a"]
