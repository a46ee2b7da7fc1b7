"""Audit: who did what to which device, when, and with which job; the newest first, live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import audit as presenter
from owtui.console.presenters import status
from owtui.console.registry import Screens, Spec
from owtui.console.saving import save_as
from owtui.console.session import Session
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event

MOST = 500
_TOPICS = frozenset({"audit", "jobs", "results"})


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("audit", "Audit", AuditScreen, help="Who did what to which device, and when"))


class AuditScreen(Narrowing, Copying):
    """The newest entries, of all devices or of those that a filter of devices finds."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "device")
    title_text: ClassVar[str] = "Audit"
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS
    FAULTS: ClassVar[str] = "!outcome=success !outcome="

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._entries: dict[str, Mapping[str, Any]] = {}
        self._devices = ""  # a filter of devices, "" for everything

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text="Nothing has been done yet.",
            no_match_text=f"None of the {MOST} newest entries matches. Esc shows all again.",
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    def path(self) -> Sequence[str]:
        """Whose audit it is."""
        return ("Audit", f"of {self._devices}") if self._devices else ("Audit",)

    def counts(self) -> Sequence[status.Piece]:
        """How many are shown, and whether there are older ones."""
        total = len(self._entries)
        shown = len(self.table.order)
        words = f"the {MOST} newest" if total == MOST else f"{total} entries"
        return [status.Piece("entries", f"{shown} of {words}" if shown < total else words, "", 50)]

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when somebody did something."""
        if not events or any(event.topic in _TOPICS for event in events):
            self.load(self._load, "audit")

    def tick(self) -> None:
        """What was done does not age."""

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.fields(self._entries[key])

    def show_devices(self, filter: str) -> None:
        """Show what touched these devices alone, as a new place; "" for everything."""
        before = self.remember()
        self._devices = filter
        self.console.turn_page(before)
        self.refresh_rows()
        self.refresh_frame()

    async def _load(self) -> None:
        bridge, devices = self.session.bridge, self._devices.removeprefix("@")
        ids = None
        if devices and bridge.engine is not None:
            ids = bridge.engine.select(devices).ids
        found = await bridge.call(lambda engine: engine.audit(ids, limit=MOST))
        fresh: dict[str, Mapping[str, Any]] = {str(entry["id"]): entry for entry in found}
        gone = not self._entries.keys() <= fresh.keys()
        self._entries = fresh
        table, at_top = self.table, self._at_top()
        rows = presenter.rows(found, self.session.glyphs)
        if gone or table.total != len(rows):
            table.set_rows(rows)
        if at_top:
            table.action_cursor_top()
        self.refresh_frame()

    def _at_top(self) -> bool:
        """Who looks at the newest goes on looking at the newest."""
        return not self.table.order or self.table.cursor_key == self.table.order[0]

    # --- keys ---

    def remember(self) -> Mapping[str, Any]:
        """The devices beside what every list remembers."""
        return {**super().remember(), "devices": self._devices}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Show those devices again; they are loaded if they are others than now."""
        devices = str(state.get("devices", ""))
        if devices != self._devices:
            self._devices = devices
            self.refresh_rows()
        super().recall(state)

    def action_list_filter_clear(self) -> None:
        """Show all again: first all entries of these devices, then all devices."""
        if not self.filter_text and self._devices:
            self.show_devices("")
        else:
            super().action_list_filter_clear()

    def copies(self) -> Sequence[Copy]:
        """The entry as a line, and in full."""
        entry = self._entries.get(self.table.cursor_key or "")
        if entry is None:
            return []
        return [
            Copy("r", "Row", partial(presenter.line, entry), "tabs between"),
            Copy("j", "JSON", partial(presenter.as_json, [entry]), "all that is recorded"),
        ]

    def action_list_export(self) -> None:
        """Write what is shown to a file."""
        entries = [self._entries[key] for key in self.table.order]

        async def make(kind: str) -> str:
            return presenter.as_file(entries, kind)

        save_as(
            self,
            f"Export {len(entries)} entries",
            "audit.csv",
            make,
            text="CSV, or JSON by the ending. `owtui audit --limit N` gives older ones, too.",
            what=f"{len(entries)} entries",
        )

    def action_dev_describe(self) -> None:
        """The entry in full, where Enter opens its job."""
        self._describe(self._entries.get(self.table.cursor_key or ""))

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the job; what was done without one is told in full."""
        message.stop()
        entry = self._entries[message.key]
        if entry["job_number"]:
            job_id, number = UUID(str(entry["job"])), int(entry["job_number"])
            self.console.open_job(job_id, number, entry["action"])
        else:
            self._describe(entry)

    def _describe(self, entry: Mapping[str, Any] | None) -> None:
        from owtui.console.screens.text import TextScreen

        if entry is not None:
            path = ("Audit", str(entry["action"]), str(entry["device"]))
            text = presenter.text(entry)
            self.app.push_screen(TextScreen(self.session, [p for p in path if p], text))
