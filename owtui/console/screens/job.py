"""One job, live: how far it is, a row a device, identical outputs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.ofjob import OfJob
from owtui.console.presenters import jobs as presenter
from owtui.console.presenters.upgrades import on_its_way
from owtui.console.registry import Screens
from widgets.resultview import Group, ResultView
from widgets.rowtable import RowTable


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add_kind("job", lambda session, id_, number: JobScreen(session, UUID(id_), int(number)))


class JobScreen(OfJob):
    """A job's results, by device and by what they said."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "tabs", "list", "jobs")

    def body(self) -> Iterable[Widget]:
        """Progress, groups, devices."""
        yield ResultView(glyphs=self.session.glyphs)

    def on_mount(self) -> None:
        """Load it, and again whenever it moves."""
        self.query_one(ResultView).focus()
        self.refresh_rows()

    def path(self) -> Sequence[str]:
        """Jobs, the number, what it does."""
        return ("Jobs", str(self._number), str(self._told.get("title", "")))

    def show_job(self) -> None:
        """Progress, groups and devices as they are now."""
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
        """Show all that this device said, also on its way."""
        self.ask(partial(self._open, message.key), "device")

    async def _open(self, key: str) -> None:
        lines = await self.session.bridge.call(lambda engine: engine.jobs.lines(self._job_id))
        for result in self._results:
            if str(result.device_id) == key:
                crumbs = ("Jobs", str(self._number), result.device)
                self.show_text(crumbs, presenter.detail(result, on_its_way(lines, result)))

    def on_result_view_group_opened(self, message: ResultView.GroupOpened) -> None:
        """Show the whole output of a group."""
        for one in self._groups():
            if one.key == message.key:
                title = ("Jobs", str(self._number), presenter.group_title(one))
                self.show_text(title, presenter.group_text(one))
