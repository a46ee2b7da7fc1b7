"""A text on a screen of its own: a diff, an output, raw facts; searched and scrolled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.session import Session
from widgets.diffview import DiffView
from widgets.filterbar import FilterBar
from widgets.textview import TextView


class TextScreen(Copying):
    """Shows one text; `/` searches in it."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "list", "text")
    PLACEHOLDER: ClassVar[str] = "search"
    DEFAULT_CSS = "TextScreen #filter { display: none; }"

    def __init__(
        self,
        session: Session,
        path: Sequence[str],
        text: str,
        *,
        wrap: bool = False,
        classes: str = "",
    ) -> None:
        super().__init__(session)
        self.add_class(*classes.split())
        self._path = tuple(path)
        self._text = text
        self._wrap = wrap

    def body(self) -> Iterable[Widget]:
        """The search line, hidden until it is wanted, over the text."""
        yield FilterBar("/", placeholder=self.PLACEHOLDER, glyphs=self.session.glyphs, id="filter")
        yield self.view()

    def view(self) -> TextView:
        """What shows the text."""
        return TextView(self._text, wrap=self._wrap, glyphs=self.session.glyphs)

    def path(self) -> Sequence[str]:
        """Where the text comes from."""
        return self._path

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one(TextView).focus()

    def copies(self) -> Sequence[Copy]:
        """The line at the top, and all of it."""
        view = self.query_one(TextView)
        return [
            Copy("l", "Line", lambda: view.top_line, "the first one that is shown"),
            Copy("t", "Text", lambda: view.text, "all of it"),
        ]

    def search(self, words: str) -> None:
        """Show where these words are."""
        self.query_one(TextView).find(words)

    def action_list_filter(self) -> None:
        """Search."""
        bar = self.query_one("#filter", FilterBar)
        bar.update_prompt("/")
        bar.display = True
        bar.focus()

    def action_list_wide(self) -> None:
        """Break long lines, or scroll sideways."""
        self.query_one(TextView).action_toggle_wrap()

    def action_text_next(self) -> None:
        """The next line with what was searched."""
        self.query_one(TextView).action_find_next()

    def action_text_previous(self) -> None:
        """The line with it before this one."""
        self.query_one(TextView).action_find_previous()

    @on(FilterBar.Changed, "#filter")
    def _changed(self, message: FilterBar.Changed) -> None:
        """Find while typing."""
        self.search(message.value)

    @on(FilterBar.Submitted, "#filter")
    def _submitted(self, message: FilterBar.Submitted) -> None:
        """Find, and give the text the keys again."""
        self.search(message.value)
        self._close()

    @on(FilterBar.Cancelled, "#filter")
    def _cancelled(self, message: FilterBar.Cancelled) -> None:
        """Leave the search."""
        self.search("")
        self._close()

    def _close(self) -> None:
        self.query_one("#filter", FilterBar).display = False
        self.query_one(TextView).focus()


class DiffScreen(TextScreen):
    """Shows a unified diff by its signs."""

    def view(self) -> TextView:
        """What shows the diff."""
        return DiffView(self._text, wrap=self._wrap, glyphs=self.session.glyphs)
