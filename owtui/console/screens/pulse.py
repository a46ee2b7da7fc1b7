"""Screen 0, Pulse: is the fleet well, what asks for somebody, what is being done.

Counts come from what is in memory, the figures of the day from a question a minute; a panel
repaints the cells that read differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual import events
from textual.containers import Horizontal
from textual.widget import Widget

from owtui.console.listing import Listing
from owtui.console.presenters import measured, status
from owtui.console.presenters import pulse as presenter
from owtui.console.registry import Screens, Spec
from owtui.console.session import Session
from widgets.rowmodel import Row
from widgets.rowtable import RowTable
from widgets.sparkline import Sparkline
from widgets.statusline import StatusLine

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.monitoring.overview import Overview, Overviews
    from owtui.engine.monitoring.rota import Lag

PANELS = ("states", "worst", "attention", "jobs", *presenter.GROUPED)
MEASURE_S = 60.0
MANY = 5_000  # devices; more are counted at a tick, not at every event
_FIXED = frozenset({"list_sort", "list_sort_reverse", "list_wide"})
# At 80, 120 and 200 columns: how wide the panels on the left are, and bars in the lower ones.
_HALVES = (38, 50, 70)
_GROUP_BARS = (0, 5, 18)
_EMPTY = {"worst": "Every device is well.", "jobs": "No jobs yet."}


def _breadth(width: int) -> int:
    return 2 if width >= 160 else 1 if width >= 116 else 0


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("pulse", "Pulse", PulseScreen, "0", "The health of the fleet on one page"))


class Panel(RowTable):
    """One of several tables that the cursor walks through as if they were one."""

    CURSOR_STAYS: ClassVar[bool] = False

    def action_cursor_down(self) -> None:
        """One row down; from the last one into the next panel."""
        before = self.cursor_key
        super().action_cursor_down()
        if self.cursor_key == before:
            self._leave("nav_tab_next", "cursor_top")

    def action_cursor_up(self) -> None:
        """One row up; from the first one into the panel before."""
        before = self.cursor_key
        super().action_cursor_up()
        if self.cursor_key == before:
            self._leave("nav_tab_previous", "cursor_bottom")

    def _leave(self, way: str, place: str) -> None:
        screen = self.screen
        assert isinstance(screen, PulseScreen)
        getattr(screen, f"action_{way}")()
        getattr(screen.table, f"action_{place}")()


class PulseScreen(Listing):
    """Panels of counts; Enter on one goes to the devices that were counted."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "tabs", "list")
    title_text: ClassVar[str] = "Pulse"
    TRAVELS: ClassVar[bool] = True
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012
    DEFAULT_CSS = """
    PulseScreen #top { height: 6; }
    PulseScreen #middle { height: 6; }
    PulseScreen.-tall #top { height: 10; margin-top: 1; }
    PulseScreen.-tall #middle { height: 9; }
    PulseScreen #states, PulseScreen #attention { width: 38; }
    PulseScreen.-normal #states, PulseScreen.-normal #attention { width: 50; }
    PulseScreen.-wide #states, PulseScreen.-wide #attention { width: 70; }
    PulseScreen #worst, PulseScreen #jobs, PulseScreen #model { margin-right: 1; }
    PulseScreen #fw { width: 20fr; }
    PulseScreen #config_status { width: 15fr; }
    PulseScreen #group, PulseScreen #zone { width: 14fr; }
    PulseScreen #model { width: 17fr; }
    PulseScreen.-narrow #zone { display: none; }
    PulseScreen.-tall #traffic { margin-top: 1; }
    PulseScreen.-tall #bottom { margin-top: 1; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._holder = ""
        self._bars = {"states": 0, "group": 0}
        self._measured_s: float | None = None
        self._lag: Lag | None = None  # of the polls, as of then
        self._overviews: Overviews | None = None  # of the engine's loop

    def body(self) -> Iterable[Widget]:
        """A line over the panels."""
        yield StatusLine(glyphs=self.session.glyphs, id="poll")
        yield Horizontal(*self._panels("states", "worst"), id="top")
        yield Horizontal(*self._panels("attention", "jobs"), id="middle")
        for name, label in (("traffic", "Traffic 1d"), ("clients", "Wi-Fi 1d")):
            yield Sparkline(label, low=0, glyphs=self.session.glyphs, id=name)
        yield Horizontal(*self._panels(*presenter.GROUPED), id="bottom")

    def _panels(self, *names: str) -> Iterable[RowTable]:
        for name in names:
            yield Panel(
                presenter.layout(name),
                glyphs=self.session.glyphs,
                markable=False,
                empty_text=_EMPTY.get(name, ""),
                id=name,
            )

    @property
    def table(self) -> RowTable:
        """The panel that has the keys."""
        focused = self.focused
        return focused if isinstance(focused, RowTable) else self._panel(PANELS[0])

    def _panel(self, name: str) -> RowTable:
        return self.query_one(f"#{name}", RowTable)

    def on_mount(self) -> None:
        """What is worst has the keys."""
        self._panel("worst").focus()
        self.refresh_rows()
        self.load(self._ask_holder, "holder")
        self._measure()

    def on_resize(self, event: events.Resize) -> None:
        """Longer bars where there is room for them."""
        width = event.size.width
        half = _HALVES[_breadth(width)]
        self._bars = {"states": half - 22, "group": _GROUP_BARS[_breadth(width)]}
        self._show(PANELS)

    # --- what is shown ---

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Count again when devices moved."""
        if any(event.topic == "engine" for event in events):
            self.load(self._ask_holder, "holder")
        if not events or any(event.topic == "points" for event in events):
            self._measure()
        moved = not events or any(event.topic == "devices" for event in events)
        if any(event.topic in ("jobs", "results") for event in events):
            self._show(("jobs",))
        if moved and not (events and len(self.session.rows) > MANY):
            self._show(PANELS)

    def time_moved(self) -> None:
        """The day before another moment is another one."""
        self._measured_s = None
        super().time_moved()

    def tick(self) -> None:
        """Let the ages grow; in an attached console nobody tells of new points."""
        self._show(PANELS)
        self._measure()

    def health_moved(self) -> None:
        """Show what fails now."""
        self._show(PANELS)

    def _measure(self) -> None:
        """Ask for the day's figures, a minute after the last ones at the soonest."""
        due = self._measured_s is None or monotonic() - self._measured_s >= MEASURE_S
        if due and self.session.rows:
            self._measured_s = monotonic()
            self.load(self._ask_overview, "overview")

    async def _ask_overview(self) -> None:
        from owtui.engine.monitoring.overview import STEP_S, Overviews

        now_s, then = self.session.now().timestamp(), self.session.then

        async def look(engine: Engine) -> tuple[Overview, Lag | None]:
            if self._overviews is None:
                self._overviews = Overviews(engine.series, engine.database)
            found = await self._overviews.look(list(engine.fleet.rows), now_s, then)
            return found, engine.polls.scheduler.lag if engine.holds else None

        found, self._lag = await self.session.bridge.call(look)
        self.query_one("#traffic", Sparkline).update_values(*measured.traffic(found, STEP_S))
        self.query_one("#clients", Sparkline).update_values(*measured.clients(found))

    def jobs_moved(self) -> None:
        """Show how far the jobs are."""
        self._show(("jobs",))

    def _tally(self) -> presenter.Tally:
        session = self.session
        every_s = session.settings.facts_every_s
        return presenter.tally(session.rows.values(), session.now(), every_s)

    def _show(self, panels: Sequence[str]) -> None:
        found = self._tally() if panels != ("jobs",) else presenter.Tally()
        for name in panels:
            table, fresh = self._panel(name), self._rows(name, found)
            columns = presenter.layout(name, self._bar(name), found)
            if columns != list(table.columns):
                table.set_table(columns, fresh)
            elif [row.key for row in fresh] == list(table.order):
                table.update_rows(fresh)
            else:
                table.set_rows(fresh)
        if panels != ("jobs",):
            self.query_one("#poll", StatusLine).update_pieces(self._line(found))

    def _rows(self, panel: str, found: presenter.Tally) -> list[Row]:
        session, bar = self.session, self._bar(panel)
        glyphs, now = session.glyphs, session.now()
        match panel:
            case "states":
                return presenter.states(found, bar, glyphs)
            case "attention":
                return presenter.attention(found, glyphs)
            case "worst":
                most = 8 if self.size.height >= 36 else 5
                return presenter.worst(found, most, now, glyphs, session.failing)
            case "jobs":
                return presenter.jobs(session.jobs, now, glyphs)
        return presenter.grouped(found, panel, bar, glyphs)

    def _line(self, found: presenter.Tally) -> list[status.Piece]:
        session, engine = self.session, self.session.bridge.engine
        holder = "this console" if engine is not None and engine.holds else self._holder
        return presenter.line(
            found,
            session.settings.facts_every_s,
            holder,
            session.now(),
            lag=self._lag if session.past is None else None,
            starting=engine is None and not session.failed,
        )

    def _bar(self, panel: str) -> int:
        return self._bars["group" if panel in presenter.GROUPED else "states"]

    async def _ask_holder(self) -> None:
        self._holder = await self.session.bridge.call(lambda engine: engine.ask_holder())
        self._show(PANELS)

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The order of a panel is a part of what it says."""
        return action not in _FIXED and super().check_action(action, parameters)

    def remember(self) -> Mapping[str, Any]:
        """Which panel has the keys, and its row."""
        return {"panel": self.table.id, "cursor": self.table.cursor_key}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Stand there again."""
        if state.get("panel") in PANELS:
            panel = self._panel(str(state["panel"]))
            panel.focus()
            if state.get("cursor"):
                panel.move_to(str(state["cursor"]))

    def action_nav_tab_next(self) -> None:
        """The next panel."""
        self._turn(1)

    def action_nav_tab_previous(self) -> None:
        """The panel before."""
        self._turn(-1)

    def action_data_refresh(self) -> None:
        """Read now those that are not well."""
        self.console.look_at([row.id for row in self._tally().unwell])

    def _turn(self, by: int) -> None:
        seen = [name for name in PANELS if self._panel(name).display]
        here = self.table.id
        at = seen.index(here) if here in seen else 0
        self._panel(seen[(at + by) % len(seen)]).focus()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the device or the job; of a count, the devices that were counted."""
        message.stop()
        if message.table.id == "worst":
            self.console.open_device(UUID(message.key))
        elif message.table.id == "jobs":
            job = next(job for job in self.session.jobs if job["id"] == message.key)
            self.console.open_job(UUID(message.key), int(job["number"]), job["action"])
        else:
            self.console.show_fleet(message.key)
