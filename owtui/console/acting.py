"""From a key to a plan: the actions that every screen with devices offers, one way for all.

Nothing here acts: an action asks for its parameters, the engine plans, the Plan screen asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from owtui.errors import PROBLEMS, failure_of
from widgets.dialog import Choice, ChoiceDialog
from widgets.form import Field, FormDialog

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.engine.actions.base import Action, Param
    from owtui.engine.selection import Selection

    Base = Frame
else:
    Base = object


class Acting(Base):
    """Mixed into screens that know a selection of devices."""

    def selection(self) -> Selection | None:
        """What an action would act on."""
        raise NotImplementedError

    def action_act_menu(self) -> None:
        """Offer every action, by its letter."""
        engine, selection = self.session.bridge.engine, self.selection()
        if engine is None or not selection:
            self.notify("No device is selected.", severity="warning")
            return
        choices = [
            Choice(action.letter or "-", action.title, action.help)
            for action in engine.actions
            if not (self.session.settings.read_only and action.changes)
        ]
        letters = {action.letter: action for action in engine.actions}
        dialog = ChoiceDialog(
            f"Actions for {selection.describe()}", choices, glyphs=self.session.glyphs
        )

        def chosen(letter: str | None) -> None:
            if letter is not None:
                self.act(letters[letter], selection)

        self.app.push_screen(dialog, chosen)

    def action_act_run_command(self) -> None:
        """Ask for a command, and show its plan."""
        engine, selection = self.session.bridge.engine, self.selection()
        if engine is not None and selection:
            self.act(engine.actions.get("run_command"), selection)

    def act(self, action: Action, selection: Selection) -> None:
        """Ask for what the action wants to know, then plan it."""
        if not action.params:
            self.plan(action, selection, {}, {})
            return
        dialog = FormDialog(
            f"{action.title}: {selection.describe()}",
            [_field(param) for param in action.params],
            text=action.help,
            glyphs=self.session.glyphs,
        )

        def saved(values: Mapping[str, str] | None) -> None:
            if values is not None:
                self._with(action, selection, values)

        self.app.push_screen(dialog, saved)

    def _with(self, action: Action, selection: Selection, values: Mapping[str, str]) -> None:
        from owtui.engine.actions.params import parse_text

        secret = {param.name for param in action.params if param.kind == "secret"}
        pairs = [f"{key}={value}" for key, value in values.items() if value and key not in secret]
        try:
            params = parse_text(action, pairs)
        except PROBLEMS as error:
            self.tell(error)
            return
        self.plan(action, selection, params, {key: values[key] for key in secret if values[key]})

    def plan(
        self,
        action: Action,
        selection: Selection,
        params: Mapping[str, Any],
        secrets: Mapping[str, str],
    ) -> None:
        """Have the engine plan it, and show the plan."""

        async def ask() -> None:
            from owtui.console.screens.plan import PlanScreen

            try:
                made = await self.session.bridge.call(
                    lambda engine: engine.plan(action.id, selection, params)
                )
            except PROBLEMS as error:
                self.tell(error)
                return
            self.app.push_screen(PlanScreen(self.session, made, secrets))

        self.run_worker(ask(), group="plan", exclusive=True)

    def tell(self, error: Any) -> None:
        """Show a problem: the sentence and what to do."""
        failure = failure_of(error)
        self.notify(f"{failure.sentence} {failure.hint}".strip(), severity="error", timeout=10)


def _field(param: Param) -> Field:
    default = "" if param.default is None else str(param.default)
    wanted = ", ".join(param.choices) or param.help
    return Field(param.name, param.title, default, param.kind == "secret", wanted)
