"""Charts as text: exact sizes, lost samples drawn as lost, ASCII when asked for."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.glyphs import ASCII, UTF8, Glyphs
from widgets.plaintext import width_of
from widgets.plot import chart, full_chart, plot, sparkline

BLOCKS = replace(UTF8, plot="block")
SERIES = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=200)
GLYPHS = st.sampled_from([UTF8, BLOCKS, ASCII])


@given(SERIES, st.integers(1, 90), st.integers(1, 12), GLYPHS)
def test_a_plot_has_exactly_its_size(
    series: list[float | None], width: int, height: int, glyphs: Glyphs
) -> None:
    lines = plot(series, width, height, glyphs)
    assert [width_of(line) for line in lines] == [width] * height
    assert glyphs is not ASCII or "".join(lines).isascii()


@given(SERIES, st.integers(20, 90), st.integers(2, 12), GLYPHS)
def test_a_chart_has_exactly_its_size(
    series: list[float | None], width: int, height: int, glyphs: Glyphs
) -> None:
    assert [width_of(line) for line in chart(series, width, height, glyphs)] == [width] * height


@given(SERIES, st.integers(1, 90), GLYPHS)
def test_a_sparkline_has_exactly_its_width(
    series: list[float | None], width: int, glyphs: Glyphs
) -> None:
    assert width_of(sparkline(series, width, glyphs)) == width


@pytest.mark.parametrize("glyphs", [UTF8, BLOCKS, ASCII])
def test_lost_samples_are_drawn_as_lost_and_never_bridged(glyphs: Glyphs) -> None:
    series = [1.0] * 40 + [None] * 20 + [9.0] * 40
    lines = plot(series, 50, 4, glyphs)
    columns = ["".join(line[x] for line in lines).strip() for x in range(50)]
    assert set(columns[21:29]) == {glyphs.gap}
    assert glyphs.gap not in "".join(columns[:19] + columns[31:])


def test_a_rising_line_rises() -> None:
    lines = plot([0, 1, 2, 3], 4, 4, ASCII)
    assert [[line[x] for line in lines].index("#") for x in range(4)] == [3, 2, 1, 0]
    assert plot([0, 1, 2, 3], 4, 1, BLOCKS) == ["▁▃▅█"]
    assert plot([0, 3], 1, 1, UTF8) == ["⡘"]


def test_a_fixed_scale_clips_what_is_beyond_it() -> None:
    assert sparkline([0, 50, 100, 500], 4, low=0, high=100) == "▁▅██"
    assert sparkline([5, 5], 2) == "▁▁"
    assert sparkline([], 3) == "   "


def test_a_peak_between_two_columns_is_not_lost() -> None:
    series: list[float | None] = [0.0] * 1000
    series[501] = 100.0
    assert "█" in sparkline(series, 20)


@pytest.mark.parametrize("glyphs", [UTF8, ASCII])
def test_the_full_chart_has_axes_and_legend_in_its_size(glyphs: Glyphs) -> None:
    text = full_chart(
        {"cpu": [1, 5, None, 3, 2], "mem": [2, 2, 2, 4, None]},
        60,
        12,
        title="CPU %",
        glyphs=glyphs,
        colour=False,
    )
    lines = text.splitlines()
    assert len(lines) == 12
    assert all(width_of(line) <= 60 for line in lines)
    assert all(word in text for word in ("CPU %", "cpu", "mem"))
    assert glyphs is not ASCII or text.isascii()
    assert "\x1b" not in text


def test_full_charts_of_many_threads_never_mix() -> None:
    def draw(name: str) -> str:
        return full_chart({name: [1, 2, 3]}, 40, 8, colour=False)

    names = ["alpha", "beta", "gamma", "delta"] * 3
    with ThreadPoolExecutor(4) as pool:
        for name, text in zip(names, pool.map(draw, names), strict=True):
            assert name in text
            assert not any(other in text for other in set(names) - {name})


def test_the_plot_module_loads_neither_textual_nor_plotext() -> None:
    code = (
        "import sys, widgets.plot; print([m for m in sys.modules if m in ('textual', 'plotext')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout.strip() == "[]"
