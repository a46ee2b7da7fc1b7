"""Screen 5, Templates: every template, who uses it, and the way to its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.listing import MarkListing
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import status
from owtui.console.presenters import templates as presenter
from owtui.console.presenters.fleet import literal
from owtui.console.registry import Screens, Spec
from owtui.console.saving import save_as
from owtui.console.session import Session
from owtui.console.templating import Templating
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.configs.entries import TemplateRow
    from owtui.engine.events import Event

_TOPICS = frozenset({"configurations", "devices"})


def register(screens: Screens) -> None:
    """Take the screen in."""
    help_ = "Pieces of configuration for many devices"
    screens.add(Spec("templates", "Templates", TemplatesScreen, "5", help_))


class TemplatesScreen(Templating, Narrowing, MarkListing, Copying):
    """The templates. Enter edits one, `a` does more, Space marks those to give to devices."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "templates")
    title_text: ClassVar[str] = "Templates"
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._known: dict[str, TemplateRow] = {}

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        yield RowTable(
            presenter.COLUMNS,
            glyphs=self.session.glyphs,
            empty_text="Starting the engine",
            no_match_text="No template matches. Esc shows all again.",
            id="templates",
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.sort_by("name")
        self.table.focus()
        self.refresh_rows()

    def counts(self) -> Sequence[status.Piece]:
        """How many are shown."""
        total, shown = len(self._known), len(self.table.order)
        words = f"{total} template{'s' * (total != 1)}"
        return [status.Piece("all", f"{shown} of {words}" if shown < total else words, "", 50)]

    def on_screen_resume(self) -> None:
        """An edit may have been left, or saved."""
        self.refresh_rows()

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load them again when one moved, or a device that uses one."""
        if self.session.failed:
            self.table.update_empty(self.session.failed)
        elif self.session.bridge.engine is None:
            return
        elif not events or any(event.topic in _TOPICS for event in events):
            self.load(self._load, "templates")

    def tick(self) -> None:
        """Nothing here ages."""

    async def _load(self) -> None:
        found = await self.session.bench.templates()
        fresh = {str(one.id): one for one in found}
        gone = self._known.keys() - fresh.keys()
        self._known = fresh
        new = self.session.keys.names("template.new")
        hint = f" {new} makes one." if new and not self.session.settings.read_only else ""
        self.table.update_empty(f"There is no template yet.{hint}")
        drafts = [place[2] for place in self.session.drafts.places if place[:1] == ("editor",)]
        rows = presenter.rows(found, drafts, self.session.now(), self.session.glyphs)
        if gone or self.table.total != len(rows):
            self.table.set_rows(rows)
        else:
            self.table.update_rows(rows)
        self.refresh_frame()

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.fields(self._known[key])

    # --- what is chosen ---

    def here(self) -> TemplateRow | None:
        """The template under the cursor."""
        return self._known.get(self.table.cursor_key or "") if self.is_mounted else None

    def chosen(self) -> list[TemplateRow]:
        """The marked ones in the order of the list, else the one under the cursor."""
        keys = self.table.marked() or ([self.table.cursor_key] if self.table.cursor_key else [])
        return [self._known[key] for key in keys if key in self._known]

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        """Offer what may be done to the one under the cursor."""
        self.refresh_keys()

    def on_row_table_marks_changed(self, message: RowTable.MarksChanged) -> None:
        """Tell how many are marked."""
        self.refresh_frame()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be done to a template where there is none."""
        of_one = ("template_open", "template_history", "template_devices", "list_copy")
        if action in of_one and self.here() is None:
            return False
        return super().check_action(action, parameters)

    # --- keys ---

    def action_template_open(self) -> None:
        """Edit it."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Edit it."""
        message.stop()
        self.console.open_over("editor", "template", message.key)

    def action_template_history(self) -> None:
        """What it was."""
        one = self.here()
        if one is not None:
            self.console.open_over("generations", "template", str(one.id))

    def action_template_devices(self) -> None:
        """The devices that use it, in the list of devices; `[` comes back."""
        one = self.here()
        if one is not None:
            self.console.show_fleet(f"template={literal(one.name)}")

    def action_template_variables(self) -> None:
        """Variables by scope."""
        self.console.go("variables")

    def copies(self) -> Sequence[Copy]:
        """The marked templates, or this one."""
        found = self.chosen()
        if not found:
            return []
        return [
            Copy("n", "Name", lambda: "\n".join(one.name for one in found)),
            Copy("r", "Row", lambda: "\n".join(map(presenter.line, found)), "tabs between"),
            Copy("j", "JSON", partial(presenter.as_json, found), "without their contents"),
        ]

    def action_list_export(self) -> None:
        """Write the list to a file."""
        found = [self._known[key] for key in self.table.order]

        async def make(kind: str) -> str:
            return presenter.as_file(found, kind)

        save_as(
            self,
            f"Export {len(found)} templates",
            "templates.csv",
            make,
            text="CSV, or JSON by the ending: the list, without contents and secrets.",
            what=f"{len(found)} templates",
        )
