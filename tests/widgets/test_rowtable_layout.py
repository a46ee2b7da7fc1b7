"""Columns share the width: dropped by priority, shrunk, cut by cells and never too wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.glyphs import ASCII, UTF8
from widgets.plaintext import width_of
from widgets.rowmodel import Cell
from widgets.rowtable_layout import GUTTER, Column, Layout

COLUMN = st.builds(
    Column,
    key=st.text("abc", min_size=1),
    title=st.text(max_size=8),
    width=st.integers(1, 20),
    flex=st.integers(0, 3),
    min_width=st.integers(0, 20),
    priority=st.integers(0, 9),
    align=st.sampled_from(["left", "right", "center"]),
)
CELL = st.one_of(
    st.text(max_size=30), st.builds(Cell, st.text(max_size=30), st.just("ok"), st.integers(1, 4))
)


@given(columns=st.lists(COLUMN, min_size=1, max_size=8), room=st.integers(5, 120))
def test_a_layout_never_exceeds_its_room(columns: list[Column], room: int) -> None:
    layout = Layout.arrange(columns, room)
    last = layout.slots[-1]
    assert last.x + last.width <= max(room, GUTTER + 1)
    assert all(slot.width >= 1 for slot in layout.slots)


@given(
    columns=st.lists(COLUMN, min_size=1, max_size=6),
    cells=st.lists(CELL, max_size=7),
    room=st.integers(8, 100),
    wide=st.booleans(),
)
def test_a_row_is_exactly_as_wide_as_its_slots(
    columns: list[Column], cells: list[Cell | str], room: int, wide: bool
) -> None:
    layout = Layout.arrange(columns, room, wide)
    last = layout.slots[-1]
    drawn = "".join(text for text, _ in layout.pieces(cells, UTF8))
    assert width_of(drawn) == last.x + last.width - GUTTER + 1
    assert drawn.isprintable()


@given(columns=st.lists(COLUMN, min_size=1, max_size=8), room=st.integers(5, 120))
def test_what_is_dropped_never_mattered_more_than_what_stays(
    columns: list[Column], room: int
) -> None:
    kept = {slot.index for slot in Layout.arrange(columns, room).slots}
    dropped = [c.priority for i, c in enumerate(columns) if i not in kept]
    assert max(dropped, default=-1) <= min(columns[i].priority for i in kept)


def test_flex_columns_share_what_is_left_by_weight() -> None:
    columns = [Column("a", "A", 5), Column("b", "B", 5, flex=1), Column("c", "C", 5, flex=3)]
    layout = Layout.arrange(columns, GUTTER + 17 + 20)
    assert [slot.width for slot in layout.slots] == [5, 10, 20]


def test_a_spanning_cell_covers_the_columns_beside_it() -> None:
    columns = [Column("a", "A", 4), Column("b", "B", 4), Column("c", "C", 4)]
    layout = Layout.arrange(columns, 20)
    pieces = layout.pieces(["x", Cell("flashing 3/6", "busy", 2), "hidden"], UTF8)
    assert pieces == [("x    ", ""), ("flashing… ", "busy")]


def test_wide_characters_are_cut_by_cells() -> None:
    layout = Layout.arrange([Column("a", "A", 5)], 8)
    assert layout.pieces(["日本語だ"], UTF8) == [("日本… ", "")]
    assert layout.pieces(["日本語だ"], ASCII) == [("日本~ ", "")]


def test_a_change_beside_a_span_is_the_whole_row() -> None:
    layout = Layout.arrange([Column("a", "A", 4), Column("b", "B", 4)], 20)
    assert layout.changed(["a", "b"], ["a", "c"]) == [(8, 4)]
    assert layout.changed(["a", "b"], [Cell("a", span=2), "b"]) == [(0, 20)]
