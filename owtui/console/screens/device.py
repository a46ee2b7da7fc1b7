"""One device: Overview, charts, its report, raw facts, its configuration, what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget
from textual.widgets import ContentSwitcher

from owtui.console import tunnelling
from owtui.console.acting import Acting
from owtui.console.charted import Charted
from owtui.console.chartpage import ChartPage
from owtui.console.checkpages import CHECKS, CheckPages
from owtui.console.configpage import ConfigPage, ignore_drift, show_diff
from owtui.console.copying import Copy, Copying
from owtui.console.linked import Linked
from owtui.console.presenters import device as presenter
from owtui.console.presenters import history, status
from owtui.console.registry import Screens
from owtui.console.reportpages import PAGES, ReportPages
from owtui.console.session import Session
from owtui.console.tunnelling import Tunnelling
from widgets.factview import FactView
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine
from widgets.textview import TextView

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.selection import Selection
    from storage.rows import DeviceRow

_CONFIGS = frozenset({"configurations", "configs"})
_OF_NOW = frozenset({"Config"})
TABS = ("Overview", "Charts", *PAGES, CHECKS, "Facts", "Config", "History")


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add_kind("device", lambda session, id_: DeviceScreen(session, UUID(id_)))


class DeviceScreen(Acting, Linked, ReportPages, CheckPages, Charted, Tunnelling, Copying):
    """Everything known of one device; Tab turns the pages."""

    scopes: ClassVar[tuple[str, ...]] = (
        "app",
        "data",
        "tabs",
        "list",
        "device",
        "charts",
        "checks",
    )
    TRAVELS: ClassVar[bool] = True
    DEFAULT_CSS = "DeviceScreen ContentSwitcher { height: 1fr; }"

    def __init__(self, session: Session, device_id: UUID) -> None:
        super().__init__(session)
        self._device_id = device_id
        self._tab = 0

    @property
    def row(self) -> DeviceRow | None:
        """The device as last told; None once it is removed."""
        return self.session.rows.get(self._device_id)

    def body(self) -> Iterable[Widget]:
        """The pages, one of them shown."""
        glyphs = self.session.glyphs
        yield StatusLine(presenter.tabs(TABS, self._tab), glyphs=glyphs, id="tabs")
        with ContentSwitcher(initial="overview"):
            yield FactView(glyphs=glyphs, id="overview")
            yield ChartPage(self.session, [self._device_id])
            yield from self.report_pages()
            yield from self.check_page()
            yield TextView(glyphs=glyphs, id="facts")
            yield ConfigPage(self.session, self, self._device_id)
            yield RowTable(
                history.COLUMNS,
                glyphs=glyphs,
                markable=False,
                empty_text="Nothing has been done to this device yet.",
                id="history",
            )

    def jobs_moved(self) -> None:
        """What a job did to the device is history now."""
        self.refresh_rows()

    def health_moved(self) -> None:
        """What fails is a part of the overview."""
        self.refresh_rows()

    def on_mount(self) -> None:
        """Show what is recorded; nothing is asked of the device."""
        self.refresh_rows()
        self.query_one("#overview").focus()

    def counts(self) -> Sequence[status.Piece]:
        """How the device is."""
        return presenter.state(self.row, self.session.glyphs) if self.row else ()

    def path(self) -> Sequence[str]:
        """Fleet, the device."""
        return ("Fleet", self.row.name if self.row else "removed")

    def note(self) -> str:
        """Model, release, uptime; of another time, which page does not go there."""
        if self.session.then is not None and TABS[self._tab] in _OF_NOW:
            return f"{TABS[self._tab]} is of now"
        return presenter.head(self.row) if self.row else ""

    @property
    def place(self) -> tuple[str, ...]:
        """This device."""
        return ("device", str(self._device_id))

    def remember(self) -> Mapping[str, Any]:
        """The page that is shown, and which chart of which time."""
        return {"tab": TABS[self._tab], "charts": self.charts.remember()}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Show that page again."""
        self.charts.recall(state.get("charts", {}))
        if state.get("tab") in TABS:
            self._turn(TABS.index(state["tab"]) - self._tab)

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Show the device again if it moved."""
        row = self.row
        mine = str(self._device_id)
        if self.shows_charts():
            self.charts_moved(events)
        if not events or any(event.key == mine for event in events):
            self.read_report()
        self.read_links(events)
        concerns = any(
            (event.key == mine and event.topic != "points") or event.topic in _CONFIGS
            for event in events
        )
        if not events or concerns or any(event.topic == "points" for event in events):
            self.read_checks()
        if row is None or (events and not concerns):
            return
        self.links_read()
        self.query_one(TextView).update_text(presenter.raw(row))
        if TABS[self._tab] == "History":
            self.load(self._load_history, "history")
        elif TABS[self._tab] == "Config":
            self.load(self.query_one(ConfigPage).read, "config")

    def links_read(self) -> None:
        """Show the overview, which ends with the links in the network."""
        row = self.row
        if row is not None:
            failing = self.session.failing.get(row.id, ())
            told = presenter.sections(row, self.session.now(), failing)
            self.query_one("#overview", FactView).update_sections([*told, *self.link_sections()])

    def report_page(self) -> str:
        """The page that is shown, if a report fills it."""
        name = TABS[self._tab]
        return name.lower() if name in PAGES else ""

    def report_of(self) -> UUID:
        """This device."""
        return self._device_id

    def shows_charts(self) -> bool:
        """On that page."""
        return TABS[self._tab] == "Charts"

    def shows_checks(self) -> bool:
        """On that page."""
        return TABS[self._tab] == CHECKS

    def selection(self) -> Selection | None:
        """Actions act on this device."""
        engine = self.session.bridge.engine
        return engine.select("", cursor=self._device_id) if engine is not None else None

    def device_id(self) -> UUID | None:
        """This one, until it is removed."""
        return self._device_id if self.row else None

    def copies(self) -> Sequence[Copy]:
        """Name, address, and all that is recorded."""
        row = self.row
        if row is None:
            return []
        return [
            *tunnelling.copies(self.session, {row.id}),
            Copy("n", "Name", lambda: row.name),
            Copy("a", "Address", lambda: row.best_address),
            *self._config_copy(row.name),
            Copy("j", "JSON", lambda: presenter.raw(row), "all that is recorded"),
        ]

    def _config_copy(self, name: str) -> list[Copy]:
        page = self.query_one(ConfigPage)
        if TABS[self._tab] != "Config" or page.config is None:
            return []
        return [Copy("c", "Configuration", lambda: page.text(name), "what the page shows")]

    def action_data_refresh(self) -> None:
        """Read the device now."""
        self.console.look_at([self._device_id])

    def action_nav_tab_next(self) -> None:
        """The next page."""
        self._turn(1)

    def action_nav_tab_previous(self) -> None:
        """The page before."""
        self._turn(-1)

    def action_dev_describe(self) -> None:
        """All facts, as JSON."""
        self._turn(TABS.index("Facts") - self._tab)

    def action_dev_charts(self) -> None:
        """What was measured."""
        self._turn(TABS.index("Charts") - self._tab)

    def action_dev_config(self) -> None:
        """Its configuration; there, its own part in the editor."""
        if TABS[self._tab] == "Config":
            self.console.open_over("editor", "device", str(self._device_id))
        else:
            self._turn(TABS.index("Config") - self._tab)

    def action_dev_diff(self) -> None:
        """What it should have against what it runs."""
        if self.row is not None:
            show_diff(self, self._device_id, self.row.name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What did not drift cannot be left so."""
        if action == "dev_ignore_drift":
            here = self.is_mounted and TABS[self._tab] == "Config"
            if not here or not self.query_one(ConfigPage).has_drift:
                return False
        return super().check_action(action, parameters)

    def action_dev_ignore_drift(self) -> None:
        """Leave it as it has drifted; asks first."""
        if self.row is not None:
            ignore_drift(self, self.query_one(ConfigPage), self.row.name)

    def _turn(self, by: int) -> None:
        self._tab = (self._tab + by) % len(TABS)
        page = TABS[self._tab].lower()
        self.query_one(ContentSwitcher).current = page
        self.query_one("#checklist" if page == "checks" else f"#{page}").focus()
        self.query_one("#tabs", StatusLine).update_pieces(presenter.tabs(TABS, self._tab))
        self.refresh_rows()
        self.refresh_frame()

    async def _load_history(self) -> None:
        entries = await self.session.bridge.call(
            lambda engine: engine.audit([self._device_id], limit=200)
        )
        then = self.session.then
        told = [one for one in entries if then is None or one["at"] <= then]
        self.query_one("#history", RowTable).set_rows(history.rows(told))
