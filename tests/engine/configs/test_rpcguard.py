"""Pushes over HTTP alone: courses against a device in memory; test_rpcconfig has them for real."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.configs.guardsteps import Checked, Failed, Fate, Goal, Order, Outcome
from owtui.engine.configs.rpcguard import (
    LEFT,
    UNASKED,
    Act,
    Event,
    Has,
    Next,
    Replied,
    Seen,
    advance,
    begin,
)
from owtui.engine.openwrt.rpcconfig import Reply
from owtui.errors import DeniedError, LostError, UnreachableError

WINDOW, SETTLE = 60.0, 10.0


@dataclass
class Device:
    """rpcd in memory; see test_guardsteps.Device for the faults.

    permanent: something makes the pending change stay (a reboot, an apply of somebody else)
    """

    cuts: bool = False
    wrong: str = ""
    others: bool = False
    permanent: bool = False
    loses: frozenset[int] = frozenset()
    drops: frozenset[int] = frozenset()
    now: float = 0.0
    has: Has = Has.OLD
    pending_since: float | None = None
    staged: bool = False
    applies: int = 0
    confirms: int = 0
    acts: list[Act] = field(default_factory=list)

    def follow(self) -> None:
        since = self.pending_since
        if since is not None and self.now >= since + WINDOW and not self.permanent:
            self.has, self.pending_since, self.staged = Has.OLD, None, True

    def do(self, todo: Next) -> Event:
        self.now += todo.after_s
        self.follow()
        number = len(self.acts)
        self.acts.append(todo.act)
        if number in self.drops or (self.cuts and self.has is Has.NEW):
            self.now += todo.connect_s
            self.follow()
            return Failed(UnreachableError("no answer"), sent=False)
        event = self.answer(todo.act)
        if number in self.loses:
            self.now += todo.connect_s
            return Failed(LostError("lost"))
        return event

    def answer(self, act: Act) -> Event:
        if act is Act.LOOK:
            return Seen(self.has)
        if act is Act.CHECK:
            return Checked(self.wrong)
        if act is Act.STAGE:
            self.staged = True
        if act is Act.REVERT:
            self.staged = False
        if act is Act.APPLY:
            return Replied(self.apply())
        if act in (Act.CONFIRM, Act.ROLLBACK):
            if self.pending_since is None or self.permanent:
                return Replied(Reply.NOTHING)
            self.pending_since = None
            self.confirms += act is Act.CONFIRM
            if act is Act.ROLLBACK:
                self.has, self.staged = Has.OLD, True
        return Replied()

    def apply(self) -> Reply:
        if self.others or self.pending_since is not None:
            return Reply.OTHERS
        if not self.staged:
            return Reply.NOTHING
        self.applies += 1
        self.has, self.pending_since, self.staged = Has.NEW, self.now, False
        return Reply.DONE


def run(device: Device, goal: Goal = Goal.PUSH, *, killed: frozenset[int] = frozenset()) -> Outcome:
    order = Order(goal, WINDOW, SETTLE)
    course, todo = begin(order, "ap-1")
    touched = False
    for number in range(300):
        if isinstance(todo, Outcome):
            return todo
        event = device.do(todo)
        touched = touched or todo.act is Act.APPLY
        if number in killed:
            device.now += 1.0
            course, todo = begin(order, "ap-1", resumed=touched)
        else:
            course, todo = advance(course, event, device.now)
    pytest.fail(f"no end: {device.acts[-5:]}")


def test_a_good_push_is_staged_applied_checked_when_settled_and_confirmed() -> None:
    device = Device()
    assert run(device).fate is Fate.CONFIRMED
    assert device.acts == [Act.LOOK, Act.STAGE, Act.APPLY, Act.CHECK, Act.CONFIRM]
    assert device.now == SETTLE + 1


def test_a_cut_device_is_read_again_after_its_rollback_and_its_staging_reverted() -> None:
    device = Device(cuts=True)
    outcome = run(device)
    assert (outcome.fate, device.has, device.staged) == (Fate.RESTORED, Has.OLD, False)
    assert WINDOW < device.now < WINDOW + 10


def test_a_failed_check_rolls_back_at_once() -> None:
    device = Device(wrong="it has no uplink.")
    outcome = run(device)
    assert (outcome.fate, device.has, device.staged) == (Fate.RESTORED, Has.OLD, False)
    assert outcome.failure and "no uplink" in outcome.failure.sentence
    assert device.now < WINDOW


def test_the_pending_change_of_somebody_else_refuses() -> None:
    device = Device(others=True)
    outcome = run(device)
    assert (outcome.fate, device.staged, device.has) == (Fate.REFUSED, False, Has.OLD)


def test_somebody_elses_configuration_is_told() -> None:
    outcome = run(Device(has=Has.OTHER))
    assert outcome.failure and "somebody else changed it" in outcome.failure.sentence


def test_what_became_permanent_without_us_is_confirmed_and_cannot_be_taken_back() -> None:
    assert run(Device(permanent=True)).fate is Fate.CONFIRMED
    outcome = run(Device(permanent=True, wrong="it has no uplink."))
    assert outcome.fate is Fate.CONFIRMED
    assert outcome.failure and "nothing pends" in outcome.failure.sentence


def test_all_or_none_leaves_the_confirm_to_a_later_order() -> None:
    device = Device()
    assert run(device, Goal.STAGE).fate is Fate.STAGED
    assert run(device, Goal.COMMIT).fate is Fate.READY
    assert run(device, Goal.CONFIRM).fate is Fate.CONFIRMED
    device = Device()
    assert run(device, Goal.COMMIT).fate is Fate.READY
    assert run(device, Goal.RESTORE).failure is None
    assert (device.has, device.staged) == (Has.OLD, False)
    assert run(device, Goal.ABORT).fate is Fate.NONE


def test_a_device_that_cannot_be_reached_has_had_nothing_applied() -> None:
    assert run(Device(drops=frozenset(range(300)))).fate is Fate.UNREACHED


@given(
    loses=st.frozensets(st.integers(0, 8), max_size=4),
    drops=st.frozensets(st.integers(0, 8), max_size=4),
    killed=st.frozensets(st.integers(0, 8), max_size=2),
    cuts=st.booleans(),
)
def test_whatever_gets_lost_nothing_is_applied_twice(
    loses: frozenset[int], drops: frozenset[int], killed: frozenset[int], cuts: bool
) -> None:
    device = Device(loses=loses, drops=drops, cuts=cuts)
    outcome = run(device, killed=killed)
    device.now += 1000
    device.follow()
    assert device.applies <= 1
    if outcome.fate is Fate.CONFIRMED:
        assert device.has is Has.NEW
    elif outcome.fate in (Fate.RESTORED, Fate.UNREACHED):
        assert device.has is Has.OLD


def denied(act: Act) -> tuple[Device, Outcome]:
    """A push where the ACL refuses one act."""
    device, error = Device(), DeniedError("it may not call uci.", "Allow it.")
    course, todo = begin(Order(Goal.PUSH, WINDOW, SETTLE), "ap-1")
    while not isinstance(todo, Outcome):
        event = Failed(error) if todo.act is act else device.do(todo)
        device.now += 1.0
        course, todo = advance(course, event, device.now)
    return device, todo


@pytest.mark.parametrize("act", [Act.STAGE, Act.APPLY])
def test_what_the_acl_refuses_is_told_at_once_and_changes_nothing(act: Act) -> None:
    device, outcome = denied(act)
    assert (outcome.fate, device.has, device.staged) == (Fate.REFUSED, Has.OLD, False)
    assert outcome.failure and outcome.failure.sentence == "it may not call uci."


def test_a_file_that_came_out_otherwise_is_rolled_back_by_a_later_life() -> None:
    """A full flash: apply wrote an empty file, and the engine died before it was read back."""
    device = Device(has=Has.OTHER, pending_since=0.0)
    course, todo = begin(Order(Goal.PUSH, WINDOW, SETTLE), "ap-1", resumed=True)
    while not isinstance(todo, Outcome):
        course, todo = advance(course, device.do(todo), device.now)
    assert (todo.fate, device.has, device.staged) == (Fate.RESTORED, Has.OLD, False)
    assert todo.failure and "neither the old nor the new" in todo.failure.sentence


def test_it_is_said_when_nobody_confirmed_what_stayed() -> None:
    assert run(Device(permanent=True)).note == UNASKED
    assert run(Device()).note == ""
    later = Device(has=Has.NEW)
    course, todo = begin(Order(Goal.PUSH, WINDOW, SETTLE), "ap-1", resumed=True)
    while not isinstance(todo, Outcome):
        course, todo = advance(course, later.do(todo), later.now)
    assert (todo.fate, todo.note) == (Fate.CONFIRMED, LEFT)
