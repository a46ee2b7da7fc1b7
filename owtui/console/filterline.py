"""The `/` line over any list: it filters while somebody types, and says where it errs.

A screen says what its filter is (`use_filter`, `filter_text`) and what completes it; the line, the
keys, back and forward, and what is kept are the same for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from textual import on

from owtui.console.listing import Listing
from owtui.errors import InputError
from widgets.filterbar import FilterBar


class FilterLine(Listing):
    """A list with a filter line, "#filter"."""

    FAULTS: ClassVar[str] = ""  # the filter of what is not well; "" where there is no such thing
    _before: Mapping[str, Any] | None = None  # how the list looked before the line was opened

    # --- to be given by a screen ---

    @property
    def filter_text(self) -> str:
        """The filter in force, "" without one."""
        raise NotImplementedError

    def use_filter(self, text: str) -> None:
        """Filter by a text; "" shows all. Raises InputError, with a `column` where one is known."""
        raise NotImplementedError

    def completions(self, text: str) -> Iterable[str]:
        """The words that may stand where the text ends."""
        raise NotImplementedError

    # --- the same for all ---

    def filter_bar(self) -> FilterBar:
        """The line, hidden until it is wanted; by hand, since Textual takes no CSS of a mixin."""
        bar = FilterBar("/", glyphs=self.session.glyphs, id="filter")
        bar.display = False
        return bar

    def note(self) -> str:
        """The filter in force."""
        return f"/{self.filter_text}" if self.filter_text else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing can be faulty, no key looks for faults."""
        if action == "list_faults_only" and not self.FAULTS:
            return False
        return super().check_action(action, parameters)

    def show_only(self, text: str) -> None:
        """Filter by a text, as a new place to come back from. Raises InputError."""
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
        with suppress(InputError):
            self.use_filter(str(state.get("filter", self.filter_text)))
        super().recall(state)

    # --- keys ---

    def action_list_filter(self) -> None:
        """Open the filter line on the filter in force."""
        bar = self.query_one("#filter", FilterBar)
        if not bar.display:
            self._before = self.remember()
        bar.update_prompt("/", self.filter_text)
        bar.update_completions(self.completions(bar.value))
        bar.display = True
        bar.focus()

    def action_list_filter_clear(self) -> None:
        """Show all again; without a filter, go back."""
        if not self.filter_text:
            self.console.action_app_back()
            return
        self.show_only("")

    def action_list_faults_only(self) -> None:
        """Show only what is not well, or all again."""
        self.show_only("" if self.filter_text == self.FAULTS else self.FAULTS)

    # --- the line ---

    @on(FilterBar.Changed, "#filter")
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        """Filter while the person types; a half-typed filter is told, not shouted."""
        message.stop()
        self._try(message.bar, message.value)
        message.bar.update_completions(self.completions(message.bar.value))

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
        try:
            self.use_filter(text)
        except InputError as error:
            bar.update_error(error.sentence, getattr(error, "column", None))
            return False
        bar.update_error("")
        return True
