"""Setting a variable in a scope, from any screen that shows variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.console.frame import Frame
from owtui.console.presenters import variables as presenter
from widgets.dialog import Choice, ChoiceDialog, ConfirmDialog
from widgets.form import Field, FormDialog

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import ScopeKind


class SettingVariables(Frame):
    """A screen where variables get their values."""

    def choose_scope(self, device_id: UUID | None, template_id: UUID | None, name: str) -> None:
        """Ask in which scope a variable gets its value, then for the value."""

        async def choose() -> None:
            bench = self.session.bench
            scopes = [] if device_id is None else await bench.scopes_of(device_id)
            places: dict[str, tuple[ScopeKind, UUID | None]] = {
                str(n): (one.kind, one.id) for n, one in enumerate(scopes, 1)
            }
            choices = [Choice(str(n), f"{one.kind} {one.name}") for n, one in enumerate(scopes, 1)]
            if template_id is not None:
                places["t"] = ("template", template_id)
                choices.append(Choice("t", "default of the template", "every other scope wins"))
            dialog = ChoiceDialog(f"Set {name} for", choices, glyphs=self.session.glyphs)

            def chosen(letter: str | None) -> None:
                if letter is not None:
                    self.set_variable(*places[letter], name)

            self.app.push_screen(dialog, chosen)

        self.ask(choose, "scope")

    def set_variable(self, kind: ScopeKind, id_: UUID | None, name: str) -> None:
        """Ask for the value, and for the name where it is "". A secret is typed unseen."""

        async def opened() -> None:
            value, secret = (
                await self.session.bench.value(kind, id_, name) if name else (None, False)
            )
            self._form(kind, id_, name, value, secret)

        self.ask(opened, "variable")

    def _form(self, kind: ScopeKind, id_: UUID | None, name: str, value: Any, secret: bool) -> None:
        shown = "" if secret or value is None else presenter.text_of(value)
        fields = [] if name else [Field("name", "Name")]
        fields.append(
            Field(
                "value",
                "Value",
                shown,
                secret=secret,
                placeholder="empty keeps the one there is" if secret else "",
            )
        )
        dialog = FormDialog(
            f"Variable {name}" if name else "Set a variable",
            fields,
            text="A number, true, false and JSON are such values; in quotes they are text.",
            validate=None if name else presenter.wrong,
            keys=self.session.keys.form(),
            glyphs=self.session.glyphs,
        )

        async def write(values: Mapping[str, str]) -> None:
            wanted = name or values["name"].strip()
            await self.session.bench.set_value(
                kind, id_, wanted, presenter.value_of(values["value"])
            )
            self.notify(f"{wanted} is set; no device was changed.", markup=False)
            self.variables_moved()

        def saved(values: Mapping[str, str] | None) -> None:
            if values is not None and not (secret and not values["value"]):
                self.ask(lambda: write(values), "variable")

        self.app.push_screen(dialog, saved)

    def remove_variable(self, kind: ScopeKind, id_: UUID | None, name: str) -> None:
        """Take its value away here; a wider scope may have another."""
        dialog = ConfirmDialog(
            f"Remove the variable {name}?",
            text="What a wider scope says holds then; without that it is not set.",
            yes="Remove it",
            glyphs=self.session.glyphs,
        )

        async def remove() -> None:
            await self.session.bench.remove_value(kind, id_, name)
            self.variables_moved()

        def answered(yes: bool | None) -> None:
            if yes:
                self.ask(remove, "variable")

        self.app.push_screen(dialog, answered)

    def variables_moved(self) -> None:
        """Show what there is now."""
        self.refresh_rows()
