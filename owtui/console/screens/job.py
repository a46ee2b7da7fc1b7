"""One job, live: how far it is, a row a device, identical outputs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.presenters import jobs as presenter
from owtui.console.registry import Screens
from owtui.console.session import Session
from owtui.console.steering import Steering
from owtui.console.trusting import consider
from widgets.resultview import Group, ResultView
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.jobs.result import Result


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add_kind("job", lambda session, id_, number: JobScreen(session, UUID(id_), int(number)))


class JobScreen(Steering):
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
        self.query_one(ResultView).focus()
        self.refresh_rows()

    def job(self) -> dict[str, Any] | None:
        """The job as last told."""
        return self._told or None

    def path(self) -> Sequence[str]:
        """Jobs, the number, what it does."""
        return ("Jobs", str(self._number), str(self._told.get("title", "")))

    @property
    def place(self) -> tuple[str, ...]:
        """This job."""
        return ("job", str(self._job_id), str(self._number))

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when this job moved, here or in another process."""
        mine = str(self._job_id)
        if not events or any(event.key == "*" or event.key.startswith(mine) for event in events):
            self.load(self._load, "job")

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
        if self._told["finished"] and self._job_id in self.session.submitted:
            self.session.submitted.discard(self._job_id)
            failed = {one.device_id: one.error for one in self._results if one.error}
            consider(self, failed, self.action_job_retry)

    def _show(self) -> None:
        view, glyphs = self.query_one(ResultView), self.session.glyphs
        now = self.session.now()
        view.update_progress(*presenter.progress(self._results, self._told, now))
        view.update_groups(self._groups())
        view.update_devices(presenter.devices(self._results, glyphs, now))

    def _groups(self) -> list[Group]:
        from owtui.engine.jobs.groups import group

        return presenter.groups(group(self._results))

    # --- looking ---

    def action_nav_tab_next(self) -> None:
        """Turn from groups to devices and back."""
        self.query_one(ResultView).action_toggle_view()

    def action_job_open(self) -> None:
        """Open the group, or all that the device said."""
        if isinstance(self.focused, RowTable):
            self.focused.action_open()

    def on_result_view_device_opened(self, message: ResultView.DeviceOpened) -> None:
        """Show all that this device said."""
        for result in self._results:
            if str(result.device_id) == message.key:
                self._text(result.device, presenter.detail(result))

    def on_result_view_group_opened(self, message: ResultView.GroupOpened) -> None:
        """Show the whole output of a group."""
        for one in self._groups():
            if one.key == message.key:
                self._text(presenter.group_title(one), presenter.group_text(one))

    def _text(self, title: str, text: str) -> None:
        from owtui.console.screens.text import TextScreen

        self.app.push_screen(TextScreen(self.session, ("Jobs", str(self._number), title), text))
