"""What the console keeps from one session to the next, a file a fleet in the state folder.

Views with their filter, order, columns and cursor, the lines typed after `:`, the theme. No marks:
one of yesterday must not act today. A file that cannot be read or written costs nothing else.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from owtui.settings import Loaded

_log = logging.getLogger(__name__)

VERSION = 1
TYPED = 100  # lines kept
NOT_KEPT = frozenset({"marks"})


@dataclass(slots=True)
class Kept:
    """What is kept. `states` is what each root screen remembers, by its id.

    `theme` was chosen over the setting `theme_over`: where that one changed, it holds.
    """

    view: str = ""
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    theme: str = ""
    theme_over: str = ""

    def note(self, view: str, state: Mapping[str, Any]) -> None:
        """Take in how a root screen looks."""
        self.states[view] = {key: value for key, value in state.items() if key not in NOT_KEPT}


def file_of(loaded: Loaded) -> Path:
    """Where a fleet's session is kept."""
    return loaded.paths.state / f"console-{loaded.settings.fleet}.json"


def read(loaded: Loaded) -> Kept:
    """What was kept; nothing where there is no such file, or none that makes sense."""
    if not loaded.settings.restore:
        return Kept()
    try:
        told = json.loads(file_of(loaded).read_text("utf-8"))
        if told.pop("version") != VERSION:
            return Kept()
        kept = Kept(**told)
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        _log.warning("the kept session %s cannot be read", file_of(loaded))
        return Kept()
    return kept if _makes_sense(kept) else Kept()


def write(loaded: Loaded, kept: Kept) -> None:
    """Keep it for the next session, readable by this user alone."""
    if not loaded.settings.restore:
        return
    file = file_of(loaded)
    text = json.dumps({"version": VERSION, **asdict(kept), "typed": kept.typed[-TYPED:]})
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(text)
        beside.replace(file)
    except OSError:
        _log.warning("the session cannot be kept in %s", file, exc_info=True)


def _makes_sense(kept: Kept) -> bool:
    texts = (kept.view, kept.theme, kept.theme_over)
    return (
        all(isinstance(one, str) for one in texts)
        and isinstance(kept.typed, list)
        and all(isinstance(line, str) for line in kept.typed)
        and isinstance(kept.states, dict)
        and all(isinstance(state, dict) for state in kept.states.values())
    )
