"""`python -m widgets [page]`: every widget with sample data, one page each.

F3 and F2 turn the pages, F4 the themes, F6 between UTF-8 and ASCII, F7 to F10 open dialogs.
"""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from widgets.dialog import Choice, ChoiceDialog, ConfirmDialog
from widgets.footerkeys import FooterKeys, Hint
from widgets.form import Field, FormDialog
from widgets.glyphs import ASCII, UTF8, Glyphs
from widgets.pickdialog import Item, PickDialog
from widgets.samples import PAGES

THEMES = ("textual-dark", "textual-light", "ansi-dark", "ansi-light", "gruvbox", "nord")


class Gallery(App[None]):
    """Pages of widgets; nothing here knows what a router is."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "#page { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("f2", "turn(-1)", "Previous"),
        ("f3", "turn(1)", "Next"),
        ("f4", "theme", "Theme"),
        ("f6", "glyphs", "Glyphs"),
        ("f7", "menu", "Menu"),
        ("f8", "form", "Form"),
        ("f9", "confirm", "Confirm"),
        ("f10", "pick", "Pick"),
    ]
    HINTS = (
        Hint("turn(-1)", "F2", "back", 50),
        Hint("turn(1)", "F3", "next", 60),
        Hint("theme", "F4", "theme", 40),
        Hint("glyphs", "F6", "glyphs", 30),
        Hint("menu", "F7", "menu", 20),
        Hint("form", "F8", "form", 10),
        Hint("confirm", "F9", "confirm", 5),
        Hint("pick", "F10", "pick", 4),
        Hint("quit", "Ctrl+Q", "quit", 70),
    )

    def __init__(self, page: str = "rowtable", glyphs: Glyphs = UTF8) -> None:
        super().__init__()
        self._page = page
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """Show one page over the keys."""
        yield Container(PAGES[self._page](self._glyphs), id="page")
        yield FooterKeys(self.HINTS)

    async def _redraw(self) -> None:
        page = self.query_one("#page", Container)
        await page.remove_children()
        await page.mount(PAGES[self._page](self._glyphs))

    async def action_turn(self, step: int) -> None:
        """Show another page."""
        names = list(PAGES)
        self._page = names[(names.index(self._page) + step) % len(names)]
        await self._redraw()

    def action_theme(self) -> None:
        """Use the next theme."""
        place = THEMES.index(self.theme) if self.theme in THEMES else -1
        self.theme = THEMES[(place + 1) % len(THEMES)]

    async def action_glyphs(self) -> None:
        """Turn between UTF-8 and ASCII."""
        self._glyphs = ASCII if self._glyphs is UTF8 else UTF8
        await self._redraw()

    def action_menu(self) -> None:
        """Open a menu."""
        choices = (
            Choice("r", "Reboot", "waits for the return"),
            Choice("x", "Run a command"),
            Choice("u", "Upload a file", "checked by its sha256"),
        )
        self.push_screen(
            ChoiceDialog(
                "Actions for 3 devices",
                choices,
                text="Each opens a plan first.",
                glyphs=self._glyphs,
            )
        )

    def action_form(self) -> None:
        """Open a form."""
        fields = (
            Field("name", "Name", "ap-roof-01"),
            Field("address", "Address", "10.8.3.11"),
            Field("password", "Password", "secret", secret=True),
        )
        self.push_screen(FormDialog("Edit device", fields, glyphs=self._glyphs))

    def action_confirm(self) -> None:
        """Ask yes or no."""
        text = "The device goes away for about 60 s."
        self.push_screen(ConfirmDialog("Reboot ap-roof-01", text=text, glyphs=self._glyphs))

    def action_pick(self) -> None:
        """Ask which, and in which order."""
        items = [
            Item("ip", "IP", "management address"),
            Item("model", "MODEL", "board"),
            Item("cpu", "CPU%", "load of the last minute a core"),
            Item("tags", "TAGS"),
        ]
        dialog = PickDialog("Columns", items, ["cpu", "ip"], usual=["ip"], glyphs=self._glyphs)
        self.push_screen(dialog)

    async def on_footer_keys_pressed(self, event: FooterKeys.Pressed) -> None:
        """Do what was clicked."""
        await self.run_action(event.action)


if __name__ == "__main__":
    Gallery(sys.argv[1] if len(sys.argv) > 1 else "rowtable").run()
