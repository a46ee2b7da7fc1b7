"""Charts as people read them: scales, units, legends, CSV."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from io import StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from owtui import charting, units
from owtui.engine.monitoring.charts.desk import Mark
from owtui.engine.monitoring.charts.draw import Drawn, Subject, Values
from owtui.engine.monitoring.charts.kinds import CHARTS
from owtui.engine.monitoring.charts.spans import Span
from tests.console.seed import id_of

AT = 1_764_028_800.0  # 2025-11-25 00:00 UTC
ADAPTIVE = "adaptive_prefix+B"
WAN = (("ifname", "wan"),)


@pytest.fixture(autouse=True)
def rome(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    os.environ.setdefault("TZ", "UTC")
    time.tzset()


def drawn(name: str, *traces: Values, lost: tuple[bool, ...] = ()) -> Drawn:
    chart = CHARTS.get(name)
    assert chart is not None
    subject = Subject(chart, WAN if chart.tag else ())
    span = Span(AT, AT + 600 * len(traces[0]), 600)
    named = dict(zip(chart.names, map(list, traces), strict=False))
    summary = {
        trace: next((v for v in values if v is not None), None) for trace, values in named.items()
    }
    return Drawn(subject, span, named, summary, lost or (False,) * len(traces[0]))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.24, ADAPTIVE, "1.24 GB"),
        (0.0314, ADAPTIVE, "31.4 MB"),
        (2_500.0, ADAPTIVE, "2.5 TB"),
        (3e-7, ADAPTIVE, "300 B"),
        (0.0, ADAPTIVE, "0 B"),
        (0.09, "adaptive_prefix+bps", "90 Mbps"),
        (91.0, "%", "91%"),
        (-67.0, "dBm", "-67 dBm"),
        (0.00421, "ms", "0.0042 ms"),
        (48.0, "", "48"),
        (None, "%", units.NONE),
    ],
)
def test_a_value_is_said_with_the_prefix_that_fits(
    value: float | None, unit: str, text: str
) -> None:
    assert units.chart_text(value, unit) == text


@example([5e-324], "%")
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e5, 1e5)), max_size=20),
    st.sampled_from(["%", ADAPTIVE, "dBm"]),
)
def test_a_scale_holds_every_value_and_its_ticks_are_even(
    values: list[float | None], unit: str
) -> None:
    ticks = charting.scale(values, unit)
    known = [value for value in values if value is not None]
    places = [at for at, _ in ticks]
    slack = 1e-6 * (1 + max(map(abs, places)))
    assert 2 <= len(ticks) <= 8
    assert all(places[0] - slack <= value <= places[-1] + slack for value in known)
    steps = [b - a for a, b in zip(places, places[1:], strict=False)]  # noqa: RUF007
    assert max(steps) - min(steps) <= slack


def test_a_scale_is_fixed_where_there_is_a_highest_value_and_prefixes_follow_the_top() -> None:
    assert [text for _, text in charting.scale([3.0], "%", 100)] == [
        "0%",
        "25%",
        "50%",
        "75%",
        "100%",
    ]
    assert charting.scale([0.94], ADAPTIVE)[-1][1] == "1 GB"
    assert charting.scale([-80.0, -60.0], "dBm")[-1][1] == "-60 dBm"


def test_a_figure_has_openwisps_words_levels_and_summary() -> None:
    figure = charting.figure(drawn("uptime", [100.0, 95.0, 0.0, None]))
    assert figure.kind == "bar" and figure.title == "Ping Success Rate"
    assert figure.traces[0].name == "Average Ping Success Rate"
    assert figure.head == "now 0% Unreachable  min 0% Unreachable  max 100% Flawless"
    assert [level.role for level in figure.levels] == ["ok", "ok", "problem", "problem", "critical"]
    traffic = charting.figure(drawn("traffic", [3.0], [2.0], [1.0]))
    assert traffic.kind == "stack" and traffic.title == "Traffic: wan"
    assert [trace.text for trace in traffic.traces] == ["3 GB", "2 GB", "1 GB"]
    modem = charting.figure(drawn("access_tech", [4.0, 2.0]))
    assert [text for _, text in modem.axis] == ["gsm", "cdma1x", "evdo", "umts", "lte", "5g"]
    assert modem.head == "now evdo  min evdo  max lte"
    assert charting.state(drawn("uptime", [0.0])) == "critical"
    assert charting.latest(drawn("cpu", [None])) == units.NONE


def test_marks_outside_the_span_are_left_out_and_kinds_have_letters() -> None:
    marks = [
        Mark(AT + 60, "job", "reboot", id_of("a")),
        Mark(AT + 90, "configuration", "configuration 2", id_of("a")),
        Mark(AT - 60, "job", "earlier", id_of("a")),
    ]
    events = charting.figure(drawn("cpu", [1.0]), marks).events
    assert [event.letter for event in events] == ["J", "C"]


def test_several_devices_are_a_line_each_and_their_losses_are_counted() -> None:
    one = drawn("cpu", [1.0, None, None], lost=(False, True, True))
    two = drawn("cpu", [2.0, 3.0, None], lost=(False, False, True))
    figure = charting.overlay({"ap-1": one, "ap-2": two})
    assert [trace.name for trace in figure.traces] == ["ap-1", "ap-2"]
    assert figure.traces[0].text == "1%, lost 2"
    assert figure.lost == (False, False, True), "lost is drawn where all of them were"


def test_csv_has_the_time_first_and_openwisps_headers() -> None:
    text = charting.csv_text({"": drawn("traffic", [3.0, None], [2.0, None], [1.0, 0.5])})
    rows = list(csv.reader(StringIO(text)))
    assert rows[0] == [
        "time",
        "total - Traffic: wan",
        "download - Traffic: wan",
        "upload - Traffic: wan",
    ]
    assert rows[1:] == [
        ["2025-11-25 01:00", "3.0", "2.0", "1.0"],
        ["2025-11-25 01:10", "", "", "0.5"],
    ]
    both = charting.csv_text({"a": drawn("cpu", [1.0]), "b": drawn("cpu", [2.0])})
    assert both.splitlines()[0] == "time,a CPU_load - CPU Load,b CPU_load - CPU Load"


def test_json_says_what_was_lost_by_its_time() -> None:
    told = charting.document(drawn("cpu", [1.0, None], lost=(False, True)))
    assert told["traces"] == {"CPU_load": [1.0, None]}
    assert told["lost"] == [told["times"][1]]
