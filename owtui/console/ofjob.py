"""What the screens of one job share: it is loaded whenever it moves, and steered.

A job that this console submitted, and that ended, may leave host keys to be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.console.session import Session
from owtui.console.steering import Steering
from owtui.console.trusting import consider

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.jobs.result import Result


class OfJob(Steering):
    """A job's results; P pauses, X aborts, T plans the failed ones again."""

    KIND = "job"  # of the registry

    def __init__(self, session: Session, job_id: UUID, number: int) -> None:
        super().__init__(session)
        self._job_id = job_id
        self._number = number
        self._told: dict[str, Any] = {}
        self._results: list[Result] = []

    # --- to be given by a screen ---

    def show_job(self) -> None:
        """Show what is loaded."""
        raise NotImplementedError

    async def load_more(self) -> None:
        """Load what this screen wants beside report and results."""

    # --- the same for all ---

    def job(self) -> dict[str, Any] | None:
        """The job as last told."""
        return self._told or None

    @property
    def place(self) -> tuple[str, ...]:
        """This job."""
        return (self.KIND, str(self._job_id), str(self._number))

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when this job moved, here or in another process."""
        mine = str(self._job_id)
        if not events or any(event.key == "*" or event.key.startswith(mine) for event in events):
            self.load(self._load, "job")

    def tick(self) -> None:
        """Let running times grow; a finished job does not move any more."""
        if not self._told.get("finished"):
            self.show_job()

    async def _load(self) -> None:
        bridge = self.session.bridge
        self._told = await bridge.call(lambda engine: engine.jobs.report(self._job_id))
        self._results = await bridge.call(lambda engine: engine.jobs.results(self._job_id))
        await self.load_more()
        self.show_job()
        self.refresh_frame()
        if self._told["finished"] and self._job_id in self.session.submitted:
            self.session.submitted.discard(self._job_id)
            failed = {one.device_id: one.error for one in self._results if one.error}
            consider(self, failed, self.action_job_retry)

    def show_text(self, crumbs: Sequence[str], text: str) -> None:
        """Open a text over this screen."""
        from owtui.console.screens.text import TextScreen

        self.app.push_screen(TextScreen(self.session, crumbs, text))
