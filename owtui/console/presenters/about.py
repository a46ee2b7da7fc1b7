"""What this installation and this terminal are, as sections and as text for a bug report: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from widgets.factview import Fact, Section

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "FLEET": (
        *("fleet", "fleets", "read_only", "operator", "devices", "database", "master_key"),
        *("engine", "left_out"),
    ),
    "OWTUI": ("version", "license", "python", "platform", "libraries"),
    "TERMINAL": (),
    "FILES": ("settings_files", "config", "data", "state", "log"),
}
_LABELS = {"settings_files": "settings"}
_COLOURS = {None: "none", "standard": "16", "256": "256", "truecolor": "16 million"}


def terminal(
    environ: Mapping[str, str],
    size: tuple[int, int],
    colours: str | None,
    encoding: str,
    *,
    mouse: bool,
    ascii_only: bool,
) -> dict[str, Any]:
    """What is known of the terminal, and what stands between it and us."""
    between = [name for name, key in (("tmux", "TMUX"), ("screen", "STY")) if environ.get(key)]
    return {
        "size": f"{size[0]}x{size[1]}",
        "TERM": environ.get("TERM", ""),
        "program": environ.get("TERM_PROGRAM", ""),
        "colours": _COLOURS.get(colours, str(colours)),
        "encoding": encoding,
        "symbols": "ASCII" if ascii_only else "UTF-8",
        "multiplexer": ", ".join(between) or "none",
        "mouse": "ours" if mouse else "the terminal's",
        "over_ssh": bool(environ.get("SSH_CONNECTION")),
    }


def sections(told: Mapping[str, Any], terminal: Mapping[str, Any], home: str = "") -> list[Section]:
    """The facts in their sections; what is not known is left out, `home` is written as ~."""
    named = {
        title: {key: told[key] for key in keys if key in told} for title, keys in _SECTIONS.items()
    }
    return [
        Section(
            title,
            tuple(
                Fact(_LABELS.get(key, key.replace("_", " ")), _said(value, home))
                for key, value in facts.items()
                if value not in ("", [])
            ),
        )
        for title, facts in (named | {"TERMINAL": dict(terminal)}).items()
    ]


def text(sections: Sequence[Section]) -> str:
    """The same for the clipboard: a line a fact."""
    return "\n".join(f"{fact.label:<16}{fact.value}" for one in sections for fact in one.facts)


def _said(value: Any, home: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return (text.replace(f"{home}/", "~/") if len(home) > 1 else text) or "-"
