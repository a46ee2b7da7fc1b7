"""The help as lines: keys, actions, commands, the filter language; searched by section; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from owtui import keynames, units
from owtui.commands import Command
from owtui.keymap import Key
from widgets.glyphs import STATES, Glyphs
from widgets.plaintext import width_of

if TYPE_CHECKING:
    from owtui.engine.actions.base import Action

_SCOPES = {
    "list": "In lists",
    "text": "In texts",
    "data": "What is shown",
    "device": "Devices",
    "jobs": "Jobs",
    "plan": "Plan",
    "tunnels": "Tunnels",
    "templates": "Templates",
    "generations": "Generations",
    "variables": "Variables",
    "edit": "Editor",
    "form": "Forms",
    "tabs": "Pages and panes",
    "app": "Everywhere",
}
_FILTER = (
    ("word", "in name, address, MAC, model, OS, group or tags"),
    ("ap-*", "one of them from end to end; * is any text, ? one character"),
    ("key=value", "exactly; * and ? stand for anything: tag=roof name=ap-*"),
    ("key:value", "somewhere in it: model:tp-link"),
    ("key>value", "numbers, versions, ages; >= < <= too: cpu>80 fw<24.10 seen>5m"),
    ("/regex/ ~fuzzy", "a regular expression; a few wrong letters"),
    ("!x  a | b  (a b)", "not, or, together; a space is and"),
    ("view:NAME", "a saved filter; `:view save NAME` keeps one"),
)
_JOBS_FILTER = (
    ("word", "in number, title, action, state or who"),
    ("key=value", "a comma is or: state=failed,cancelled action=re* who=eva"),
    ("key>value", "numbers: failed>0 devices>=20 job<100"),
    ("!x", "not"),
)
_PAD = 18
_ACTION_PAD = 6
_COMMAND_PAD = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One line of help under its section."""

    section: str
    text: str


def lines(
    scopes: Sequence[str],
    keys: Iterable[Key],
    elsewhere: Iterable[Key],
    actions: Mapping[str, Action],
    commands: Iterable[Command],
    aliases: Mapping[str, str],
    glyphs: Glyphs,
) -> list[Line]:
    """All of the help of a screen with these scopes: what is nearest first.

    `actions` are by their letter in the menu; `elsewhere` are the keys of other screens,
    `aliases` those of the settings.
    """
    told = [
        *_keys(scopes, list(keys), glyphs),
        *(
            Line(
                "Actions (a, then the letter)",
                _row(f"a {letter}", f"{one.title}: {one.help}", _ACTION_PAD),
            )
            for letter, one in actions.items()
        ),
        *(Line("Commands (:)", _row(f":{one.usage}", one.help, _COMMAND_PAD)) for one in commands),
        *(
            Line("Aliases (:)", _row(f":{name}", stands_for, _COMMAND_PAD))
            for name, stands_for in aliases.items()
        ),
        *(Line("Filter of devices (/)", _row(shown, help_)) for shown, help_ in _FILTER),
        *(Line("Filter of jobs (/)", _row(shown, help_)) for shown, help_ in _JOBS_FILTER),
        Line("Symbols", "   " + "   ".join(f"{glyphs.state(one)} {one}" for one in STATES)),
        *(
            Line("Keys of other screens", _key(key, glyphs, f"{_SCOPES.get(key.scope, '')}: "))
            for key in elsewhere
            if key.keys
        ),
    ]
    if glyphs.plot == "ascii":
        told = [Line(one.section, units.plain_ascii(one.text)) for one in told]
    return told


def text(lines: Iterable[Line]) -> str:
    """The lines under the titles of their sections, an empty line between two."""
    told: list[str] = []
    section = ""
    for line in lines:
        if line.section != section:
            told += [*([""] if section else []), f" {line.section}"]
            section = line.section
        told.append(line.text)
    return "\n".join(told) + "\n"


def only(lines: Iterable[Line], typed: str) -> list[Line]:
    """The lines that hold every word that was typed, in themselves or in their section's title."""
    wanted = typed.casefold().split()
    return [
        line
        for line in lines
        if all(word in f"{line.section} {line.text}".casefold() for word in wanted)
    ]


def _keys(scopes: Sequence[str], keys: Sequence[Key], glyphs: Glyphs) -> Iterator[Line]:
    for scope in reversed(scopes):
        for key in keys:
            if key.scope == scope and key.keys:
                yield Line(_SCOPES.get(scope, scope), _key(key, glyphs))


def _key(key: Key, glyphs: Glyphs, lead: str = "") -> str:
    ascii_only = glyphs.plot == "ascii"
    spelled = " ".join(keynames.shown(name, ascii_only=ascii_only) for name in key.keys)
    plans = key.changes and key.id.startswith(("act.", "own.")) and "plan" not in key.help
    return _row(spelled, f"{lead}{key.help}{'; shows a plan first' if plans else ''}")


def _row(left: str, right: str, pad: int = _PAD) -> str:
    return f"   {left}{' ' * max(2, pad - width_of(left))}{right}"
