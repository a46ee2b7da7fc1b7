"""Settings: every one in force, what set it, what it means and how to change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual.widget import Widget

from owtui import settinghelp
from owtui.console import themes
from owtui.console.copying import Copy, Copying
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import settings as presenter
from owtui.console.presenters import status
from owtui.console.registry import Screens, Spec
from owtui.settings import Origin
from widgets.dialog import Choice, ChoiceDialog
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("settings", "Settings", SettingsScreen, help="What is set, and by what"))


class SettingsScreen(Narrowing, Copying):
    """One row a setting; Enter explains it, and on the theme chooses one."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "list")
    title_text: ClassVar[str] = "Settings"
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS

    def body(self) -> Iterable[Widget]:
        """The table, and under it what the setting under the cursor means."""
        glyphs = self.session.glyphs
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=glyphs,
            markable=False,
            no_match_text="No setting matches. Esc shows all again.",
        )
        yield StatusLine(glyphs=glyphs, id="meaning")

    def on_mount(self) -> None:
        """Show them."""
        self.table.focus()
        self.refresh_rows()
        self._explain()

    def counts(self) -> Sequence[status.Piece]:
        """How many are not at their default."""
        return [status.Piece("set", presenter.set_count(self.session.loaded), "", 50)]

    def refresh_rows(self, events: Sequence[object] = ()) -> None:
        """Show them again; only the theme changes while the console runs."""
        session, theme = self.session, self.app.theme
        chosen = theme == self.console.kept.theme
        why = Origin("console", "chosen here" if chosen else "the terminal's colours")
        fresh = presenter.rows(session.loaded, theme, why, session.warnings, session.glyphs)
        if self.table.total == len(fresh):
            self.table.update_rows(fresh)
        else:
            self.table.set_rows(fresh)

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        row = self.table.row(key)
        return presenter.fields(row) if row else {}

    def copies(self) -> Sequence[Copy]:
        """The setting as a line of the file, and all that are shown."""
        rows = [row for key in self.table.order if (row := self.table.row(key))]
        here = self.table.row(self.table.cursor_key or "")
        if here is None:
            return []
        return [
            Copy("s", "Setting", partial(presenter.line, here), "as a line of the file"),
            Copy("t", "All that is shown", lambda: "\n".join(map(presenter.line, rows))),
        ]

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        """Say what it means."""
        self._explain()

    def _explain(self) -> None:
        text = presenter.meaning(self.table.cursor_key)
        self.query_one("#meaning", StatusLine).update_pieces([status.Piece("meaning", text)])

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Explain it, or choose a theme."""
        from owtui.console.screens.text import TextScreen

        message.stop()
        if message.key == "theme":
            self._choose_theme()
            return
        row = self.table.row(message.key)
        assert row is not None
        if message.key.startswith(presenter.WARNING):
            path, text = ("Settings", "Warning"), row.text(1)
        else:
            path = ("Settings", message.key)
            text = settinghelp.explain(self.session.loaded, message.key)
        self.app.push_screen(TextScreen(self.session, path, text, wrap=True))

    def _choose_theme(self) -> None:
        names = dict(zip("123456789", themes.OFFERED, strict=False))
        here = self.app.theme
        dialog = ChoiceDialog(
            "Theme of this fleet's console",
            [Choice(key, name, "this one" if name == here else "") for key, name in names.items()],
            glyphs=self.session.glyphs,
        )

        def chosen(key: str | None) -> None:
            if key is not None:
                self.console.use_theme(names[key])
                self.refresh_rows()

        self.app.push_screen(dialog, chosen)
