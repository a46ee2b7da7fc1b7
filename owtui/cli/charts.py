"""`owtui chart` and `owtui metrics`: what was measured of a device, drawn, as CSV or as JSON."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from owtui.cli.completing import devices
from owtui.cli.face import Face, command
from owtui.cli.output import moment
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.charts.desk import Mark, Measured
    from owtui.engine.monitoring.charts.draw import Drawn
    from owtui.engine.monitoring.charts.kinds import Chart
    from owtui.engine.monitoring.charts.spans import Span

HEIGHT = 20  # lines of a chart, where the terminal is not lower
LEAST = (40, 10)
POINTS = 5_000  # lines at the most that a person is given; programs get all


@click.command()
@click.argument("name", required=False, shell_complete=devices)
@click.argument("chart", required=False)
@click.option("--of", "filter", default="", metavar="FILTER", help="Devices of a fleet's chart.")
@click.option("--range", "wanted", default="7d", show_default=True, help="1h 6h 1d … or START/END.")
@click.option("--csv", "as_csv", is_flag=True, help='Columns "{trace} - {title}" after the time.')
@command
async def chart(
    face: Face, name: str | None, chart: str | None, filter: str, wanted: str, as_csv: bool
) -> int | None:
    """Draw a chart of a device; without CHART, list those it has.

    Without NAME, or with the name of one of them in its place, the charts over all devices, or
    over those of a FILTER: traffic of their uplinks, Wi-Fi clients, each of them once.

    A range is 1h, 6h, 1d, 3d, 7d, 30d, 365d, or START/END in this machine's time, such as
    2026-11-01/2026-11-03 or "2026-11-01 10:00:00/".
    """
    from owtui import charting

    async with face.engine() as engine:
        span = _span(wanted)
        overall = {one.name: one for one in engine.charts.general_charts()}
        if name is None or (chart is None and name in overall and not engine.fleet.by_name(name)):
            await _general(face, engine, overall, name, filter, span, as_csv)
            return None
        if filter:
            raise InputError("--of is for a chart over devices.", f"One of: {', '.join(overall)}.")
        device = engine.device(name)
        if chart is None:
            await _list(face, engine, device.name)
            return None
        subject = await engine.charts.subject(device.id, chart)
        drawn = await engine.charts.draw(device.id, subject, span)
        marks = await engine.charts.marks([device.id], span)
    if face.output.machine:
        face.output.document({"device": device.name, **charting.document(drawn, marks)})
    elif as_csv:
        face.output.out.write(charting.csv_text({"": drawn}))
    else:
        _draw(face, drawn, marks)
    return None


@click.command()
@click.argument("name", shell_complete=devices)
@click.argument("metric", required=False)
@click.option("--range", "wanted", help="The points of METRIC in this time.")
@command
async def metrics(face: Face, name: str, metric: str | None, wanted: str | None) -> None:
    """Show what is measured of a device: the newest values, and how they are judged.

    With METRIC (cpu, traffic:wan) its fields; with --range the points of them as they were written.
    """
    async with face.engine() as engine:
        device = engine.device(name)
        now = datetime.now(UTC)
        if metric is None:
            found = await engine.charts.metrics(device.id, now)
        else:
            found = await engine.charts.metric(device.id, metric, now)
        if metric is not None and wanted:
            points = await engine.charts.values(device.id, found, _span(wanted))
            _points(face, points)
            return
    if face.output.machine:
        face.output.document([{"device": device.name, **one.as_dict()} for one in found])
    elif not found:
        face.output.talk(f"Nothing was measured of {device.name} yet: `owtui poll {device.name}`.")
    else:
        _table(face, found, fields=metric is not None)


async def _general(
    face: Face,
    engine: Engine,
    overall: Mapping[str, Chart],
    name: str | None,
    filter: str,
    span: Span,
    as_csv: bool,
) -> None:
    """A chart over many devices, or the list of them."""
    from owtui import charting

    if name is None:
        rows = [
            {"chart": one.name, "title": one.title, "unit": one.unit} for one in overall.values()
        ]
        if face.output.machine:
            face.output.document(rows)
        else:
            face.output.table(("CHART", "TITLE"), [(one["chart"], one["title"]) for one in rows])
        return
    selection = face.select(engine, (filter,) if filter else ())
    drawn = await engine.charts.general(overall[name], selection.ids, span)
    if face.output.machine:
        told = {"devices": len(selection.ids), **charting.document(drawn, [])}
        face.output.document(told)
    elif as_csv:
        face.output.out.write(charting.csv_text({"": drawn}))
    else:
        _draw(face, drawn, [])


async def _list(face: Face, engine: Engine, name: str) -> None:
    device = engine.device(name)
    known = await engine.charts.subjects([device.id])
    rows = [
        {"device": name, "chart": one.id, "title": one.title, "unit": one.chart.unit}
        for one in known
    ]
    if face.output.machine:
        face.output.document(rows)
    elif not rows:
        face.output.talk(f"Nothing was measured of {name} yet: `owtui poll {name}` collects now.")
    else:
        face.output.table(("CHART", "TITLE"), [(one["chart"], one["title"]) for one in rows])


def _span(wanted: str) -> Span:
    from owtui.engine.monitoring.charts import spans

    return spans.parse(wanted, datetime.now(UTC))


def _draw(face: Face, drawn: Drawn, marks: list[Mark]) -> None:
    """The chart, then what was done meanwhile: as wide as the terminal, 80 cells without one."""
    from owtui import charting
    from widgets import linechart
    from widgets.glyphs import ASCII, UTF8
    from widgets.timeaxis import clock

    room = shutil.get_terminal_size((80, 24))
    width, height = max(LEAST[0], room.columns), max(LEAST[1], min(HEIGHT, room.lines - 4))
    figure = charting.figure(drawn, marks)
    glyphs = ASCII if face.output.ascii else UTF8
    for spans in linechart.draw(figure, width, height, glyphs):
        face.output.text("".join(text for text, _ in spans).rstrip())
    for mark in marks:
        job = f" (job {mark.job})" if mark.job is not None else ""
        by = f" by {mark.operator}" if mark.operator else ""
        letter = charting.LETTERS.get(mark.kind, "*")
        face.output.text(f" {letter} {clock(mark.at_s)} {mark.text}{job}{by}")


def _table(face: Face, found: list[Measured], *, fields: bool) -> None:
    """A line a metric; with `fields` a line a field of it."""
    words = {True: "yes", False: "no", None: "-"}
    heads = ("METRIC", *(("FIELD",) if fields else ()), "VALUE", "AT", "HEALTHY", "TOLERANT")
    rows = [
        (
            one.id,
            *((one.field,) if fields else ()),
            _value(one),
            moment(one.at),
            words[one.healthy],
            words[one.tolerant],
        )
        for one in found
    ]
    face.output.table(heads, rows)


def _value(one: Measured) -> str:
    from owtui import units

    unit, value = one.metric.unit, one.value
    if unit == "B" and value is not None:
        return units.chart_text(value / 1e9, f"{units.ADAPTIVE}B")
    return units.chart_text(value, unit if one.field == one.metric.field else "")


def _points(face: Face, points: Mapping[Measured, list[tuple[float, float]]]) -> None:
    found = [
        (one, datetime.fromtimestamp(at_s, UTC), value)
        for one, values in points.items()
        for at_s, value in values
    ]
    if face.output.machine:
        face.output.document(
            [
                {"metric": one.id, "field": one.field, "at": at, "value": value}
                for one, at, value in found
            ]
        )
        return
    table = [(one.id, one.field, moment(at), f"{value:g}") for one, at, value in found[-POINTS:]]
    face.output.table(("METRIC", "FIELD", "AT", "VALUE"), table)
    if len(table) < len(found):
        face.output.talk(f"The last {POINTS:,} of {len(found):,}; --json has them all.")
