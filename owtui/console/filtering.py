"""The `/` line over a list of devices: it filters while somebody types, and says where it errs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import on

from owtui.console.listing import Listing
from owtui.console.presenters.fleet import FAULTS
from widgets.filterbar import FilterBar

if TYPE_CHECKING:
    from owtui.engine.selection import Filter


class Filtering(Listing):
    """A list of devices with a filter line, "#filter"."""

    _filter: Filter | None = None
    _before: Mapping[str, Any] | None = None  # how the list looked before the line was opened

    @property
    def filter_text(self) -> str:
        """The filter in force, "" without one."""
        return str(self._filter) if self._filter is not None else ""

    def note(self) -> str:
        """The filter in force."""
        return f"/{self._filter}" if self._filter is not None else ""

    def use_filter(self, text: str) -> None:
        """Filter by a text. Raises FilterError."""
        from owtui.engine.selection import parse

        engine = self.session.bridge.engine
        found = parse(text.removeprefix("@"), engine.views.get if engine is not None else None)
        self._filter = None if found.is_empty else found
        self.apply_filter()
        self.refresh_frame()

    def show_only(self, text: str) -> None:
        """Filter by a text, as a new place to come back from. Raises FilterError."""
        before, was = self.remember(), self.filter_text
        self.use_filter(text)
        self._turn(before, was)

    def _turn(self, before: Mapping[str, Any] | None, was: str) -> None:
        if before is not None and self.filter_text != was:
            self.console.turn_page(before)

    def remember(self) -> Mapping[str, Any]:
        """The filter beside what every list remembers."""
        return {**super().remember(), "filter": self.filter_text}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Filter as it was, then stand where one stood; a view may be gone meanwhile."""
        from owtui.engine.selection import FilterError

        with suppress(FilterError):
            self.use_filter(str(state.get("filter", self.filter_text)))
        super().recall(state)

    def apply_filter(self) -> None:
        """Choose anew: devices may match now that did not before."""
        if self._filter is None:
            self.table.set_filter(None)
            return
        chosen = self._filter.choose(tuple(self.session.rows.values()), self.session.now())
        self.table.set_filter({str(row.id) for row in chosen})

    # --- keys ---

    def action_list_filter(self) -> None:
        """Open the filter line on the filter in force."""
        bar = self.query_one("#filter", FilterBar)
        if not bar.display:
            self._before = self.remember()
        bar.update_prompt("/", self.filter_text)
        self._complete(bar)
        bar.display = True
        bar.focus()

    def action_list_filter_clear(self) -> None:
        """Show all devices again; without a filter, go back."""
        if self._filter is None:
            self.console.action_app_back()
            return
        self.show_only("")

    def action_list_faults_only(self) -> None:
        """Show only what is not well, or all again."""
        self.show_only("" if self.filter_text == FAULTS else FAULTS)

    # --- the line ---

    @on(FilterBar.Changed, "#filter")
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        """Filter while the person types; a half-typed filter is told, not shouted."""
        message.stop()
        self._try(message.bar, message.value)
        self._complete(message.bar)

    @on(FilterBar.Submitted, "#filter")
    def _filter_submitted(self, message: FilterBar.Submitted) -> None:
        """Keep the filter and give the table the keys again."""
        message.stop()
        if self._try(message.bar, message.value):
            self._close_filter()

    @on(FilterBar.Cancelled, "#filter")
    def _filter_cancelled(self, message: FilterBar.Cancelled) -> None:
        """Close the line; the filter stays as it was typed so far."""
        message.stop()
        self._close_filter()

    def _close_filter(self) -> None:
        self.query_one("#filter", FilterBar).display = False
        self.table.focus()
        before, self._before = self._before, None
        self._turn(before, str(before["filter"]) if before else "")

    def _try(self, bar: FilterBar, text: str) -> bool:
        from owtui.engine.selection import FilterError

        try:
            self.use_filter(text)
        except FilterError as error:
            bar.update_error(error.sentence, error.column)
            return False
        bar.update_error("")
        return True

    def _complete(self, bar: FilterBar) -> None:
        """Offer what may follow: keys, names, and values as the devices have them."""
        from owtui.engine.selection import completions

        engine = self.session.bridge.engine
        views = engine.views.names if engine is not None else ()
        rows = tuple(self.session.rows.values())
        text = bar.value
        found = completions(text, len(text), rows, self.session.now(), views)
        bar.update_completions(line[text.rfind(" ") + 1 :] for line in found)
