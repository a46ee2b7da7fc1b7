"""The text views: hostile text, search, wrapping, following, and only what differs is painted."""

from __future__ import annotations

import time

from tests.widgets.screen import Bench, Repaints, lines_of, text_of
from widgets.diffview import DiffView
from widgets.factview import Fact, FactView, Section, lay_out
from widgets.lineview import FOUND
from widgets.plaintext import width_of
from widgets.textview import TextView


class Heard(Bench):
    """Keeps what a search tells."""

    def __init__(self, view: TextView) -> None:
        super().__init__(view)
        self.heard: list[tuple[str, int, int | None]] = []

    def on_text_view_searched(self, event: TextView.Searched) -> None:
        assert event.control is event.view
        self.heard.append((event.words, event.hits, event.line))


NUMBERED = "\n".join(f"line {number}" for number in range(100))


async def test_hostile_output_is_shown_without_what_a_terminal_obeys() -> None:
    view = TextView("a\x1b[2J\x1b]0;owned\x07b\r\nc\x00d\re\tf\n")
    app = Heard(view)
    async with app.run_test(size=(40, 5)):
        assert text_of(app) == ["ab", "cd", "e       f", "", ""]


async def test_keys_scroll_and_stop_at_the_ends() -> None:
    app = Heard(TextView(NUMBERED))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("up", "down", "down")
        assert text_of(app)[0].startswith("line 2")
        await pilot.press("pagedown")
        assert text_of(app)[0].startswith("line 12")
        await pilot.press("end")
        assert text_of(app)[9].startswith("line 99")
        await pilot.press("pageup", "home")
        assert text_of(app)[0].startswith("line 0")


async def test_search_marks_tells_and_walks_round() -> None:
    view = TextView(NUMBERED)
    app = Heard(view)
    async with app.run_test(size=(40, 10)) as pilot:
        assert view.find("line 5") == 11
        await pilot.pause()
        assert app.heard == [("line 5", 11, 5)]
        assert text_of(app)[0].startswith("line 5")
        view.action_find_next()
        assert text_of(app)[0].startswith("line 50")
        view.action_find_previous()
        view.action_find_previous()
        await pilot.pause()
        assert app.heard[-1] == ("line 5", 11, 59)
        assert view._spans_at(50) == [("", ""), ("line 5", FOUND), ("0", "")]
        assert view.find("LINE") == 0
        assert view.find("") == 0


async def test_a_search_walks_through_the_hits_of_the_last_page() -> None:
    view = TextView("\n".join(f"{n}" + " hit" * (n in (15, 18, 25)) for n in range(30)))
    app = Heard(view)
    async with app.run_test(size=(40, 20)) as pilot:
        view.find("hit")
        for _ in range(3):
            view.action_find_next()
            await pilot.pause()
        view.action_find_previous()
        await pilot.pause()
        assert [line for _, _, line in app.heard] == [15, 18, 25, 15, 25]
        view.action_view_top()
        view.action_find_next()
        await pilot.pause()
        assert app.heard[-1][2] == 15


async def test_wrapping_breaks_by_cells_and_keeps_the_place() -> None:
    view = TextView("short\n" + "x" * 25 + "\n" + "日本語" * 4 + "\nend")
    app = Heard(view)
    async with app.run_test(size=(10, 10)) as pilot:
        view.action_toggle_wrap()
        await pilot.pause()
        assert text_of(app)[:8] == [
            "short",
            "x" * 10,
            "x" * 10,
            "x" * 5,
            "日本語日本",
            "語日本語日",
            "本語",
            "end",
        ]
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert text_of(app)[:4] == ["short", "x" * 25, "日本語" * 4, "end"]
        view.set_wrap(False)
        await pilot.pause()
        assert text_of(app)[1] == "x" * 25


async def test_wrapping_leaves_room_for_the_scroll_bar() -> None:
    view = TextView("x" * 25, wrap=True)
    app = Heard(view)
    async with app.run_test(size=(20, 5)) as pilot:
        view.update_text("\n".join(["x" * 39] * 5))
        await pilot.pause()
        assert [len(line.rstrip("▁▂▃▄▅▆▇ ")) for line in text_of(app)] == [19, 19, 1, 19, 19]


async def test_new_lines_are_followed_only_from_the_end() -> None:
    view = TextView(NUMBERED)
    app = Heard(view)
    async with app.run_test(size=(40, 10)) as pilot:
        view.append_text("new 1\n")
        await pilot.pause()
        assert text_of(app)[0].startswith("line 0")
        await pilot.press("end")
        view.append_text("new 2\n")
        await pilot.pause()
        assert text_of(app)[9].startswith("new 2")


async def test_equal_text_is_not_painted_again_and_one_line_is_one_line() -> None:
    view = TextView("a\nb\nc")
    app = Heard(view)
    async with app.run_test(size=(40, 10)):
        repaints = Repaints(view)
        view.update_text("a\nb\nc\n")
        assert repaints.take() == []
        view.update_text("a\nB\nc\n")
        assert lines_of(repaints.take()) == [1]


async def test_a_hundred_thousand_lines_are_shown_and_searched_at_once() -> None:
    text = "\n".join(f"{number} daemon.info dnsmasq: query {number}" for number in range(100_000))
    view = TextView(text)
    app = Heard(view)
    async with app.run_test(size=(80, 24)) as pilot:
        started = time.process_time()
        view.find("query 99999")
        await pilot.pause()
        assert text_of(app)[23].startswith("99999")
        assert time.process_time() - started < 2


async def test_a_diff_tells_by_sign_and_by_role() -> None:
    view = DiffView("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n same\n")
    app = Heard(view)
    async with app.run_test(size=(40, 10)):
        roles = [view._spans_at(line)[0][1] for line in range(6)]
        assert roles == ["strong", "strong", "accent", "critical", "ok", ""]
        view.update_diff("+z")
        assert text_of(app)[:2] == ["+z", ""]


SECTIONS = [
    Section("Board", (Fact("Model", "EAP615"), Fact("A label far too long", "x" * 90, "problem"))),
    Section("Memory", (Fact("RAM", "128 MiB"),)),
    Section("Empty", ()),
]


def test_facts_stand_side_by_side_and_fit_their_width() -> None:
    for width in (30, 80, 120):
        lines = ["".join(text for text, _ in line) for line in lay_out(SECTIONS, width)]
        assert all(width_of(line) <= width for line in lines)
        assert "".join(lines).count("x") == 90
    assert "Memory" in "".join(text for text, _ in lay_out(SECTIONS, 80)[0])
    assert lay_out([], 80) == []


async def test_an_updated_fact_repaints_its_line() -> None:
    view = FactView(SECTIONS)
    app = Bench(view)
    async with app.run_test(size=(80, 20)):
        repaints = Repaints(view)
        view.update_sections(SECTIONS)
        assert repaints.take() == []
        view.update_sections(
            [SECTIONS[0], Section("Memory", (Fact("RAM", "64 MiB"),)), SECTIONS[2]]
        )
        assert lines_of(repaints.take()) == [1]
        assert "64 MiB" in text_of(app)[1]
