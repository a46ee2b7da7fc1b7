"""Actions as a menu and as a form: which letter, which fields; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from widgets.form import Field

if TYPE_CHECKING:
    from owtui.engine.actions.base import Action, Param
    from owtui.errors import Failure

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letters(actions: Sequence[Action]) -> dict[str, Action]:
    """Each action by the letter that chooses it: its own, else one of its title that is free.

    The first to want a letter has it. More than 62 do not fit; the palette has them all.
    """
    own = {action.letter: action for action in reversed(actions) if action.letter}
    taken = set(own)
    found: dict[str, Action] = {}
    for action in actions:
        letter = action.letter
        if not letter or own[letter] is not action:
            wanted = action.title.casefold() + _ALPHABET
            free = (one for one in wanted if one in _ALPHABET and one not in taken)
            letter = next(free, "")
            taken.add(letter)
        if letter:
            found[letter] = action
    return found


def fields(action: Action) -> list[Field]:
    """An input for each thing that the action asks."""
    return [_field(param) for param in action.params]


def secrets(action: Action) -> list[Field]:
    """An input for each secret that the action asks."""
    return [_field(param) for param in action.params if param.kind == "secret"]


def missing(action: Action, values: Mapping[str, str]) -> dict[str, str]:
    """What has to be filled in and is not, by field."""
    return {
        param.name: f"{param.title} is needed."
        for param in action.params
        if param.required and not values.get(param.name)
    }


def blame(action: Action, failure: Failure) -> dict[str, str]:
    """A problem with the values, at the field that it names, else at the first."""
    said = failure.sentence
    named = [p.name for p in action.params if p.name in said or p.title in said]
    field = (named or [action.params[0].name])[0]
    # The form names the field by its label; the name is that of the command line.
    return {field: f"{said.removeprefix(f'{field} ')} {failure.hint}".strip()}


def _field(param: Param) -> Field:
    default = "" if param.default is None else str(param.default)
    wanted = ", ".join(param.choices) or param.help or ("" if param.required else "may stay empty")
    return Field(param.name, param.title, default, param.kind == "secret", wanted)
