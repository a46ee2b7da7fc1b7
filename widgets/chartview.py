"""A chart on the screen, and a list of small ones to choose from.

ChartView(figure=None, *, glyphs)     update_figure(figure)     repaints the lines that differ
ChartList(*, glyphs)                  update_items(items)       posts Moved and Opened with the key
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.glyphs import UTF8, Glyphs
from widgets.linechart import Figure, Values, draw, spark
from widgets.lineview import LineView
from widgets.oneline import Spans
from widgets.plaintext import clean, fit
from widgets.roles import role_classes, role_css


class ChartView(Widget):
    """One chart; drawn anew only when its figure or its size is another."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = role_classes()
    DEFAULT_CSS = (
        "ChartView { height: 1fr; width: 1fr; background: $background; color: $foreground; }\n"
        + role_css("ChartView")
    )

    def __init__(
        self,
        figure: Figure | None = None,
        *,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._figure = figure
        self._lines: list[Spans] = []

    @property
    def figure(self) -> Figure | None:
        """What is drawn."""
        return self._figure

    def update_figure(self, figure: Figure | None) -> None:
        """Draw another; an equal one costs nothing."""
        if figure != self._figure:
            self._figure = figure
            self._draw()

    def _draw(self) -> None:
        if not self.is_mounted or not self.size:
            return
        before, figure, (width, height) = self._lines, self._figure, self.size
        self._lines = draw(figure, width, height, self._glyphs) if figure is not None else []
        regions = [
            Region(0, y, width, 1) for y in range(height) if _at(before, y) != _at(self._lines, y)
        ]
        if regions:
            self.refresh(*regions)

    def on_mount(self) -> None:
        """Draw the first time."""
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Draw for the new size."""
        self._draw()

    def render_line(self, y: int) -> Strip:
        """Give one line."""
        base = self.rich_style
        segments = [
            Segment(text, self.get_component_rich_style(f"role--{role}") if role else base)
            for text, role in _at(self._lines, y)
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)


def _at(lines: Sequence[Spans], y: int) -> Spans:
    return lines[y] if y < len(lines) else []


_TEXT, _ROOMY = 14, 100  # cells behind a small chart; where there is room, twice as many


@dataclass(frozen=True, slots=True)
class Item:
    """A small chart: its key, its name, its values, and what it stands at."""

    key: str
    label: str
    values: Values
    lost: tuple[bool, ...] = ()
    text: str = ""
    role: str = ""
    low: float = 0.0
    high: float = 0.0  # not above low: by the values


class ChartList(LineView):
    """Charts a line each; the cursor chooses one. Moving it asks nobody anything."""

    DEFAULT_CSS = "ChartList { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=False, id="list.open"),
    ]

    class Moved(Message):
        """The cursor is on another chart."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Opened(Moved):
        """A chart was chosen."""

    def __init__(
        self, *, glyphs: Glyphs = UTF8, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._items: list[Item] = []
        self._cursor = 0

    @property
    def cursor_key(self) -> str:
        """The chart under the cursor; "" where there is none."""
        return self._items[self._cursor].key if self._items else ""

    def update_items(self, items: Sequence[Item], cursor: str = "") -> None:
        """Show other charts; the cursor stays on its own while that is there."""
        wanted = cursor or self.cursor_key
        self._items = list(items)
        keys = [item.key for item in self._items]
        self._cursor = keys.index(wanted) if wanted in keys else 0
        self._relay()

    def _measure(self, width: int) -> Size:
        return Size(width, len(self._items))

    def _spans_at(self, line: int) -> Spans:
        item, glyphs = self._items[line], self._glyphs
        width = self.size.width
        name = min(26, max(8, width // 3))
        is_here = line == self._cursor
        label = fit(clean(item.label), name, "left", glyphs.ellipsis)
        text = f"  {clean(item.text)}" if item.text else ""
        room = max(1, width - name - 3 - (_TEXT if width < _ROOMY else 2 * _TEXT))
        return [
            (f"{glyphs.cursor if is_here else ' '} {label} ", "strong" if is_here else "muted"),
            (self._spark(item, room), "accent"),
            (fit(text, max(0, width - name - 3 - room), "left", glyphs.ellipsis), item.role),
        ]

    def _spark(self, item: Item, width: int) -> str:
        bounds = (item.low, item.high) if item.high > item.low else None
        return spark(item.values, item.lost, width, self._glyphs, bounds)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """It is never wider than it is seen: left and right are free for who holds it."""
        return not action.startswith("scroll_left") and not action.startswith("scroll_right")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line a chart."""
        return max(1, len(self._items))

    def action_line_up(self) -> None:
        """The chart above."""
        self._to(self._cursor - 1)

    def action_line_down(self) -> None:
        """The chart below."""
        self._to(self._cursor + 1)

    def action_view_up(self) -> None:
        """A page of charts up."""
        self._to(self._cursor - max(1, self.size.height))

    def action_view_down(self) -> None:
        """A page of charts down."""
        self._to(self._cursor + max(1, self.size.height))

    def action_view_top(self) -> None:
        """The first chart."""
        self._to(0)

    def action_view_bottom(self) -> None:
        """The last chart."""
        self._to(len(self._items) - 1)

    def action_open(self) -> None:
        """Choose the chart under the cursor."""
        if self._items:
            self.post_message(self.Opened(self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        """The chart that was clicked."""
        self._to(event.y + self.scroll_offset.y)

    def _to(self, wanted: int) -> None:
        place = max(0, min(wanted, len(self._items) - 1))
        if not self._items or place == self._cursor:
            return
        self._cursor = place
        top, height = self.scroll_offset.y, self.size.height
        if not top <= place < top + height:
            self.scroll_to(y=place if place < top else place - height + 1, animate=False)
        self._sync()
        self.post_message(self.Moved(self.cursor_key))
