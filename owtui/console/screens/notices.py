"""Notices: what was told in passing, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.narrowing import Narrowing
from owtui.console.noticing import MOST, Told
from owtui.console.presenters import notices as presenter
from owtui.console.presenters import status
from owtui.console.registry import Screens, Spec
from widgets.rowtable import RowTable


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("notices", "Notices", NoticesScreen, help="What was told in passing"))


class NoticesScreen(Narrowing, Copying):
    """The newest notices of this session; Enter shows one in full."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "tabs", "list")
    title_text: ClassVar[str] = "Notices"
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS
    FAULTS: ClassVar[str] = presenter.FAULTS

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text="Nothing has been told yet.",
            no_match_text="No notice matches. Esc shows all again.",
        )

    def on_mount(self) -> None:
        """Show them."""
        self.table.focus()
        self.refresh_rows()

    def counts(self) -> Sequence[status.Piece]:
        """How many there are, and whether older ones were forgotten."""
        total = len(self.session.notices)
        words = f"the {MOST} newest" if total == MOST else f"{total} notices"
        return [status.Piece("notices", words, "", 50)]

    def refresh_rows(self, events: Sequence[object] = ()) -> None:
        """Show what was told meanwhile, and let ages grow."""
        session, table = self.session, self.table
        fresh = presenter.rows(session.notices, session.now(), session.glyphs)
        newest = not table.order or table.cursor_key == table.order[0]
        if fresh and table.row(fresh[0].key) is None:
            table.set_rows(fresh)
            if newest:
                table.action_cursor_top()
        else:
            table.update_rows(fresh)

    def notices_moved(self) -> None:
        """Show the new one."""
        self.refresh_rows()
        self.refresh_frame()

    def action_nav_tab_next(self) -> None:
        """What the operator was told, and keeps until it is read."""
        self.console.go("notifications")

    action_nav_tab_previous = action_nav_tab_next

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        one = self._told(key)
        return {"level": one.level, "text": one.text} if one else {}

    def _told(self, key: str | None) -> Told | None:
        return next((one for one in self.session.notices if str(one.number) == key), None)

    def copies(self) -> Sequence[Copy]:
        """The notice, and all that are shown."""
        here = self._told(self.table.cursor_key)
        shown = [one for key in self.table.order if (one := self._told(key))]
        if here is None:
            return []
        return [
            Copy("r", "Row", partial(presenter.line, here)),
            Copy("t", "All that is shown", lambda: "\n".join(map(presenter.line, shown))),
        ]

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Show all of it."""
        from owtui.console.screens.text import TextScreen

        message.stop()
        one = self._told(message.key)
        if one is not None:
            path = ("Notices", one.level)
            self.app.push_screen(TextScreen(self.session, path, presenter.full(one), wrap=True))
