"""`owtui chart` and `owtui metrics`: drawn for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import time
from io import StringIO
from uuid import UUID

import pytest

from storage.series import Key, Point, SeriesFile
from tests.cli.conftest import CommandLine
from tests.routers import Routers

WAN = (("ifname", "wan"),)


@pytest.fixture
def name(owtui: CommandLine, routers: Routers) -> str:
    """A device with an hour of history, the last quarter of it lost."""
    [row] = owtui("devices", f"name={routers.names[0]}", "--json").json
    id_, end = UUID(row["id"]), time.time()
    file = SeriesFile.open(owtui.home / "data" / "owtui" / "series.db", time.time)
    points = []
    for minute in range(60, 0, -1):
        at = end - minute * 60
        if minute <= 15:
            points.append(Point(Key(id_, "ping", "reachable"), at, 0))
            continue
        points.append(Point(Key(id_, "cpu", "cpu_usage"), at, 40.0))
        points.append(Point(Key(id_, "traffic", "rx_bytes", WAN), at, 2e6))
        points.append(Point(Key(id_, "traffic", "tx_bytes", WAN), at, 1e6))
    try:
        file.write(points)
    finally:
        file.close()
    return str(row["name"])


def test_a_chart_is_drawn_with_its_axes_summary_and_losses(owtui: CommandLine, name: str) -> None:
    done = owtui("chart", name, "cpu", "--range", "1h")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split()[:2] == ["CPU", "Load"] and "××× no reply" in lines[0]
    assert "CPU Load 40%" in lines[1] and " 40%┤" in done.out
    assert max(map(len, lines)) <= 80
    plain = owtui("chart", name, "cpu", "--range", "1h", "--ascii").out
    assert plain.isascii() and "xxx no reply" in plain


def test_without_a_chart_those_there_are_listed(owtui: CommandLine, name: str) -> None:
    lines = owtui("chart", name).out.splitlines()
    assert [line.split()[0] for line in lines] == ["CHART", "uptime", "traffic:wan", "cpu"]
    assert owtui("chart", name, "--json").json[1] == {
        "device": name,
        "chart": "traffic:wan",
        "title": "Traffic: wan",
        "unit": "adaptive_prefix+B",
    }


def test_csv_and_json_have_the_same_values(owtui: CommandLine, name: str) -> None:
    done = owtui("chart", name, "traffic", "--range", "1h", "--csv")
    rows = list(csv.reader(StringIO(done.out)))
    assert rows[0] == [
        "time",
        "total - Traffic: wan",
        "download - Traffic: wan",
        "upload - Traffic: wan",
    ]
    told = owtui("chart", name, "traffic", "--range", "1h", "--json").json
    values = [None if one == "" else float(one) for _, _, one, _ in rows[1:]]
    assert told["traces"]["download"] == values
    assert told["chart"] == "traffic:wan" and len(told["times"]) == len(values)
    assert 14 <= len(told["lost"]) <= 16


def test_what_is_not_there_is_told_with_what_is(owtui: CommandLine, name: str) -> None:
    wrong = owtui("chart", name, "cpux")
    assert wrong.code == 2 and "nearest is cpu" in wrong.err
    wrong = owtui("chart", name, "cpu", "--range", "2d")
    assert wrong.code == 2 and "is no range" in wrong.err
    wrong = owtui("metrics", name, "nothing")
    assert wrong.code == 2 and "One of: cpu, ping, traffic:wan" in wrong.err


def test_metrics_tell_the_newest_values_and_points(
    owtui: CommandLine, routers: Routers, name: str
) -> None:
    lines = [line.split() for line in owtui("metrics", name).out.splitlines()]
    assert lines[0] == ["METRIC", "VALUE", "AT", "HEALTHY", "TOLERANT"]
    assert {line[0]: line[1] for line in lines[1:]} == {
        "ping": "0",
        "traffic:wan": "2",
        "cpu": "40%",
    }
    fields = owtui("metrics", name, "traffic", "--json").json
    assert [(one["field"], one["value"]) for one in fields] == [
        ("rx_bytes", 2e6),
        ("tx_bytes", 1e6),
    ]
    points = owtui("metrics", name, "cpu", "--range", "1h", "--json").json
    assert len(points) in (44, 45) and {one["value"] for one in points} == {40.0}
    table = owtui("metrics", name, "cpu", "--range", "1h").out.splitlines()
    assert table[0].split() == ["METRIC", "FIELD", "AT", "VALUE"] and len(table) == len(points) + 1
    other = owtui("metrics", routers.names[1])
    assert other.code == 0 and "Nothing was measured" in other.err


def test_their_json_keeps_its_keys(owtui: CommandLine, name: str) -> None:
    chart = "device chart title type unit start end step times traces summary lost marks"
    assert set(chart.split()) <= set(owtui("chart", name, "cpu", "--json").json)
    metric = "device metric label field tags unit value at healthy healthy_tolerant"
    assert set(metric.split()) <= set(owtui("metrics", name, "--json").json[0])


def test_a_chart_over_all_devices_and_over_those_of_a_filter(
    owtui: CommandLine, name: str, routers: Routers
) -> None:
    told = owtui("chart", "--json").json
    assert [one["chart"] for one in told] == ["gen_wifi_clients", "general_traffic"]
    done = owtui("chart", "general_traffic", "--range", "1h", "--json")
    assert done.code == 0, done.err
    assert done.json["devices"] == len(routers.names)
    received = next(iter(done.json["traces"].values()))
    assert max(value for value in received if value) > 0
    one = owtui("chart", "general_traffic", "--of", f"name={name}", "--range", "1h", "--json").json
    assert (one["devices"], one["traces"]) == (1, done.json["traces"])
    assert "General Traffic" in owtui("chart", "general_traffic", "--range", "1h").out
    refused = owtui("chart", name, "cpu", "--of", "name=x")
    assert (refused.code, "--of is for a chart over devices" in refused.err) == (2, True)
