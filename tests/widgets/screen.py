"""Read what an app shows, and count what it repaints, without a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widget import Widget

Messages = list[Any]


class Bench(App[None]):
    """An app around widgets under test; q would end it, so tests see letters that leak."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self._widgets = widgets
        self.leaked: list[str] = []

    def compose(self) -> ComposeResult:
        yield from self._widgets

    def on_mount(self) -> None:
        for letter in "quita":
            self.bind(letter, f"leak('{letter}')")

    def action_leak(self, letter: str) -> None:
        self.leaked.append(letter)


def text_of(app: App[Any]) -> list[str]:
    """Give the lines on screen, without trailing spaces."""
    strips = app.screen._compositor.render_strips()
    return [strip.text.rstrip() for strip in strips]


class Repaints:
    """Collects the regions a widget asks to repaint; an empty tuple is the whole widget."""

    def __init__(self, widget: Widget) -> None:
        self.calls: list[tuple[Region, ...]] = []
        self._refresh = widget.refresh
        widget.refresh = self._record  # type: ignore[method-assign]  # a spy

    def _record(self, *regions: Region, **options: Any) -> Widget:
        self.calls.append(regions)
        return self._refresh(*regions, **options)

    def take(self) -> list[Region]:
        """Give the regions since the last time; fails when everything was repainted."""
        calls, self.calls = self.calls, []
        assert all(calls), "the whole widget was repainted"
        return [region for regions in calls for region in regions]


def lines_of(regions: Iterable[Region]) -> list[int]:
    """Give the screen lines that regions touch, sorted."""
    return sorted({y for region in regions for y in region.line_range})
