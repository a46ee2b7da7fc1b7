"""Notifications: what the operator was told, what is unread first. Notices are the next tab."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.listing import MarkListing
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import notifications as presenter
from owtui.console.presenters import status
from owtui.console.registry import Screens, Spec
from owtui.console.session import Session
from widgets.dialog import Choice, ChoiceDialog
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.events import Event
    from owtui.engine.notifications.desk import Entry

SHOWN = 500
PERIODS = {"d": "1d", "w": "1w", "m": "1m", "f": "forever"}


def register(screens: Screens) -> None:
    """Take the screen in."""
    help_ = "What you were told, and what of it is unread"
    screens.add(Spec("notifications", "Notifications", NotificationsScreen, help=help_))


class NotificationsScreen(Narrowing, MarkListing, Copying):
    """The newest notifications; Enter opens the device or the alert and marks them read."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "tabs", "list", "notifications")
    title_text: ClassVar[str] = "Notifications"
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS
    FAULTS: ClassVar[str] = presenter.FAULTS

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._known: dict[str, Entry] = {}

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            empty_text="You were told nothing yet.",
            no_match_text="No notification matches. Esc shows all again.",
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    def counts(self) -> Sequence[status.Piece]:
        """How many are shown, and how many of all are unread."""
        total = len(self._known)
        words = f"the first {SHOWN}" if total == SHOWN else f"{total} notifications"
        return [
            status.Piece("notifications", words, "", 50),
            status.Piece("unread", f"{self.session.unread} unread", "", 60),
        ]

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load them again when some came or were read."""
        if self.session.bridge.engine is not None and (
            not events or any(event.topic == "notifications" for event in events)
        ):
            self.load(self._load, "list of notifications")

    def tick(self) -> None:
        """Let ages grow."""
        session = self.session
        self.table.update_rows(presenter.rows(self._known.values(), session.now(), session.glyphs))

    async def _load(self) -> None:
        session = self.session
        found = await session.bridge.call(lambda engine: engine.notifications.rows(limit=SHOWN))
        session.unread = await session.bridge.call(lambda engine: engine.notifications.unread())
        self._known = {str(one.id): one for one in found}
        self.table.set_rows(presenter.rows(found, session.now(), session.glyphs))
        self.refresh_frame()

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.fields(self._known[key])

    def copies(self) -> Sequence[Copy]:
        """The notification, and all that are shown."""
        here = self._here()
        if here is None:
            return []
        shown = [self._known[key] for key in self.table.order if key in self._known]
        return [
            Copy("r", "Row", partial(presenter.line, here)),
            Copy("t", "All that is shown", lambda: "\n".join(map(presenter.line, shown))),
        ]

    # --- what may be done ---

    def action_nav_tab_next(self) -> None:
        """The notices of this session."""
        self.console.go("notices")

    action_nav_tab_previous = action_nav_tab_next

    def action_notification_open(self) -> None:
        """Open what is under the cursor."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the alert or the device; where there is neither, all of the text."""
        from owtui.console.screens.text import TextScreen

        message.stop()
        one = self._known.get(message.key)
        if one is None:
            return
        self._read([one.id])
        if one.alert_id is not None and "alert" in self.console.registry.kinds:
            self.console.open_over("alert", str(one.alert_id))
        elif one.device_id is not None and one.device_id in self.session.rows:
            self.console.open_device(one.device_id)
        else:
            path = ("Notifications", one.level)
            self.app.push_screen(TextScreen(self.session, path, presenter.full(one), wrap=True))

    def action_notification_read(self) -> None:
        """Mark as read: those marked, or the one under the cursor."""
        here = self._here()
        keys = self.table.marks or ({str(here.id)} if here else set())
        self.table.action_clear_marks()
        self._read([UUID(key) for key in keys])

    def action_notification_read_all(self) -> None:
        """Mark all as read, also those that are not shown."""
        self._read(None)

    def action_notification_ignore(self) -> None:
        """Choose for how long nothing is told of this device."""
        here = self._here()
        device = self.session.rows.get(here.device_id) if here and here.device_id else None
        if device is None:
            self.notify("This notification is about no device.", severity="warning")
            return
        choices = [
            Choice("d", "For a day"),
            Choice("w", "For a week"),
            Choice("m", "For a month"),
            Choice("f", "For good"),
        ]
        text = f"You are told nothing of {device.name}; others are. Its alerts open all the same."
        dialog = ChoiceDialog(
            f"Ignore {device.name}", choices, text=text, glyphs=self.session.glyphs
        )

        async def ignore(letter: str) -> None:
            call = self.session.bridge.call
            period = PERIODS[letter]
            await call(lambda engine: engine.notifications.ignore(device, period))
            self.notify(f"{device.name} is ignored: {period}.", markup=False)

        def chosen(letter: str | None) -> None:
            if letter is not None:
                self.ask(partial(ignore, letter), "ignore")

        self.app.push_screen(dialog, chosen)

    def _read(self, ids: Sequence[UUID] | None) -> None:
        async def read() -> None:
            await self.session.bridge.call(lambda engine: engine.notifications.read(ids))

        self.ask(read, "read")

    def _here(self) -> Entry | None:
        return self._known.get(self.table.cursor_key or "") if self.is_mounted else None
