"""The colours of owtui, and which of all themes is used.

Colour never says what no symbol says; a terminal with 16 colours or none gets the themes made of
the terminal's own colours, which also halve what goes over the line.
"""

from __future__ import annotations

from collections.abc import Container

from textual.theme import Theme

from owtui.settings import Settings

DARK = Theme(
    name="owtui-dark",
    primary="#5fb3d9",
    secondary="#7fc8f8",
    accent="#e8c07d",
    warning="#f2b84b",
    error="#ff6b6b",
    success="#7ddc94",
    foreground="#d7dde5",
    background="#10151c",
    surface="#18202a",
    panel="#212b38",
    dark=True,
    variables={
        "border": "#546d86",
        "block-cursor-background": "#2f5f86",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "text-muted": "#93a1b1",
        "scrollbar": "#566f88",
        "scrollbar-hover": "#6b87a3",
        "scrollbar-active": "#5fb3d9",
        "scrollbar-background": "#161d26",
        "scrollbar-background-hover": "#161d26",
        "scrollbar-background-active": "#161d26",
        "scrollbar-corner-color": "#161d26",
    },
)
LIGHT = Theme(
    name="owtui-light",
    primary="#0b5f8a",
    secondary="#14679e",
    accent="#8a5a00",
    warning="#8a5200",
    error="#b3261e",
    success="#1d6b33",
    foreground="#1b232c",
    background="#fbfaf7",
    surface="#f0efea",
    panel="#e4e3dc",
    dark=False,
    variables={
        "border": "#7f8b98",
        "block-cursor-background": "#0b5f8a",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "text-muted": "#55616d",
        "scrollbar": "#7a8693",
        "scrollbar-hover": "#66727f",
        "scrollbar-active": "#0b5f8a",
        "scrollbar-background": "#f0efea",
        "scrollbar-background-hover": "#f0efea",
        "scrollbar-background-active": "#f0efea",
        "scrollbar-corner-color": "#f0efea",
        "text-success": "#1d6b33",
        "text-warning": "#8a5200",
        "text-error": "#b3261e",
        "text-accent": "#8a5a00",
        "text-secondary": "#14679e",
    },
)
OWN = (DARK, LIGHT)
OFFERED = ("owtui-dark", "owtui-light", "ansi-dark", "ansi-light")
FEW_COLORS = {True: "ansi-dark", False: "ansi-light"}


def choose(wanted: Settings, known: Container[str], *, few_colors: bool) -> tuple[str, str]:
    """Give the theme to use, and a sentence where it is not the one that was wanted."""
    if not wanted.color or few_colors:
        return FEW_COLORS[not wanted.theme.endswith("light")], ""
    if wanted.theme in known:
        return wanted.theme, ""
    return DARK.name, (
        f"There is no theme “{wanted.theme}”; {DARK.name} is used. There are: {', '.join(OFFERED)}."
    )
