"""One batch of upgrades, live: its waves, a row a device with its step, and what that one says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.ofjob import OfJob
from owtui.console.presenters import status as status_presenter
from owtui.console.presenters import upgrades as presenter
from owtui.console.registry import Screens
from owtui.console.session import Session
from widgets.progress import ProgressLine
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine
from widgets.textview import TextView

if TYPE_CHECKING:
    from owtui.engine.jobs.result import Result


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add_kind(
        "batch", lambda session, id_, number: BatchScreen(session, UUID(id_), int(number))
    )


class BatchScreen(OfJob):
    """The devices of an upgrade; the log below is of the one under the cursor."""

    KIND = "batch"
    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "jobs", "batch")
    DEFAULT_CSS = """
    BatchScreen #stages, BatchScreen #progress { height: 1; }
    BatchScreen #devices { height: 2fr; border-top: solid $border; }
    BatchScreen #log { height: 1fr; border-top: solid $border; border-title-color: $accent; }
    """

    def __init__(self, session: Session, job_id: UUID, number: int) -> None:
        super().__init__(session, job_id, number)
        self._batch = presenter.Batch()
        self._before: object = None

    def body(self) -> Iterable[Widget]:
        """Stages, progress, devices, the log of one."""
        glyphs = self.session.glyphs
        yield StatusLine(glyphs=glyphs, id="stages")
        yield ProgressLine(glyphs=glyphs, id="progress")
        yield RowTable(
            presenter.columns(glyphs),
            glyphs=glyphs,
            markable=False,
            empty_text="No device has been started yet.",
            id="devices",
        )
        yield TextView(glyphs=glyphs, wrap=True, id="log")

    def on_mount(self) -> None:
        """Load it, and again whenever it moves."""
        self.table.focus()
        self.refresh_rows()

    @property
    def table(self) -> RowTable:
        """The devices."""
        return self.query_one(RowTable)

    def path(self) -> Sequence[str]:
        """Upgrades, the number, what it brings."""
        title = presenter.title(self._told, self._batch) if self._told else ""
        return ("Upgrades", str(self._number), title)

    async def load_more(self) -> None:
        """The plan once, and the lines that came since."""
        call, batch = self.session.bridge.call, self._batch
        if batch.plan is None:
            batch.plan = await call(lambda engine: engine.jobs.plan_of(self._job_id))
        last = batch.lines[-1].id if batch.lines else 0
        batch.lines += await call(lambda engine: engine.jobs.lines(self._job_id, last))
        seen = (self._told["state"], len(batch.lines), [(r.state, r.step) for r in self._results])
        if self._before is None:
            batch.saved = presenter.newest(self._results, batch.lines)
        elif seen != self._before:
            batch.saved = self.session.now()  # it was read: so it is written
        self._before = seen

    def show_job(self) -> None:
        """Stages, progress, devices and the log as they are now."""
        now, glyphs, batch = self.session.now(), self.session.glyphs, self._batch
        changing = batch.changing(self._results)
        stages = presenter.stages(batch, changing, glyphs)
        self.query_one("#stages", StatusLine).update_pieces(stages)
        told = presenter.progress(batch, changing, self._told, now)
        self.query_one(ProgressLine).update_progress(*told)
        fresh = presenter.devices(batch, self._results, glyphs, now)
        if self.table.total == len(fresh):
            self.table.update_rows(fresh)
        else:
            self.table.set_rows(fresh)
        self._show_log()

    def status_pieces(self) -> list[status_presenter.Piece]:
        """Whether one may leave, before all else."""
        engine = self.session.bridge.engine
        trouble = engine.trouble if engine is not None else "no engine"
        holds = engine is not None and engine.holds
        standing = "drains and resumes" if holds else "it goes on"
        if engine is not None and not holds and engine.holder is None:
            standing = "it waits for an engine"
        now = self.session.now()
        piece = presenter.saved(self._batch, self._told, trouble, standing, now)
        return [*super().status_pieces(), *([piece] if piece.text else [])]

    # --- looking ---

    def _under_cursor(self) -> Result | None:
        key = self.table.cursor_key
        return next((one for one in self._results if str(one.device_id) == key), None)

    def _show_log(self) -> None:
        one, view = self._under_cursor(), self.query_one(TextView)
        if one is None:
            return
        text = presenter.log(self._batch, one)
        if view.border_title != one.device or view.text != text:
            view.border_title = one.device
            view.update_text(text)
            view.scroll_end(animate=False)

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        """Show what this one said; all of it is here already."""
        self._show_log()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """The whole log of the device."""
        message.stop()
        one = self._under_cursor()
        if one is not None:
            crumbs = ("Upgrades", str(self._number), one.device)
            self.show_text(crumbs, presenter.log(self._batch, one))

    def action_job_open(self) -> None:
        """The log of the device under the cursor, on the whole screen."""
        self.table.action_open()

    def action_batch_report(self) -> None:
        """The report of the batch, as `owtui jobs report` prints it."""
        self.ask(self._report, "report")

    async def _report(self) -> None:
        call = self.session.bridge.call
        text: Any = await call(lambda engine: engine.jobs.report_text(self._job_id))
        self.show_text(("Upgrades", str(self._number), "report"), text)
