"""Who is around devices, and their Wi-Fi sessions: lists of one device, or of the whole fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.devicerows import DeviceRows
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import status
from owtui.console.presenters import stays as presenter
from owtui.console.presenters.stays import CLIENTS, SESSIONS
from owtui.console.registry import Screens
from owtui.console.saving import save_as
from owtui.console.session import Session
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from collections.abc import Collection

    from owtui.engine.engine import Engine
    from owtui.engine.events import Event

MOST = 5000
_TOPICS = frozenset({"points", "devices"})


def register(screens: Screens) -> None:
    """Take the lists in; their word is the id of a device, "" for all."""
    screens.add_kind(CLIENTS, partial(StaysScreen, what=CLIENTS))
    screens.add_kind(SESSIONS, partial(StaysScreen, what=SESSIONS))


async def read(
    what: str, ids: Collection[UUID] | None, then: datetime | None, engine: Engine
) -> Sequence[Any]:
    """The rows of a list; ids None: of all devices; then: as of that moment. Runs on the engine's
    loop."""
    wanted = list(engine.fleet.rows) if ids is None else ids
    if what == CLIENTS:
        return await engine.latest.clients(wanted, then)
    return await engine.latest.sessions(wanted, limit=MOST, then=then)


class StaysScreen(DeviceRows, Narrowing, Copying):
    """A list that words filter, and that is copied and exported."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "device")
    TRAVELS: ClassVar[bool] = True

    def __init__(self, session: Session, device_id: str = "", *, what: str) -> None:
        super().__init__(session)
        self._what = what
        self._device_id = UUID(device_id) if device_id else None
        self._known: dict[str, Any] = {}
        self.FIELDS = presenter.FIELDS[what]  # type: ignore[misc]  # of the kind of list
        self.FAULTS = "state=open" if what == SESSIONS else ""  # type: ignore[misc]  # who is there

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        yield RowTable(
            presenter.layout(self._what, of_one=self._device_id is not None),
            glyphs=self.session.glyphs,
            markable=False,
            empty_text="Starting the engine",
            no_match_text="None matches. Esc shows all again.",
            id=self._what,
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    def path(self) -> Sequence[str]:
        """Whose they are."""
        row = self.session.rows.get(self._device_id) if self._device_id else None
        title = presenter.TITLES[self._what]
        return ("Fleet", row.name, title) if row is not None else (title,)

    @property
    def place(self) -> tuple[str, ...]:
        """This list."""
        return (self._what, str(self._device_id or ""))

    def counts(self) -> Sequence[status.Piece]:
        """How many are shown."""
        total, shown = len(self._known), len(self.table.order)
        words = f"{total} {self._what}"
        return [status.Piece("all", f"{shown} of {words}" if shown < total else words, "", 50)]

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load again when something was told of the device; of all devices only on `r`."""
        if self.session.failed:
            self.table.update_empty(self.session.failed)
            return
        mine = str(self._device_id)
        if not events or any(one.key == mine and one.topic in _TOPICS for one in events):
            self.load(self._load, "stays")

    def tick(self) -> None:
        """Let the ages grow."""
        self._show()

    async def _load(self) -> None:
        ids = None if self._device_id is None else [self._device_id]
        then = self.session.then
        found = await self.session.bridge.call(partial(read, self._what, ids, then))
        self._known = {one.key: one for one in found}
        self.table.update_empty(presenter.empty_then(self._what) if then else "None is known.")
        self._show()
        self.refresh_frame()

    def _show(self) -> None:
        session, of_one = self.session, self._device_id is not None
        known = self._known.values()
        self.show_rows(
            presenter.rows(self._what, known, session.now(), session.glyphs, of_one=of_one)
        )

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.fields(self._known[key]) if key in self._known else {}

    # --- keys ---

    def device_id(self) -> UUID | None:
        """The device of the row under the cursor."""
        one = self._known.get(self.table.cursor_key or "") if self.is_mounted else None
        return one.device_id if one is not None else None

    def copies(self) -> Sequence[Copy]:
        """The row under the cursor."""
        one = self._known.get(self.table.cursor_key or "")
        if one is None:
            return []
        return [
            Copy("m", "MAC", lambda: str(one.mac)),
            Copy("r", "Row", partial(presenter.line, one), "tabs between"),
            Copy("j", "JSON", partial(presenter.as_json, [one]), "all that is known"),
        ]

    def action_list_export(self) -> None:
        """Write what is shown to a file."""
        found = [self._known[key] for key in self.table.order]

        async def make(kind: str) -> str:
            return presenter.as_file(self._what, found, kind)

        save_as(
            self,
            f"Export {len(found)} {self._what}",
            f"{self._what}.csv",
            make,
            text=f"CSV, or JSON by the ending, as `owtui {self._what} --json`.",
            what=f"{len(found)} {self._what}",
        )
