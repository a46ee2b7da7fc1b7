"""Screen 6, Jobs: every bulk run, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.listing import Listing
from owtui.console.presenters import jobs as presenter
from owtui.console.registry import Screens, Spec
from owtui.console.steering import Steering
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event

SHOWN = 500


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("jobs", "Jobs", JobsScreen, "6", "Every bulk run and its results"))


class JobsScreen(Steering, Listing):
    """The jobs of this fleet, whoever submitted them."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "jobs")
    title_text: ClassVar[str] = "Jobs"

    def body(self) -> Iterable[Widget]:
        """One table."""
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text=presenter.empty(self.session.keys.names),
        )

    def on_mount(self) -> None:
        """Load them."""
        super().on_mount()
        self.table.focus()
        self.refresh_rows()

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when jobs moved."""
        if not events or any(event.topic in ("jobs", "results") for event in events):
            self.load(self._load, "jobs")

    def tick(self) -> None:
        """A finished job does not age."""

    def job(self) -> dict[str, object] | None:
        """The job under the cursor."""
        key = self.table.cursor_key
        return next((job for job in self._told if job["id"] == key), None)

    async def _load(self) -> None:
        self._told = await self.session.bridge.call(lambda engine: engine.jobs.recent(SHOWN))
        fresh = presenter.rows(self._told, self.session.glyphs, self.session.now())
        if self.table.total == len(fresh):
            self.table.update_rows(fresh)
        else:
            self.table.set_rows(fresh)
        self.refresh_keys()

    def action_job_open(self) -> None:
        """Open the job."""
        self.table.action_open()

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        """Offer what may be done to the job under the cursor."""
        self.refresh_keys()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the job."""
        job = self.job()
        if job is not None:
            self.console.open_job(UUID(message.key), int(str(job["number"])))
