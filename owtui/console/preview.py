"""Beside the list: what is recorded of the device under the cursor, and the last jobs.

It follows once the cursor has rested, from what is in memory: moving a cursor asks nobody anything.
Three sparklines of the device's day are asked for then, beside the screen, and kept for a minute.
"""

from __future__ import annotations

from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from owtui.console.frame import Frame
from owtui.console.presenters import device, jobs, measured
from owtui.console.session import Session
from owtui.console.trending import Trends
from widgets.factview import FactView
from widgets.rowtable import RowTable
from widgets.sparkline import Sparkline

REST_S = 0.15
WAIT_S = 0.25
"""So long the day of the device before stands there while the day of this one is asked for: lines
that go and come again would push all facts up and down, and cost more than the facts."""
_WIDEST = len("41.2 Mbit/s")


class Preview(Vertical):
    """The facts of one device over the newest jobs; the jobs only where there is room."""

    DEFAULT_CSS = """
    Preview { border-left: solid $border; }
    Preview FactView { height: 1fr; }
    Preview RowTable { display: none; height: 13; border-top: solid $border; }
    """

    def __init__(self, session: Session, trends: Trends) -> None:
        super().__init__()
        self._session = session
        self._trends = trends
        self._device_id: UUID | None = None
        self._resting: Timer | None = None
        self._waiting: Timer | None = None
        glyphs = session.glyphs
        self._facts = FactView(glyphs=glyphs)
        self._jobs = RowTable(
            jobs.FEW_COLUMNS, glyphs=glyphs, markable=False, empty_text="No jobs yet."
        )
        self._lines = [
            Sparkline(label, low=0, high=high, label_width=7, text_width=_WIDEST, glyphs=glyphs)
            for label, high in (("CPU", 100.0), ("Memory", 100.0), ("Uplink", None))
        ]
        self._facts.can_focus = self._jobs.can_focus = False
        if glyphs.plot == "ascii":
            self.styles.border_left = ("ascii", "gray")
            self._jobs.styles.border_top = ("ascii", "gray")

    def compose(self) -> ComposeResult:
        """Facts over a day in three lines, over jobs."""
        yield self._facts
        yield from self._lines
        yield self._jobs

    def look_at(self, device_id: UUID | None) -> None:
        """Show another device once the cursor has rested on it."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, lambda: self.show(device_id))

    def show(self, device_id: UUID | None) -> None:
        """Show a device as it is recorded now; hidden, do nothing."""
        self._device_id = device_id
        if not self.display:
            return
        row = self._session.rows.get(self._device_id) if self._device_id else None
        failing = self._session.failing.get(row.id, ()) if row else ()
        self._facts.update_sections(
            device.preview(row, self._session.now(), failing) if row else ()
        )
        frame = self.screen
        if row and self._trends.stale([row.id]) and isinstance(frame, Frame):
            if self._waiting is None:
                self._waiting = self.set_timer(WAIT_S, self._draw)
            frame.load(self._look, "trend")
        else:
            self._draw()

    async def _look(self) -> None:
        try:
            if self._device_id is not None:
                await self._trends.look([self._device_id])
        finally:
            self._draw()

    def _draw(self) -> None:
        """The day as far as it is known; where nothing is measured there are no lines."""
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        known = self._trends.get(self._device_id) if self._device_id else None
        for line, (values, text) in zip(self._lines, measured.trend(known), strict=True):
            line.display = bool(values)
            if values:
                line.update_values(values, text)

    def refresh_jobs(self) -> None:
        """Show the newest jobs."""
        self._jobs.set_rows(jobs.few(self._session.jobs, self._session.glyphs, self._session.now()))
