"""What people are told of an alert that comes and goes, whatever it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.alerts.damping import (
    FLAPS,
    HOLD,
    Say,
    Standing,
    Told,
    owed,
    returns,
    told_on_return,
)

START = datetime(2026, 11, 27, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

gaps = st.lists(st.integers(1, 90), max_size=30)
steps = st.lists(st.tuples(st.integers(1, 45), st.booleans(), st.booleans()), max_size=40)


class Life:
    """One alert, minute by minute: it opens and ends, and people are told what is owed."""

    def __init__(self) -> None:
        self.now = START
        self.open = False
        self.since = START - HOLD
        self.told = Told.NOTHING
        self.flaps = 0
        self.ever = False
        self.said: list[tuple[Say, datetime]] = []

    def turn(self) -> None:
        """Opens if it is not, ends if it is."""
        if self.open:
            self.open = False
        else:
            back = self.ever and returns(self.since, self.now)
            self.flaps = self.flaps + 1 if back else 0
            self.told = told_on_return(self.told, self.flaps) if back else Told.NOTHING
            self.open = self.ever = True
        self.since = self.now

    def go(self, minutes: int, *, held: bool = False, quiet: bool = False) -> None:
        """Time goes by, with a look a minute."""
        for _ in range(minutes):
            self.look(held=held, quiet=quiet)
            self.now += MINUTE

    def look(self, *, held: bool = False, quiet: bool = False) -> None:
        one = Standing(self.open, self.told, self.flaps, self.since, held=held, quiet=quiet)
        due = owed(one, self.now)
        self.told = due.told
        if due.say is not None:
            self.said.append((due.say, self.now))

    @property
    def words(self) -> list[Say]:
        return [say for say, _ in self.said]


def lived(times: list[int]) -> Life:
    life = Life()
    for minutes in times:
        life.turn()
        life.go(minutes)
    return life


@given(gaps)
def test_no_recovery_without_a_problem_and_no_problem_twice(times: list[int]) -> None:
    words = lived(times).words
    for before, after in zip([Say.RECOVERY, *words], words, strict=False):
        if after is Say.RECOVERY:
            assert before is not Say.RECOVERY
        elif before is not Say.RECOVERY:
            assert (before, after) == (Say.FLAPPING, Say.PROBLEM)


@given(gaps)
def test_when_all_is_still_people_know_how_it_is(times: list[int]) -> None:
    life = lived(times)
    life.go(int(HOLD / MINUTE) + 1)
    known = life.words[-1] is Say.PROBLEM if life.words else False
    assert known is life.open


@given(st.lists(st.integers(1, 29), min_size=2 * FLAPS + 2, max_size=60))
def test_however_long_it_flaps_people_are_told_no_more(times: list[int]) -> None:
    words = lived(times).words
    assert words == [*[Say.PROBLEM, Say.RECOVERY] * FLAPS, Say.FLAPPING]


@given(steps)
def test_what_is_held_or_quiet_is_told_later_or_never(
    given_steps: list[tuple[int, bool, bool]],
) -> None:
    life = Life()
    for minutes, held, quiet in given_steps:
        life.turn()
        before = len(life.said)
        life.go(minutes, held=held, quiet=quiet)
        fresh = life.words[before:]
        if held or quiet:
            assert not {Say.PROBLEM, Say.FLAPPING} & set(fresh)
    life.go(int(HOLD / MINUTE) + 1)
    assert (life.words[-1] is Say.PROBLEM if life.words else False) is life.open


@given(gaps)
def test_what_another_notice_covers_is_never_told(times: list[int]) -> None:
    life = Life()
    for minutes in times:
        life.turn()
        life.told = Told.COVERED
        life.go(minutes)
    assert life.said == []


def test_the_hold_itself_is_over() -> None:
    assert returns(START, START + HOLD - MINUTE)
    assert not returns(START, START + HOLD)
