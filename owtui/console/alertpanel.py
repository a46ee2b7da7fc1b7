"""Under the list of alerts: the story of the one under the cursor, and who still sees its device.

It is read once the cursor has rested, and kept until that alert moves: moving a cursor asks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from owtui.console.frame import Frame
from owtui.console.presenters import alerts as presenter
from owtui.console.session import Session
from widgets.factview import FactView, Section

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.alerts.entries import AlertRow, AlertText
    from owtui.engine.monitoring.witnesses import Witness

REST_S = 0.15
MOST = 200  # stories that are kept


@dataclass(frozen=True, slots=True)
class Story:
    """All of an alert as it was when its row looked so."""

    of: AlertRow
    then: datetime | None
    text: AlertText
    seen: tuple[Witness, ...] | None


async def read(one: AlertRow, then: datetime | None, engine: Engine) -> Story:
    """All of an alert, and who still sees its device; runs on the engine's loop.

    then: as it stood at that moment; who saw it then is not recorded.
    """
    from owtui.engine.monitoring.witnesses import witnesses

    text = await engine.alerts.get(one.id, then)
    if then is not None:
        return Story(one, then, text, None)
    seen: tuple[Witness, ...] = ()
    if one.device_id is not None:
        rows, device_id = dict(engine.fleet.rows), one.device_id
        seen = await engine.database.aread(lambda session: witnesses(session, rows, device_id))
    return Story(one, None, text, seen)


class AlertPanel(FactView):
    """The story of one alert."""

    DEFAULT_CSS = "AlertPanel { border-top: solid $border; }"

    def __init__(self, session: Session) -> None:
        super().__init__(glyphs=session.glyphs)
        self._session = session
        self._alert: AlertRow | None = None
        self._stories: dict[object, Story] = {}
        self._resting: Timer | None = None
        self.can_focus = False
        if session.glyphs.plot == "ascii":
            self.styles.border_top = ("ascii", "gray")

    def look_at(self, one: AlertRow | None) -> None:
        """Tell what is known of an alert, and ask for the rest once the cursor has rested."""
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        self._alert = one
        self.tell()
        if one is not None and not self._is_known(one):
            self._resting = self.set_timer(REST_S, self._ask)

    def sections(self) -> list[Section]:
        """What is shown."""
        one = self._alert
        if one is None:
            return []
        story = self._stories.get(one.id)
        if story is not None and story.then != self._session.then:
            story = None
        row = self._session.rows.get(one.device_id) if one.device_id else None
        text, seen = (story.text, story.seen) if story else (None, None)
        return presenter.panel(one, text, seen, row, self._session.now())

    async def whole(self) -> list[Section]:
        """All of it, read now where it is not known yet."""
        one = self._alert
        if one is not None and not self._is_known(one):
            await self._read(one)
        return self.sections()

    def tell(self) -> None:
        """Show it as it is now: ages grow."""
        self.update_sections(self.sections())

    def _is_known(self, one: AlertRow) -> bool:
        story = self._stories.get(one.id)
        return story is not None and (story.of, story.then) == (one, self._session.then)

    def _ask(self) -> None:
        frame, one = self.screen, self._alert
        if one is not None and isinstance(frame, Frame):
            frame.ask(partial(self._read, one), "story")

    async def _read(self, one: AlertRow) -> None:
        story = await self._session.bridge.call(partial(read, one, self._session.then))
        if len(self._stories) >= MOST:
            self._stories.clear()
        self._stories[one.id] = story
        self.tell()
