"""Screen 1, Fleet: every device in one table, filtered, sorted, marked; the way to everything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual import events, on
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget

from owtui import columns
from owtui.console.acting import Acting
from owtui.console.configpage import show_diff
from owtui.console.exporting import Exporting
from owtui.console.filtering import Filtering
from owtui.console.listing import MarkListing
from owtui.console.presenters import fleet
from owtui.console.preview import REST_S, Preview
from owtui.console.registry import Screens, Spec
from owtui.console.session import Session
from owtui.console.trending import Trends
from owtui.console.tunnelling import Tunnelling
from widgets.pickdialog import PickDialog
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.selection import Selection
    from storage.rows import DeviceRow
    from widgets.rowmodel import Row
    from widgets.rowtable_layout import Column

_JUMP = 12  # rows, --low-bandwidth: a row further repaints them all, so it is done seldom
_EMPTY = "No devices yet. :devices add NAME ADDRESS, or `owtui devices import FILE`"


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("fleet", "Fleet", FleetScreen, "1", "Every device, and what to do with it"))


class FleetScreen(Acting, Tunnelling, Filtering, Exporting, MarkListing):
    """The inventory. `/` filters while you type, Space marks, `a` acts on the marks."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "device")
    title_text: ClassVar[str] = "Fleet"
    TRAVELS: ClassVar[bool] = True
    DEFAULT_CSS = """
    FleetScreen #list { width: 1fr; }
    FleetScreen Preview { display: none; width: 42; }
    FleetScreen.-wide Preview { width: 40%; }
    FleetScreen.-wide Preview RowTable { display: block; }
    FleetScreen.-normal Preview, FleetScreen.-wide Preview { display: block; }
    FleetScreen.-zoomed Preview { display: none; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.told_in_sight: list[UUID] = []  # what the engine knows of the view
        self._columns: tuple[str, ...] = fleet.DEFAULT
        self._widths: dict[str, int] = {}
        self._busy: Mapping[UUID, str] = {}
        self._trends = Trends(session)
        self._resting: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """The filter line, hidden until it is wanted, over the table and the preview."""
        glyphs, slowly = self.session.glyphs, self.session.settings.low_bandwidth
        self.set_class(slowly, "-zoomed")  # a preview would be written anew with every row
        yield self.filter_bar()
        with Horizontal():
            yield RowTable(
                fleet.layout(self._columns),
                glyphs=glyphs,
                empty_text="Starting the engine",
                no_match_text=fleet.no_match(self.session.keys.names("list.filter_clear")),
                scroll_jump=_JUMP if slowly else 1,
                id="list",
            )
            yield Preview(self.session, self._trends)

    @property
    def table(self) -> RowTable:
        """The list of devices."""
        return self.query_one("#list", RowTable)

    def on_mount(self) -> None:
        """Worst first: what is wrong is what one opens a console for."""
        self.table.sort_by("state")
        self.table.focus()
        self.refresh_rows()

    def on_screen_resume(self) -> None:
        """A job may have begun or ended on a device while the list was hidden."""
        self.jobs_moved()

    def on_resize(self, event: events.Resize) -> None:
        """More columns where there is room for them."""
        fitting = fleet.columns_for(event.size.width, self._columns)
        if fitting != self._columns:
            self.use_columns(fitting)

    # --- what is shown ---

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Renew the rows that moved, or all; the table repaints only cells that differ."""
        known = self.session.rows
        ids = {event.key for event in events if event.topic == "devices"}
        if events and not ids:
            return
        if self.session.bridge.engine is not None or self.session.failed:
            self.table.update_empty(self.session.failed or _EMPTY)
        if not ids or self.table.total != len(known):
            self._renew(known.values(), whole=self.table.total != len(known))
        else:
            self._renew([known[UUID(i)] for i in ids if UUID(i) in known])
        if self.filter_text:
            self.apply_filter()
        self._preview()

    def _renew(self, devices: Iterable[DeviceRow], *, whole: bool = False) -> None:
        fresh = self._rows(devices)
        widths = fleet.measure(fresh, self._columns, {} if whole else self._widths)
        if widths != self._widths:
            self._widths = widths
            self.table.update_columns(self._layout())
        if whole:
            self.table.set_rows(fresh)
        else:
            self.table.update_rows(fresh)

    def _rows(self, devices: Iterable[DeviceRow]) -> list[Row]:
        session = self.session
        now, glyphs = session.now(), session.glyphs
        made = fleet.rows(devices, self._columns, now, glyphs, session.busy, session.failing)
        if not self._is_wide:
            return made
        return [fleet.with_trend(row, self._trends.get(UUID(row.key)), glyphs) for row in made]

    def _layout(self) -> list[Column]:
        more = fleet.TRENDS if self._is_wide else ()
        return [*fleet.layout(self._columns, self._widths), *more]

    @property
    def _is_wide(self) -> bool:
        """Whether the rows in sight have their day behind them."""
        return self.table.wide and not self.session.settings.low_bandwidth

    def _in_sight(self) -> list[UUID]:
        known, table = self.session.rows, self.table
        top = table.scroll_offset.y
        seen = [UUID(key) for key in table.order[top : top + table.size.height]]
        return [id_ for id_ in seen if id_ in known]

    def time_moved(self) -> None:
        """The day before another moment is another one."""
        self._trends.forget()
        super().time_moved()
        self._look_at_days()

    def tick(self) -> None:
        """Let the ages in sight grow; the others are made anew when something moves."""
        self._renew([self.session.rows[id_] for id_ in self._in_sight()])
        self._preview()
        self._look_at_days()

    def health_moved(self) -> None:
        """Show what fails now, where it is shown."""
        if "error" in self._columns:
            self._renew(self.session.rows.values())
        self._preview()

    def _look_at_days(self) -> None:
        """Ask for the day of the rows in sight, in one question, where it is not known."""
        if self._is_wide and self._trends.stale(self._in_sight()):
            self.load(self._read_days, "days")

    async def _read_days(self) -> None:
        seen = self._in_sight()
        await self._trends.look(seen)
        known = self.session.rows
        self._renew([known[id_] for id_ in seen if id_ in known])

    def _rest(self) -> None:
        """Once the view stands still, look at what came into sight."""
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        self._resting = self.set_timer(REST_S, self._rested)

    def _rested(self) -> None:
        """What is in sight is polled and checked before the rest, should all be late."""
        self._look_at_days()
        seen = self._in_sight()
        if seen and seen != self.told_in_sight and self.session.bridge.engine is not None:
            self.told_in_sight = seen
            self.ask(lambda: self.session.bridge.call(lambda engine: engine.look_at(seen)), "sight")

    def _follow_width(self) -> None:
        """Columns of the day come and go with the wide view."""
        if len(self.table.columns) != len(self._layout()):
            self.use_columns(self._columns)
        self._rest()

    def action_list_wide(self) -> None:
        """All columns with the day of each device, scrolling sideways; or those that fit."""
        super().action_list_wide()
        self._follow_width()

    def _preview(self) -> None:
        key = self.table.cursor_key
        self.query_one(Preview).show(UUID(key) if key else None)

    def jobs_moved(self) -> None:
        """Show on which devices a job works now, and what it does there."""
        before, self._busy = self._busy, self.session.busy
        moved = {id_ for id_, _ in before.items() ^ self._busy.items()}
        known = self.session.rows
        self._renew([known[id_] for id_ in moved if id_ in known])
        self.query_one(Preview).refresh_jobs()

    # --- what is chosen ---

    def selection(self) -> Selection | None:
        """What an action would act on: the marks, else the row under the cursor."""
        engine = self.session.bridge.engine
        if engine is None:
            return None
        marks = [UUID(key) for key in self.table.marks]
        cursor = self.device_id()
        if not marks and cursor is None:
            return None
        return engine.select(self.filter_text, marks=marks, cursor=None if marks else cursor)

    def device_id(self) -> UUID | None:
        """The device under the cursor."""
        return UUID(self.table.cursor_key) if self.table.cursor_key else None

    def mark(self, ids: Collection[UUID]) -> None:
        """Mark these beside those that are marked."""
        self.table.set_marks({*self.table.marks, *map(str, ids)})

    def shape(self) -> tuple[tuple[str, ...], str]:
        """The columns somebody chose, () where nobody did, and the order: "cpu", "-cpu"."""
        usual = fleet.columns_for(self.size.width, fleet.DEFAULT) == self._columns
        column, reverse = self.table.sort
        return () if usual else self._columns, f"{'-' if reverse else ''}{column or ''}"

    def use_shape(self, columns: Sequence[str], sort: str) -> None:
        """Show these columns in this order, as `shape` tells them; "" leaves the order alone."""
        usual = fleet.columns_for(self.size.width, fleet.DEFAULT)
        self.use_columns(tuple(columns) or usual)
        if sort.removeprefix("-"):
            self.use_sort(sort.removeprefix("-"), reverse=sort.startswith("-"))

    def remember(self) -> Mapping[str, Any]:
        """The columns that somebody chose, beside what every list remembers."""
        return {**super().remember(), "columns": list(self.shape()[0])}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Show those columns again; one that a later version does not know is left out."""
        known = [key for key in state.get("columns", ()) if key in columns.keys()]  # noqa: SIM118
        if known and tuple(known) != self._columns:
            self.use_columns(known)
        super().recall(state)
        self._follow_width()

    def use_sort(self, key: str, *, reverse: bool = False) -> None:
        """Sort by a column, and show it if it was not shown."""
        if key not in self._columns:
            self.use_columns((*self._columns, key))
        self.table.sort_by(key, reverse)

    def use_columns(self, keys: Sequence[str]) -> None:
        """Show other columns; the sign of the state and the name always stay."""
        wanted = (*fleet.FIXED, *keys)
        column, reverse = self.table.sort
        self._columns = tuple(dict.fromkeys(wanted))
        fresh = self._rows(self.session.rows.values())
        self._widths = fleet.measure(fresh, self._columns)
        self.table.set_table(self._layout(), fresh)
        if column not in self._columns:
            self.table.sort_by("state", reverse)

    # --- keys ---

    def action_dev_open(self) -> None:
        """Open the device."""
        self.table.action_open()

    def action_dev_describe(self) -> None:
        """Open the device at its facts."""
        self._open_at("dev_describe")

    def action_dev_config(self) -> None:
        """Open the device at its configuration."""
        self._open_at("dev_config")

    def action_dev_charts(self) -> None:
        """The charts of the device; of the marked ones over one another."""
        marks = self.table.marked()
        if len(marks) > 1:
            self.console.open_over("charts", ",".join(marks))
        else:
            self._open_at("dev_charts", UUID(marks[0]) if marks else None)

    def _open_at(self, action: str, device_id: UUID | None = None) -> None:
        """Open a device, the one under the cursor unless told, at one of its pages."""
        device_id = device_id or self.device_id()
        if device_id is not None:
            self.console.open_device(device_id)
            opened = self.app.screen
            opened.call_after_refresh(opened.run_action, action)

    def action_dev_diff(self) -> None:
        """What the device should have against what it runs."""
        device_id = self.device_id()
        if device_id is not None:
            show_diff(self, device_id, self.session.rows[device_id].name)

    def sort_choices(self) -> dict[str, tuple[str | None, str, str]]:
        """The columns that are shown, with their help."""
        return fleet.sorts(self._columns)

    def action_list_columns(self) -> None:
        """Choose the columns and their order."""
        usual = fleet.columns_for(self.size.width, fleet.DEFAULT)
        dialog = PickDialog(
            "Columns",
            fleet.choices(),
            self._columns,
            usual=usual,
            text="The sign of the state and the name always stay.",
            glyphs=self.session.glyphs,
        )

        def chosen(keys: tuple[str, ...] | None) -> None:
            if keys is not None:
                self.use_columns(keys)

        self.app.push_screen(dialog, chosen)

    def action_nav_zoom(self) -> None:
        """The list on the whole screen, again to see the preview."""
        self.toggle_class("-zoomed")

    @on(RowTable.Opened, "#list")
    def _opened(self, message: RowTable.Opened) -> None:
        """Open the device."""
        self.console.open_device(UUID(message.key))

    @on(RowTable.CursorMoved, "#list")
    def _cursor_moved(self, message: RowTable.CursorMoved) -> None:
        """Preview what the cursor rests on."""
        self.query_one(Preview).look_at(UUID(message.key) if message.key else None)
        self._rest()

    @on(RowTable.MarksChanged, "#list")
    def _marks_changed(self, message: RowTable.MarksChanged) -> None:
        """Tell how many are marked, and how many of them are hidden."""
        self.refresh_frame()

    def action_data_refresh(self) -> None:
        """Read the marked devices, or this one, now."""
        selection = self.selection()
        if selection:
            self.console.look_at(selection.ids)

    def action_data_refresh_all(self) -> None:
        """Read all devices that the filter shows, now."""
        self.console.look_at([UUID(key) for key in self.table.order])
