"""The pages of a device that its latest report fills: interfaces and radios, clients, sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from textual.widget import Widget

from owtui.console.presenters import interfaces, stays
from owtui.console.presenters.stays import CLIENTS, SESSIONS
from owtui.console.screens.stays import read
from widgets.factview import FactView
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.past import InterfaceThen

    Base = Frame
else:
    Base = object

INTERFACES = "interfaces"
PAGES = ("Interfaces", "Clients", "Sessions")
_EMPTY = {
    CLIENTS: "Nobody is around, as far as it told in the last day.",
    SESSIONS: "Nobody was on its Wi-Fi.",
}


async def _measured(device_id: UUID, at: datetime, engine: Engine) -> Sequence[InterfaceThen]:
    from owtui.engine.monitoring.past import interfaces as measured

    return await measured(engine.series, device_id, at)


class ReportPages(Base):
    """Mixed into the screen of a device."""

    def report_pages(self) -> Iterable[Widget]:
        """The pages; they are read when they are shown."""
        glyphs = self.session.glyphs
        yield FactView(glyphs=glyphs, id=INTERFACES)
        for what in (CLIENTS, SESSIONS):
            yield RowTable(
                stays.layout(what, of_one=True),
                glyphs=glyphs,
                markable=False,
                empty_text=_EMPTY[what],
                id=what,
            )

    def report_page(self) -> str:
        """The page that is shown, by its id; "" for one that is none of these."""
        raise NotImplementedError

    def report_of(self) -> UUID:
        """The device."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a list can be filtered."""
        lists = (CLIENTS, SESSIONS)
        if action == "list_filter" and not (self.is_mounted and self.report_page() in lists):
            return False
        return super().check_action(action, parameters)

    def action_list_filter(self) -> None:
        """The list on a screen of its own, where it is filtered, sorted and exported."""
        self.console.open_over(self.report_page(), str(self.report_of()))
        opened = self.app.screen
        opened.call_after_refresh(opened.run_action, "list_filter")

    def read_report(self) -> None:
        """Read the page that is shown."""
        page = self.report_page()
        if page == INTERFACES:
            self.load(self._read_interfaces, page)
        elif page:
            self.load(partial(self._read_list, page), page)

    async def _read_interfaces(self) -> None:
        session, then = self.session, self.session.then
        told = await session.bridge.call(lambda e: e.latest.document(self.report_of(), then))
        if told is None and then is not None:
            found = await session.bridge.call(partial(_measured, self.report_of(), then))
            made = interfaces.then(found, then)
        else:
            made = interfaces.sections(told, session.now())
        self.query_one(f"#{INTERFACES}", FactView).update_sections(made)

    async def _read_list(self, what: str) -> None:
        session = self.session
        found = await session.bridge.call(partial(read, what, [self.report_of()], session.then))
        rows = stays.rows(what, found, session.now(), session.glyphs, of_one=True)
        table = self.query_one(f"#{what}", RowTable)
        table.update_empty(stays.empty_then(what) if session.then else _EMPTY[what])
        if [row.key for row in rows] == list(table.order):
            table.update_rows(rows)
        else:
            table.set_rows(rows)
