"""A change of the corpus: what somebody did, and what becomes of the way in.

The label follows from how the change is made, thought through case by case; nothing that judges is
asked for it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.engine.configs.boxes import Box

Apply = Callable[[Box, random.Random], None]


@dataclass(frozen=True)
class Change:
    """`needs` and `without` are words of `Box.is_`; `apply` edits a twin of the device."""

    words: str
    cuts: bool
    needs: frozenset[str]
    without: frozenset[str]
    apply: Apply

    def fits(self, box: Box) -> bool:
        """True when the change can be made on this device and means what its label says."""
        return self.needs <= box.is_ and not self.without & box.is_


ALL: list[Change] = []


def change(
    words: str, *, cuts: bool, needs: str = "", without: str = ""
) -> Callable[[Apply], Apply]:
    """Register a change."""

    def register(apply: Apply) -> Apply:
        sets = frozenset(needs.split()), frozenset(without.split())
        ALL.append(Change(words, cuts, *sets, apply))
        return apply

    return register


def cut(words: str, needs: str = "", without: str = "") -> Callable[[Apply], Apply]:
    """A change after which nobody gets in the way we came."""
    return change(words, cuts=True, needs=needs, without=without)


def keep(words: str, needs: str = "", without: str = "") -> Callable[[Apply], Apply]:
    """A change after which we get in as before."""
    return change(words, cuts=False, needs=needs, without=without)
