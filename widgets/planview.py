"""A plan to read and to confirm: what would happen to which device, and what to type to start it.

    PlanView(summary, rows, confirm, *, glyphs)     update_plan(summary, rows, confirm)
    PlanRow(key, device, verdict, text, warning)    Confirm(question, expected)
    Confirmed()  Cancelled()  RowOpened(key)

The default is No: only the expected text, typed in full, confirms. While the line is empty, Enter
opens the row under the cursor (its diff); arrows move that cursor from the line as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from widgets.glyphs import UTF8, Glyphs
from widgets.plaintext import clean
from widgets.rowmodel import Cell, Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import Column
from widgets.textline import TextLine

Verdict = Literal["change", "same", "blocked"]

_COLUMNS = (
    Column("sign", "", 1, priority=100),
    Column("device", "DEVICE", 16, min_width=10, priority=90),
    Column("verdict", "VERDICT", 8, priority=80),
    Column("text", "WHAT", 20, flex=2, min_width=12, priority=70),
)
_NOTE = Column("warning", "NOTE", 12, flex=1, priority=10)
_LOOKS: dict[Verdict, tuple[str, str, int]] = {
    "change": ("ok", "ok", 1),
    "same": ("deactivated", "muted", 2),
    "blocked": ("critical", "critical", 0),
}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What the plan says of one device: the change or the reason, and what to be careful of."""

    key: str
    device: str
    verdict: Verdict
    text: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Confirm:
    """What has to be typed, and the question that asks for it; None: there is nothing to start."""

    question: str
    expected: str | None


class _ConfirmLine(TextLine):
    """The line one types into; the keys of a list go to the list beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "table('cursor_up')", show=False),
        Binding("down", "table('cursor_down')", show=False),
        Binding("pageup", "table('page_up')", show=False),
        Binding("pagedown", "table('page_down')", show=False),
    ]

    def action_table(self, verb: str) -> None:
        table = self.query_ancestor(PlanView).query_one(RowTable)
        getattr(table, f"action_{verb}")()


class PlanView(Vertical):
    """The confirm of every bulk action."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]
    DEFAULT_CSS = """
    PlanView { height: 1fr; background: $background; color: $foreground; }
    PlanView > .planview--summary { height: auto; padding: 0 1; }
    PlanView > Horizontal { height: 1; }
    PlanView .planview--question { width: auto; padding: 0 1; text-style: bold; }
    PlanView Input { width: 24; padding: 0; background: $surface; }
    PlanView .planview--hint { width: 1fr; padding: 0 0 0 2; color: $text-muted; }
    PlanView .planview--wrong { height: auto; padding: 0 1; color: $text-error; display: none; }
    PlanView.-wrong .planview--wrong { display: block; }
    """

    class _PlanMessage(Message):
        def __init__(self, view: PlanView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> PlanView:
            """The view that sent the message."""
            return self.view

    class Confirmed(_PlanMessage):
        """What was expected has been typed: start."""

    class Cancelled(_PlanMessage):
        """Esc: nothing happens."""

    class RowOpened(_PlanMessage):
        """Enter or a double click on a device: show its diff."""

        def __init__(self, view: PlanView, key: str) -> None:
            super().__init__(view)
            self.key = key

    def __init__(
        self,
        summary: Sequence[str],
        rows: Iterable[PlanRow],
        confirm: Confirm,
        *,
        hint: str = "Esc cancel",
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._confirm = confirm
        self._summary = Static(_joined(summary), classes="planview--summary", markup=False)
        rows = list(rows)
        self._table = RowTable(
            _columns(rows),
            self._made(rows),
            glyphs=glyphs,
            empty_text="The plan holds no device.",
            markable=False,
        )
        self._table.sort_by("verdict")
        self._question = Static("", classes="planview--question", markup=False)
        self._line = _ConfirmLine()
        self._told = clean(hint)
        self._hint = Static(self._told, classes="planview--hint", markup=False)
        self._wrong = Static("", classes="planview--wrong", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the summary, the devices and the line to type into."""
        yield self._summary
        yield self._table
        yield self._wrong
        yield Horizontal(self._question, self._line, self._hint)

    def on_mount(self) -> None:
        """Ask."""
        self._ask()

    def update_plan(
        self, summary: Sequence[str], rows: Iterable[PlanRow], confirm: Confirm
    ) -> None:
        """Show another plan; what was typed stays only while the question is the same."""
        if confirm != self._confirm:
            self._line.value = ""
        self._confirm = confirm
        self._summary.update(_joined(summary))
        rows = list(rows)
        self._table.update_columns(_columns(rows))
        self._table.set_rows(self._made(rows))
        self._ask()

    def _ask(self) -> None:
        self._question.update(clean(self._confirm.question))
        self._line.display = self._confirm.expected is not None
        self._tell_wrong("")
        self.focus()

    def _made(self, rows: Iterable[PlanRow]) -> list[Row]:
        made = []
        for row in rows:
            state, role, rank = _LOOKS[row.verdict]
            sign = Cell(self._glyphs.state(state), role)
            verdict = row.verdict.upper() if row.verdict == "blocked" else row.verdict
            note = f"{self._glyphs.problem} {row.warning}" if row.warning else ""
            warning = Cell(note, "problem")
            cells = (sign, row.device, Cell(verdict, role), row.text, warning)
            made.append(Row(row.key, cells, (rank, row.device, rank, row.text, row.warning)))
        return made

    def _tell_wrong(self, text: str) -> None:
        self._wrong.update(clean(text))
        self.set_class(bool(text), "-wrong")

    def action_open(self) -> None:
        """Open the row under the cursor."""
        self._table.action_open()

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.post_message(self.Cancelled(self))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take back the word about the text before; say what is left to do when it is right."""
        event.stop()
        self._tell_wrong("")
        right = event.value.strip() == self._confirm.expected
        self._hint.update("Enter starts it" if right else self._told)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Confirm when it is what was asked for; open the row when nothing was typed."""
        event.stop()
        typed = event.value.strip()
        if typed and typed == self._confirm.expected:
            self.post_message(self.Confirmed(self))
        elif typed:
            self._tell_wrong(f"That is not {self._confirm.expected}; nothing was started.")
        else:
            self._table.action_open()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Pass on which device was opened."""
        event.stop()
        self.post_message(self.RowOpened(self, event.key))

    def focus(self, scroll_visible: bool = True) -> PlanView:
        """Focus the line to type into, or the table when there is nothing to start."""
        startable = self._confirm.expected is not None
        (self._line if startable else self._table).focus(scroll_visible)
        return self


def _columns(rows: Iterable[PlanRow]) -> tuple[Column, ...]:
    """The columns; the one for notes only where there is one."""
    return (*_COLUMNS, _NOTE) if any(row.warning for row in rows) else _COLUMNS


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(clean(line) for line in lines)
