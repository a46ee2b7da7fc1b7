"""Charts of a device, or of several over one another: large ones over a list of all.

All charts of the chosen time are read at once, beside the loop; so a cursor in the list, a zoom of
the pane and an export ask nobody anything. New points are read when they would move a bar.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.message import Message

from owtui.console.presenters import charts as presenter
from owtui.console.presenters.window import Window
from owtui.console.session import Session
from owtui.errors import InputError
from widgets.chartview import ChartList, ChartView
from widgets.fullchart import FullChart
from widgets.statusline import StatusLine

if TYPE_CHECKING:
    from owtui.console.presenters.charts import Shown
    from owtui.console.timetravel import Past
    from owtui.engine.monitoring.charts.desk import ChartDesk
    from owtui.engine.monitoring.charts.spans import Span

LARGE = 4  # charts at the most
WIDE, NORMAL = 160, 116  # columns; as the app's breakpoints
SOONEST_S, LATEST_S = 1.0, 60.0  # between two readings of what moves
SLOWLY_S = 20.0  # --low-bandwidth


Read = tuple[tuple[presenter.Shown, ...], tuple[presenter.Told, ...]]


async def read(desk: ChartDesk, names: Mapping[UUID, str], span: Span) -> Read:
    """Ask for all charts of these devices; runs on the engine's loop, figures on a thread."""
    ids = list(names)[: presenter.MOST_DEVICES]
    marks = await desk.marks(ids, span)
    if len(ids) == 1:
        every = await desk.draw_all(ids[0], span)
        shown = await asyncio.to_thread(
            lambda: tuple(presenter.single(one, marks) for one in every)
        )
        return shown, presenter.told(marks, names)
    found = []
    for subject in await desk.subjects(ids):
        by_id = await desk.over(ids, subject, span)
        if by_id:
            drawn = {names[id_]: one for id_, one in by_id.items()}
            found.append(await asyncio.to_thread(presenter.several, subject, drawn, marks))
    for chart in desk.general_charts():
        general = await desk.general(chart, list(names), span)
        if not general.is_empty:
            found.append(presenter.single(general, marks))
    return tuple(found), presenter.told(marks, names)


