"""Saving what was edited, planning it, and leaving without losing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from owtui.console import acting, external
from owtui.console.presenters import editor as presenter
from owtui.console.sheetframe import SheetFrame
from owtui.errors import PROBLEMS, failure_of
from owtui.errors import Kind as Reason
from widgets.dialog import Choice, ChoiceDialog

if TYPE_CHECKING:
    from owtui.engine.actions.base import Action
    from owtui.engine.configs.sheet import Sheet
    from owtui.engine.configs.source import Kind

APPLY = "push_config"


class SheetSaving(SheetFrame):
    """The part of the editor that ends an edit."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is saved where this fleet is read-only."""
        if action in ("form_save", "edit_external") and self.session.settings.read_only:
            return False
        return super().check_action(action, parameters)

    # --- the text as a whole ---

    def action_edit_kind(self) -> None:
        """Turn between JSON and YAML; either way the text is tidied."""
        from owtui.engine.configs.source import convert

        other: Kind = "yaml" if self.kind == "json" else "json"
        text, found = convert(self.edit.text, self.kind, other)
        if not found.ok:
            first = next(one for one in found.problems if one.level == "error")
            self.edit.go_to(first.line)
            self.notify(f"Line {first.line}: {first.sentence}", severity="error", markup=False)
            return
        self.write_anew(text, other)
        lost = [one.sentence for one in found.problems]
        self.notify(" ".join([f"It is {other.upper()} now.", *lost]), timeout=4, markup=False)

    def action_edit_external(self) -> None:
        """Edit it in the person's own editor; secrets are marks there, too."""
        self.ask(self._outside, "external")

    async def _outside(self) -> None:
        name = self.sheet.name if self.sheet else "config"
        safe = "".join(one if one.isalnum() or one in "-_." else "_" for one in name)
        text = await external.edited(self.app, self.edit.text, f"{safe}.{self.kind}")
        if text != self.edit.text:
            self.edit.replace(text)
        self.turn_to(0)

    # --- saving ---

    def action_form_save(self) -> None:
        """Save it; no device changes by that."""
        self._saved(lambda: None)

    def _saved(self, then: Callable[[], object]) -> None:
        """Save it, and go on if that went well."""

        async def save() -> None:
            if await self._save():
                then()

        self.ask(save, "save")

    async def _save(self) -> bool:
        """Save it if nothing stands against that; what does is told."""
        sheet = self.sheet
        if sheet is None or not self.dirty:
            self.notify("Nothing was changed.", timeout=3)
            return True
        await self.look_now()
        if self.look is not None and self.look.blocks:
            first = next(one for one in self.look.problems if one.level == "error")
            self.turn_to(0)
            if first.line:
                self.edit.go_to(first.line)
            self.notify(f"Not saved. {first.sentence}", severity="error", markup=False)
            return False
        return await self._save_over(sheet)

    async def _save_over(self, sheet: Sheet) -> bool:
        text, kind = self.edit.text, self.kind
        try:
            saved = await self.session.bench.save(sheet, text, kind)
        except PROBLEMS as error:
            failure = failure_of(error)
            if failure.kind is not Reason.CHANGED:
                raise
            await self._moved_meanwhile(sheet, failure.sentence)
            return False
        self.drop_draft()
        self.show_sheet(saved)
        self.notify(f"Saved as v{saved.generation}; no device was changed.", timeout=4)
        return True

    async def _moved_meanwhile(self, mine: Sheet, sentence: str) -> None:
        """Somebody else saved it first: nothing is overwritten that nobody looked at."""
        theirs = await self.session.bench.open(self.what, self.id_, self.kind)
        dialog = ChoiceDialog(
            f"{mine.name} is v{theirs.generation} meanwhile",
            [
                Choice("c", "Compare", "what they saved against yours"),
                Choice("o", "Save yours over it", "theirs stays in the history"),
                Choice("t", "Take theirs", "yours is dropped"),
            ],
            text=sentence,
            default="c",
            glyphs=self.session.glyphs,
        )

        def chosen(letter: str | None) -> None:
            if letter == "c":
                self._compare(theirs)
            elif letter == "o":
                over = replace(mine, generation=theirs.generation)
                self.ask(partial(self._overwrite, over), "save")
            elif letter == "t":
                self.drop_draft()
                self.show_sheet(theirs)

        self.app.push_screen(dialog, chosen)

    async def _overwrite(self, sheet: Sheet) -> None:
        await self._save_over(sheet)

    def _compare(self, theirs: Sheet) -> None:
        from owtui.console.screens.text import DiffScreen

        names = (f"{theirs.name} v{theirs.generation}", "yours")
        text = presenter.unified(theirs.text, self.edit.text, names)
        self.app.push_screen(DiffScreen(self.session, ("Templates", theirs.name, "both"), text))

    # --- planning ---

    def apply_action(self) -> Action | None:
        """What brings it to devices, where there is such an action and a device to bring it to."""
        engine = self.session.bridge.engine
        known = [one for one in engine.actions if one.id == APPLY] if engine is not None else []
        return known[0] if known and self.sheet is not None and self.sheet.devices else None

    def action_edit_plan(self) -> None:
        """Show the plan for the devices that use it; what is not saved may be saved first."""
        if not self.dirty:
            self._plan()
            return
        dialog = ChoiceDialog(
            "A plan is made of what is saved",
            [Choice("s", "Save and plan"), Choice("p", "Plan what was saved before")],
            glyphs=self.session.glyphs,
        )

        def chosen(letter: str | None) -> None:
            if letter == "s":
                self._saved(self._plan)
            elif letter == "p":
                self._plan()

        self.app.push_screen(dialog, chosen)

    def _plan(self) -> None:
        action, engine = self.apply_action(), self.session.bridge.engine
        if action is not None and engine is not None and self.sheet is not None:
            acting.act(self, action, engine.select("", marks=self.sheet.devices))

    # --- leaving ---

    def action_form_cancel(self) -> None:
        """Close it; an edit that is not saved is asked about first."""
        if not self.dirty:
            self.console.action_app_back()
            return
        can_save = not self.session.settings.read_only
        dialog = ChoiceDialog(
            "Close with an edit that is not saved?",
            [
                Choice("k", "Keep it as a draft", "it is here when you come back"),
                *([Choice("s", "Save it", "no device changes by that")] if can_save else []),
                Choice("d", "Drop it", "back to what is saved"),
            ],
            default="k",
            glyphs=self.session.glyphs,
        )

        def chosen(letter: str | None) -> None:
            if letter == "k":
                self.console.action_app_back()
            elif letter == "s":
                self._saved(self.console.action_app_back)
            elif letter == "d":
                self.forget()
                self.console.action_app_back()

        self.app.push_screen(dialog, chosen)
