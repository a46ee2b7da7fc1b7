"""The editor of a template's configuration, or of a device's own.

The text has the keys, so only F-keys and Esc act. Nothing here changes a device: F8 plans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast
from uuid import UUID

from owtui.console.presenters import editor as presenter
from owtui.console.registry import Screens
from owtui.console.session import Session
from owtui.console.settingvars import SettingVariables
from owtui.console.sheetsaving import SheetSaving
from widgets.finddialog import FindDialog, Item
from widgets.rowtable import RowTable
from widgets.textview import TextView

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import What


def register(screens: Screens) -> None:
    """Take the screen in."""

    def make(session: Session, what: str, id_: str) -> EditorScreen:
        return EditorScreen(session, cast("What", what), UUID(id_))

    screens.add_kind("editor", make)


class EditorScreen(SheetSaving, SettingVariables):
    """What the keys do."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "tabs", "form", "edit")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key for what cannot be done, such as a plan for no device."""
        if action == "edit_plan" and self.apply_action() is None:
            return False
        if action in ("edit_device", "edit_impact") and self.what == "device":
            return False
        if action == "edit_open" and not self.page:
            return False
        return super().check_action(action, parameters)

    # --- pages ---

    def action_edit_page(self) -> None:
        """The next page."""
        self.turn_to(self.page + 1)

    def action_nav_tab_next(self) -> None:
        """The next page; in the text Tab completes."""
        self.turn_to(self.page + 1)

    def action_nav_tab_previous(self) -> None:
        """The page before."""
        self.turn_to(self.page - 1)

    def action_edit_open(self) -> None:
        """The page on a screen of its own, to be searched and copied; a variable to be set."""
        name = presenter.PAGES[self.page]
        if name == "Vars":
            self.query_one("#vars", RowTable).action_open()
            return
        from owtui.console.screens.text import TextScreen

        text = self.query_one(f"#{name.lower()}", TextView).text
        sheet = self.sheet.name if self.sheet else ""
        self.app.push_screen(TextScreen(self.session, ("Templates", sheet, name), text))

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Set the variable, in a scope that is asked for."""
        message.stop()
        if not self.session.settings.read_only:
            template = self.id_ if self.what == "template" else None
            self.choose_scope(self.device, template, message.key)

    def variables_moved(self) -> None:
        """Read the default values again, which are part of the template, and look at the text."""
        self.load(self.read_again, "again")

    # --- looking ---

    def action_edit_check(self) -> None:
        """Check and render all of it now, and count what it would change on every device."""

        async def check() -> None:
            await self.look_now()
            await self.count_impact()
            problems = self.look.problems if self.look is not None else ()
            if not problems:
                self.notify("Nothing is wrong with it.", timeout=3)

        self.ask(check, "look")

    def action_edit_problem(self) -> None:
        """Go to the next problem that has a line."""
        self.turn_to(0)
        if self.edit.next_mark() is None:
            told = self.look is not None and self.look.problems
            self.notify(
                "No problem has a line here." if told else "There is no problem.", timeout=3
            )

    def action_edit_device(self) -> None:
        """Choose the device that it is previewed as."""
        rows = self.session.rows
        devices = [rows[id_] for id_ in (self.sheet.devices if self.sheet else ()) if id_ in rows]
        others = [row for row in rows.values() if row not in devices]
        dialog = FindDialog(
            "Preview as",
            [
                *(Item(str(row.id), row.name, row.model) for row in devices),
                *(Item(str(row.id), row.name, f"{row.model}, does not use it") for row in others),
            ],
            current=str(self.device or ""),
            empty="There is no device yet.",
            glyphs=self.session.glyphs,
        )

        def chosen(key: str | None) -> None:
            if key is not None:
                self.device = UUID(key)
                self.show_tabs()
                self.look_soon(0)

        self.app.push_screen(dialog, chosen)

    def action_edit_impact(self) -> None:
        """What it would change on all devices, equal changes together."""

        async def count() -> None:
            await self.count_impact()
            if self.impact is not None and self.sheet is not None:
                from owtui.console.screens.impact import ImpactScreen

                self.app.push_screen(ImpactScreen(self.session, self.sheet.name, self.impact))
            else:
                self.notify("No device uses it.", severity="warning")

        self.ask(count, "impact")