class ChartPage(Vertical):
    """The charts of `device_ids`; `name_of` says what a device is called now."""

    DEFAULT_CSS = """
    ChartPage { height: 1fr; }
    ChartPage Grid { height: 1fr; min-height: 8; }
    ChartPage Grid.-two { grid-size: 2 1; grid-gutter: 0 1; }
    ChartPage Grid.-four { grid-size: 2 2; grid-gutter: 0 1; }
    ChartPage ChartList { max-height: 40%; }
    ChartPage FullChart { display: none; }
    ChartPage.-zoomed FullChart { display: block; }
    ChartPage.-zoomed Grid, ChartPage.-zoomed ChartList, ChartPage.-zoomed .charts--marks {
        display: none;
    }
    """

    class Changed(Message):
        """Other charts or another time are shown: keys and crumbs may read differently."""

    def __init__(self, session: Session, device_ids: Sequence[UUID]) -> None:
        super().__init__(id="charts")
        self.device_ids = tuple(device_ids)
        self.window = Window()
        self.shown: tuple[Shown, ...] = ()
        self._session = session
        self._wanted = ""
        self._asked_at: datetime | None = None  # the last reading of this time, whatever came
        self._asked_in: Past | None = None  # the time that was shown then
        self._is_read = False
        self._marks: tuple[presenter.Told, ...] = ()

    def compose(self) -> ComposeResult:
        """The time over the large charts, the list, and what was done meanwhile."""
        glyphs = self._session.glyphs
        yield StatusLine(glyphs=glyphs, classes="charts--time")
        with Grid():
            for _ in range(LARGE):
                yield ChartView(glyphs=glyphs)
        yield FullChart(glyphs=glyphs, colour=self._session.settings.color)
        yield ChartList(glyphs=glyphs)
        yield StatusLine(glyphs=glyphs, classes="charts--marks")

    @property
    def list(self) -> ChartList:
        """The small charts."""
        return self.query_one(ChartList)

    @property
    def chosen(self) -> Shown | None:
        """The chart under the cursor."""
        key = self.list.cursor_key
        return next((one for one in self.shown if one.key == key), None)

    def focus(self, scroll_visible: bool = True) -> ChartPage:
        """Give the list the keys."""
        self.list.focus(scroll_visible)
        return self

    # --- reading ---

    @property
    def is_due(self) -> bool:
        """Whether what was read would look different now."""
        if self._asked_at is None or (
            self.window.moves and self._asked_in is not self._session.past
        ):
            return True
        span = self.window.span(self._session.now())
        soonest = SLOWLY_S if self._session.settings.low_bandwidth else SOONEST_S
        rest = min(LATEST_S, max(soonest, span.step_s / 10))
        age = self._session.now() - self._asked_at
        return self.window.moves and age >= timedelta(seconds=rest)

    async def read(self) -> None:
        """Ask for all charts of the time that is chosen, and show them."""
        session, window = self._session, self.window
        span = window.span(session.now())
        self._asked_in = session.past
        self._asked_at = session.now()  # what fails is told once, not with every tick
        names = {id_: row.name for id_ in self.device_ids if (row := session.rows.get(id_))}
        shown, marks = await session.bridge.call(lambda engine: read(engine.charts, names, span))
        if self.is_mounted and window == self.window:
            self._is_read = True
            self.shown, self._marks = shown, marks
            self.show()

    def show(self) -> None:
        """Show what was read; what is the same is not drawn again."""
        self.list.update_items([one.item for one in self.shown], self._wanted)
        if self.shown:
            self._wanted = ""
        self._lay_out()
        self._tell()
        self.post_message(self.Changed())

    def on_resize(self, event: events.Resize) -> None:
        """As many large ones as there is room for."""
        self._lay_out()

    def _lay_out(self) -> None:
        """The large charts: those of the cursor's page in the list."""
        width = self.size.width
        room = LARGE if width >= WIDE else 2 if width >= NORMAL else 1
        keys = [one.key for one in self.shown]
        place = keys.index(self.list.cursor_key) if self.list.cursor_key in keys else 0
        first = place // room * room
        page = self.shown[first : first + room]
        grid = self.query_one(Grid)
        grid.set_class(room == 2, "-two")
        grid.set_class(room == LARGE, "-four")
        for number, view in enumerate(grid.query(ChartView)):
            one = page[number] if number < len(page) else None
            view.display = one is not None or number == 0
            nothing = presenter.nothing(self.window) if self._is_read else None
            view.update_figure(one.figure if one else nothing if number == 0 else None)
        if self.has_class("-zoomed"):
            chosen = self.chosen
            nothing = presenter.nothing(self.window) if self._is_read else None
            self.query_one(FullChart).update_figure(chosen.figure if chosen else nothing)

    def _tell(self) -> None:
        keys, chosen = self._session.keys, self.chosen
        pieces = presenter.time_line(self.window, chosen, keys.names, self._is_read)
        self.query_one(".charts--time", StatusLine).update_pieces(pieces)
        self.query_one(".charts--marks", StatusLine).update_pieces(presenter.mark_line(self._marks))

    # --- what keys do ---

    def choose(self, key: str) -> None:
        """Put the cursor on a chart by its id; one that is not read yet is chosen then."""
        self._wanted = key
        if self.shown:
            self.show()

    def look_at(self, window: Window) -> bool:
        """Choose another time; whether it is another."""
        if window == self.window:
            return False
        self.window, self._asked_at, self._is_read = window, None, False
        self._tell()
        return True

    def zoom_pane(self) -> None:
        """One chart on the whole page, drawn by plotext; again to have all."""
        self.toggle_class("-zoomed")
        self._lay_out()

    def csv(self, kind: str) -> str:
        """The chart under the cursor as CSV or JSON."""
        chosen = self.chosen
        return presenter.export(chosen, kind) if chosen is not None else ""

    def on_chart_list_moved(self, message: ChartList.Moved) -> None:
        """Another chart is large now."""
        message.stop()
        if isinstance(message, ChartList.Opened):
            self.zoom_pane()
        else:
            self._lay_out()
            self._tell()

    def remember(self) -> Mapping[str, Any]:
        """The time and the chart."""
        return {"range": self.window.text, "chart": self.list.cursor_key or self._wanted}

    def recall(self, state: Mapping[str, Any]) -> None:
        """The same again; a range that is none any more is left out."""
        with suppress(InputError):
            if state.get("range"):
                self.look_at(Window.parse(str(state["range"]), self._session.now()))
        if state.get("chart"):
            self.choose(str(state["chart"]))
