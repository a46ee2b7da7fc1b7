"""Beside the list: what is recorded of the device under the cursor, and the last jobs.

It follows once the cursor has rested, from what is in memory: moving a cursor asks nobody anything.
"""

from __future__ import annotations

from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from owtui.console.presenters import device, jobs
from owtui.console.session import Session
from widgets.factview import FactView
from widgets.rowtable import RowTable

REST_S = 0.15


class Preview(Vertical):
    """The facts of one device over the newest jobs; the jobs only where there is room."""

    DEFAULT_CSS = """
    Preview { border-left: solid $border; }
    Preview FactView { height: 1fr; }
    Preview RowTable { display: none; height: 13; border-top: solid $border; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._device_id: UUID | None = None
        self._resting: Timer | None = None
        glyphs = session.glyphs
        self._facts = FactView(glyphs=glyphs)
        self._jobs = RowTable(
            jobs.FEW_COLUMNS, glyphs=glyphs, markable=False, empty_text="No jobs yet."
        )
        self._facts.can_focus = self._jobs.can_focus = False
        if glyphs.plot == "ascii":
            self.styles.border_left = ("ascii", "gray")
            self._jobs.styles.border_top = ("ascii", "gray")

    def compose(self) -> ComposeResult:
        """Facts over jobs."""
        yield self._facts
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
        self._facts.update_sections(device.preview(row, self._session.now()) if row else ())

    def refresh_jobs(self) -> None:
        """Show the newest jobs."""
        self._jobs.set_rows(jobs.few(self._session.jobs, self._session.glyphs, self._session.now()))
