"""Every row of the table of statuses (control.md §1.6), and what follows from none of them."""

from __future__ import annotations

import itertools

import pytest

from storage.configstatus import ACTIVE, NO_REASON, Event, Status, after, reason, reported

M, A, E = Status.MODIFIED, Status.APPLIED, Status.ERROR
LEAVING, GONE = Status.DEACTIVATING, Status.DEACTIVATED
REPORTS = (
    Event.REPORTED_MODIFIED,
    Event.REPORTED_APPLIED,
    Event.REPORTED_ERROR,
    Event.REPORTED_OTHER,
)

ROWS: list[tuple[set[Status], set[Event], Status | None]] = [  # None: as it was
    ({M, A, E}, {Event.CHANGED}, M),
    (set(Status), {Event.SAME}, None),
    ({M, A, E}, {Event.RENAMED}, M),
    ({M, A, E}, {Event.REPORTED_APPLIED}, A),
    ({M, A, E}, {Event.REPORTED_ERROR}, E),
    ({M, A, E}, {Event.REPORTED_MODIFIED}, M),
    ({M, A, E}, {Event.REPORTED_OTHER}, None),
    ({M, A, E}, {Event.DEACTIVATED}, LEAVING),
    ({M, A, E}, {Event.DEACTIVATED_EMPTY}, GONE),
    ({LEAVING}, set(REPORTS), GONE),
    ({GONE}, set(REPORTS), None),
    ({LEAVING, GONE}, {Event.ACTIVATED}, M),
    ({LEAVING, GONE}, {Event.ACTIVATED_EMPTY}, A),
    # Out of service nothing else is felt, and what is active cannot be activated.
    ({LEAVING, GONE}, {Event.CHANGED, Event.RENAMED}, None),
    ({LEAVING, GONE}, {Event.DEACTIVATED, Event.DEACTIVATED_EMPTY}, None),
    ({M, A, E}, {Event.ACTIVATED, Event.ACTIVATED_EMPTY}, None),
]
CASES = [
    (status, event, then or status)
    for statuses, events, then in ROWS
    for status, event in itertools.product(sorted(statuses), sorted(events))
]


@pytest.mark.parametrize(("status", "event", "then"), CASES)
def test_each_row_of_the_table(status: Status, event: Event, then: Status) -> None:
    assert after(status, event) is then


def test_the_rows_are_all_there_are() -> None:
    assert sorted((s, e) for s, e, _ in CASES) == sorted(itertools.product(Status, Event))
    assert {M, A, E} == ACTIVE


def test_the_words_of_a_report() -> None:
    assert reported("applied") is Event.REPORTED_APPLIED
    assert reported("running") is Event.REPORTED_APPLIED  # agents of old
    assert {reported(status.value) for status in Status} == set(REPORTS)
    assert reported("fine") is None


def test_a_reason_is_kept_in_openwisps_length() -> None:
    assert reason("  no space left \n") == "no space left"
    assert reason("") == NO_REASON == "Reason not reported by the device."
    long = reason("x" * 2000)
    assert (len(long), long[1012:]) == (1024, "\n[truncated]")
    assert reason("x" * 1024) == "x" * 1024
