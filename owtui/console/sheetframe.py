"""A screen around one text of a configuration: what is wrong with it, and what comes of it.

What is typed is checked and rendered in a worker a moment after the last key; the next key cancels
that. What the keys do is the editor's own (screens/editor.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import UUID

from textual import on
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import ContentSwitcher, TextArea

from owtui.console.drafts import Draft
from owtui.console.frame import Frame
from owtui.console.presenters import editor as presenter
from owtui.console.presenters import status
from owtui.console.session import Session
from widgets.codeedit import CodeEdit, Offer, Offers
from widgets.diffview import DiffView
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine
from widgets.textview import TextView

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import Impact, Look, Sheet, What
    from owtui.engine.configs.source import Kind
    from owtui.engine.events import Event

QUIET_S = 0.3  # after the last key
FEW = 50  # devices whose impact is worth counting at every pause of the typing


class SheetFrame(Frame):
    """One text and its pages."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "tabs", "form", "edit")
    DEFAULT_CSS = """
    SheetFrame Horizontal { height: 1fr; }
    SheetFrame #source, SheetFrame #pages { width: 1fr; height: 1fr; }
    SheetFrame #pages { border-left: solid $border; padding: 0 0 0 1; }
    SheetFrame.-ascii #pages { border-left: ascii $border; }
    SheetFrame.-narrow #pages { display: none; border-left: none; padding: 0; }
    SheetFrame.-narrow.-paged #pages { display: block; }
    SheetFrame.-narrow.-paged #source { display: none; }
    """

    def offers(self, text: str, row: int, column: int) -> Offers | None:
        """What may be typed at a place, by the schema and the variables that there are."""
        from owtui.engine.configs.suggest import suggest

        found = suggest(text, self.kind, row, column, self._schema, self._names)
        if found is None:
            return None
        items = [Offer(one.text, one.label, one.note) for one in found.items]
        return Offers(found.start, found.end, items)

    def __init__(self, session: Session, what: What, id_: UUID) -> None:
        super().__init__(session)
        self.what, self.id_ = what, id_
        self.sheet: Sheet | None = None
        self.look: Look | None = None
        self.looked_at: tuple[str, UUID | None] = ("", None)  # the text and device of the look
        self.impact: Impact | None = None
        self.device: UUID | None = None
        self.page = 0
        self._saved_text = ""
        self._schema: Mapping[str, Any] = {}
        self._names: tuple[str, ...] = ()  # of variables, as last seen: a broken text has none
        self._quiet: Timer | None = None
        self.set_class(session.glyphs.plot == "ascii", "-ascii")

    # --- what is shown ---

    def body(self) -> Iterable[Widget]:
        """The pages under their names, over what is wrong and what it would change."""
        glyphs = self.session.glyphs
        yield StatusLine(glyphs=glyphs, id="tabs")
        with Horizontal():
            yield CodeEdit(
                complete=self.offers,
                read_only=self.session.settings.read_only,
                glyphs=glyphs,
                id="source",
            )
            with ContentSwitcher(initial="diff", id="pages"):
                yield TextView(glyphs=glyphs, id="rendered")
                yield DiffView(glyphs=glyphs, id="diff")
                yield RowTable(
                    presenter.VARIABLES,
                    glyphs=glyphs,
                    markable=False,
                    empty_text="No variable is used.",
                    id="vars",
                )
        for number in range(2):
            yield StatusLine(glyphs=glyphs, id=f"problem{number}")
        yield StatusLine(glyphs=glyphs, id="impact")

    def on_mount(self) -> None:
        """Read what is to be edited."""
        self.edit.focus()
        self.refresh_rows()

    @property
    def edit(self) -> CodeEdit:
        """The text."""
        return self.query_one("#source", CodeEdit)

    @property
    def kind(self) -> Kind:
        """What the text is written in."""
        return cast("Kind", self.edit.language)

    @property
    def dirty(self) -> bool:
        """Whether the text is another than the one that was saved."""
        return self.sheet is not None and self.edit.text != self._saved_text

    @property
    def place(self) -> tuple[str, ...]:
        """This template or device."""
        return ("editor", self.what, str(self.id_))

    def remember(self) -> Mapping[str, Any]:
        """Page, cursor, and the device it is previewed as; the text itself is a draft."""
        line, column = self.edit.cursor
        device = str(self.device) if self.device else ""
        return {"page": self.page, "line": line, "column": column, "device": device}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Look as before."""
        page = state.get("page", 0)
        if isinstance(page, int) and 0 <= page < len(presenter.PAGES):
            self.turn_to(page)
        self.edit.go_to(int(state.get("line", 1)), int(state.get("column", 0)))
        device = str(state.get("device", ""))
        if device:
            self.device = UUID(device)
            self.look_soon(0)

    def path(self) -> Sequence[str]:
        """Where it belongs, and what it is."""
        lead = "Templates" if self.what == "template" else "Fleet"
        if self.sheet is None:
            return (lead,)
        return (lead, presenter.name(self.sheet, self.dirty))

    def counts(self) -> Sequence[status.Piece]:
        """How many devices it is for."""
        used = presenter.used(self.sheet) if self.sheet else ""
        return [status.Piece("used", used, "", 50)] if used else []

    def status_pieces(self) -> list[status.Piece]:
        """The frame's, and how the text is."""
        read_only = self.session.settings.read_only
        glyphs = self.session.glyphs
        return [
            *super().status_pieces(),
            *presenter.state(self.look, self.dirty, read_only, glyphs),
        ]

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Read it once there is an engine; what is edited stands still from then on."""
        if self.sheet is None and self.session.bridge.engine is not None:
            self.load(self._open, "open")

    def tick(self) -> None:
        """Nothing here ages."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the text Tab completes."""
        if action == "nav_tab_next" and self.typing():
            return False
        return super().check_action(action, parameters)

    def typing(self) -> bool:
        """The text takes letters as a line does."""
        return isinstance(self.focused, TextArea) or super().typing()

    # --- from the engine ---

    async def _open(self) -> None:
        draft = self.session.drafts.get(self.place)
        kind: Kind = "yaml" if draft is not None and draft.kind == "yaml" else "json"
        sheet = await self.session.bench.open(self.what, self.id_, kind)
        self.show_sheet(sheet)
        if draft is not None:
            self._take_up(sheet, draft)
        self._schema = await self.session.bench.schema()

    def show_sheet(self, sheet: Sheet) -> None:
        """Show what was read or saved, and look at it."""
        self.sheet, self._saved_text = sheet, sheet.text
        if self.edit.text != sheet.text or self.kind != sheet.kind:
            line, column = self.edit.cursor
            self.edit.load(sheet.text, sheet.kind)
            self.edit.go_to(line, column)
        if self.device not in sheet.devices:
            self.device = sheet.devices[0] if sheet.devices else None
        self.impact = None
        self.look_soon(0)
        self.refresh_frame()

    async def read_again(self) -> None:
        """Take over what moved beside the text: default values, devices; an edit goes on."""
        sheet = self.sheet
        if sheet is None:
            return
        fresh = await self.session.bench.open(self.what, self.id_, self.kind)
        if fresh.generation != sheet.generation and self.dirty:
            self.notify("It was changed meanwhile; saving will ask.", severity="warning")
        elif self.dirty or fresh.text == sheet.text:
            kept = {"text": sheet.text, "kept": sheet.kept, "kind": sheet.kind}
            self.sheet = replace(fresh, **kept)  # type: ignore[arg-type]  # three of its fields
        else:
            self.show_sheet(fresh)
        await self.look_now()

    def _take_up(self, sheet: Sheet, draft: Draft) -> None:
        """Go on with an edit that was left; Ctrl-Z brings what is saved.

        It is of the generation that it was begun on: where that one moved, saving says so.
        """
        self.sheet = replace(sheet, generation=draft.generation, kept=draft.kept)
        if draft.generation == sheet.generation:
            self.edit.replace(draft.text, draft.kind)
        else:  # the marks of the one are not those of the other: undo must not mix them
            self.edit.load(draft.text, draft.kind)
        self.edit.go_to(draft.line)
        self.notify("This is your edit that was not saved yet.", timeout=5)

    @on(CodeEdit.Changed)
    def _changed(self, message: CodeEdit.Changed) -> None:
        """Keep it as a draft, and look at it once nothing is typed for a moment."""
        message.stop()
        if self.sheet is None:
            return
        self._keep_draft()
        self.look = None
        self.look_soon(QUIET_S)
        self.refresh_frame()

    @on(CodeEdit.CursorMoved)
    def _moved(self, message: CodeEdit.CursorMoved) -> None:
        message.stop()
        self.show_problems()

    def _keep_draft(self) -> None:
        """What is typed outlives this screen until it is saved or dropped."""
        sheet, drafts = self.sheet, self.session.drafts
        if sheet is None:
            return
        if self.dirty:
            line, generation = self.edit.cursor[0], sheet.generation
            draft = Draft(sheet.name, self.edit.text, self.kind, generation, line, sheet.kept)
            drafts.keep(self.place, draft)
        else:
            drafts.drop(self.place)

    def write_anew(self, text: str, kind: Kind) -> None:
        """The same in other words: what was saved is saved still."""
        if not self.dirty:
            self._saved_text = text
        self.edit.replace(text, kind)

    def forget(self) -> None:
        """Drop the edit: the text is as it was saved."""
        self.drop_draft()
        self.edit.load(self._saved_text)

    def drop_draft(self) -> None:
        """The edit is saved, or nobody wants it."""
        self.session.drafts.drop(self.place)
        self.store_drafts()

    def store_drafts(self) -> None:
        """Keep what is not saved over the end of the program, unless nothing is to be kept."""
        drafts = self.session.drafts
        told = drafts.to_store() if self.session.settings.restore else None
        if told is None:
            return

        async def store() -> None:
            if await self.session.bench.keep_drafts(told):
                drafts.stored()

        # In the name of the app: it goes on when this screen is closed meanwhile.
        self.app.run_worker(store(), group="drafts", exclusive=True)

    def look_soon(self, after_s: float) -> None:
        """Check and render the text after a while without another wish to."""
        if self._quiet is not None:
            self._quiet.stop()
        self._quiet = self.set_timer(after_s, self._look) if after_s else None
        if not after_s:
            self._look()

    def _look(self) -> None:
        if self.sheet is not None:
            self.ask(self.look_now, "look")

    async def look_now(self) -> None:
        """Check and render the text for the device, and count the impact where that is quick."""
        sheet, text, kind, device = self.sheet, self.edit.text, self.kind, self.device
        if sheet is None:
            return
        look = await self.session.bench.look(sheet, text, kind, device)
        self.look, self.impact, self.looked_at = look, None, (text, device)
        self.store_drafts()
        self._names = tuple(one.name for one in look.variables) or self._names
        self.edit.update_marks(presenter.marks(look.problems))
        self.query_one("#rendered", TextView).update_text(look.rendered)
        row = self.session.rows.get(device) if device else None
        told = presenter.diff_text(look, sheet, row.name if row else "", self.dirty)
        self.query_one("#diff", DiffView).update_diff(told)
        rows = presenter.variable_rows(look.variables, self.session.glyphs)
        self.query_one("#vars", RowTable).set_rows(rows)
        self.show_all()
        if not look.blocks and len(sheet.devices) <= FEW:
            await self.count_impact()

    async def count_impact(self) -> None:
        """Count what it would change on all devices that it is for."""
        sheet, text, kind = self.sheet, self.edit.text, self.kind
        if sheet is None or not sheet.devices:
            return
        self.impact = await self.session.bench.impact(sheet, text, kind)
        self.show_all()

    # --- lines around the text ---

    def show_all(self) -> None:
        """All lines anew."""
        self.show_tabs()
        self.show_problems()
        self.refresh_frame()

    def show_tabs(self) -> None:
        """The pages, and the device."""
        if self.sheet is None:
            return
        row = self.session.rows.get(self.device) if self.device else None
        key = self.session.keys.names("edit.device")
        pieces = presenter.tabs(self.page, self.sheet, row.name if row else "", key)
        self.query_one("#tabs", StatusLine).update_pieces(pieces)

    def show_problems(self) -> None:
        """What is wrong, first in the line of the cursor, and what it would change."""
        names, glyphs = self.session.keys.names, self.session.glyphs
        problems = self.look.problems if self.look is not None else ()
        told = presenter.problem_lines(problems, self.edit.cursor[0], names("edit.problem"), glyphs)
        for number in range(2):
            pieces = told[number] if number < len(told) else []
            self.query_one(f"#problem{number}", StatusLine).update_pieces(pieces)
        count = len(self.sheet.devices) if self.sheet else 0
        line = presenter.impact_line(self.impact, count, names("edit.impact"))
        self.query_one("#impact", StatusLine).update_pieces(line if self.sheet else [])

    def turn_to(self, page: int) -> None:
        """Show a page, and give it the keys."""
        self.page = page % len(presenter.PAGES)
        name = presenter.PAGES[self.page].lower()
        self.set_class(self.page > 0, "-paged")
        if self.page:
            self.query_one("#pages", ContentSwitcher).current = name
            self.query_one(f"#{name}").focus()
        else:
            self.edit.focus()
        self.show_tabs()
        self.refresh_keys()
