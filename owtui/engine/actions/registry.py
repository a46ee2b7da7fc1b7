"""Which actions there are: ours, one file each, those of installed plug-ins, and the settings'.

An instance, filled once at start. A plug-in that fails to load is a recorded problem with its name,
shown as a banner, and never the end of the program.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType

from owtui.custom import CustomAction
from owtui.engine import actions, plugins
from owtui.engine.actions import shell
from owtui.engine.actions.base import Action, Change, FanOut, InventoryChange
from owtui.errors import InputError

GROUP = "owtui.actions"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A plug-in that could not be loaded, and why."""

    source: str
    reason: str

    @property
    def sentence(self) -> str:
        """For people."""
        return f"The action {self.source} is left out: {self.reason}."


class Registry:
    """Actions by id, in the order of their ids."""

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}
        self.problems: tuple[Problem, ...] = ()

    @classmethod
    def load(cls, customs: Collection[CustomAction] = ()) -> Registry:
        """Take in the actions of this folder, the entry points `owtui.actions`, the settings'."""
        registry = cls()
        plugins.load(registry, actions, GROUP, registry.problem)
        for own in shell.made(customs):
            try:
                registry.add(own)
            except ValueError as error:
                log.warning("The action %s is left out: %s", own.id, error)
                registry.problem(f"{own.id} of the settings", str(error))
        return registry

    def register(self, module: ModuleType) -> None:
        """Let a module add its actions; one without `register` has none."""
        plugins.register(self, module)

    def add(self, action: Action) -> None:
        """Take an action in. Raises ValueError on a second one of the same id."""
        if not isinstance(action, Change | FanOut | InventoryChange):
            raise ValueError(f"{action!r} is neither Change, FanOut nor InventoryChange")
        if action.id in self._actions:
            raise ValueError(f"there are two actions {action.id!r}")
        self._actions[action.id] = action

    def problem(self, source: str, reason: str) -> None:
        """Record why an action is not taken in."""
        self.problems = (*self.problems, Problem(source, reason))

    def find(self, id_: str) -> Action | None:
        """The action of this id, None where its plug-in is gone."""
        return self._actions.get(id_.replace("-", "_"))

    def get(self, id_: str) -> Action:
        """The action of this id; `run-command` and `run_command` are the same.

        Raises InputError that names the nearest one.
        """
        wanted = id_.replace("-", "_")
        if found := self.find(id_):
            return found
        near = get_close_matches(wanted, self._actions, 1)
        raise InputError(
            f"There is no action “{id_}”.",
            f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(self.ids))}.",
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all actions, sorted."""
        return tuple(sorted(self._actions))

    def __iter__(self) -> Iterator[Action]:
        """All actions, sorted by id."""
        return (self._actions[id_] for id_ in self.ids)
