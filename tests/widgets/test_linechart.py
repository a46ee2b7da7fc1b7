"""Charts over time: exact sizes, nothing bridged, told apart without colour, times of this zone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.message import Message

from tests.widgets.screen import Bench, text_of
from widgets import timeaxis
from widgets.chartview import ChartList, ChartView, Item
from widgets.fullchart import FullChart, page, reduced
from widgets.glyphs import ASCII, UTF8, Glyphs
from widgets.linechart import Event, Figure, Level, Trace, draw, losses, spark
from widgets.plaintext import width_of

pytestmark = pytest.mark.usefixtures("utc")

AT = 1_764_000_000.0 // 86_400 * 86_400  # a midnight, UTC
AXIS = ((0.0, "0%"), (25.0, "25%"), (50.0, "50%"), (75.0, "75%"), (100.0, "100%"))
VALUES = st.lists(st.one_of(st.none(), st.floats(-200, 200)), max_size=300)
BLOCKS = replace(UTF8, plot="block")
KINDS = st.sampled_from(["line", "bar", "stack"])


def figure(*traces: Sequence[float | None], kind: str = "line", **more: Any) -> Figure:
    named = tuple(Trace(f"trace {n}", tuple(values), "1%") for n, values in enumerate(traces))
    return Figure("CPU Load", kind, named, AT, 600.0, AXIS, **more)


def text(drawn: Figure, width: int = 80, height: int = 12, glyphs: Glyphs = UTF8) -> list[str]:
    return ["".join(part for part, _ in spans) for spans in draw(drawn, width, height, glyphs)]


def plotted(drawn: Figure, glyphs: Glyphs = UTF8, width: int = 80) -> list[str]:
    """The cells between the axes."""
    tick = glyphs.axis[0]
    return [line.partition(tick)[2] for line in text(drawn, width, 10, glyphs) if tick in line]


@given(
    st.lists(VALUES, min_size=1, max_size=4),
    KINDS,
    st.integers(1, 130),
    st.integers(1, 40),
    st.sampled_from([UTF8, BLOCKS, ASCII]),
)
def test_a_chart_has_its_size_whatever_its_values(
    traces: list[list[float | None]], kind: str, width: int, height: int, glyphs: Glyphs
) -> None:
    lost = tuple(value is None for value in traces[0])
    lines = text(figure(*traces, kind=kind, lost=lost), width, height, glyphs)
    assert len(lines) == height
    assert max(map(width_of, lines)) <= width
    assert glyphs is not ASCII or "".join(lines).isascii()


@pytest.mark.parametrize("kind", ["line", "bar"])
@pytest.mark.parametrize("glyphs", [UTF8, BLOCKS, ASCII])
def test_lost_buckets_are_drawn_as_lost_and_those_without_values_stay_empty(
    kind: str, glyphs: Glyphs
) -> None:
    values: list[float | None] = [50.0] * 74
    values[20:30] = [None] * 10
    values[40:50] = [None] * 10
    lost = tuple(20 <= n < 30 for n in range(74))
    cells = plotted(figure(values, kind=kind, lost=lost), glyphs)
    columns = ["".join(line[x : x + 1] for line in cells).strip() for x in range(74)]
    assert set(columns[20:30]) == {glyphs.gap}, "lost, and nothing drawn across"
    assert set(columns[40:50]) == {""}, "nobody reported: not zero, not lost"
    assert all(columns[:20] + columns[30:40] + columns[50:74])
    assert f"{glyphs.gap * 3} no reply" in text(figure(values, kind=kind, lost=lost))[0] or (
        glyphs is ASCII
    )


@pytest.mark.parametrize("count", [400, 40, 7])
def test_one_lost_bucket_is_seen_at_every_scale(count: int) -> None:
    values: list[float | None] = [50.0] * count
    values[count // 2] = None
    lost = tuple(n == count // 2 for n in range(count))
    assert any(UTF8.gap in line for line in plotted(figure(values, lost=lost)))


def test_a_failed_ping_is_a_value_of_its_own_chart_and_no_loss_of_it() -> None:
    drawn = figure([100.0, 0.0, 100.0], kind="bar", lost=(False, True, False))
    assert not any(losses(drawn))
    cells = plotted(drawn)
    assert "▁" in cells[-1], "a zero is drawn, what is not there is not"
    assert UTF8.gap not in "".join(cells)


def test_traces_are_told_apart_by_letters_and_fillings_not_by_colour_alone() -> None:
    high, low = [80.0] * 50, [20.0] * 50
    lines = text(figure(high, low))
    assert "a trace 0 1%" in lines[1] and "b trace 1 1%" in lines[1]
    body = plotted(figure(high, low))
    assert [line for line in body if "a" in line] != [line for line in body if "b" in line]
    assert "a" not in "".join(plotted(figure(high)))
    stacked = figure([60.0] * 9, [40.0] * 9, [20.0] * 9, kind="stack")
    assert "█ trace 1" in text(stacked)[1] and "░ trace 2" in text(stacked)[1]
    filled = ["█" in line for line in plotted(stacked)], ["░" in line for line in plotted(stacked)]
    assert sum(filled[0]) == 2 * sum(filled[1]), "40 of download under 20 of upload"


def test_a_legend_that_does_not_fit_goes_on_below_or_says_that_it_was_cut() -> None:
    traces = [[1.0] * 5 for _ in range(6)]
    assert "f trace 5" in text(figure(*traces), width=50, height=14)[2]
    assert text(figure(*traces), width=50, height=10)[1].rstrip().endswith("…")


def test_levels_give_bars_their_role_and_the_worst_of_a_cell_wins() -> None:
    levels = (Level(90, "ok"), Level(50, "problem"), Level(0, "critical"))
    values: list[float | None] = [100.0] * 300
    values[150] = 10.0
    drawn = draw(figure(values, kind="bar", levels=levels), 80, 10)
    bottom = drawn[-3][1:]
    assert [role for _, role in bottom] == ["ok", "critical", "ok"]


def test_marks_stand_on_the_time_axis_at_their_time() -> None:
    events = (Event(AT + 36 * 600, "J"), Event(AT - 5, "C"), Event(AT + 9e9, "C"))
    line = text(figure([1.0] * 72, events=events))[-2]
    place = line.index("J") - line.index("┼") - 1
    assert abs(place - (len(line) - line.index("┼") - 1) / 2) <= 1
    assert "C" not in line


def test_times_are_round_and_of_this_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    day = timeaxis.ticks(AT, AT + 86_400, 75)
    assert [label for _, label in day][1:] == ["04:00", "08:00", "12:00", "16:00", "20:00"]
    monkeypatch.setenv("TZ", "EST+5")
    time.tzset()
    assert [label for _, label in timeaxis.ticks(AT, AT + 86_400, 75)][:2] == ["20:00", "11-24"]
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    october = 1_761_436_800.0  # 2025-10-26 00:00 UTC: an hour later the clock goes back
    days = timeaxis.ticks(october - 3 * 86_400, october + 3 * 86_400, 75)
    assert {timeaxis.clock(october + 86_400 * 3)[6:]} == {"01:00"}
    assert all(label[2] == "-" for _, label in days)


@pytest.mark.parametrize(("days", "width"), [(2.5, 60), (3, 100), (7, 150), (30, 200)])
def test_no_day_is_told_twice(days: float, width: int) -> None:
    labels = [label for _, label in timeaxis.ticks(AT, AT + days * 86_400, width)]
    assert len(labels) > 1 and len(set(labels)) == len(labels)


def test_ticks_keep_the_time_of_day_when_the_clock_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    spring, hour = 1_774_738_800.0, 3_600  # 2026-03-29 00:00; from 02:00 on it is 03:00
    found = timeaxis.ticks(spring, spring + 5 * hour, 100)
    assert [label for _, label in found] == [
        *("03-29", "00:30", "01:00", "01:30", "03:00", "03:30", "04:00", "04:30", "05:00", "05:30")
    ]
    assert dict(found)[40] == "03:00"
    autumn = 1_792_879_200.0  # 2026-10-25 00:00; at 03:00 it is 02:00 again
    found = timeaxis.ticks(autumn, autumn + 6 * hour, 100)
    assert [label for _, label in found][:5] == ["10-25", "01:00", "02:00", "02:00", "03:00"]
    again = timeaxis.ticks(autumn + 3 * hour, autumn + 4 * hour, 100)
    assert [label for _, label in again][:3] == ["02:00", "02:10", "02:20"]
    monkeypatch.setenv("TZ", "<-04>4<-03>,M9.1.6/24,M4.1.6/24")  # Chile: at midnight
    time.tzset()
    days = [label for _, label in timeaxis.ticks(1_788_500_000.0, 1_788_500_000.0 + 4 * 86_400, 80)]
    assert days == ["09-05", "09-06", "09-07", "09-08"]


@given(st.floats(0, 2e9), st.floats(1, 4e7), st.integers(0, 300))
def test_labels_of_times_never_touch(start_s: float, length_s: float, width: int) -> None:
    found = timeaxis.ticks(start_s, start_s + length_s, width)
    for (at, label), (following, _) in pairwise(found):
        assert at + len(label) < following < width


def test_a_small_chart_has_lost_and_missing_values_too() -> None:
    line = spark([1.0, 2.0, None, None, 4.0], [False, False, True, False, False], 5)
    assert line[2:4] == "× " and line[4] == "█"
    assert len(spark([], [], 7)) == 7


def test_nothing_measured_is_said() -> None:
    assert any("Nothing was measured" in line for line in text(figure([None] * 9)))


async def test_only_the_lines_that_differ_are_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = ChartView(figure([50.0] * 20))
    app = Bench(view)
    async with app.run_test(size=(80, 12)) as pilot:
        repainted: list[Any] = []
        monkeypatch.setattr(view, "refresh", lambda *regions, **_: repainted.extend(regions))
        view.update_figure(figure([50.0] * 20))
        assert not repainted, "an equal figure costs nothing"
        view.update_figure(replace(figure([50.0] * 20), head="now 50%"))
        assert [region.y for region in repainted] == [0]
        await pilot.pause()


async def test_the_cursor_of_the_list_tells_where_it_is_and_keeps_its_chart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = ChartList()
    app = Bench(chosen)
    told: list[str] = []
    post = chosen.post_message

    def heard(message: Message) -> bool:
        if isinstance(message, ChartList.Moved):
            told.append(message.key)
        return post(message)

    items = [Item(key, key.upper(), (1.0, 2.0)) for key in ("cpu", "memory", "disk")]
    async with app.run_test(size=(80, 12)) as pilot:
        chosen.focus()
        chosen.update_items(items)
        monkeypatch.setattr(chosen, "post_message", heard)
        chosen.action_line_down()
        chosen.action_view_bottom()
        chosen.action_line_down()
        assert told == ["memory", "disk"]
        chosen.update_items([*items[::-1], Item("rtt", "RTT", ())])
        assert chosen.cursor_key == "disk"
        chosen.update_items([])
        assert chosen.cursor_key == ""
        await pilot.pause()


def test_plotext_gets_the_lowest_and_highest_of_each_column() -> None:
    values: list[float | None] = [float(n % 100) for n in range(5_000)]
    [kept] = reduced(figure(values), 50)
    assert len(kept) == 100
    known = [value for value in kept if value is not None]
    assert (min(known[0::2]), max(known[1::2])) == (0.0, 99.0)
    few = [1.0, None]
    assert list(reduced(figure(few), 50)[0]) == few


def test_a_whole_page_by_plotext_has_axes_letters_and_losses() -> None:
    values: list[float | None] = [50.0 + n for n in range(40)]
    values[20] = None
    lost = tuple(n == 20 for n in range(40))
    drawn = page(figure(values, [9.0] * 40, lost=lost), 90, 20, UTF8, colour=False)
    assert "100%" in drawn and "a trace 0 1%" in drawn and "b trace 1 1%" in drawn
    alone = page(figure(values, lost=lost), 90, 20, UTF8, colour=False)
    assert "××× no reply" in alone and alone.count("×") == 4
    assert page(figure(values), 90, 20, ASCII, colour=False).isascii()
    assert len(drawn.splitlines()) == 20


async def test_a_whole_page_is_drawn_on_a_thread_and_only_what_is_newest() -> None:
    full = FullChart(colour=False)
    app = Bench(full)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        full.update_figure(figure([50.0] * 20))
        await app.workers.wait_for_complete()
        assert any("100%" in line.plain for line in full._lines)
        drawn = full._lines
        full.update_figure(replace(figure([60.0] * 20), title="Newer"))
        full.update_figure(replace(figure([70.0] * 20), title="Newest"))
        assert full._lines is drawn, "at most one a second"
        assert full._later is not None
        full._later.stop()
        full._now()
        await app.workers.wait_for_complete()
        assert "Newest" in "".join(line.plain for line in full._lines)
        await pilot.pause()


async def test_a_whole_page_is_taken_back_when_there_is_no_chart() -> None:
    full = FullChart(colour=False)
    async with Bench(full).run_test(size=(80, 20)) as pilot:
        full.update_figure(figure([1.0, 2.0, 3.0]))
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert any(text_of(pilot.app))
        full.update_figure(None)
        await pilot.pause()
        assert not any(text_of(pilot.app))
