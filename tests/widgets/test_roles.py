"""Every role is readable on its background in every theme with colours of its own."""

from __future__ import annotations

import pytest
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.widgets.screen import Bench
from widgets.roles import ROLES
from widgets.rowtable import Column, Row, RowTable

THEMES = [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi]
LEAST_RATIO = 3.0
"""WCAG 2 for large text and symbols; state is in the symbol as well."""


def _luminance(color: RichColor) -> float:
    channels = Color.from_rich_color(color).normalized
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(style: Style) -> float:
    """Give the WCAG 2 contrast ratio of a style's two colours."""
    assert style.color is not None
    assert style.bgcolor is not None
    high, low = sorted((_luminance(style.color), _luminance(style.bgcolor)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
async def test_every_role_is_readable(theme: str) -> None:
    table = RowTable([Column("a", "A", 5)], [Row("1", ("x",))])
    app = Bench(table)
    app.theme = theme
    async with app.run_test(size=(20, 5)):
        names = [f"role--{role}" for role in ROLES]
        names += ["rowtable--header", "rowtable--empty"]  # the cursor's pair is the theme's own
        poor = {
            name: round(contrast(table.get_component_rich_style(name)), 2)
            for name in names
            if contrast(table.get_component_rich_style(name)) < LEAST_RATIO
        }
        assert poor == {}
