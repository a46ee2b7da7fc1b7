"""One job, live: how far it is, a row a device, identical outputs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.frame import Frame
from owtui.console.presenters import jobs as presenter
from owtui.console.session import Session
from owtui.errors import PROBLEMS, failure_of
from widgets.resultview import ResultView

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.jobs.result import Result


class JobScreen(Frame):
    """A job's results; P pauses, X aborts, T plans the failed ones again."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "tabs", "jobs")

    def __init__(self, session: Session, job_id: UUID, number: int) -> None:
        super().__init__(session)
        self._job_id = job_id
        self._number = number
        self._told: dict[str, Any] = {}
        self._results: list[Result] = []

    def body(self) -> Iterable[Widget]:
        """Progress, groups, devices."""
        yield ResultView(glyphs=self.session.glyphs)

    def on_mount(self) -> None:
        """Load it, and again whenever it moves."""
        super().on_mount()
        self.query_one(ResultView).devices.focus()
        self.refresh_rows()

    def path(self) -> Sequence[str]:
        """Jobs, the number, what it does."""
        return ("Jobs", str(self._number), str(self._told.get("title", "")))

    def note(self) -> str:
        """The state, and why."""
        reason = self._told.get("reason")
        return f"{self._told.get('state', '')}{f': {reason}' if reason else ''}"

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when this job moved, here or in another process."""
        mine = str(self._job_id)
        if not events or any(event.key == "*" or event.key.startswith(mine) for event in events):
            self.run_worker(self._load(), group="job", exclusive=True)

    def tick(self) -> None:
        """Let running times grow; a finished job does not move any more."""
        if not self._told.get("finished"):
            self._show()

    async def _load(self) -> None:
        bridge = self.session.bridge
        self._told = await bridge.call(lambda engine: engine.jobs.report(self._job_id))
        self._results = await bridge.call(lambda engine: engine.jobs.results(self._job_id))
        self._show()
        self.refresh_frame()

    def _show(self) -> None:
        from owtui.engine.jobs.groups import group

        view, glyphs = self.query_one(ResultView), self.session.glyphs
        view.update_progress(*presenter.progress(self._results))
        view.update_groups(presenter.groups(group(self._results)))
        view.update_devices(presenter.devices(self._results, glyphs, self.session.now()))

    # --- looking ---

    def action_nav_tab_next(self) -> None:
        """Turn from devices to groups, where only one is shown."""
        self.query_one(ResultView).action_toggle_view()

    def on_result_view_device_opened(self, message: ResultView.DeviceOpened) -> None:
        """Show all that this device said."""
        for result in self._results:
            if str(result.device_id) == message.key:
                self._text(result.device, presenter.detail(result))

    def on_result_view_group_opened(self, message: ResultView.GroupOpened) -> None:
        """Show the whole output of a group."""
        from owtui.engine.jobs.groups import group

        for one in presenter.groups(group(self._results)):
            if one.key == message.key:
                self._text(f"{len(one.names)} devices", f"{', '.join(one.names)}\n\n{one.output}")

    def _text(self, title: str, text: str) -> None:
        from owtui.console.screens.text import TextScreen

        self.app.push_screen(TextScreen(self.session, ("Jobs", str(self._number), title), text))

    # --- steering ---

    def action_job_pause(self) -> None:
        """Pause or resume."""
        verb = "resume" if self._told.get("state") == "paused" else "pause"
        self._steer(verb)

    def action_job_abort(self) -> None:
        """Finish what runs, skip the rest."""
        from widgets.dialog import ConfirmDialog

        dialog = ConfirmDialog(
            f"Abort job {self._number}?",
            text="Devices that have begun are finished; no further one is started.",
            glyphs=self.session.glyphs,
        )
        self.app.push_screen(dialog, lambda yes: self._steer("cancel") if yes else None)

    def action_job_retry(self) -> None:
        """Plan again what did not end well."""
        self.run_worker(self._retry(), group="retry", exclusive=True)

    async def _retry(self) -> None:
        from owtui.console.screens.plan import PlanScreen

        try:
            plan = await self.session.bridge.call(
                lambda engine: engine.jobs.retry_plan(self._job_id)
            )
        except PROBLEMS as error:
            self._tell(error)
            return
        self.app.push_screen(PlanScreen(self.session, plan, {}))

    def _steer(self, verb: str) -> None:
        async def ask() -> None:
            try:
                await self.session.bridge.call(
                    lambda engine: getattr(engine.jobs, verb)(self._job_id)
                )
            except PROBLEMS as error:
                self._tell(error)

        self.run_worker(ask(), group="steer", exclusive=True)

    def _tell(self, error: Any) -> None:
        failure = failure_of(error)
        self.notify(f"{failure.sentence} {failure.hint}".strip(), severity="error", timeout=10)
