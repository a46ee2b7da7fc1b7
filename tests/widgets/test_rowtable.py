"""The row table under keys and mouse: what it shows, what it tells, what it repaints."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.binding import Binding

from tests.widgets.fleet import COLUMNS, rows, with_cpu
from tests.widgets.screen import Bench, Repaints, lines_of, text_of
from widgets.glyphs import ASCII
from widgets.rowmodel import Cell, Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import Column


class Heard(Bench):
    """Keeps what the table tells."""

    def __init__(self, table: RowTable) -> None:
        super().__init__(table)
        self.table = table
        self.heard: list[tuple[object, ...]] = []

    def on_row_table_cursor_moved(self, event: RowTable.CursorMoved) -> None:
        assert event.control is self.table
        self.heard.append(("cursor", event.key))

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        self.heard.append(("opened", event.key))

    def on_row_table_marks_changed(self, event: RowTable.MarksChanged) -> None:
        self.heard.append(("marks", sorted(event.keys), event.hidden))

    def on_row_table_sort_changed(self, event: RowTable.SortChanged) -> None:
        self.heard.append(("sort", event.column, event.reverse))


def fleet(count: int = 50, **options: object) -> Heard:
    return Heard(RowTable(COLUMNS, rows(count), **options))  # type: ignore[arg-type]  # options


async def test_arrows_move_the_cursor_and_the_view_follows() -> None:
    app = fleet()
    async with app.run_test(size=(80, 11)) as pilot:
        assert text_of(app)[1].startswith(">")
        await pilot.press("end")
        assert app.table.cursor_key == "id49"
        assert text_of(app)[10].startswith(">  ")
        await pilot.press("pageup")
        assert app.table.cursor_key == "id39"
        await pilot.press("home", "up")
        assert app.table.cursor_key == "id0"
        assert text_of(app)[0].startswith(" M S NAME")


async def test_a_cursor_move_repaints_two_lines() -> None:
    app = fleet()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("down")
        repaints = Repaints(app.table)
        await pilot.press("down")
        assert lines_of(repaints.take()) == [2, 3]


async def test_an_update_repaints_only_the_cell_that_differs() -> None:
    app = fleet()
    fresh = rows(50)
    async with app.run_test(size=(80, 20)):
        repaints = Repaints(app.table)
        app.table.update_rows([with_cpu(fresh[4], 100), *fresh[5:]])
        (region,) = repaints.take()
        assert (region.y, region.height, region.width) == (5, 1, 4)
        assert "100%" in text_of(app)[5]


async def test_equal_rows_and_rows_out_of_sight_repaint_nothing() -> None:
    app = fleet()
    fresh = rows(50)
    async with app.run_test(size=(80, 20)):
        repaints = Repaints(app.table)
        app.table.update_rows(rows(50))
        app.table.update_rows([with_cpu(fresh[40], 100)])
        app.table.set_rows([with_cpu(row, 100) if row.key == "id40" else row for row in fresh])
        assert repaints.take() == []


async def test_a_poll_that_reorders_keeps_the_cursor_on_its_device_and_in_view() -> None:
    app = fleet()
    async with app.run_test(size=(80, 11)) as pilot:
        app.table.sort_by("cpu")
        app.table.move_to("id7")
        await pilot.pause()
        app.table.update_rows([with_cpu(rows(50)[7], 101)])
        await pilot.pause()
        assert app.table.cursor_key == "id7"
        assert text_of(app)[10].startswith(">")


async def test_a_view_scrolled_away_by_the_wheel_is_not_dragged_back_by_a_poll() -> None:
    app = fleet()
    async with app.run_test(size=(80, 11)) as pilot:
        app.table.scroll_to(y=30, animate=False)
        await pilot.pause()
        app.table.update_rows([with_cpu(rows(50)[2], 100)])
        await pilot.pause()
        assert app.table.scroll_offset.y == 30


async def test_marks_and_the_hidden_ones_are_told() -> None:
    app = fleet()
    table = app.table
    async with app.run_test(size=(80, 20)) as pilot:
        table.action_toggle_mark()
        table.action_toggle_mark()
        table.set_filter({"id1", "id2"})
        assert table.marks == {"id0", "id1"}
        assert table.hidden_marks == 1
        assert table.marked() == ["id1", "id0"]
        await pilot.pause()
        assert app.heard[-1] == ("marks", ["id0", "id1"], 1)
        table.action_mark_all()
        await pilot.pause()
        assert app.heard[-1] == ("marks", ["id0", "id1", "id2"], 1)
        table.remove_rows(["id0"])
        await pilot.pause()
        assert app.heard[-1] == ("marks", ["id1", "id2"], 0)
        table.action_clear_marks()
        await pilot.pause()
        assert app.heard[-1] == ("marks", [], 0)


async def test_a_range_of_marks_runs_from_the_last_one_by_hand() -> None:
    app = fleet()
    table = app.table
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("down")
        table.action_toggle_mark()
        await pilot.press("down", "down")
        table.action_mark_range()
        assert table.marks == {"id1", "id2", "id3", "id4"}
        assert [line[1] for line in text_of(app)[1:7]] == [" ", "●", "●", "●", "●", " "]


async def test_a_table_that_cannot_be_marked_ignores_it() -> None:
    app = fleet(markable=False)
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.action_toggle_mark()
        app.table.action_mark_all()
        app.table.action_mark_range()
        await pilot.click(RowTable, offset=(1, 3))
        assert app.table.marks == frozenset()
        assert text_of(app)[0].startswith("   S NAME")


async def test_sorting_shows_its_arrow_and_is_told() -> None:
    app = fleet()
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.sort_by("cpu", reverse=True)
        await pilot.pause()
        assert "CPU▼" in text_of(app)[0]
        app.table.action_reverse()
        await pilot.pause()
        assert "CPU▲" in text_of(app)[0]
        assert [entry for entry in app.heard if entry[0] == "sort"] == [
            ("sort", "cpu", True),
            ("sort", "cpu", False),
        ]
        app.table.sort_by(None)
        app.table.action_sort_next()
        assert app.table.sort == ("state", False)
        with pytest.raises(KeyError):
            app.table.sort_by("nothing")


async def test_the_header_is_repainted_when_the_sort_is_another() -> None:
    app = fleet()
    async with app.run_test(size=(80, 20)):
        repaints = Repaints(app.table)
        app.table.sort_by("clients")
        assert 0 in lines_of(repaints.take())


async def test_mouse_moves_opens_marks_and_sorts() -> None:
    app = fleet()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.click(RowTable, offset=(20, 5))
        assert app.table.cursor_key == "id4"
        await pilot.double_click(RowTable, offset=(20, 3))
        assert app.heard[-1] == ("opened", "id2")
        await pilot.click(RowTable, offset=(1, 7))
        assert app.table.marks == {"id6"}
        await pilot.click(RowTable, offset=(6, 0))
        await pilot.click(RowTable, offset=(6, 0))
        assert app.table.sort == ("name", True)
        await pilot.click(RowTable, offset=(40, 19))


async def test_enter_opens_the_row_under_the_cursor() -> None:
    app = fleet()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.heard[-1] == ("opened", "id1")


async def test_an_empty_table_says_why_it_is_empty() -> None:
    app = fleet(2, empty_text="No devices yet.", no_match_text="No device matches.")
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.set_filter(lambda row: False)
        await pilot.pause()
        assert text_of(app)[1].strip() == "No device matches."
        assert app.heard[-1] == ("cursor", None)
        app.table.set_rows([])
        await pilot.pause()
        assert text_of(app)[1].strip() == "No devices yet."
        await pilot.press("down", "enter", "end")
        assert app.table.cursor_key is None


async def test_narrow_screens_drop_columns_by_priority_and_wide_keeps_them() -> None:
    app = fleet()
    async with app.run_test(size=(60, 11)) as pilot:
        assert "MODEL" in text_of(app)[0]
        assert "MEM" not in text_of(app)[0]
        await pilot.resize_terminal(44, 11)
        await pilot.pause()
        assert text_of(app)[0].split() == ["M", "S", "NAME", "ADDRESS", "AGE"]
        app.table.action_toggle_wide()
        await pilot.pause()
        assert app.table.virtual_size.width > 44
        app.table.scroll_to(x=30, animate=False)
        await pilot.pause()
        assert text_of(app)[1].startswith(">  ")  # the gutter stays
        assert "MEM" in text_of(app)[0]


async def test_a_changed_cell_is_repainted_where_it_is_after_scrolling_sideways() -> None:
    app = fleet()
    async with app.run_test(size=(46, 11)) as pilot:
        app.table.set_wide(True)
        await pilot.pause()
        app.table.scroll_to(x=30, animate=False)
        await pilot.pause()
        shown = text_of(app)[1].index("%") - 2
        repaints = Repaints(app.table)
        app.table.update_rows([with_cpu(rows(50)[0], 7)])
        (region,) = repaints.take()
        assert region.x <= shown <= region.right
        assert "7%" in text_of(app)[1]


async def test_other_columns_may_be_shown_and_the_sort_stays_with_its_key() -> None:
    app = fleet()
    async with app.run_test(size=(80, 11)) as pilot:
        app.table.sort_by("name", reverse=True)
        app.table.update_columns([COLUMNS[1], replace(COLUMNS[2], title="IP")])
        app.table.set_rows([Row(row.key, row.cells[1:3]) for row in rows(3)])
        await pilot.pause()
        assert text_of(app)[0].split() == ["M", "NAME▼", "IP"]
        assert list(app.table.order) == ["id2", "id1", "id0"]


async def test_hostile_names_never_reach_the_screen_as_control_characters() -> None:
    table = RowTable([Column("name", "NAME", 20)], [Row("1", ("a\x1b[2Jb\x07\u202ec\nd",))])
    app = Heard(table)
    async with app.run_test(size=(40, 5)):
        assert text_of(app)[1] == ">  abc d"


async def test_ascii_glyphs_draw_nothing_else() -> None:
    app = fleet(200, glyphs=ASCII)
    app.table.set_rows([Row("1", (Cell(ASCII.critical, "critical"), "n" * 90))])
    async with app.run_test(size=(60, 11)):
        app.table.set_marks(["1"])
        app.table.sort_by("name")
        assert "".join(text_of(app)).isascii()
        assert text_of(app)[1].startswith(">* x nnn")


async def test_the_owner_binds_the_letters() -> None:
    keys = [Binding("j", "cursor_down"), Binding("space", "toggle_mark")]
    app = fleet(bindings=keys)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("j", "space")
        assert app.table.cursor_key == "id2"
        assert app.table.marks == {"id1"}
    other = fleet()
    async with other.run_test(size=(80, 20)) as pilot:
        await pilot.press("j")
        assert other.table.cursor_key == "id0"


async def test_the_keymap_of_an_app_moves_the_keys_by_their_ids() -> None:
    app = fleet(bindings=[Binding("space", "toggle_mark", id="list.mark")])
    app.set_keymap({"list.down": "j,down", "list.mark": "m"})
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("j", "down", "space", "m")
        assert app.table.marks == {"id2"}


async def test_another_theme_recolours_every_line() -> None:
    app = fleet(3)
    async with app.run_test(size=(80, 6)) as pilot:
        dark = app.table.render_line(1)
        app.theme = "textual-light"
        await pilot.pause()
        assert app.table.render_line(1) != dark
        assert app.table.render_line(1).text == dark.text


async def test_rows_sorted_before_the_first_frame_start_at_the_top() -> None:
    table = RowTable(COLUMNS, rows(50))
    table.sort_by("cpu")
    app = Heard(table)
    async with app.run_test(size=(80, 11)):
        assert table.cursor_key == table.order[0]
    chosen = RowTable(COLUMNS, rows(50))
    chosen.move_to("id40")
    app = Heard(chosen)
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.pause()
        assert any(line.startswith(">  ") for line in text_of(app))
        assert chosen.cursor_key == "id40"


async def test_a_larger_jump_scrolls_less_often() -> None:
    app = fleet(scroll_jump=5)
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.press(*["down"] * 10)
        assert app.table.scroll_offset.y == 5
        assert text_of(app)[6].startswith(">")
        await pilot.press("down")
        assert app.table.scroll_offset.y == 5
        await pilot.press(*["up"] * 7)
        assert app.table.scroll_offset.y == 0


async def test_rows_that_arrive_later_leave_room_for_the_scroll_bar() -> None:
    app = Heard(RowTable(COLUMNS))
    async with app.run_test(size=(80, 11)) as pilot:
        app.table.set_rows(rows(50))
        await pilot.pause()
        assert app.table.virtual_size.width == 79
        assert not app.table.show_horizontal_scrollbar
        app.table.set_rows(rows(5))
        await pilot.pause()
        assert app.table.virtual_size.width == 80
