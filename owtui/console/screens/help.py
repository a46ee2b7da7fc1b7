"""Help: the keys of the screen one comes from, generated from the keymap, searchable."""

from __future__ import annotations

from owtui.console.frame import Frame
from owtui.console.screens.text import TextScreen
from owtui.console.session import Session
from widgets.plaintext import width_of

_SCOPES = {
    "list": "In lists",
    "data": "What is shown",
    "device": "Devices",
    "jobs": "Jobs",
    "plan": "Plan",
    "tabs": "Pages",
    "app": "Everywhere",
}
_FILTER = """
Filter (/)
  word            in name, address, MAC, model, tags
  key=value       exactly, * and ? stand for anything     tag=roof  name=ap-*
  key:value       somewhere in it                         model:tp-link
  key>value       numbers, versions, ages                 cpu>80  fw<24.10  seen>5m
  /regex/  ~fuzzy  !not  a | b  (a b)  "two words"        view:NAME for a saved one

Symbols
"""


def help_for(frame: Frame, session: Session) -> TextScreen:
    """The help of a screen: only keys that do something there."""
    title = frame.path()[-1] if frame.path() else "owtui"
    return TextScreen(session, ("Help", title), text(frame, session), classes="help")


def text(frame: Frame, session: Session) -> str:
    """Keys by scope, innermost first, then the filter language and the symbols."""
    lines = []
    for scope in reversed(frame.scopes):
        node = frame.app if scope == "app" else frame
        keys = [key for key in session.keys.usable(node, (scope,)) if key.keys]
        if not keys:
            continue
        lines.append(_SCOPES.get(scope, scope))
        for key in keys:
            spelled = session.keys.spelled(key)
            pad = " " * max(1, 16 - width_of(spelled))
            mark = "  (changes devices; shows a plan first)" if key.changes else ""
            lines.append(f"  {spelled}{pad}{key.help}{mark}")
        lines.append("")
    glyphs = session.glyphs
    states = ("ok", "problem", "critical", "unknown", "busy", "deactivated")
    symbols = "  " + "   ".join(f"{glyphs.state(state)} {state}" for state in states)
    return "\n".join(lines) + _FILTER.lstrip("\n") + symbols + "\n"
