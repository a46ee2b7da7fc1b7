"""Charts for the screen: figures, small charts, the lines above and below them. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from owtui import charting, units
from owtui.console.presenters.window import NAMES, Window
from widgets.chartview import Item
from widgets.linechart import Figure
from widgets.oneline import Piece
from widgets.timeaxis import clock

if TYPE_CHECKING:
    from owtui.engine.monitoring.charts.desk import Mark
    from owtui.engine.monitoring.charts.draw import Drawn, Subject

MOST_DEVICES = 12  # lines that can be told apart


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart: large, small, and its values by device (by "" for the only one)."""

    key: str
    figure: Figure
    item: Item
    drawn: Mapping[str, Drawn]


@dataclass(frozen=True, slots=True)
class Told:
    """A mark in words."""

    letter: str
    text: str


def nothing(window: Window) -> Figure:
    """Said where there is no chart at all."""
    return Figure(
        "Charts",
        "line",
        (),
        0.0,
        1.0,
        ((0.0, "0"), (1.0, "1")),
        empty=f"Nothing was measured in {window.text.replace('/', ' to ')}.",
    )


def time_line(
    window: Window, chosen: Shown | None, names: Callable[[str], str], is_read: bool
) -> list[Piece]:
    """The ranges with the one that is shown in brackets, and the keys that change it."""
    if window.moves:
        told = "  ".join(f"[{name}]" if name == window.name else name for name in NAMES)
    else:
        told = f"[{window.text.replace('/', ' to ')}]"
    keys = f"{names('chart.zoom_in')} {names('chart.zoom_out')} zoom"
    pan = f"{names('chart.earlier')} {names('chart.later')} move"
    pieces = [Piece("range", told, "strong", 9), Piece("zoom", keys, "muted", 3)]
    pieces.append(Piece("pan", pan, "muted", 2))
    if not is_read:
        pieces.append(Piece("reading", "reading", "busy", 8))
    elif chosen is not None and len(chosen.drawn) > 1:
        pieces.append(Piece("devices", f"{len(chosen.drawn)} devices", "", 5))
    return pieces


def mark_line(marks: Sequence[Told]) -> list[Piece]:
    """What was done in the time that is shown, the newest first."""
    return [
        Piece(str(n), f"{one.letter} {one.text}", "" if n == 0 else "muted", -n)
        for n, one in enumerate(reversed(marks))
    ]


def export(shown: Shown, kind: str) -> str:
    """CSV, or JSON with the same values."""
    if kind == "csv":
        return charting.csv_text(shown.drawn)
    found = [{"device": name, **charting.document(one)} for name, one in shown.drawn.items()]
    return json.dumps(found, indent=2, ensure_ascii=False, default=_said)


def _said(value: object) -> str:
    """JSON for the times: ISO 8601 with Z."""
    if isinstance(value, datetime):
        return units.iso(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def single(drawn: Drawn, marks: Sequence[Mark]) -> Shown:
    """A chart of one device, or a general one."""
    figure = charting.figure(drawn, marks)
    return Shown(drawn.subject.id, figure, _item(drawn, figure), {"": drawn})


def several(subject: Subject, drawn: Mapping[str, Drawn], marks: Sequence[Mark]) -> Shown:
    """One chart of several devices; small, it is the first one's."""
    if len(drawn) == 1:
        figure = charting.figure(next(iter(drawn.values())), marks)
    else:
        figure = charting.overlay(drawn, marks)
    return Shown(subject.id, figure, _item(next(iter(drawn.values())), figure), drawn)


def _item(drawn: Drawn, figure: Figure) -> Item:
    values = next(iter(drawn.traces.values()), [])
    return Item(
        drawn.subject.id,
        drawn.subject.title,
        tuple(values),
        drawn.lost,
        charting.latest(drawn),
        charting.state(drawn),
        figure.axis[0][0],
        figure.axis[-1][0],
    )


def told(marks: Sequence[Mark], names: Mapping[UUID, str]) -> tuple[Told, ...]:
    """What was done, in words; whose it is where there are several devices."""
    return tuple(
        Told(
            charting.LETTERS.get(mark.kind, "*"),
            " ".join(
                part
                for part in (
                    clock(mark.at_s),
                    names.get(mark.device_id, "") if len(names) > 1 else "",
                    mark.text,
                    f"(job {mark.job})" if mark.job is not None else "",
                    f"by {mark.operator}" if mark.operator else "",
                )
                if part
            ),
        )
        for mark in marks
    )
