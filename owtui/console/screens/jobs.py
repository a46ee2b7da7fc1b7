"""Screen 6, Jobs: every bulk run, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.listing import Listing
from owtui.console.presenters import jobs as presenter
from owtui.console.registry import Screens, Spec
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event

SHOWN = 500


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("jobs", "Jobs", JobsScreen, "6", "Every bulk run and its results"))


class JobsScreen(Listing):
    """The jobs of this fleet, whoever submitted them."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "jobs")
    title_text: ClassVar[str] = "Jobs"

    def body(self) -> Iterable[Widget]:
        """One table."""
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text="No jobs yet. Mark devices in Fleet (Space), then x to run a command.",
        )

    def on_mount(self) -> None:
        """Load them."""
        super().on_mount()
        self.table.focus()
        self.refresh_rows()

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when jobs moved."""
        if not events or any(event.topic in ("jobs", "results") for event in events):
            self.run_worker(self._load(), group="jobs", exclusive=True)

    def tick(self) -> None:
        """A finished job does not age."""

    async def _load(self) -> None:
        jobs = await self.session.bridge.call(lambda engine: engine.jobs.recent(SHOWN))
        self.table.set_rows(presenter.rows(jobs, self.session.glyphs))

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the job."""
        from owtui.console.screens.job import JobScreen

        row = self.table.row(message.key)
        number = int(row.text(1)) if row is not None else 0
        self.app.push_screen(JobScreen(self.session, UUID(message.key), number))
