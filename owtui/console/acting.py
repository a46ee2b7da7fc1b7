"""From a key to a plan: the actions that every screen with devices offers, one way for all.

Nothing here acts: an action asks for its parameters, the engine plans, the Plan screen asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from owtui.console.presenters import action as presenter
from owtui.errors import PROBLEMS, InputError, failure_of
from widgets.dialog import Choice, ChoiceDialog
from widgets.form import FormDialog

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.console.session import Session
    from owtui.engine.actions.base import Action
    from owtui.engine.selection import Selection

    Base = Frame
else:
    Base = object


class Acting(Base):
    """Mixed into screens that know a selection of devices."""

    def __init__(self, session: Session) -> None:
        for own in session.loaded.actions:  # a key is bound where its action exists
            setattr(self, f"action_own_{own.id}", partial(self.act_by_id, own.id))
        super().__init__(session)

    def selection(self) -> Selection | None:
        """What an action would act on."""
        raise NotImplementedError

    def actions(self) -> list[Action]:
        """What may be done to devices here; nothing in read-only mode that changes one."""
        engine, read_only = self.session.bridge.engine, self.session.settings.read_only
        known = engine.actions if engine is not None else ()
        return [action for action in known if not (read_only and action.changes)]

    def action_act_menu(self) -> None:
        """Offer every action, by its letter."""
        selection = self._chosen()
        if selection is None:
            return
        letters = presenter.letters(self.actions())
        dialog = ChoiceDialog(
            f"Actions for {selection.describe()}",
            [Choice(letter, one.title, one.help) for letter, one in letters.items()],
            glyphs=self.session.glyphs,
        )

        def chosen(letter: str | None) -> None:
            if letter is not None:
                self.act(letters[letter], selection)

        self.app.push_screen(dialog, chosen)

    def action_act_run_command(self) -> None:
        """Ask for a command, and show its plan."""
        self.act_by_id("run_command")

    def action_act_apply(self) -> None:
        """Show the plan of a push, as the group's settings have it; `a` asks for more."""
        selection = self._chosen()
        for action in self.actions():
            if selection is not None and action.id == "push_config":
                plan(self, action, selection, {}, {})

    def action_act_upgrade(self) -> None:
        """Ask which build, and show the plan of the upgrade."""
        from owtui.console.upgrading import ask

        selection = self._chosen()
        for action in self.actions():
            if selection is not None and action.id == "upgrade":
                ask(self, action, selection)

    def act_by_id(self, id_: str) -> None:
        """Ask for what this action wants to know, and show its plan."""
        for action in self.actions():
            if action.id == id_:
                self.act_on_selection(action)

    def act_on_selection(self, action: Action) -> None:
        """Act on the marks, else on the device under the cursor."""
        selection = self._chosen()
        if selection is not None:
            self.act(action, selection)

    def _chosen(self) -> Selection | None:
        selection = self.selection()
        if selection:
            return selection
        self.notify("No device is selected.", severity="warning")
        return None

    def act(self, action: Action, selection: Selection) -> None:
        """Ask for what the action wants to know, then plan it."""
        act(self, action, selection)


def act(
    frame: Frame,
    action: Action,
    selection: Selection,
    values: Mapping[str, str] = MappingProxyType({}),
    wrong: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Ask on any screen for what the action wants to know, then plan it.

    Where no plan comes of it the form is back with what was typed, and what is wrong with it.
    """
    if not action.params:
        plan(frame, action, selection, {}, {})
        return
    dialog = FormDialog(
        f"{action.title}: {selection.describe()}",
        presenter.fields(action),
        text=action.help,
        saves="shows the plan",
        keys=frame.session.keys.form(),
        validate=lambda values: _wrong(action, values),
        again=values,
        wrong=wrong,
        glyphs=frame.session.glyphs,
    )

    async def make(values: Mapping[str, str]) -> None:
        params = _parsed(action, values)
        try:
            await _planned(frame, action, selection, params, secrets_of(action, values))
        except InputError as error:
            act(frame, action, selection, values, presenter.blame(action, failure_of(error)))

    def saved(values: Mapping[str, str] | None) -> None:
        if values is not None:
            frame.ask(lambda: make(values), "plan")

    frame.app.push_screen(dialog, saved)


def plan(
    frame: Frame,
    action: Action,
    selection: Selection,
    params: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> None:
    """Have the engine plan it, and show the plan."""
    frame.ask(lambda: _planned(frame, action, selection, params, secrets), "plan")


async def _planned(
    frame: Frame,
    action: Action,
    selection: Selection,
    params: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> None:
    from owtui.console.screens.plan import PlanScreen

    made = await frame.session.bridge.call(lambda engine: engine.plan(action.id, selection, params))
    frame.app.push_screen(PlanScreen(frame.session, made, secrets))


def _wrong(action: Action, values: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with what was filled in, by field; empty when it can be planned."""
    missing = presenter.missing(action, values)
    if missing:
        return missing
    from owtui.engine.actions.params import complete

    try:
        parsed = _parsed(action, values)
        if all(param.kind != "file" for param in action.params):  # a path is no file yet
            complete(action, parsed)
    except PROBLEMS as error:
        return presenter.blame(action, failure_of(error))
    return wrong_secrets(action, values)


def secrets_of(action: Action, values: Mapping[str, str]) -> dict[str, str]:
    """The secrets among the form's texts, without those that were left out."""
    names = [param.name for param in action.params if param.kind == "secret"]
    return {name: values[name] for name in names if values[name]}


def wrong_secrets(action: Action, values: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with the secrets, by field: told in the form, where it can be mended."""
    from owtui.engine.actions.params import check_secrets

    try:
        check_secrets(action, secrets_of(action, values))
    except PROBLEMS as error:
        return presenter.blame(action, failure_of(error))
    return {}


def _parsed(action: Action, values: Mapping[str, str]) -> Mapping[str, Any]:
    """The form's texts as checked values, without secrets. Raises InputError."""
    from owtui.engine.actions.params import parse_text

    kinds = {param.name: param.kind for param in action.params}
    return parse_text(action, [f"{k}={v}" for k, v in values.items() if v and kinds[k] != "secret"])
