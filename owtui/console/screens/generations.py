"""What a template, or the configuration of a device, was: read, compared, brought back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast
from uuid import UUID

from textual.widget import Widget

from owtui.console import acting
from owtui.console.copying import Copy, Copying
from owtui.console.drafts import Draft
from owtui.console.listing import MarkListing
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import generations as presenter
from owtui.console.presenters import status
from owtui.console.presenters.editor import unified
from owtui.console.registry import Screens
from owtui.console.session import Session
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.actions.base import Action
    from owtui.engine.configs.entries import GenerationRow
    from owtui.engine.configs.sheet import Sheet, What
    from owtui.engine.events import Event

ROLLBACK = "rollback_config"
_TOPICS = frozenset({"configurations", "jobs"})


def register(screens: Screens) -> None:
    """Take the screen in."""

    def make(session: Session, what: str, id_: str) -> GenerationsScreen:
        return GenerationsScreen(session, cast("What", what), UUID(id_))

    screens.add_kind("generations", make)


class GenerationsScreen(Narrowing, MarkListing, Copying):
    """Newest first. Space marks two to compare; a template comes back as a draft in the editor."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "generations")
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS

    def __init__(self, session: Session, what: What, id_: UUID) -> None:
        super().__init__(session)
        self.what, self.id_ = what, id_
        self._title = ""
        self._known: dict[str, GenerationRow] = {}

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            empty_text="Nothing was applied to it yet." if self.what == "device" else "Reading it",
            no_match_text="None matches. Esc shows all again.",
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    @property
    def place(self) -> tuple[str, ...]:
        """Of this template or device."""
        return ("generations", self.what, str(self.id_))

    def path(self) -> Sequence[str]:
        """Whose."""
        lead = "Templates" if self.what == "template" else "Fleet"
        return (lead, *([self._title] if self._title else []), "History")

    def counts(self) -> Sequence[status.Piece]:
        """How many there are."""
        return [status.Piece("all", f"{len(self._known)} generations", "", 50)]

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load them again when something moved."""
        if self.session.bridge.engine is not None and (
            not events or any(event.topic in _TOPICS for event in events)
        ):
            self.load(self._load, "generations")

    def tick(self) -> None:
        """What was does not age."""

    async def _load(self) -> None:
        self._title, found = await self.session.bench.generations(self.what, self.id_)
        self._known = {str(one.number): one for one in found}
        self.table.set_rows(presenter.rows(found))
        self.refresh_frame()

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.fields(self._known[key])

    def copies(self) -> Sequence[Copy]:
        """The row."""
        one = self._known.get(self.table.cursor_key or "")
        if one is None:
            return []
        return [Copy("r", "Row", lambda: "\t".join(presenter.fields(one).values()))]

    def on_row_table_marks_changed(self, message: RowTable.MarksChanged) -> None:
        """Tell how many are marked."""
        self.refresh_frame()

    # --- keys ---

    def action_generation_open(self) -> None:
        """Show it as text."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Show it as text, secrets hidden."""
        message.stop()
        self.ask(partial(self._show, int(message.key)), "generation")

    async def _show(self, number: int) -> None:
        from owtui.console.screens.text import TextScreen

        sheet = await self._read(number)
        path = (*self.path(), f"v{number}")
        self.app.push_screen(TextScreen(self.session, path, sheet.text))

    async def _read(self, number: int) -> Sheet:
        return await self.session.bench.generation(self.what, self.id_, number, "json")

    def action_generation_compare(self) -> None:
        """What differs between two of them."""
        newest = max(map(int, self._known), default=None)
        two = presenter.pair(self.table.marks, self.table.cursor_key, newest)
        if two is None:
            self.notify("Mark two of them to compare.", severity="warning", timeout=4)
            return
        self.ask(partial(self._compare, *two), "compare")

    async def _compare(self, older: int, newer: int) -> None:
        from owtui.console.screens.text import DiffScreen

        before, after = await self._read(older), await self._read(newer)
        text = unified(before.text, after.text, (f"v{older}", f"v{newer}"))
        path = (*self.path(), f"v{older} and v{newer}")
        self.app.push_screen(DiffScreen(self.session, path, text or "They say the same.\n"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A device's configuration comes back by a plan, where there is such an action."""
        if action == "generation_restore" and self.what == "device" and self._rollback() is None:
            return False
        return super().check_action(action, parameters)

    def action_generation_restore(self) -> None:
        """A template: its text as a draft, to be looked at and saved. A device: the plan."""
        key = self.table.cursor_key
        if key is None:
            return
        if self.what == "template":
            self.ask(partial(self._take_up, int(key)), "restore")
            return
        action, engine = self._rollback(), self.session.bridge.engine
        if action is not None and engine is not None:
            chosen = engine.select("", cursor=self.id_)
            acting.plan(self, action, chosen, {"to": int(key)}, {})

    def _rollback(self) -> Action | None:
        engine = self.session.bridge.engine
        known = engine.actions if engine is not None else ()
        return next((one for one in known if one.id == ROLLBACK), None)

    async def _take_up(self, number: int) -> None:
        place = ("editor", self.what, str(self.id_))
        if self.session.drafts.get(place) is not None:
            self.notify(
                "There is an edit that is not saved; save or drop it first.", severity="warning"
            )
        else:
            sheet = await self._read(number)
            now = max(map(int, self._known))
            draft = Draft(self._title, sheet.text, sheet.kind, now, 1, sheet.kept)
            self.session.drafts.keep(place, draft)
        self.console.open_over(*place)
