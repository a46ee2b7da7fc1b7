"""The outline: guides that are a tree, a cursor that skips remarks, repaints of what differs."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.screen import Bench, Repaints, lines_of, text_of
from widgets.glyphs import ASCII
from widgets.outline import Outline, OutlineRow, guides


def row(key: str, depth: int, **more: object) -> OutlineRow:
    return OutlineRow(key, depth, key, state="ok", **more)  # type: ignore[arg-type]  # fields


HARBOUR = (
    row("gw", 0),
    row("north", 1, via="wg0 ", info=(("12ms", ""),)),
    row("roof-1", 1),
    row("roof-2", 2),
    row("roof-7", 2),
    OutlineRow("", 3, "(3 nodes unreachable behind it)", role="muted"),
    row("sw-1", 1),
    OutlineRow("", 0, "── island ──", role="muted"),
    row("lab", 0),
)


class Heard(Bench):
    """Keeps what an outline tells."""

    def __init__(self, outline: Outline) -> None:
        super().__init__(outline)
        self.heard: list[tuple[str, str]] = []

    def on_outline_cursor_moved(self, event: Outline.CursorMoved) -> None:
        assert event.control is event.outline
        self.heard.append(("moved", event.key))

    def on_outline_opened(self, event: Outline.Opened) -> None:
        self.heard.append(("opened", event.key))


def test_guides_say_who_hangs_on_whom() -> None:
    assert guides(HARBOUR) == [
        "", "├─ ", "├─ ", "│  ├─ ", "│  └─ ", "│     └─ ", "└─ ", "", "",
    ]  # fmt: skip
    assert guides(HARBOUR, ASCII)[4] == "|  `- "


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=30))
def test_a_guide_goes_on_where_a_sibling_follows(steps: list[int]) -> None:
    depths, deep = [], -1
    for step in steps:
        deep = min(deep + 1, step)
        depths.append(deep)
    found = guides([OutlineRow(str(n), depth, "") for n, depth in enumerate(depths)])
    for number, (depth, guide) in enumerate(zip(depths, found, strict=True)):
        assert len(guide) == 3 * depth
        after = depths[number + 1 :]
        for level in range(1, depth + 1):
            ends = next((n for n, one in enumerate(after) if one < level), len(after))
            goes_on = level in after[:ends]
            assert (guide[3 * level - 3] in "├│") is goes_on


async def test_it_draws_states_in_one_column_and_the_cursor_skips_remarks() -> None:
    outline = Outline(HARBOUR)
    app = Heard(outline)
    async with app.run_test(size=(40, 9)) as pilot:
        lines = text_of(app)
        assert lines[0].startswith("> gw")
        assert lines[1] == "  ├─ wg0 north ▲ 12ms"
        assert {line.index("▲") for line in lines if "▲" in line} == {15}
        await pilot.press("end")
        assert outline.cursor_key == "lab"
        await pilot.press("up")
        assert outline.cursor_key == "sw-1"
        await pilot.press("up", "enter")
        await pilot.pause()
        assert outline.cursor_key == "roof-7" and app.heard[-1] == ("opened", "roof-7")
        await pilot.click(Outline, offset=(8, 2))
        await pilot.click(Outline, offset=(8, 2))
        await pilot.pause()
        assert app.heard[-1] == ("opened", "roof-1")


async def test_a_move_repaints_two_lines_and_the_same_rows_none() -> None:
    outline = Outline(HARBOUR)
    app = Heard(outline)
    async with app.run_test(size=(40, 9)) as pilot:
        outline.focus()
        await pilot.pause()
        spy = Repaints(outline)
        outline.update_rows(HARBOUR)
        assert spy.take() == []
        outline.action_line_down()
        assert lines_of(spy.take()) == [0, 1]
        moved = (*HARBOUR[:3], row("roof-2", 2, info=(("worse", "problem"),)), *HARBOUR[4:])
        outline.update_rows(moved)
        assert lines_of(spy.take()) == [3]


async def test_the_cursor_stays_with_its_row_when_others_come_and_go() -> None:
    outline = Outline(HARBOUR)
    app = Heard(outline)
    async with app.run_test(size=(40, 9)):
        assert outline.move_to("roof-7") and not outline.move_to("nobody")
        outline.update_rows((row("gw", 0), row("first", 1), *HARBOUR[1:]))
        assert outline.cursor_key == "roof-7"
        outline.update_rows(HARBOUR[:4])
        assert outline.cursor_key == "roof-2"
        outline.update_rows(())
        assert outline.cursor_key is None
        outline.action_line_down()
        outline.action_open()


async def test_a_level_without_room_is_told_by_its_number() -> None:
    deep = [row(f"n{number}", number) for number in range(60)]
    app = Heard(Outline(deep))
    async with app.run_test(size=(40, 60)):
        lines = text_of(app)
        assert "59…" in lines[59] and "n59" in lines[59] and "▲" in lines[59]


async def test_two_thousand_rows_scroll_without_delay() -> None:
    rows = [row(f"node-{number:04}", min(number, 1 + number % 9)) for number in range(2000)]
    outline = Outline(rows)
    app = Heard(outline)
    async with app.run_test(size=(80, 24)) as pilot:
        start = time.process_time()
        for _ in range(200):
            outline.action_line_down()
        assert (time.process_time() - start) / 200 < 0.02
        await pilot.pause()
        start = time.process_time()
        outline.update_rows([row("new", 0), *rows])
        assert time.process_time() - start < 1.0


async def test_a_long_description_of_a_port_leaves_the_name_and_the_column_of_states() -> None:
    port = "GigabitEthernet1/0/24 uplink to the core rack in the cellar ~ "
    outline = Outline((row("gw", 0), row("sw-1", 1, via=port), row("roof", 1)))
    async with Bench(outline).run_test(size=(66, 5)) as pilot:
        lines = text_of(pilot.app)
        assert "~ sw-1 " in lines[1] and "GigabitEthernet" in lines[1]
        assert len({line.index("▲") for line in lines[:3]}) == 1
