"""The tables of docs/keys.md: every key with its id, by default and in each preset."""

from __future__ import annotations

from collections.abc import Iterator

from owtui import keymap
from owtui.keymap import SCOPES, Key
from owtui.keynames import shown

_SCOPES = {
    "app": "Everywhere",
    "data": "Where something is refreshed",
    "tabs": "On screens with pages",
    "list": "In lists",
    "device": "In lists of devices, and on a device",
    "charts": "On charts",
    "checks": "On the checks of a device",
    "text": "In texts",
    "plan": "On a plan",
    "batch": "On a batch of upgrades",
    "jobs": "On jobs",
    "tunnels": "On the list of tunnels",
    "alerts": "On alerts",
    "topology": "On the topology",
    "form": "In forms",
    "templates": "On the list of templates",
    "generations": "On what a template or configuration was",
    "variables": "On variables",
    "notifications": "On notifications",
    "edit": "In the editor",
}
MARK = "<!-- From here on made by `make docs` from owtui/keytable.py; a test holds it fresh. -->"


def tables() -> str:
    """What follows the page's prose."""
    return "\n".join((MARK, *_tables())) + "\n"


def _tables() -> Iterator[str]:
    resolved = [{key.id: key for key in keymap.resolve(preset=name)} for name in keymap.PRESETS]
    for scope in SCOPES:
        yield f"\n## {_SCOPES[scope]}\n"
        yield f"| id | {' | '.join(keymap.PRESETS)} | |"
        yield "|---|" + "---|" * len(keymap.PRESETS) + "---|"
        for key in keymap.KEYS:
            if key.scope == scope:
                yield _row([preset[key.id] for preset in resolved])


def _row(spelled: list[Key]) -> str:
    default = spelled[0]
    cells = [_cell(default)]
    cells += ["" if other.keys == default.keys else _cell(other) for other in spelled[1:]]
    mark = "**!** " if default.changes else ""
    return f"| `{default.id}` | {' | '.join(cells)} | {mark}{default.help} |"


def _cell(key: Key) -> str:
    names = [shown(name, ascii_only=True).replace("|", "\\\\|") for name in key.keys]
    return " ".join(f"`{name}`" for name in names) or "none"
