"""Job results: groups fold open, stay open while results arrive, and lead on."""

from __future__ import annotations

from dataclasses import replace

from tests.widgets.screen import Bench, Repaints, text_of
from widgets.glyphs import ASCII, UTF8
from widgets.oneline import Piece
from widgets.plaintext import width_of
from widgets.resultrows import Group, group_of, group_rows
from widgets.resultview import ResultView
from widgets.rowmodel import Cell, Row

GROUPS = [
    Group("a", "ok: Linux", 2, ("ap-01", "ap-02"), "Linux\n6.6", "ok"),
    Group("b", "failed: not found", 1, ("ap-03",), "", "critical"),
]


class Heard(Bench):
    """Keeps what the view tells."""

    def __init__(self, view: ResultView) -> None:
        super().__init__(view)
        self.view = view
        self.heard: list[tuple[str, str]] = []

    def on_result_view_device_opened(self, event: ResultView.DeviceOpened) -> None:
        assert event.control is self.view
        self.heard.append(("device", event.key))

    def on_result_view_group_opened(self, event: ResultView.GroupOpened) -> None:
        self.heard.append(("group", event.key))


def texts(rows: list[Row]) -> list[str]:
    return [cell.text if isinstance(cell, Cell) else cell for row in rows for cell in row.cells]


def test_a_closed_group_is_one_row_and_an_open_one_tells_names_and_output() -> None:
    rows = group_rows(GROUPS, {"a"}, 60, ASCII)
    assert [group_of(row.key) for row in rows] == ["a", "a", "a", "a", "b"]
    assert texts(rows)[5:8] == ["| ap-01 ap-02", "| Linux", "| 6.6"]
    assert "(no output)" in texts(group_rows(GROUPS, {"b"}, 60, UTF8))[-1]


def test_a_group_tells_its_state_by_a_sign_and_whom_it_is_about() -> None:
    rows = group_rows(GROUPS, (), 60, ASCII)
    assert [[str(getattr(cell, "text", cell)) for cell in row.cells] for row in rows] == [
        ["+", "+", "2", "ap-01 ~", "ok: Linux"],
        ["+", "x", "1", "ap-03", "failed: not found"],
    ]


def test_names_are_wrapped_and_long_outputs_are_cut_with_a_word() -> None:
    names = tuple(f"ap-{number:03}" for number in range(100))
    group = Group("a", "t", 100, names, "line\x1b[2J\n" * 300)
    rows = group_rows([group], {"a"}, 60, UTF8)
    assert all(width_of(text) <= 60 for text in texts(rows))
    assert texts(rows)[-1].endswith("100 more lines")
    assert "│ line" in texts(rows)


async def test_enter_folds_a_group_and_inside_asks_for_the_whole_output() -> None:
    app = Heard(ResultView(glyphs=ASCII))
    async with app.run_test(size=(80, 12)) as pilot:
        app.view.update_groups(GROUPS)
        app.view.update_progress(3, 3, [Piece("ok", "ok 2"), Piece("fail", "fail 1")])
        app.view.groups.focus()
        await pilot.press("enter")
        assert any("| Linux" in line for line in text_of(app))
        assert text_of(app)[0].endswith("3/3  ok 2  fail 1")
        app.view.update_groups(GROUPS)
        assert any("| Linux" in line for line in text_of(app))
        await pilot.press("down", "enter")
        assert app.heard == [("group", "a")]
        await pilot.press("up", "enter")
        assert not any("| Linux" in line for line in text_of(app))
        app.view.action_expand_all()
        await pilot.pause()
        assert any("(no output)" in line for line in text_of(app))
        app.view.action_collapse_all()
        await pilot.pause()
        assert not any("(no output)" in line for line in text_of(app))


async def test_devices_are_behind_the_groups_when_narrow_and_beside_them_when_wide() -> None:
    app = Heard(ResultView(glyphs=ASCII))
    device = Row("ap-01", (Cell("+", "ok"), "ap-01", "success", "0.4s", "Linux"))
    async with app.run_test(size=(80, 12)) as pilot:
        app.view.update_groups(GROUPS)
        app.view.update_devices([device])
        assert app.view.groups.display
        assert not app.view.devices.display
        app.view.action_toggle_view()
        await pilot.pause()
        await pilot.press("enter")
        assert app.heard == [("device", "ap-01")]
        await pilot.resize_terminal(120, 12)
        await pilot.pause()
        await pilot.pause()
        assert any("ok: Linux" in line and "ap-01" in line for line in text_of(app))


async def test_an_open_group_that_says_the_same_is_not_painted_again() -> None:
    view = ResultView()
    async with Heard(view).run_test(size=(80, 20)) as pilot:
        view.update_groups(GROUPS)
        view.action_expand_all()
        await pilot.pause()
        spy = Repaints(view.groups)
        view.update_groups([replace(group) for group in GROUPS])
        assert spy.take() == []
