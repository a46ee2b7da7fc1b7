"""What may be done to templates from their list: make, clone, give to devices, rename, remove.

Giving one to devices is a plan; the rest changes only what we remember, and is asked where it
cannot be taken back by another edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console import acting
from owtui.console.frame import Frame
from owtui.console.presenters import templates as presenter
from owtui.errors import PROBLEMS, InputError, failure_of
from widgets.dialog import Choice, ChoiceDialog, ConfirmDialog
from widgets.finddialog import FindDialog, Item
from widgets.form import FormDialog, PromptDialog

if TYPE_CHECKING:
    from owtui.engine.actions.base import Action
    from owtui.engine.configs.entries import TemplateRow

ASSIGN, TAKE = "assign_templates", "unassign_templates"


class Templating(Frame):
    """The actions of the list of templates."""

    def here(self) -> TemplateRow | None:
        """The template under the cursor."""
        raise NotImplementedError

    def chosen(self) -> list[TemplateRow]:
        """The marked ones, else the one under the cursor."""
        raise NotImplementedError

    def action_template_menu(self) -> None:
        """What may be done, by letter."""
        one, found = self.here(), self.chosen()
        what = one.name if len(found) < 2 and one else f"{len(found)} templates"
        choices = [Choice("n", "New template")]
        if one is not None:
            choices += [
                Choice("c", "Clone", one.name),
                Choice("f", "Name, tags, default, required", one.name),
                *([Choice("g", "Give to devices", what)] if self._action(ASSIGN) else []),
                *([Choice("t", "Take off devices", what)] if self._action(TAKE) else []),
                Choice("r", "Remove", one.name),
            ]
        choices.append(Choice("b", "Bring back a removed one"))
        dialog = ChoiceDialog(f"Templates: {what}", choices, glyphs=self.session.glyphs)

        def chosen(letter: str | None) -> None:
            if letter == "n":
                self.action_template_new()
            elif letter == "b":
                self._bring_back()
            elif letter is not None and one is not None:
                self._do(letter, one)

        self.app.push_screen(dialog, chosen)

    def _do(self, letter: str, one: TemplateRow) -> None:
        do = {
            "c": lambda: self.ask(partial(self._clone, one), "clone"),
            "f": lambda: self._edit_fields(one),
            "g": lambda: self._to_devices(ASSIGN),
            "t": lambda: self._to_devices(TAKE),
            "r": lambda: self._remove(one),
        }
        do[letter]()

    # --- what we remember ---

    def action_template_new(self) -> None:
        """Ask for its fields, make it, and open its text."""
        self._form("New template", None, {}, {})

    def _edit_fields(self, one: TemplateRow) -> None:
        self._form(f"Template {one.name}", one, {}, {})

    def _form(
        self,
        title: str,
        one: TemplateRow | None,
        again: Mapping[str, str],
        wrong: Mapping[str, str],
    ) -> None:
        dialog = FormDialog(
            title,
            presenter.form(one),
            text="Default: every new device gets it. Required: no device can be without it.",
            validate=presenter.wrong,
            keys=self.session.keys.form(),
            again=again,
            wrong=wrong,
            glyphs=self.session.glyphs,
        )

        async def write(values: Mapping[str, str]) -> None:
            bench, chosen = self.session.bench, presenter.read(values)
            try:
                if one is None:
                    made = await bench.create(chosen)
                    self.console.open_over("editor", "template", str(made))
                else:
                    await bench.set_fields(one.id, one.generation, chosen)
                    self.notify(f"{chosen.name} is saved; no device was changed.", markup=False)
            except PROBLEMS as error:
                failure = failure_of(error)
                field = str(getattr(error, "field", "") or "name")
                blamed = (
                    field.removesuffix("_id") if field.removesuffix("_id") in values else "name"
                )
                sentence = f"{failure.sentence} {failure.hint}".strip()
                self._form(title, one, values, {blamed: sentence})
            self.refresh_rows()

        def saved(values: Mapping[str, str] | None) -> None:
            if values is not None:
                self.ask(lambda: write(values), "template")

        self.app.push_screen(dialog, saved)

    async def _clone(self, one: TemplateRow) -> None:
        made = await self.session.bench.clone(one.id)
        self.refresh_rows()
        self.console.open_over("editor", "template", str(made))

    def _remove(self, one: TemplateRow) -> None:
        used = one.devices
        text = (
            f"{used} device{'s' * (used != 1)} would be without it at their next configuration.\n"
            if used
            else ""
        )
        dialog = ConfirmDialog(
            f"Remove the template {one.name}?",
            text=f"{text}Its history is kept: it can be brought back.",
            yes="Remove it",
            glyphs=self.session.glyphs,
        )

        async def remove() -> None:
            await self.session.bench.remove(one.id)
            self.notify(f"{one.name} is removed; no device was changed.", markup=False)
            self.refresh_rows()

        def answered(yes: bool | None) -> None:
            if yes:
                self.ask(remove, "remove")

        self.app.push_screen(dialog, answered)

    def _bring_back(self) -> None:
        async def choose() -> None:
            gone = await self.session.bench.removed()
            dialog = FindDialog(
                "Bring back",
                [Item(str(id_), name, f"v{last.number}") for id_, name, last in gone],
                empty="No template was removed.",
                glyphs=self.session.glyphs,
            )
            names = {str(id_): name for id_, name, _ in gone}

            async def recover(key: str) -> None:
                await self.session.bench.recover(UUID(key))
                self.notify(f"{names[key]} is back.", markup=False)
                self.refresh_rows()

            def chosen(key: str | None) -> None:
                if key is not None:
                    self.ask(lambda: recover(key), "recover")

            self.app.push_screen(dialog, chosen)

        self.ask(choose, "removed")

    # --- plans ---

    def _action(self, id_: str) -> Action | None:
        """An action, where there is one and it is allowed."""
        engine, read_only = self.session.bridge.engine, self.session.settings.read_only
        known = engine.actions if engine is not None and not read_only else ()
        return next((one for one in known if one.id == id_), None)

    def _to_devices(self, id_: str) -> None:
        """Ask for devices by a filter, the marked ones of the fleet unless told, and plan it."""
        action, engine = self._action(id_), self.session.bridge.engine
        found = self.chosen()
        if action is None or engine is None or not found:
            return
        marked = self.console.fleet_marks()
        dialog = PromptDialog(
            f"{action.title}: {', '.join(one.name for one in found)}",
            "Devices",
            text="A filter, like ap-* tag=roof."
            + (f" Empty: the {len(marked)} that are marked." if marked else ""),
            placeholder="ap-* tag=roof",
            keys=self.session.keys.form(),
            glyphs=self.session.glyphs,
        )

        async def plan(text: str) -> None:
            if not text.strip() and not marked:
                raise InputError("No device is named.", "Give a filter; * is all of them.")
            wanted = engine.select(text.removeprefix("@"), marks=() if text.strip() else marked)
            if not wanted:
                raise InputError(f"No device matches {text}.", "Try it in the fleet first.")
            params = {"templates": ", ".join(one.name for one in found)}
            acting.plan(self, action, wanted, params, {})

        def named(text: str | None) -> None:
            if text is not None:
                self.ask(lambda: plan(text), "assign")

        self.app.push_screen(dialog, named)
