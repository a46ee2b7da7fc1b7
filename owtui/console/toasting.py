"""What people are told appears in the console: one toast a batch, a count, perhaps the bell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.notifications import SeverityLevel

from owtui.console.frame import Frame
from owtui.console.noticing import Noticing
from owtui.console.storm import Storm

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.notifications.desk import Entry

MOST = 1000  # read at once: what comes in one transaction has one time
SEVERITIES: dict[str, SeverityLevel] = {"warning": "warning", "error": "error"}
_RANK = {"error": 0, "warning": 1}


class Toasting(Noticing):
    """The part of the app that shows what the operator was told."""

    _storm: Storm
    _told_till: datetime | None = None  # what was told before is no news

    def begin_toasting(self) -> None:
        """Be told from now on, and say how much is unread."""
        self._storm = Storm()
        self._told_till = self.session.present
        self.look_at_notifications(fresh=True)

    def notified(self, events: Sequence[Event]) -> None:
        """Look when somebody was told something, or read it elsewhere."""
        if self._told_till is not None and any(one.topic == "notifications" for one in events):
            self.look_at_notifications()

    def look_at_notifications(self, *, fresh: bool = False) -> None:
        """Count what is unread, and show what is new; beside whatever is on the screen."""
        root = next((one for one in self.screen_stack if isinstance(one, Frame)), None)
        if root is None:
            return

        async def look() -> None:
            since = self._told_till
            assert since is not None
            if fresh and not self.session.settings.read_only:
                await self.session.bridge.call(lambda engine: engine.notifications.know())
            unread, entries = await self.session.bridge.call(lambda engine: _asked(engine, since))
            self.session.unread = unread
            if entries:
                self._told_till = max(one.told_at for one in entries)
                self._show(entries)
            if isinstance(self.screen, Frame):
                self.screen.refresh_frame()

        root.load(look, "notifications")

    def _show(self, entries: Sequence[Entry]) -> None:
        """One toast for all of them, as serious as the worst."""
        text = self._storm.toast([one.text for one in entries], self.session.present)
        worst = min((one.level for one in entries), key=lambda level: _RANK.get(level, 2))
        if text is not None:
            severity = SEVERITIES.get(worst, "information")
            self.notify(text, severity=severity, timeout=10, markup=False)
        chosen = self.session.settings
        if text is not None and worst in _RANK and chosen.notify_bell and not chosen.low_bandwidth:
            self.bell()


async def _asked(engine: Engine, since: datetime) -> tuple[int, list[Entry]]:
    desk = engine.notifications
    return await desk.unread(), await desk.since(since, MOST)
