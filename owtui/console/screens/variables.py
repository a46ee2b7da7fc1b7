"""Variables by scope: global, organizations, groups (with the templates they give), devices.

The list of scopes is a root screen; one scope with its variables opens over it, or over a device.
Nothing here changes a device: configurations become out of date, and a plan brings them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast
from uuid import UUID

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.narrowing import Narrowing
from owtui.console.presenters import status
from owtui.console.presenters import variables as presenter
from owtui.console.registry import Screens, Spec
from owtui.console.session import Session
from owtui.console.settingvars import SettingVariables
from widgets.dialog import Choice, ChoiceDialog
from widgets.pickdialog import Item, PickDialog
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import Scope, ScopeKind, Variable
    from owtui.engine.events import Event

_TOPICS = frozenset({"configurations", "devices"})


def register(screens: Screens) -> None:
    """Take both screens in."""
    help_ = "Variables of configurations, by scope, and the templates of groups"
    screens.add(Spec("variables", "Variables", ScopesScreen, help=help_))

    def make(session: Session, kind: str, id_: str) -> VariablesScreen:
        return VariablesScreen(session, cast("ScopeKind", kind), UUID(id_) if id_ else None)

    screens.add_kind("variables", make)


class ScopesScreen(Narrowing, Copying):
    """Where variables have their values, the widest scope first."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "variables")
    title_text: ClassVar[str] = "Variables"
    FIELDS: ClassVar[tuple[str, ...]] = presenter.SCOPE_FIELDS

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._known: dict[str, Scope] = {}

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        yield RowTable(
            presenter.SCOPES,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text="Reading them",
            no_match_text="No scope matches. Esc shows all again.",
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    def counts(self) -> Sequence[status.Piece]:
        """What wins."""
        words = "device over group over organization over global over template"
        return [status.Piece("order", words, "muted", 10)]

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load them again when one moved."""
        if self.session.bridge.engine is not None and (
            not events or any(event.topic in _TOPICS for event in events)
        ):
            self.load(self._load, "scopes")

    def tick(self) -> None:
        """Nothing here ages."""

    async def _load(self) -> None:
        found = await self.session.bench.scopes()
        self._known = {presenter.key(one): one for one in found}
        self.table.set_rows(presenter.scope_rows(found, self.session.glyphs))
        self.refresh_frame()

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at."""
        return presenter.scope_fields(self._known[key])

    def here(self) -> Scope | None:
        """The scope under the cursor."""
        return self._known.get(self.table.cursor_key or "") if self.is_mounted else None

    def copies(self) -> Sequence[Copy]:
        """The row."""
        one = self.here()
        if one is None:
            return []
        return [Copy("r", "Row", lambda: "\t".join(presenter.scope_fields(one).values()))]

    def action_variable_open(self) -> None:
        """Its variables."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Its variables."""
        message.stop()
        kind, _, id_ = message.key.partition(":")
        self.console.open_over("variables", kind, id_)

    def action_variable_menu(self) -> None:
        """What may be done to a scope."""
        one = self.here()
        if one is None:
            return
        choices = [Choice("v", "Variables", "what has a value here")]
        if one.kind == "group":
            choices.append(Choice("t", "Templates of the group", "which, and in which order"))
        dialog = ChoiceDialog(f"{one.kind} {one.name}", choices, glyphs=self.session.glyphs)

        def chosen(letter: str | None) -> None:
            if letter == "v":
                self.action_variable_open()
            elif letter == "t":
                self.ask(partial(self._templates, one), "group")

        self.app.push_screen(dialog, chosen)

    async def _templates(self, group: Scope) -> None:
        known = await self.session.bench.templates()
        usable = [
            one for one in known if one.organization in ("", group.organization) and not one.default
        ]
        dialog = PickDialog(
            f"Templates of {group.name}",
            [Item(str(one.id), one.name, f"v{one.generation}") for one in usable],
            [str(id_) for id_, _ in group.templates],
            text="A later one overrides an earlier one. Its devices follow; none is changed yet.",
            glyphs=self.session.glyphs,
        )

        async def write(keys: Sequence[str]) -> None:
            assert group.id is not None  # only global has none
            await self.session.bench.set_group_templates(group.id, [UUID(key) for key in keys])
            self.notify(f"The templates of {group.name} are saved.", markup=False)
            self.refresh_rows()

        def picked(keys: tuple[str, ...] | None) -> None:
            if keys is not None:
                self.ask(lambda: write(keys), "group")

        self.app.push_screen(dialog, picked)


class VariablesScreen(SettingVariables, Narrowing, Copying):
    """The variables of one scope; secrets among them are hidden."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "variables")
    FIELDS: ClassVar[tuple[str, ...]] = presenter.FIELDS

    def __init__(self, session: Session, kind: ScopeKind, id_: UUID | None) -> None:
        super().__init__(session)
        self.kind, self.id_ = kind, id_
        self._title = ""
        self._known: dict[str, Variable] = {}

    def body(self) -> Iterable[Widget]:
        """The filter line over one table."""
        yield self.filter_bar()
        new = self.session.keys.names("variable.new")
        yield RowTable(
            presenter.VARIABLES,
            glyphs=self.session.glyphs,
            markable=False,
            empty_text=f"No variable has a value here.{f' {new} sets one.' if new else ''}",
            no_match_text="No variable matches. Esc shows all again.",
        )

    def on_mount(self) -> None:
        """Load them."""
        self.table.focus()
        self.refresh_rows()

    @property
    def place(self) -> tuple[str, ...]:
        """This scope."""
        return ("variables", self.kind, str(self.id_) if self.id_ else "")

    def path(self) -> Sequence[str]:
        """Whose."""
        return ("Variables", *([self._title] if self._title else []))

    def counts(self) -> Sequence[status.Piece]:
        """How many."""
        return [status.Piece("all", f"{len(self._known)} variables", "", 50)]

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Load them again when something moved."""
        if self.session.bridge.engine is not None and (
            not events or any(event.topic in _TOPICS for event in events)
        ):
            self.load(self._load, "variables")

    def tick(self) -> None:
        """Nothing here ages."""

    async def _load(self) -> None:
        self._title, found = await self.session.bench.variables(self.kind, self.id_)
        self._known = {one.name: one for one in found}
        self.table.set_rows(presenter.rows(found))
        self.refresh_frame()

    def fields(self, key: str) -> Mapping[str, str]:
        """What a filter of words looks at; a hidden value is hidden from it, too."""
        return {"name": key, "value": self._known[key].shown}

    def copies(self) -> Sequence[Copy]:
        """Name and value, as shown."""
        one = self._known.get(self.table.cursor_key or "")
        if one is None:
            return []
        return [
            Copy("n", "Name", lambda: one.name),
            Copy("r", "Row", lambda: f"{one.name}\t{one.shown}", "a secret is hidden"),
        ]

    # --- keys ---

    def action_variable_open(self) -> None:
        """Change its value."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Change its value."""
        message.stop()
        if not self.session.settings.read_only:
            self.set_variable(self.kind, self.id_, message.key)

    def action_variable_new(self) -> None:
        """Set one that has no value here."""
        self.set_variable(self.kind, self.id_, "")

    def action_variable_menu(self) -> None:
        """What may be done to it."""
        name = self.table.cursor_key
        choices = [Choice("n", "Set a variable")]
        if name is not None:
            choices += [Choice("v", "Change the value", name), Choice("r", "Remove", name)]
        dialog = ChoiceDialog(self._title or "Variables", choices, glyphs=self.session.glyphs)

        def chosen(letter: str | None) -> None:
            if letter == "n":
                self.action_variable_new()
            elif letter == "v" and name is not None:
                self.set_variable(self.kind, self.id_, name)
            elif letter == "r" and name is not None:
                self.remove_variable(self.kind, self.id_, name)

        self.app.push_screen(dialog, chosen)
