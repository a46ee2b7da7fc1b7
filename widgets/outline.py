"""A tree to walk through: guides, a name, a state symbol in one column, words behind it.

    OutlineRow(key, depth, name, via, state, info)
    Outline(rows, *, glyphs)     update_rows(rows)  move_to(key)  update_found(keys)
    cursor_key  order
    CursorMoved(key)  Opened(key)

The order of the rows and their depths are the tree. A level so deep that its guides would take the
room of the name is told by its number. Only lines that differ are repainted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from widgets.glyphs import UTF8, Glyphs
from widgets.lineview import FOUND, LineView
from widgets.oneline import Spans
from widgets.plaintext import clean, fit, width_of
from widgets.roles import role_css

CURSOR = "outline--cursor"
_GUTTER = 2
_LEVEL = 3  # cells of a guide
_LEAST_NAME = 8
_STATE = 3  # the symbol with a space on both sides


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """A line. `via` stands between guides and name; `info` behind the state, as (text, role).

    A row with an empty `key` is no place for the cursor: a rule, a remark.
    """

    key: str
    depth: int
    name: str
    via: str = ""
    state: str = ""
    info: tuple[tuple[str, str], ...] = ()
    role: str = ""


class Outline(LineView):
    """Rows of a tree under a cursor; see the module for its surface."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR}
    DEFAULT_CSS = (
        "Outline > .outline--cursor { background: $primary; color: $text; text-style: bold; }\n"
        "Outline:ansi > .outline--cursor { text-style: reverse; }\n" + role_css("Outline")
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=False, id="list.open"),
    ]

    class _Told(Message):
        def __init__(self, outline: Outline, key: str) -> None:
            super().__init__()
            self.outline = outline
            self.key = key

        @property
        def control(self) -> Outline:
            """The outline that sent the message."""
            return self.outline

    class CursorMoved(_Told):
        """The cursor is on another row."""

        def can_replace(self, message: Message) -> bool:
            """The newest place is what counts."""
            return isinstance(message, Outline.CursorMoved)

    class Opened(_Told):
        """Enter, or a click on the row under the cursor."""

    def __init__(
        self,
        rows: Iterable[OutlineRow] = (),
        *,
        empty_text: str = "",
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._empty = empty_text
        self._found: frozenset[str] = frozenset()
        self._cursor = 0
        self._name_room = 0
        self._rows: tuple[OutlineRow, ...] = ()
        self._guides: list[str] = []
        self._names: list[str] = []
        self._vias: list[str] = []
        self._places: dict[str, int] = {}
        self._take(rows)

    # -- what others ask and tell ----------------------------------------------------------

    @property
    def cursor_key(self) -> str | None:
        """The row under the cursor, None without rows."""
        return self._rows[self._cursor].key or None if self._rows else None

    @property
    def order(self) -> Sequence[str]:
        """The rows that can be stood on, from top to bottom."""
        return [row.key for row in self._rows if row.key]

    def update_rows(self, rows: Iterable[OutlineRow]) -> None:
        """Show other rows; the cursor stays on its row, or near to where that was."""
        before, at = self.cursor_key, self._cursor
        if not self._take(rows):
            return
        place = self._places.get(before or "")
        self._cursor = self._nearest(at if place is None else place, 1)
        self._relay()
        self._reveal()
        if self.cursor_key != before:
            self._moved()

    def update_empty(self, text: str) -> None:
        """Say something else where there are no rows."""
        self._empty = text
        self._relay()

    def update_found(self, keys: Collection[str]) -> None:
        """Mark rows that a search has found."""
        self._found = frozenset(keys)
        self._sync()

    def move_to(self, key: str) -> bool:
        """Stand on a row; False where it is not there."""
        place = self._places.get(key)
        if place is not None:
            self._step_to(place, 1)
        return place is not None

    # -- layout ----------------------------------------------------------------------------

    def _take(self, rows: Iterable[OutlineRow]) -> bool:
        taken = tuple(rows)
        if taken == self._rows:
            return False
        self._rows = taken
        self._places = {row.key: number for number, row in enumerate(taken) if row.key}
        self._guides = guides(taken, self._glyphs)
        self._names = [clean(row.name) for row in taken]
        self._vias = [clean(row.via) for row in taken]
        if self._rows and not self._rows[self._cursor % len(taken)].key:
            self._cursor = self._nearest(0, 1)
        return True

    def _measure(self, width: int) -> Size:
        needed = max(
            (
                width_of(guide) + width_of(via) + width_of(name)
                for guide, via, name, row in zip(
                    self._guides, self._vias, self._names, self._rows, strict=True
                )
                if row.state
            ),
            default=0,
        )
        self._name_room = max(8, min(needed, width * 3 // 5 - _GUTTER - _STATE))
        return Size(width, max(1, len(self._rows)))

    def _spans_at(self, line: int) -> Spans:
        if not self._rows:
            return [(f"  {clean(self._empty)}", "muted")]
        row = self._rows[line]
        here = line == self._cursor
        gutter = f"{self._glyphs.cursor if here else ' '} "
        spans: Spans = [(gutter, CURSOR if here else ""), *self._head(line, row)]
        if row.state:
            spans += [(" ", ""), (self._glyphs.state(row.state), row.state), (" ", "")]
        spans += [(clean(text), role) for text, role in row.info]
        if here and self.has_focus:
            room = self.size.width
            text = fit("".join(text for text, _ in spans), room, ellipsis=self._glyphs.ellipsis)
            return [(text, CURSOR)]
        return spans

    def _head(self, line: int, row: OutlineRow) -> Spans:
        """Guides, link and name, as wide as the column where the row has a state behind it."""
        guide, via, name = self._guides[line], self._vias[line], self._names[line]
        role = FOUND if row.key in self._found else row.role
        if not row.state:
            return [(guide, "muted"), (via, ""), (name, role)]
        room = self._name_room
        ellipsis = self._glyphs.ellipsis
        least = min(width_of(name), _LEAST_NAME)
        most = max(1, room - least - len(f"{row.depth}{ellipsis}"))
        if width_of(via) > most:  # a port may be described in a sentence; its kind is at the end
            kind = via[-2:]
            via = fit(via, max(1, most - len(kind)), ellipsis=ellipsis) + kind
        if width_of(guide) + width_of(via) + least > room:
            guide = _short(guide, row.depth, max(0, room - width_of(via) - least), ellipsis)
        left = max(1, room - width_of(guide) - width_of(via))
        shown = fit(name, min(left, width_of(name)), ellipsis=ellipsis)
        return [(guide, "muted"), (via, ""), (shown, role), (" " * (left - width_of(shown)), "")]

    def _style(self, role: str) -> Style:
        if role == CURSOR:
            return self.get_component_rich_style(CURSOR)
        return super()._style(role)

    def render_line(self, y: int) -> Strip:
        """Draw one screen line; the cursor's over the whole width."""
        line = self.scroll_offset.y + y
        if self._rows and line == self._cursor and self.has_focus:
            (piece,) = self._spans_at(line)
            style = self._style(CURSOR)
            return Strip([Segment(piece[0], style)]).crop_extend(0, self.size.width, style)
        return super().render_line(y)

    # -- moving ----------------------------------------------------------------------------

    def _nearest(self, line: int, by: int) -> int:
        """The nearest row that can be stood on, first in one direction, then in the other."""
        line = max(0, min(line, len(self._rows) - 1))
        for step in (by, -by):
            at = line
            while 0 <= at < len(self._rows):
                if self._rows[at].key:
                    return at
                at += step
        return 0

    def _step_to(self, line: int, by: int) -> None:
        if not self._rows:
            return
        before, self._cursor = self._cursor, self._nearest(line, by)
        if self._cursor != before:
            self._reveal()
            self._sync()
            self._moved()

    def _moved(self) -> None:
        self.post_message(self.CursorMoved(self, self.cursor_key or ""))

    def _reveal(self) -> None:
        """Scroll no farther than needed to show the cursor."""
        if not self.is_mounted or not self.size.height:
            return
        top, height = self.scroll_offset.y, self.size.height
        wanted = min(max(top, self._cursor - height + 1), self._cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def action_line_up(self) -> None:
        """The row above."""
        self._step_to(self._cursor - 1, -1)

    def action_line_down(self) -> None:
        """The row below."""
        self._step_to(self._cursor + 1, 1)

    def action_view_up(self) -> None:
        """A page up."""
        self._step_to(self._cursor - max(1, self.size.height - 1), -1)

    def action_view_down(self) -> None:
        """A page down."""
        self._step_to(self._cursor + max(1, self.size.height - 1), 1)

    def action_view_top(self) -> None:
        """The first row."""
        self._step_to(0, 1)

    def action_view_bottom(self) -> None:
        """The last row."""
        self._step_to(len(self._rows) - 1, -1)

    def action_open(self) -> None:
        """Open what is under the cursor."""
        if self.cursor_key:
            self.post_message(self.Opened(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        """Stand there; on the row under the cursor, open it."""
        line = self.scroll_offset.y + event.y
        if not 0 <= line < len(self._rows) or not self._rows[line].key:
            return
        if line == self._cursor:
            self.action_open()
        else:
            self._step_to(line, 1)

    def on_focus(self) -> None:
        """Draw the cursor as the one that has the keys."""
        self._sync()

    def on_blur(self) -> None:
        """Draw the cursor as one that waits."""
        self._sync()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the new size, the cursor in sight."""
        self._relay()
        self._reveal()


def guides(rows: Sequence[OutlineRow], glyphs: Glyphs = UTF8) -> list[str]:
    """The lines before each row; from the end, since a level goes on where another row follows."""
    found = [""] * len(rows)
    below = 0  # a bit a depth: whether another row of it follows before its parent's next
    for number in range(len(rows) - 1, -1, -1):
        depth = rows[number].depth
        mine = 1 << depth
        if depth:
            last = glyphs.tree_branch if below & mine else glyphs.tree_last
            levels = (
                glyphs.tree_line if below >> level & 1 else " " * _LEVEL
                for level in range(1, depth)
            )
            found[number] = "".join(levels) + last
        below = (below & (mine - 1)) | mine
    return found


def _short(guide: str, depth: int, room: int, ellipsis: str) -> str:
    """The nearest levels alone, behind the number of the level."""
    told = f"{depth}{ellipsis}"
    kept = max(0, room - len(told)) // _LEVEL * _LEVEL
    return told + (guide[-kept:] if kept else "")
