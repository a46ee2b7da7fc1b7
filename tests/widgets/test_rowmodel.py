"""The row model: order, cursor and marks, whatever is done to it in whatever order."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from widgets.rowmodel import Cell, Row, RowModel

KEYS = st.sampled_from([f"k{number}" for number in range(12)])
VALUES = st.one_of(st.none(), st.integers(0, 5))
COLUMNS = st.sampled_from([None, 0, 1])


def make(key: str, name: int | None, load: int | None) -> Row:
    return Row(key, (str(name), Cell(str(load), "ok")), (name, load))


class AnyUse(RuleBasedStateMachine):
    """Do anything; the model must equal the plain words: sorted(filter(rows))."""

    def __init__(self) -> None:
        super().__init__()
        self.model = RowModel()
        self.rows: dict[str, Row] = {}
        self.marks: set[str] = set()
        self.threshold: int | None = None
        self.only: frozenset[str] | None = None
        self.sort: tuple[int | None, bool] = (None, False)
        self.cursor: str | None = None

    @rule(items=st.dictionaries(KEYS, st.tuples(VALUES, VALUES)))
    def set_rows(self, items: dict[str, tuple[int | None, int | None]]) -> None:
        self.rows = {key: make(key, *values) for key, values in items.items()}
        self.marks &= self.rows.keys()
        self.model.set_rows(self.rows.values())

    @rule(items=st.dictionaries(KEYS, st.tuples(VALUES, VALUES)))
    def update(self, items: dict[str, tuple[int | None, int | None]]) -> None:
        new = {key: make(key, *values) for key, values in items.items()}
        differs = any(self.rows.get(key) != row for key, row in new.items())
        self.rows.update(new)
        assert self.model.update_rows(new.values()) == differs

    @rule(key=KEYS, load=VALUES)
    def update_one(self, key: str, load: int | None) -> None:
        self.rows[key] = make(key, 1, load)
        self.model.update_rows([self.rows[key]])

    @rule(keys=st.sets(KEYS))
    def remove(self, keys: set[str]) -> None:
        assert self.model.remove(keys) == bool(keys & self.rows.keys())
        for key in keys:
            self.rows.pop(key, None)
        self.marks -= keys

    @rule(threshold=st.one_of(st.none(), st.integers(0, 5)))
    def filter_by_predicate(self, threshold: int | None) -> None:
        self.threshold, self.only = threshold, None
        wanted = None if threshold is None else lambda row: (row.sort[1] or 0) >= threshold
        self.model.set_filter(wanted)

    @rule(keys=st.sets(KEYS))
    def filter_by_keys(self, keys: set[str]) -> None:
        self.threshold, self.only = None, frozenset(keys)
        self.model.set_filter(keys)

    @rule(column=COLUMNS, reverse=st.booleans())
    def sort_by(self, column: int | None, reverse: bool) -> None:
        self.sort = (column, reverse)
        self.model.set_sort(column, reverse)

    @rule(key=KEYS)
    def toggle(self, key: str) -> None:
        self.model.toggle_mark(key)
        if key in self.rows:
            self.marks ^= {key}

    @rule(keys=st.sets(KEYS))
    def set_marks(self, keys: set[str]) -> None:
        self.model.set_marks(keys)
        self.marks = keys & self.rows.keys()

    @rule(first=st.integers(0, 12), last=st.integers(0, 12))
    def mark_range(self, first: int, last: int) -> None:
        self.model.mark_range(first, last)
        self.marks.update(self.expected()[min(first, last) : max(first, last) + 1])

    @rule(index=st.integers(-2, 14))
    def move(self, index: int) -> None:
        self.model.move_to(index)
        self.cursor = self.model.cursor

    @rule(key=KEYS)
    def move_to_key(self, key: str) -> None:
        self.model.move_to_key(key)
        if key in self.expected():
            self.cursor = key

    def expected(self) -> list[str]:
        rows = list(self.rows.values())
        if self.threshold is not None:
            rows = [row for row in rows if (row.sort or ())[1] is not None or not self.threshold]
            rows = [row for row in rows if ((row.sort or ())[1] or 0) >= self.threshold]
        if self.only is not None:
            rows = [row for row in rows if row.key in self.only]
        column, reverse = self.sort
        if column is None:
            return [row.key for row in (rows[::-1] if reverse else rows)]

        def value(row: Row) -> Any:
            return (row.sort or ())[column]

        known = [row for row in rows if value(row) is not None]
        known.sort(key=value, reverse=reverse)
        return [row.key for row in known + [row for row in rows if value(row) is None]]

    @invariant()
    def order_is_the_sorted_filtered_rows(self) -> None:
        assert list(self.model.order) == self.expected()
        assert self.model.total == len(self.rows)

    @invariant()
    def cursor_stays_on_its_key_while_it_is_visible(self) -> None:
        order = self.expected()
        if self.cursor in order:
            assert self.model.cursor == self.cursor
        assert (self.model.cursor is None) == (not order)
        if order:
            assert order[self.model.cursor_index] == self.model.cursor
        self.cursor = self.model.cursor

    @invariant()
    def marks_survive_whatever_is_shown(self) -> None:
        order = self.expected()
        assert self.model.marks == self.marks
        assert self.model.hidden_marks == len(self.marks - set(order))
        assert sorted(self.model.marked()) == sorted(self.marks)
        shown = [key for key in order if key in self.marks]
        assert self.model.marked()[: len(shown)] == shown


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=60, stateful_step_count=30)


def test_many_scattered_updates_keep_the_order_of_a_full_sort() -> None:
    model = RowModel()
    rows = {f"k{n}": make(f"k{n}", n, n * 7919 % 500) for n in range(2000)}
    model.set_rows(rows.values())
    model.set_sort(1, reverse=True)
    new = {f"k{n}": make(f"k{n}", n, n % 300) for n in range(0, 2000, 21)}
    model.update_rows(new.values())
    rows.update(new)
    fresh = RowModel()
    fresh.set_rows(rows.values())
    fresh.set_sort(1, reverse=True)
    assert model.order == fresh.order


def test_rows_without_sort_values_sort_by_their_text_in_any_case() -> None:
    model = RowModel()
    model.set_rows([Row("1", ("beta",)), Row("2", ("Alpha",)), Row("3", (Cell("gamma"),))])
    model.set_sort(0)
    assert list(model.order) == ["2", "1", "3"]


def test_a_cursor_whose_row_is_hidden_takes_the_row_in_its_place() -> None:
    model = RowModel()
    model.set_rows([Row(key, (key,)) for key in "abcde"])
    model.move_to_key("b")
    model.set_filter({"a", "c", "d"})
    assert model.cursor == "c"


def test_an_update_that_moves_nothing_does_not_sort_again() -> None:
    model = RowModel()
    model.set_rows([make("a", 1, 1), make("b", 2, 2)])
    model.set_sort(0)
    order = model.order
    assert model.update_rows([make("b", 2, 9)])
    assert model.order is order


def test_fifty_thousand_rows_are_filtered_and_sorted_within_a_tenth_of_a_second() -> None:
    model = RowModel()
    model.set_rows([make(f"k{n}", n, n * 7919 % 50_021) for n in range(50_000)])

    def best(step: Callable[[], object]) -> float:
        """Give the least CPU seconds of a few runs: other work on the machine is not ours."""
        taken = []
        for _ in range(5):
            started = time.thread_time()
            step()
            taken.append(time.thread_time() - started)
        return min(taken)

    model.set_sort(1)
    assert best(lambda: model.set_filter(lambda row: "7" in row.text(0))) < 0.1
    assert best(lambda: model.set_filter(None)) < 0.1
    assert best(lambda: model.set_sort(1, not model.sort[1])) < 0.1
    steps = iter(range(5))

    def poll() -> None:
        step = next(steps)
        model.update_rows([make(f"k{n}", n, n + step) for n in range(0, 50_000, 100)])

    assert best(poll) < 0.1

    model.set_sort(1)
    whole = best(lambda: model.set_sort(1, not model.sort[1]))
    rounds = iter(range(5))

    def storm() -> None:
        step = next(rounds)
        model.update_rows([make(f"k{n}", n, n * 31 % 50_021 + step) for n in range(0, 50_000, 9)])

    making = best(lambda: [make(f"k{n}", n, n * 31) for n in range(0, 50_000, 9)])
    assert best(storm) < making + 3 * whole  # never dearer than to sort all
