"""The symbols every widget draws with, as one value in a UTF-8 and an ASCII form.

    Glyphs            frozen dataclass; `UTF8` and `ASCII` are its two instances
    glyphs.state(s)   the symbol of "ok problem critical unknown busy deactivated"

State is told by the symbol first and by colour second, so both sets stay distinct without colour.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of symbols; each state symbol, mark and cursor is exactly one cell wide."""

    ok: str = "▲"
    problem: str = "!"
    critical: str = "✖"
    unknown: str = "?"
    busy: str = "↻"
    deactivated: str = "·"
    cursor: str = ">"
    mark: str = "●"
    ellipsis: str = "…"
    sort_up: str = "▲"
    sort_down: str = "▼"
    expanded: str = "▾"
    collapsed: str = "▸"
    caret: str = "^"
    dash: str = "–"
    dot: str = " · "
    crumb: str = " › "
    divider: str = " │ "
    rule: str = "─"
    bar_full: str = "█"
    bar_empty: str = "░"
    tree_branch: str = "├─ "
    tree_last: str = "└─ "
    tree_line: str = "│  "
    spark: str = "▁▂▃▄▅▆▇█"
    gap: str = "×"
    both: str = "↔"
    tunnel: str = "═"
    way: str = "→"
    axis: str = "┤┼─┬"
    plot: str = "braille"

    def state(self, name: str) -> str:
        """Give the symbol of a state; a state nobody knows is `unknown`, never an error."""
        if name in STATES:
            symbol: str = getattr(self, name)
            return symbol
        return self.unknown


STATES = ("ok", "problem", "critical", "unknown", "busy", "deactivated")

UTF8 = Glyphs()

ASCII = Glyphs(
    ok="+",
    critical="x",
    busy="~",
    deactivated="-",
    mark="*",
    ellipsis="~",
    sort_up="^",
    sort_down="v",
    expanded="-",
    collapsed="+",
    dash="-",
    dot=" - ",
    crumb=" > ",
    divider=" | ",
    rule="-",
    bar_full="#",
    bar_empty=".",
    tree_branch="|- ",
    tree_last="`- ",
    tree_line="|  ",
    spark="_.:-=+*#",
    gap="x",
    both="<->",
    tunnel="=",
    way="->",
    axis="|+-+",
    plot="ascii",
)
