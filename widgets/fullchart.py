"""One chart as plotext draws it, on all the room there is: made on a thread, once a second at most.

FullChart(*, glyphs, colour)     update_figure(figure)
"""

from __future__ import annotations

import asyncio
from time import monotonic

from rich.text import Text
from textual import events
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from widgets import timeaxis
from widgets.glyphs import UTF8, Glyphs
from widgets.linechart import Figure, legend, letter, losses
from widgets.plaintext import clean
from widgets.plot import Series, full_chart

EVERY_S = 1.0
PER_COLUMN = 2  # points: the lowest and the highest of what falls into one


class FullChart(Widget):
    """A chart with axes and legend; hidden, it draws nothing."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    FullChart { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    """

    def __init__(
        self, *, glyphs: Glyphs = UTF8, colour: bool = True, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._glyphs, self._colour = glyphs, colour
        self._figure: Figure | None = None
        self._shown: tuple[Figure | None, tuple[int, int]] = (None, (0, 0))
        self._lines: list[Text] = []
        self._drawn_at = float("-inf")
        self._later: Timer | None = None

    def update_figure(self, figure: Figure | None) -> None:
        """Draw another, at once or when a second has gone by since the last time."""
        self._figure = figure
        if figure is None and self._lines:
            self._shown, self._lines = (None, (0, 0)), []  # the one before is of another time
            self.refresh()
        self._soon()

    def on_resize(self, _event: events.Resize) -> None:
        """Draw for the new size; it is shown when its size is told."""
        self._soon()

    def _soon(self) -> None:
        wanted = (self._figure, tuple(self.size))
        nothing = self._figure is None or not self.is_mounted or not self.size
        if nothing or wanted == self._shown or self._later:
            return
        rest = self._drawn_at + EVERY_S - monotonic()
        if rest > 0:
            self._later = self.set_timer(rest, self._now)
        else:
            self._now()

    def _now(self) -> None:
        self._later = None
        self._drawn_at = monotonic()
        self.run_worker(self._draw(), group="full chart", exclusive=True)

    async def _draw(self) -> None:
        figure, (width, height) = self._figure, self.size
        if figure is None:
            return
        if figure.is_empty:
            text = f"\n {clean(figure.empty)}"
        else:
            text = await asyncio.to_thread(
                page, figure, width, height, self._glyphs, colour=self._colour
            )
        if self._figure is None:
            return  # taken back meanwhile
        self._shown = (figure, (width, height))
        self._lines = [Text.from_ansi(line) for line in text.splitlines()]
        self.refresh()
        self._soon()  # it may have become another meanwhile

    def render_line(self, y: int) -> Strip:
        """Give one line."""
        base = self.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, base)
        segments = list(self._lines[y].render(self.app.console))
        return Strip(segments).apply_style(base).adjust_cell_length(self.size.width, base)


def page(figure: Figure, width: int, height: int, glyphs: Glyphs, *, colour: bool) -> str:
    """A figure as plotext draws it, with at most two points a column."""
    count = max(1, figure.count)
    kept = reduced(figure, width)
    # Its own legend would lie over the lines: the names stand above, and each line has its letter.
    named = {f"{letter(figure, number)} {number}": values for number, values in enumerate(kept)}
    points = max(len(values) for values in kept)
    at = timeaxis.ticks(figure.start_s, figure.end_s, width)
    times = [(column / width * points, text) for column, text in at]
    lost = sorted({n * points // count for n, is_lost in enumerate(losses(figure)) if is_lost})
    head = f"{clean(figure.title)}   {clean(figure.head)}".rstrip()
    if lost:
        head += f"   {glyphs.gap * 3} {figure.lost_text}"
    lines = legend(figure, width, 2, glyphs)
    above = ["".join(text for text, _ in spans) for spans in lines]
    drawn = full_chart(
        named,
        width,
        height - len(above),
        title=head,
        glyphs=glyphs,
        colour=colour,
        legend=False,
        ticks=(times, figure.axis),
        lost=lost,
    )
    return "\n".join([*above, drawn])


def reduced(figure: Figure, width: int) -> list[Series]:
    """The traces with the lowest and highest of each column where there are more points."""
    if figure.count <= width * PER_COLUMN:
        return [trace.values for trace in figure.traces]
    found: list[Series] = []
    for trace in figure.traces:
        values: list[float | None] = []
        for x in range(width):
            first, last = x * len(trace.values) // width, (x + 1) * len(trace.values) // width
            known = [value for value in trace.values[first:last] if value is not None]
            values += [min(known), max(known)] if known else [None, None]
        found.append(values)
    return found
