"""Courses of a guarded push against a device in memory, on a clock that only the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.configs.guard import Answer, Refusal, State
from owtui.engine.configs.guardsteps import (
    Act,
    Answered,
    Checked,
    Course,
    Event,
    Failed,
    Fate,
    Goal,
    Next,
    Order,
    Outcome,
    advance,
    begin,
)
from owtui.errors import LostError, UnreachableError


@dataclass
class Device:
    """A guard in memory: it follows the clock, and is away when `away` says so.

    cuts: the new configuration cuts the way in; moves: it is at the new address while it is new
    loses: numbers of acts whose answer does not come back; drops: those that do not arrive at all
    """

    window: float = 90.0
    settle: float = 10.0
    cuts: bool = False
    moves: bool = False
    wrong: str = ""
    loses: frozenset[int] = frozenset()
    drops: frozenset[int] = frozenset()
    away: tuple[tuple[float, float], ...] = ()
    refuses: list[Refusal] = field(default_factory=list)
    now: float = 0.0
    state: State = State.NONE
    since: float = 0.0
    starts: int = 0
    acts: list[tuple[float, Act]] = field(default_factory=list)
    attempts_in_window: int = 0

    def follow(self) -> None:
        if self.state is State.PENDING and self.now >= self.since + self.settle:
            self.state = State.APPLIED
        if self.state in (State.PENDING, State.APPLIED) and self.now >= self.since + self.window:
            self.state = State.RESTORED

    @property
    def new(self) -> bool:
        return self.state in (State.PENDING, State.APPLIED, State.CONFIRMED)

    def do(self, todo: Next) -> Event:
        self.now += todo.after_s
        self.follow()
        number = len(self.acts)
        self.acts.append((self.now, todo.act))
        self.attempts_in_window += self.new
        gone = any(begin <= self.now < end for begin, end in self.away)
        elsewhere = self.moves and todo.moved is not self.new
        if gone or number in self.drops or (self.new and self.cuts) or elsewhere:
            self.now += todo.connect_s
            self.follow()
            return Failed(UnreachableError("no answer"), sent=False)
        event = self.answer(todo.act)
        if number in self.loses:
            self.now += todo.connect_s
            return Failed(LostError("lost"))
        return event

    def answer(self, act: Act) -> Event:
        if act is Act.CHECK:
            return Checked(self.wrong)
        if act is Act.UPLOAD and self.refuses:
            return Answered(Answer(refusal=self.refuses.pop(0)))
        if act is Act.UPLOAD and self.state is State.NONE:
            self.state, self.since = State.PENDING, self.now
            self.starts += 1
            return Answered(Answer(State.STARTED))
        if act is Act.CONFIRM and self.state is State.PENDING:
            return Answered(Answer(State.NOTYET))
        if act is Act.CONFIRM and self.state is State.APPLIED:
            self.state = State.CONFIRMED
        if act is Act.RESTORE and self.new and self.state is not State.CONFIRMED:
            self.state = State.RESTORED
        reason = "deadline" if self.state is State.RESTORED else ""
        left = int(self.since + self.window - self.now) if self.new else None
        return Answered(Answer(self.state, left_s=left, reason=reason))


def order(device: Device, goal: Goal = Goal.PUSH) -> Order:
    return Order(goal, device.window, device.settle, moves=device.moves)


def run(device: Device, goal: Goal = Goal.PUSH, *, killed: frozenset[int] = frozenset()) -> Outcome:
    """Drive to the end; at each number in `killed` the driver dies before it hears the answer."""
    course, todo = begin(order(device, goal), "ap-1")
    for number in range(400):
        if isinstance(todo, Outcome):
            return todo
        event = device.do(todo)
        if number in killed:
            device.now += 1.0
            course, todo = begin(order(device, goal), "ap-1", resumed=True)
        else:
            course, todo = advance(course, event, device.now)
    pytest.fail(f"no end: {device.acts[-5:]}")


def test_a_good_push_is_asked_for_started_checked_and_confirmed() -> None:
    device = Device()
    assert run(device).fate is Fate.CONFIRMED
    acts = [act for _, act in device.acts]
    assert acts == [Act.STATUS, Act.UPLOAD, Act.STATUS, Act.CHECK, Act.CONFIRM]
    assert device.acts[2][0] == 11.0


@pytest.mark.parametrize(("window", "settle"), [(90.0, 10.0), (12.0, 4.0), (300.0, 30.0)])
def test_a_cut_device_is_asked_at_least_six_times_and_its_fate_is_learnt(
    window: float, settle: float
) -> None:
    device = Device(window, settle, cuts=True)
    outcome = run(device)
    assert (outcome.fate, device.state) == (Fate.RESTORED, State.RESTORED)
    assert outcome.failure and "could not be reached with the new one" in outcome.failure.sentence
    assert device.attempts_in_window >= 6
    assert device.now < window + 10


def test_a_device_whose_first_answer_comes_late_in_the_window_is_still_confirmed() -> None:
    assert run(Device(away=((11.0, 80.0),))).fate is Fate.CONFIRMED


def test_an_answer_that_is_lost_is_asked_for_and_nothing_is_started_twice() -> None:
    device = Device(loses=frozenset({1}))
    assert run(device).fate is Fate.CONFIRMED
    assert device.starts == 1
    assert [act for _, act in device.acts].count(Act.UPLOAD) == 1


def test_a_lost_confirm_is_asked_for() -> None:
    device = Device(loses=frozenset({4}))
    assert run(device).fate is Fate.CONFIRMED
    assert [act for _, act in device.acts][-1] is Act.STATUS


def test_an_upload_that_is_cut_is_sent_again_three_times_at_most() -> None:
    device = Device(drops=frozenset({1}))
    assert run(device).fate is Fate.CONFIRMED
    device = Device(drops=frozenset({1, 3, 5}))
    outcome = run(device)
    assert (outcome.fate, device.starts) == (Fate.NONE, 0)


def test_a_device_that_was_never_reached_has_had_nothing_sent() -> None:
    outcome = run(Device(away=((0.0, 1e9),)))
    assert outcome.fate is Fate.UNREACHED


def test_a_device_that_never_comes_back_has_an_unknown_fate() -> None:
    device = Device(away=((5.0, 1e9),))
    outcome = run(device)
    assert outcome.fate is Fate.UNKNOWN
    assert outcome.failure and "by itself" in outcome.failure.hint
    assert device.now > 90 + 240


def test_a_restore_that_a_full_flash_could_not_explain_is_told_in_words() -> None:
    course, _ = begin(order(Device()), "ap")
    _, outcome = advance(course, Answered(Answer(State.RESTORED, reason="unknown")), 1)
    assert isinstance(outcome, Outcome) and outcome.failure is not None
    assert outcome.failure.sentence.endswith("it could not write down why.")
    assert "full" in outcome.failure.hint


def test_a_failed_check_takes_the_push_back_at_once() -> None:
    device = Device(wrong="it has no uplink any more.")
    outcome = run(device)
    assert (outcome.fate, device.now) == (Fate.RESTORED, 11.0)
    assert outcome.failure and "no uplink" in outcome.failure.sentence


def test_a_new_address_is_used_and_the_old_one_after_the_deadline() -> None:
    assert run(Device(moves=True)).fate is Fate.CONFIRMED
    assert run(Device(moves=True, cuts=True)).fate is Fate.RESTORED


def test_a_refusal_ends_it_and_a_busy_device_is_asked_again() -> None:
    outcome = run(Device(refuses=[Refusal.CHANGED]))
    assert outcome.fate is Fate.REFUSED
    assert run(Device(refuses=[Refusal.BUSY, Refusal.UPLOAD])).fate is Fate.CONFIRMED
    assert run(Device(refuses=[Refusal.BUSY] * 3)).fate is Fate.REFUSED


def test_all_or_none_commits_and_leaves_the_confirm_to_a_later_order() -> None:
    device = Device(state=State.PENDING)
    assert run(device, Goal.COMMIT).fate is Fate.READY
    assert run(device, Goal.CONFIRM).fate is Fate.CONFIRMED
    device = Device(state=State.PENDING)
    assert run(device, Goal.RESTORE).failure is None
    assert device.state is State.RESTORED


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("cuts", [False, True])
def test_a_driver_that_is_killed_at_any_step_starts_nothing_twice(number: int, cuts: bool) -> None:
    device = Device(cuts=cuts)
    outcome = run(device, killed=frozenset({number}))
    assert outcome.fate is (Fate.RESTORED if cuts else Fate.CONFIRMED)
    assert device.starts == 1


@settings(max_examples=300, deadline=None)
@given(
    loses=st.frozensets(st.integers(0, 12), max_size=6),
    drops=st.frozensets(st.integers(0, 12), max_size=6),
    killed=st.frozensets(st.integers(0, 12), max_size=3),
    away=st.tuples(st.floats(0, 200), st.floats(0, 120)),
    cuts=st.booleans(),
    moves=st.booleans(),
)
def test_whatever_gets_lost_the_end_is_the_devices_own_state(
    loses: frozenset[int],
    drops: frozenset[int],
    killed: frozenset[int],
    away: tuple[float, float],
    cuts: bool,
    moves: bool,
) -> None:
    device = Device(loses=loses, drops=drops, cuts=cuts, moves=moves, away=((away[0], sum(away)),))
    outcome = run(device, killed=killed)
    device.now += 1000
    device.follow()
    assert device.starts <= 1
    known = {Fate.CONFIRMED: State.CONFIRMED, Fate.RESTORED: State.RESTORED, Fate.NONE: State.NONE}
    if outcome.fate in known:
        assert device.state is known[outcome.fate]
    elif outcome.fate is Fate.UNREACHED:
        assert device.state is State.NONE


def test_the_same_events_give_the_same_course() -> None:
    def told() -> list[Course]:
        device, seen = Device(cuts=True), []
        course, todo = begin(order(device), "ap-1")
        while not isinstance(todo, Outcome):
            course, todo = advance(course, device.do(todo), device.now)
            seen.append(course)
        return seen

    assert told() == told()
