"""The results of a job: how far it is, identical outputs as groups, and a row for each device.

    ResultView(*, device_columns, glyphs)
    update_progress(done, total, pieces)  update_groups(groups)  update_devices(rows)
    groups, devices: the two tables       action_toggle_view  action_expand_all  action_collapse_all
    DeviceOpened(key)  GroupOpened(key): wants the whole output

From 100 columns on the two stand side by side; narrower, one is shown and `toggle_view` turns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from widgets.glyphs import UTF8, Glyphs
from widgets.oneline import Piece
from widgets.progress import ProgressLine
from widgets.resultrows import GROUP_COLUMNS, Group, group_of, group_rows
from widgets.rowmodel import Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import Column

__all__ = ["DEVICE_COLUMNS", "Group", "ResultView"]

DEVICE_COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("device", "DEVICE", 16, min_width=10, priority=90),
    Column("result", "RESULT", 11, priority=70),
    Column("took", "TOOK", 6, align="right", priority=30),
    Column("output", "OUTPUT", 20, flex=1, min_width=10, priority=50),
)

_ABREAST = 100


class ResultView(Vertical):
    """Groups and devices of one job, live."""

    DEFAULT_CSS = """
    ResultView { height: 1fr; background: $background; color: $foreground; }
    ResultView > Horizontal { height: 1fr; }
    ResultView RowTable { width: 1fr; }
    ResultView.-abreast .resultview--devices { margin: 0 0 0 1; }
    """

    class _ResultMessage(Message):
        def __init__(self, view: ResultView, key: str) -> None:
            super().__init__()
            self.view = view
            self.key = key

        @property
        def control(self) -> ResultView:
            """The view that sent the message."""
            return self.view

    class DeviceOpened(_ResultMessage):
        """Enter or a double click on a device."""

    class GroupOpened(_ResultMessage):
        """Enter or a double click inside an open group: the whole output is wanted."""

    def __init__(
        self,
        *,
        device_columns: Sequence[Column] = DEVICE_COLUMNS,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._data: tuple[Group, ...] = ()
        self._opened: set[str] = set()
        self._by_group = True
        self._progress = ProgressLine(glyphs=glyphs)
        self.groups = RowTable(
            GROUP_COLUMNS,
            glyphs=glyphs,
            empty_text="No results yet.",
            markable=False,
            classes="resultview--groups",
        )
        self.devices = RowTable(
            device_columns,
            glyphs=glyphs,
            empty_text="No device has been started yet.",
            classes="resultview--devices",
        )

    def compose(self) -> ComposeResult:
        """Lay out the progress over the two tables."""
        yield self._progress
        yield Horizontal(self.groups, self.devices)

    # -- what others tell it ---------------------------------------------------------------

    def update_progress(self, done: int, total: int, pieces: Iterable[Piece] = ()) -> None:
        """Tell how far the job is."""
        self._progress.update_progress(done, total, pieces)

    def update_groups(self, groups: Iterable[Group]) -> None:
        """Show these groups, in this order; the open ones stay open."""
        self._data = tuple(groups)
        self._opened &= {group.key for group in self._data}
        self._fill()

    def update_devices(self, rows: Iterable[Row]) -> None:
        """Replace or add device rows."""
        self.devices.update_rows(rows)

    # -- actions ---------------------------------------------------------------------------

    def action_toggle_view(self) -> None:
        """Turn from groups to devices and back; side by side: move the focus."""
        self._by_group = not self._by_group
        self._arrange()
        self.focus()

    def action_expand_all(self) -> None:
        """Open every group."""
        self._opened = {group.key for group in self._data}
        self._fill()

    def action_collapse_all(self) -> None:
        """Close every group."""
        self._opened.clear()
        self._fill()

    def _fill(self) -> None:
        width = self.groups.scrollable_content_region.width or 80
        self.groups.set_rows(group_rows(self._data, self._opened, width, self._glyphs))

    def _arrange(self) -> None:
        abreast = self.size.width >= _ABREAST
        self.set_class(abreast, "-abreast")
        self.groups.display = abreast or self._by_group
        self.devices.display = abreast or not self._by_group

    # -- what the tables tell --------------------------------------------------------------

    def on_resize(self, _event: events.Resize) -> None:
        """Choose between one table and two, and fill the names anew."""
        self._arrange()
        self.call_after_refresh(self._fill)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Fold a group, or pass on what was opened."""
        event.stop()
        if event.table is self.devices:
            self.post_message(self.DeviceOpened(self, event.key))
            return
        group = group_of(event.key)
        if event.key != group:
            self.post_message(self.GroupOpened(self, group))
            return
        self._opened ^= {group}
        self._fill()

    def focus(self, scroll_visible: bool = True) -> ResultView:
        """Focus the table in front."""
        (self.groups if self._by_group else self.devices).focus(scroll_visible)
        return self
