"""Screen 2, Alerts: what is wrong, what explains it, what changed just before, who looks after it.

The list is read when alerts moved; the panel under it reads one alert once the cursor has rested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.alerting import Alerting
from owtui.console.alertpanel import AlertPanel
from owtui.console.copying import Copy, Copying
from owtui.console.listing import MarkListing
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import alerts as presenter
from owtui.console.presenters import status
from owtui.console.reaching import Reaching
from owtui.console.registry import Screens, Spec
from owtui.console.saving import save_as
from owtui.console.session import Session
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.monitoring.alerts.entries import AlertRow, Counts

_CHART = timedelta(hours=3)  # around the minute, half of it before
_OF_DEVICE = frozenset({"list_open", "dev_open", "dev_charts", "dev_shell", "dev_logs"})
_OF_ONE = frozenset({"alert_ack", "alert_silence", "alert_note", "dev_describe", "list_copy"})


def register(screens: Screens) -> None:
    """Take the screen in."""
    help_ = "What is wrong, what explains it, who looks after it"
    screens.add(Spec("alerts", "Alerts", AlertsScreen, "2", help_))


Listed = tuple[list["AlertRow"], list["AlertRow"], "Counts"]
"""What is listed, what is folded under that, and how many there are."""


async def _now(engine: Engine) -> Listed:
    seen, folded = await engine.alerts.rows(), await engine.alerts.rows(state="folded")
    return seen, folded, await engine.alerts.counts()


async def _stood(at: datetime, engine: Engine) -> Listed:
    from owtui.engine.monitoring.alerts.entries import Counts

    found = await engine.alerts.stood(at)
    folded = [one for one in found if "folded" in one.states]
    return [one for one in found if one not in folded], folded, Counts.of(found)


class AlertsScreen(Alerting, Narrowing, MarkListing, Reaching, Copying):
    """The open alerts, the critical ones first; what another explains is folded under it."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "device", "alerts")
    title_text: ClassVar[str] = "Alerts"
    TRAVELS: ClassVar[bool] = True
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS
    FAULTS: ClassVar[str] = presenter.FAULTS
    DEFAULT_CSS = """
    AlertsScreen AlertPanel { height: 9; }
    AlertsScreen.-normal AlertPanel { height: 14; }
    AlertsScreen.-wide AlertPanel { height: 20; }
    AlertsScreen.-zoomed AlertPanel { display: none; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._known: dict[str, AlertRow] = {}
        self._seen: list[AlertRow] = []
        self._folded: list[AlertRow] = []
        self._opened: set[str] = set()  # causes that show what they explain
        self._counts: Counts | None = None

    def body(self) -> Iterable[Widget]:
        """The filter line over the list, and the panel of the one under the cursor."""
        glyphs = self.session.glyphs
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=glyphs,
            empty_text="Starting the engine",
            no_match_text="No alert matches. Esc shows all again.",
            id="alerts",
        )
        yield AlertPanel(self.session)

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    def counts(self) -> Sequence[status.Piece]:
        """How many are open, and how they stand."""
        return presenter.counts(self._counts, self.session.glyphs) if self._counts else ()

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when alerts moved."""
        if self.session.failed:
            self.table.update_empty(self.session.failed)
        elif self.session.bridge.engine is None:
            return
        elif not events or any(event.topic == "alerts" for event in events):
            self.load(self._load, "alerts")

    def tick(self) -> None:
        """Let the ages grow."""
        self._show()
        self._panel.tell()

    async def _load(self) -> None:
        then = self.session.then
        self._seen, self._folded, self._counts = await self.session.bridge.call(
            _now if then is None else partial(_stood, then)
        )
        self._known = {str(one.id): one for one in (*self._seen, *self._folded)}
        self._opened &= self._known.keys()
        nothing = "Nothing is wrong." if then is None else "Nothing is recorded as wrong then."
        self.table.update_empty(nothing)
        self._show()
        self.refresh_frame()
        self._panel.look_at(self.here())

    def _lines(self) -> list[presenter.Line]:
        everything = bool(self.filter_text)
        return presenter.lines(self._seen, self._folded, self._opened, all=everything)

    def _show(self) -> None:
        self.show_rows(presenter.rows(self._lines(), self.session.now(), self.session.glyphs))

    def use_filter(self, text: str) -> None:
        """Filter by words; what is folded is searched as well. Raises InputError."""
        super().use_filter(text)
        self._show()

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.fields(self._known[key]) if key in self._known else {}

    # --- the panel ---

    @property
    def _panel(self) -> AlertPanel:
        return self.query_one(AlertPanel)

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        """Tell the story of the one that the cursor rests on."""
        self._panel.look_at(self.here())
        self.refresh_keys()

    # --- what is chosen ---

    def here(self) -> AlertRow | None:
        """The alert under the cursor."""
        return self._known.get(self.table.cursor_key or "") if self.is_mounted else None

    def chosen(self) -> list[AlertRow]:
        """The marked ones, hidden ones too, else the one under the cursor."""
        keys = self.table.marked() or ([self.table.cursor_key] if self.table.cursor_key else [])
        return [self._known[key] for key in keys if key in self._known]

    def device_id(self) -> UUID | None:
        """The device of the alert under the cursor; None for one of the engine itself."""
        one = self.here()
        return one.device_id if one is not None else None

    def on_row_table_marks_changed(self, message: RowTable.MarksChanged) -> None:
        """Tell how many are marked."""
        self.refresh_frame()

    def remember(self) -> Mapping[str, Any]:
        """Which causes are open, beside what every list remembers."""
        return {**super().remember(), "opened": sorted(self._opened)}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Open them again; before the rest, which may stand on what is under them."""
        self._opened = {str(key) for key in state.get("opened", ())}
        self._show()
        super().recall(state)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key is there where it does something."""
        if action in _OF_ONE and self.here() is None:
            return False
        if action in _OF_DEVICE and self.device_id() is None:
            return False
        if action == "dev_charts" and "charts" not in self.console.registry.kinds:
            return False
        if action == "alert_fold" and not self._cause():
            return False
        return super().check_action(action, parameters)

    # --- keys ---

    def _cause(self) -> str:
        """What is folded or opened here: the alert itself, else the cause it stands under."""
        one = self.here()
        if one is None:
            return ""
        if one.behind:
            return str(one.id)
        return str(one.cause_id) if one.cause_id else ""

    def action_alert_fold(self) -> None:
        """Show what it explains, or fold it away; the cursor stays with the cause."""
        cause = self._cause()
        self._opened ^= {cause}
        if cause not in self._opened:
            self.table.move_to(cause)
        self._show()

    def action_dev_open(self) -> None:
        """Open the device."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the device."""
        message.stop()
        device_id = self._known[message.key].device_id if message.key in self._known else None
        if device_id in self.session.rows and device_id is not None:
            self.console.open_device(device_id)

    def action_dev_charts(self) -> None:
        """The charts of the device around the minute at which it opened."""
        one = self.here()
        if one is None or one.device_id is None:
            return
        self.console.open_over("charts", str(one.device_id))
        end = min(one.opened_at + _CHART / 2, self.session.now())
        opened = self.app.screen
        span = "/".join(_local(moment) for moment in (end - _CHART, end))
        recall = getattr(opened, "recall")  # noqa: B009 — a Frame of the registry
        opened.call_after_refresh(recall, {"range": span})

    def action_dev_describe(self) -> None:
        """All of it as text, to be searched and copied."""
        from owtui.console.screens.text import TextScreen

        one = self.here()

        async def describe() -> None:
            text = presenter.text(await self._panel.whole())
            path = [p for p in ("Alerts", one.device, one.kind) if p] if one else []
            self.app.push_screen(TextScreen(self.session, path, text))

        if one is not None:
            self.ask(describe, "describe")

    def action_nav_zoom(self) -> None:
        """The list on the whole screen, again to see the panel."""
        self.toggle_class("-zoomed")

    def copies(self) -> Sequence[Copy]:
        """The marked alerts, or this one."""
        found = self.chosen()
        if not found:
            return []
        return [
            Copy("r", "Row", lambda: "\n".join(map(presenter.line, found)), "tabs between"),
            Copy(
                "t",
                "Story",
                lambda: presenter.text(self._panel.sections()),
                "of the one under the cursor",
            ),
            Copy("j", "JSON", partial(presenter.as_json, found), "as `owtui alerts --json`"),
        ]

    def action_list_export(self) -> None:
        """Write what is shown to a file."""
        found = [self._known[key] for key in self.table.order if key in self._known]

        async def make(kind: str) -> str:
            return presenter.as_file(found, kind)

        save_as(
            self,
            f"Export {len(found)} alerts",
            "alerts.csv",
            make,
            text="CSV, or JSON by the ending. `owtui alerts --state all` gives those that ended.",
            what=f"{len(found)} alerts",
        )


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
