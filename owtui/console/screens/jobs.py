"""Screen 6, Jobs: every bulk run, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.filterline import FilterLine
from owtui.console.presenters import jobfilter
from owtui.console.presenters import jobs as presenter
from owtui.console.presenters.fleet import no_match
from owtui.console.registry import Screens, Spec
from owtui.console.steering import Steering
from widgets.rowmodel import Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.events import Event

SHOWN = 500


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("jobs", "Jobs", JobsScreen, "6", "Every bulk run and its results"))


class JobsScreen(Steering, FilterLine):
    """The jobs of this fleet, whoever submitted them."""

    FAULTS: ClassVar[str] = jobfilter.FAULTS
    ACTION: ClassVar[str] = ""  # jobs of this one alone
    COLUMNS: ClassVar[Sequence[Column]] = presenter.COLUMNS
    _filter = jobfilter.parse("")

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "jobs")
    title_text: ClassVar[str] = "Jobs"

    def body(self) -> Iterable[Widget]:
        """The filter line, hidden until it is wanted, over the table."""
        names = self.session.keys.names
        yield self.filter_bar()
        yield RowTable(
            self.COLUMNS,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text=self.empty(),
            no_match_text=no_match(names("list.filter_clear"), "job"),
        )

    def empty(self) -> str:
        """What an empty list says."""
        return presenter.empty(self.session.keys.names)

    def made(self, jobs: Sequence[dict[str, Any]]) -> list[Row]:
        """A row a job."""
        return presenter.rows(jobs, self.session.glyphs, self.session.now())

    def on_mount(self) -> None:
        """Load them."""
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
        wanted = self.ACTION
        self._told = await self.session.bridge.call(
            lambda engine: engine.jobs.recent(SHOWN, wanted)
        )
        fresh = self.made(self._told)
        if self.table.total == len(fresh):
            self.table.update_rows(fresh)
        else:
            self.table.set_rows(fresh)
        self.apply_filter()
        self.refresh_keys()

    @property
    def filter_text(self) -> str:
        """The filter in force, "" without one."""
        return self._filter.text

    def use_filter(self, text: str) -> None:
        """Filter by a text. Raises InputError."""
        self._filter = jobfilter.parse(text)
        self.apply_filter()
        self.refresh_frame()

    def apply_filter(self) -> None:
        """Choose anew: jobs may match now that did not before."""
        chosen = {str(job["id"]) for job in self._filter.choose(self._told)}
        self.table.set_filter(chosen if self.filter_text else None)

    def completions(self, text: str) -> Iterable[str]:
        """Keys, and values as the jobs have them."""
        return jobfilter.completions(text, self._told)

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
            self.console.open_job(UUID(message.key), int(str(job["number"])), str(job["action"]))
