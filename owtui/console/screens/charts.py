"""The charts of several devices: one chart a kind, a line a device, and their sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.charted import Charted
from owtui.console.chartpage import ChartPage
from owtui.console.frame import Frame
from owtui.console.presenters import status
from owtui.console.presenters.charts import MOST_DEVICES
from owtui.console.registry import Screens
from owtui.console.session import Session

if TYPE_CHECKING:
    from owtui.engine.events import Event


def register(screens: Screens) -> None:
    """Take the screen in; its word is the ids of the devices with commas between."""
    screens.add_kind(
        "charts", lambda session, ids: ChartsScreen(session, [UUID(id_) for id_ in ids.split(",")])
    )


class ChartsScreen(Charted, Frame):
    """Opened with `m` on marked devices."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "charts")
    title_text: ClassVar[str] = "Charts"
    TRAVELS: ClassVar[bool] = True

    def __init__(self, session: Session, device_ids: Sequence[UUID]) -> None:
        super().__init__(session)
        self._device_ids = tuple(device_ids)

    def body(self) -> Iterable[Widget]:
        """The page alone."""
        yield ChartPage(self.session, self._device_ids)

    def on_mount(self) -> None:
        """Read, and show."""
        self.charts.focus()
        self.refresh_rows()

    def path(self) -> Sequence[str]:
        """Fleet, charts."""
        return ("Fleet", "Charts")

    def note(self) -> str:
        """Of whom."""
        known = [row.name for id_ in self._device_ids if (row := self.session.rows.get(id_))]
        if len(known) > MOST_DEVICES:
            return f"{MOST_DEVICES} of {len(known)} devices are drawn"
        return ", ".join(known) if len(known) < 4 else f"{len(known)} devices"

    def counts(self) -> Sequence[status.Piece]:
        """Nothing: they are counted in the note."""
        return ()

    @property
    def place(self) -> tuple[str, ...]:
        """These devices."""
        return ("charts", ",".join(map(str, self._device_ids)))

    def remember(self) -> Mapping[str, Any]:
        """The time and the chart."""
        return self.charts.remember()

    def recall(self, state: Mapping[str, Any]) -> None:
        """The same again."""
        self.charts.recall(state)
        self.refresh_rows()

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Read again what new points moved."""
        self.charts_moved(events)
