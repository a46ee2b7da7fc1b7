"""The commands of the `:` line about templates, configurations and variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from textual.screen import Screen

from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.console.frame import Frame

Arguments = Mapping[str, str]


def template_names(frame: Frame) -> list[str]:
    """The names that complete; asked for when they are first wanted."""
    session = frame.session

    async def ask() -> None:
        session.template_names = tuple(one.name for one in await session.bench.templates())

    if not session.template_names and session.bridge.engine is not None:
        frame.load(ask, "template names")
    return list(session.template_names)


def templates(frame: Frame, given: Arguments) -> None:
    """The list, or one of them in the editor."""
    name = given.get("name", "")
    if not name:
        frame.console.go("templates")
        return

    async def find() -> None:
        known = [one for one in await frame.session.bench.templates() if one.name == name]
        if not known:
            raise InputError(f"There is no template “{name}”.", "`:templates` lists them.")
        frame.console.open_over("editor", "template", str(known[0].id))

    frame.ask(find, "find template")


def config(frame: Frame, given: Arguments) -> None:
    """The page Config of a device: the one that is named, else the one that is looked at."""
    if "name" in given:
        frame.console.open_device(_device(frame, given))
        opened: Screen[Any] = frame.console.screen
    elif hasattr(frame, "action_dev_config"):
        opened = frame
    else:
        raise InputError("No device is named.", "Usage: config NAME")
    opened.call_after_refresh(opened.run_action, "dev_config")


def config_edit(frame: Frame, given: Arguments) -> None:
    """A device's own configuration in the editor."""
    frame.console.open_over("editor", "device", str(_device(frame, given)))


def config_diff(frame: Frame, given: Arguments) -> None:
    """What a device should have against what it runs."""
    from owtui.console.configpage import show_diff

    show_diff(frame, _device(frame, given), given["name"])


def config_history(frame: Frame, given: Arguments) -> None:
    """What was applied to a device."""
    frame.console.open_over("generations", "device", str(_device(frame, given)))


def variables(frame: Frame, given: Arguments) -> None:
    """The scopes, or the variables that a device sets."""
    if "name" in given:
        frame.console.open_over("variables", "device", str(_device(frame, given)))
    else:
        frame.console.go("variables")


def _device(frame: Frame, given: Arguments) -> UUID:
    engine = frame.session.bridge.engine
    if engine is None:
        raise InputError("The engine is not running yet.", frame.session.failed or "Try again.")
    return engine.device(given["name"]).id


VERBS: Mapping[str, Callable[[Frame, Arguments], None]] = {
    "templates": templates,
    "config": config,
    "config edit": config_edit,
    "config diff": config_diff,
    "config history": config_history,
    "variables": variables,
}
