"""The keys: one table that feeds bindings, footer, help, palette and `owtui keys`.

Ids are the contract, keys are defaults that a user may change. A key that changes devices opens a
plan or asks; in read-only mode it is gone from everywhere at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import combinations

from owtui import keynames
from owtui.errors import InputError
from owtui.keytable import KEYS, SCOPES, Key

__all__ = ["DISABLED", "KEYS", "PRESETS", "SCOPES", "Clash", "Key", "Overrides", "bindings"]
__all__ += ["clashes", "get", "resolve"]

DISABLED = "<disabled>"
Overrides = Mapping[str, Sequence[str] | str]

_BY_ID = {key.id: key for key in KEYS}

PRESETS: dict[str, dict[str, Sequence[str] | str]] = {
    "default": {},
    # nothing that tmux, screen, zellij or flow control takes first
    "tmux-safe": {
        "app.palette": ["f2"],
        "app.quit": ["q"],
        "form.save": ["f5"],
        "nav.history_back": ["left_square_bracket", "shift+left"],
        "nav.history_forward": ["right_square_bracket", "shift+right"],
    },
    # no letter acts: for voice input, cats and pasted text; the rest is in palette and menus
    "no-letters": {
        "app.quit": ["f10", "ctrl+q"],
        "nav.zoom": ["f12"],
        "data.refresh": ["f5"],
        "list.up": ["up"],
        "list.down": ["down"],
        "list.top": ["home"],
        "list.bottom": ["end"],
        "list.sort": ["f3"],
        "list.columns": ["f4"],
        "list.copy": ["f6"],
        "list.faults_only": ["f7"],
        "list.mark_clear": ["backspace"],
        "dev.describe": ["f8"],
        "ui.redraw": ["f11"],
        "edit.kind": ["insert"],
        "act.menu": ["f9"],
    },
}
PRESETS["no-letters"] |= {
    key.id: DISABLED
    for key in KEYS
    if key.id not in PRESETS["no-letters"] and any(len(k) == 1 and k.isalpha() for k in key.keys)
}


def resolve(
    overrides: Overrides | None = None, preset: str = "default", own: Sequence[Key] = ()
) -> tuple[Key, ...]:
    """Lay a preset and then a user's choices over the table, and over the `own` keys beside it.

    Raises InputError for an unknown preset, id or key, with the nearest one that exists.
    """
    if preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise InputError(f"There is no key preset “{preset}”.", f"There are: {known}.")
    chosen: dict[str, tuple[str, ...]] = {}
    table = (*KEYS, *own)
    known_ids = [key.id for key in table]
    for id, keys in (*PRESETS[preset].items(), *(overrides or {}).items()):
        if id not in known_ids:
            near = get_close_matches(id, known_ids, 1, 0.5)
            raise InputError(
                f"There is no key id “{id}”.",
                f"The nearest is {near[0]}." if near else "`owtui keys --print` lists all ids.",
            )
        chosen[id] = _spelled(id, keys)
    return tuple(replace(key, keys=chosen.get(key.id, key.keys)) for key in table)


def _spelled(id: str, keys: Sequence[str] | str) -> tuple[str, ...]:
    if keys == DISABLED:
        return ()
    wanted = [keys] if isinstance(keys, str) else keys
    spelled = []
    for key in wanted:
        name = keynames.normal(key)
        if name is None:
            raise InputError(
                f"“{key}” for {id} is no key.", "Write it like “x”, “?”, “f5” or “ctrl+p”."
            )
        spelled.append(name)
    return tuple(dict.fromkeys(spelled))


def bindings(
    *scopes: str,
    overrides: Overrides | None = None,
    preset: str = "default",
    read_only: bool = False,
) -> tuple[Key, ...]:
    """Give what the scopes bind, in table order; read-only leaves out what changes devices."""
    return tuple(
        key
        for key in resolve(overrides, preset)
        if key.scope in scopes and not (read_only and key.changes)
    )


def get(id: str) -> Key:
    """Find an entry of the table. Raises KeyError."""
    return _BY_ID[id]


@dataclass(frozen=True, slots=True)
class Clash:
    """A key that will not do what the table says. `kind`: clash, undelivered, taken, typed."""

    kind: str
    key: str
    ids: tuple[str, ...]
    sentence: str


def clashes(
    overrides: Overrides | None = None, preset: str = "default", own: Sequence[Key] = ()
) -> tuple[Clash, ...]:
    """Report keys that mean two things at once or do not arrive; shown at start, never hidden."""
    keys = resolve(overrides, preset, own)
    return (*_shared(keys), *(clash for key in keys for clash in _troubles(key)))


def _shared(keys: Sequence[Key]) -> Iterable[Clash]:
    by_name: dict[str, list[Key]] = {}
    for one in keys:
        for name in one.keys:
            by_name.setdefault(name, []).append(one)
    for name, held in by_name.items():
        for one, other in combinations(held, 2):
            if _meet(one, other):
                ids = (one.id, other.id)
                what = keynames.shown(name)
                yield Clash("clash", name, ids, f"{what} means {ids[0]} and {ids[1]} at once.")


def _meet(one: Key, other: Key) -> bool:
    if one.id in other.replaces or other.id in one.replaces:
        return False
    return (
        one.scope == other.scope
        or one.scope in SCOPES[other.scope]
        or other.scope in SCOPES[one.scope]
    )


def _troubles(key: Key) -> Iterable[Clash]:
    for name in key.keys:
        reason = keynames.undelivered(name)
        if reason:
            yield Clash("undelivered", name, (key.id,), f"{reason}; give {key.id} another key.")
        if key.scope == "form" and keynames.printable(name):
            shown = keynames.shown(name)
            sentence = f"{shown} for {key.id} is typed into the form instead; use an F-key."
            yield Clash("typed", name, (key.id,), sentence)
    if key.keys and all(keynames.taken(name) for name in key.keys):
        name = key.keys[0]
        by = keynames.taken(name)
        sentence = f"{keynames.shown(name)} is often taken by {by}; add a second key to {key.id}."
        yield Clash("taken", name, (key.id,), sentence)
