"""The help as text: keys by scope, innermost first, the filter language, the symbols; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from owtui import keynames
from owtui.keymap import Key
from widgets.glyphs import STATES, Glyphs
from widgets.plaintext import width_of

_SCOPES = {
    "list": "In lists",
    "data": "What is shown",
    "device": "Devices",
    "jobs": "Jobs",
    "plan": "Plan",
    "tunnels": "Tunnels",
    "tabs": "Pages",
    "app": "Everywhere",
}
_FILTER = """ Filter (/)
   word            in name, address, MAC, model, tags
   key=value       exactly, * and ? for anything   tag=roof  name=ap-*
   key:value       somewhere in it                 model:tp-link
   key>value       numbers, versions, ages         cpu>80  fw<24.10  seen>5m
   view:NAME       a saved filter                  view:roofs
   /regex/  ~fuzzy  !not  a | b  (a b)  "two words"

 Symbols
"""
_JOBS_FILTER = """ Filter (/)
   word            in number, title, action, state or who
   key=value       state=failed,cancelled  action=re*  who=eva   a comma is OR
   key>value       failed>0  devices>=20  job<100                !not

 Symbols
"""
_PAD = 16


def text(
    scopes: Sequence[str],
    keys: Iterable[Key],
    glyphs: Glyphs,
    aliases: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The help of a screen with these scopes and keys, and the settings' aliases."""
    by_scope: dict[str, list[Key]] = {}
    for key in keys:
        if key.keys:
            by_scope.setdefault(key.scope, []).append(key)
    lines: list[str] = []
    for scope in reversed(scopes):
        if scope in by_scope:
            lines += [f" {_SCOPES.get(scope, scope)}"]
            lines += [_line(key, glyphs) for key in by_scope[scope]] + [""]
    if aliases:
        lines += [" Aliases (:)", *map(_alias, aliases, aliases.values()), ""]
    states = "   ".join(f"{glyphs.state(state)} {state}" for state in STATES)
    language = _JOBS_FILTER if "jobs" in scopes else _FILTER
    return "\n".join(lines) + "\n" + language + f"   {states}\n"


def _alias(name: str, stands_for: str) -> str:
    return f"   {name}{' ' * max(1, _PAD - width_of(name))}{stands_for}"


def _line(key: Key, glyphs: Glyphs) -> str:
    ascii_only = glyphs.plot == "ascii"
    spelled = " ".join(keynames.shown(name, ascii_only=ascii_only) for name in key.keys)
    plans = key.changes and key.id.startswith(("act.", "own.")) and "plan" not in key.help
    more = "; shows a plan first" if plans else ""
    return f"   {spelled}{' ' * max(1, _PAD - width_of(spelled))}{key.help}{more}"
