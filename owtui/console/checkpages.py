"""The page Checks of a device: which run there, how they went last, when they run next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import Vertical
from textual.widget import Widget

from owtui.console.presenters import checks as presenter
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.checkdesk import CheckRow
    from owtui.engine.monitoring.rota import Lag

    Base = Frame
else:
    Base = object

CHECKS = "Checks"
_PAGE = "checks"


async def _read(
    device_id: UUID, at: datetime, then: bool, engine: Engine
) -> tuple[Sequence[CheckRow], Lag | None, str]:
    holder = engine.holder
    lag = engine.checking.lag if engine.holds else None
    found = await engine.checks.of_device(device_id, at, then=then)
    return found, lag, holder.short if holder else ""


async def run(ids: Sequence[UUID], types: Sequence[str], engine: Engine) -> int:
    """Have checks run by whoever holds the engine; gives the number of the job."""
    selection = engine.select("", marks=ids)
    plan = await engine.plan("run_checks", selection, {"types": ",".join(types)})
    return int((await engine.jobs.submit(plan)).number)


class CheckPages(Base):
    """Mixed into the screen of a device."""

    def check_page(self) -> Iterable[Widget]:
        """A line over the list; it is read when it is shown."""
        glyphs = self.session.glyphs
        yield Vertical(
            StatusLine(glyphs=glyphs, id="lag"),
            RowTable(
                presenter.COLUMNS, glyphs=glyphs, markable=False, empty_text="…", id="checklist"
            ),
            id=_PAGE,
        )

    def shows_checks(self) -> bool:
        """Whether the page is the one that is seen."""
        raise NotImplementedError

    def report_of(self) -> UUID:
        """The device."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A check is run where one is under the cursor, and now."""
        if action == "check_run":
            here = self.is_mounted and self.shows_checks() and self.session.past is None
            if not here or self._list.cursor_key is None:
                return False
        return super().check_action(action, parameters)

    @property
    def _list(self) -> RowTable:
        return self.query_one("#checklist", RowTable)

    def read_checks(self) -> None:
        """Read the page, if it is shown."""
        if self.shows_checks():
            self.load(self._read_checks, _PAGE)

    async def _read_checks(self) -> None:
        session = self.session
        asked = partial(_read, self.report_of(), session.now(), session.past is not None)
        found, lag, holder = await session.bridge.call(asked)
        rows = presenter.rows(found, session.now(), session.glyphs)
        if [row.key for row in rows] == list(self._list.order):
            self._list.update_rows(rows)
        else:
            self._list.set_rows(rows)
        line = presenter.line(lag, holder) if session.past is None else ()
        self.query_one("#lag", StatusLine).update_pieces(line)
        self.refresh_keys()

    def action_check_run(self) -> None:
        """Run the check under the cursor now; what it finds is kept and judged."""
        type_ = self._list.cursor_key

        async def asked() -> None:
            wanted = partial(run, [self.report_of()], [str(type_)])
            number = await self.session.bridge.call(wanted)
            self.notify(f"Job {number} runs it.", timeout=5)

        if type_ is not None:
            self.ask(asked, "check")
