"""Screen 1, Fleet: every device in one table, filtered, sorted, marked; the way to everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.acting import Acting
from owtui.console.listing import MarkListing
from owtui.console.presenters import fleet, status
from owtui.console.registry import Screens, Spec
from owtui.console.session import Session
from widgets.filterbar import FilterBar
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.selection import Filter, Selection


FAULTS = "!status=ok !status=deactivated"


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("fleet", "Fleet", FleetScreen, "1", "Every device, and what to do with it"))


class FleetScreen(Acting, MarkListing):
    """The inventory. `/` filters while you type, Space marks, `a` acts on the marks."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "device")
    title_text: ClassVar[str] = "Fleet"
    DEFAULT_CSS = "FleetScreen FilterBar { display: none; }"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._columns: tuple[str, ...] = fleet.DEFAULT
        self._filter: Filter | None = None

    def body(self) -> Iterable[Widget]:
        """The filter line, hidden until it is wanted, over the table."""
        yield FilterBar("/", id="filter")
        yield RowTable(
            fleet.layout(self._columns),
            glyphs=self.session.glyphs,
            empty_text="No devices yet. `owtui devices import FILE`, or :devices add NAME ADDRESS",
            no_match_text="No device matches the filter. Esc shows all again.",
        )

    def on_mount(self) -> None:
        """Worst first: what is wrong is what one opens a console for."""
        super().on_mount()
        self.table.sort_by("state")
        self.table.focus()
        self.refresh_rows()

    def note(self) -> str:
        """The filter in force."""
        return f"/{self._filter}" if self._filter is not None else ""

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Renew the rows that moved, or all; the table repaints only cells that differ."""
        known = self.session.rows
        ids = {event.key for event in events if event.topic == "devices"}
        if events and not ids:
            return
        whole = not ids or self.table.total != len(known)
        devices = known.values() if whole else [known[UUID(i)] for i in ids if UUID(i) in known]
        fresh = fleet.rows(devices, self._columns, self.session.now(), self.session.glyphs)
        if whole and self.table.total != len(known):
            self.table.set_rows(fresh)
        else:
            self.table.update_rows(fresh)
        if self._filter is not None:
            self._apply_filter()

    def status_pieces(self) -> list[status.Piece]:
        """The frame's, and the marks with those that the filter hides."""
        pieces = super().status_pieces()
        marks, hidden = len(self.table.marks), self.table.hidden_marks
        if marks:
            pieces.append(status.Piece("marks", f"{marks} marked ({hidden} hidden)", "accent", 88))
        column, reverse = self.table.sort
        if column:
            arrow = self.session.glyphs.sort_down if reverse else self.session.glyphs.sort_up
            pieces.append(status.Piece("sort", f"sort {column} {arrow}", "", 20))
        return pieces

    def selection(self) -> Selection | None:
        """What an action would act on: the marks, else the row under the cursor."""
        engine = self.session.bridge.engine
        if engine is None:
            return None
        marks = [UUID(key) for key in self.table.marks]
        cursor = UUID(self.table.cursor_key) if self.table.cursor_key else None
        text = str(self._filter) if self._filter is not None else ""
        return engine.select(text, marks=marks, cursor=None if marks else cursor)

    # --- the filter ---

    def action_list_filter(self) -> None:
        """Open the filter line on the filter in force."""
        bar = self.query_one(FilterBar)
        bar.update_prompt("/", str(self._filter) if self._filter is not None else "")
        bar.display = True
        bar.focus()

    def action_list_filter_clear(self) -> None:
        """Show all devices again; without a filter, go back."""
        if self._filter is None:
            self.run_worker(self.app.run_action("app.app_back"), exclusive=False)
            return
        self._filter = None
        self.table.set_filter(None)
        self.refresh_frame()

    def action_list_faults_only(self) -> None:
        """Show only what is not well, or all again."""
        shown = self._filter is not None and str(self._filter) == FAULTS
        self._set_filter("" if shown else FAULTS)

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Filter while the person types; a half-typed filter is told, not shouted."""
        self._set_filter(message.value)

    def on_filter_bar_submitted(self, message: FilterBar.Submitted) -> None:
        """Keep the filter and give the table the keys again."""
        if self._set_filter(message.value):
            self._close_bar()

    def on_filter_bar_cancelled(self, message: FilterBar.Cancelled) -> None:
        """Close the line; the filter stays as it was typed so far."""
        self._close_bar()

    def _close_bar(self) -> None:
        self.query_one(FilterBar).display = False
        self.table.focus()

    def _set_filter(self, text: str) -> bool:
        from owtui.engine.selection import FilterError, parse

        bar = self.query_one(FilterBar)
        engine = self.session.bridge.engine
        try:
            found = parse(text, engine.views.get if engine is not None else None)
        except FilterError as error:
            bar.update_error(error.sentence, error.column)
            return False
        bar.update_error("")
        self._filter = None if found.is_empty else found
        self._apply_filter()
        self.refresh_frame()
        return True

    def _apply_filter(self) -> None:
        if self._filter is None:
            self.table.set_filter(None)
            return
        chosen = self._filter.choose(tuple(self.session.rows.values()), self.session.now())
        self.table.set_filter({str(row.id) for row in chosen})

    # --- looking ---

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the device."""
        self.console.open_device(UUID(message.key))

    def on_row_table_marks_changed(self, message: RowTable.MarksChanged) -> None:
        """Tell how many are marked, and how many of them are hidden."""
        self.session.marks = {UUID(key) for key in message.keys}
        self.refresh_frame()

    def on_row_table_sort_changed(self, message: RowTable.SortChanged) -> None:
        """Tell by what the list is sorted."""
        self.refresh_frame()

    def action_data_refresh(self) -> None:
        """Read the marked devices, or this one, now."""
        selection = self.selection()
        if selection:
            self.console.look_at(selection.ids)

    def action_data_refresh_all(self) -> None:
        """Read all devices that the filter shows, now."""
        self.console.look_at([UUID(key) for key in self.table.order])
