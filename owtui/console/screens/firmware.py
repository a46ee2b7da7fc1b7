"""Firmware: which devices run what, how far behind they are, which have no image and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.acting import Acting
from owtui.console.copying import Copy, Copying
from owtui.console.devicerows import DeviceRows
from owtui.console.listing import MarkListing
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import firmware as presenter
from owtui.console.presenters import status
from owtui.console.registry import Screens, Spec
from owtui.console.saving import save_as
from owtui.console.session import Session
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.firmware.entries import BuildRow, OverviewRow
    from owtui.engine.selection import Selection

NO_BUILD = "There is no build: `owtui firmware add-category`, add-build and add-image make one."


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("firmware", "Firmware", FirmwareScreen, help="Which devices run what"))


async def read(filter: str, engine: Engine) -> tuple[list[OverviewRow], list[BuildRow]]:
    """Where the devices of a filter stand, and the library. Runs on the engine's loop."""
    desk = engine.firmware
    return await desk.overview(engine.select(filter).ids), await desk.builds()


class FirmwareScreen(Acting, DeviceRows, Narrowing, MarkListing, Copying):
    """A row a device, with the newest build for it; `U` on the marks plans an upgrade."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "device")
    title_text: ClassVar[str] = "Firmware"
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS
    FAULTS: ClassVar[str] = presenter.FAULTS
    DEFAULT_CSS = "FirmwareScreen #library { height: 1; }"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._known: dict[str, OverviewRow] = {}
        self._devices = ""  # the filter of devices that somebody came with

    def body(self) -> Iterable[Widget]:
        """The newest builds and the filter line over the devices."""
        glyphs = self.session.glyphs
        yield StatusLine(glyphs=glyphs, id="library")
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=glyphs,
            empty_text="Starting the engine",
            no_match_text="None matches. Esc shows all again.",
            id="firmware",
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    def path(self) -> Sequence[str]:
        """Firmware, of which devices."""
        return ("Firmware", self._devices) if self._devices else ("Firmware",)

    def counts(self) -> Sequence[status.Piece]:
        """How many run the newest build, are behind it, have no image."""
        shown = len(self.table.order)
        return presenter.counts(list(self._known.values()), shown, self.session.glyphs)

    def remember(self) -> Mapping[str, Any]:
        """Of which devices it is, beside what every list remembers."""
        return {**super().remember(), "devices": self._devices}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Show those devices again."""
        if state.get("devices", self._devices) != self._devices:
            self._devices = str(state["devices"])
            self.refresh_rows()
        super().recall(state)

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when the library moved, who has what, or what a device reports to run."""
        if self.session.failed:
            self.table.update_empty(self.session.failed)
        elif self.session.bridge.engine is None:
            return
        elif not events or any(map(self._concerns, events)):
            self.load(self._load, "firmware")

    def _concerns(self, event: Event) -> bool:
        """A poll that finds the same release again moves nothing here."""
        if event.topic != "devices" or event.key not in self._known:
            return event.topic == "firmware"
        row = self.session.rows.get(UUID(event.key))
        return row is None or row.os != self._known[event.key].os

    def tick(self) -> None:
        """Nothing here ages."""

    async def _load(self) -> None:
        found, builds = await self.session.bridge.call(partial(read, self._devices))
        self._known = {str(one.device_id): one for one in found}
        self.query_one("#library", StatusLine).update_pieces(presenter.library(builds))
        self.table.update_empty("There is no device." if builds else NO_BUILD)
        self.show_rows(presenter.rows(found, self.session.glyphs))
        self.refresh_frame()

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.fields(self._known[key]) if key in self._known else {}

    # --- keys ---

    def device_id(self) -> UUID | None:
        """The device under the cursor."""
        key = self.table.cursor_key if self.is_mounted else None
        return UUID(key) if key else None

    def selection(self) -> Selection | None:
        """What an action would act on: the marks, else the row under the cursor."""
        engine, cursor = self.session.bridge.engine, self.device_id()
        marks = [UUID(key) for key in self.table.marks]
        if engine is None or (not marks and cursor is None):
            return None
        return engine.select("", marks=marks, cursor=None if marks else cursor)

    def copies(self) -> Sequence[Copy]:
        """The row under the cursor."""
        one = self._known.get(self.table.cursor_key or "")
        if one is None:
            return []
        return [
            Copy("n", "Name", lambda: one.device),
            Copy("r", "Row", partial(presenter.line, one), "tabs between"),
            Copy("j", "JSON", partial(presenter.as_file, [one], "json"), "all that is known"),
        ]

    def action_list_export(self) -> None:
        """Write what is shown to a file."""
        found = [self._known[key] for key in self.table.order]

        async def make(kind: str) -> str:
            return presenter.as_file(found, kind)

        save_as(
            self,
            f"Export {len(found)} devices",
            "firmware.csv",
            make,
            text="CSV, or JSON by the ending, as `owtui firmware overview --json`.",
            what=f"{len(found)} devices",
        )
