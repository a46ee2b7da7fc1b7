"""Which screens there are: one file in `screens/` each, found by name, opened by id or digit.

A screen module has a `register(screens)` that adds its `Spec`, or its kind if it opens over
another screen; digits, crumbs, palette and the snapshot tests read the registry.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.console.session import Session


@dataclass(frozen=True, slots=True)
class Spec:
    """A root screen: what it is called and how it is made. `pane` is its digit, "" for none."""

    id: str
    title: str
    make: Callable[[Session], Frame]
    pane: str = ""
    help: str = ""


@dataclass(slots=True)
class Screens:
    """The screens by id."""

    specs: dict[str, Spec] = field(default_factory=dict)
    kinds: dict[str, Callable[..., Frame]] = field(default_factory=dict)

    def add(self, spec: Spec) -> None:
        """Take a screen in. Raises ValueError on a second one of the same id or digit."""
        taken = {s.pane for s in self.specs.values() if s.pane}
        if spec.id in self.specs or spec.pane in taken:
            raise ValueError(f"there are two screens {spec.id!r} or two with digit {spec.pane!r}")
        self.specs[spec.id] = spec

    def add_kind(self, kind: str, make: Callable[..., Frame]) -> None:
        """Take in a screen that opens over others: `make(session, *words)` shows one of its kind.

        The words are texts, so that a place of the history can be told, kept and found again.
        """
        if kind in self.kinds:
            raise ValueError(f"there are two kinds of screen {kind!r}")
        self.kinds[kind] = make

    def open(self, session: Session, over: Sequence[str]) -> Frame:
        """Make the screen of a kind and the words behind it. Raises KeyError for no such kind."""
        kind, *words = over
        return self.kinds[kind](session, *words)

    def by_pane(self, digit: str) -> Spec | None:
        """The screen of a digit, None where none has come yet."""
        return next((spec for spec in self.specs.values() if spec.pane == digit), None)


def load() -> Screens:
    """Import every module of `screens/` and let it register."""
    from owtui.console import screens

    found = Screens()
    for module in sorted(one.name for one in pkgutil.iter_modules(screens.__path__)):
        loaded = import_module(f"{screens.__name__}.{module}")
        if hasattr(loaded, "register"):
            loaded.register(found)
    return found
