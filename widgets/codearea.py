"""The text area inside CodeEdit: numbered lines with marks of problems, roles, indentation.

It has no F-key of its own and no blinking cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

from widgets.codepaint import INDENT, closes, depth, paint, shown
from widgets.glyphs import Glyphs
from widgets.roles import role_classes, role_css
from widgets.scrollbars import suit

_MARGIN = 2  # cells behind the number; the first is the mark's


def _bindings() -> list[BindingType]:
    """Textual's without the F-keys: those belong to the screen."""
    return [
        one
        for one in TextArea.BINDINGS
        if not (isinstance(one, Binding) and one.key in ("f6", "f7"))
    ]


class CodeArea(TextArea, inherit_bindings=False):
    """A text area for code. `takes` is asked first whether a key is not for the text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = role_classes()
    BINDINGS: ClassVar[list[BindingType]] = _bindings()
    DEFAULT_CSS = """
    CodeArea, CodeArea:focus {
        border: none;
        padding: 0;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
    }
    CodeArea .text-area--gutter { color: $text-muted; }
    CodeArea .text-area--cursor-gutter { color: $foreground; background: $background; }
    CodeArea .text-area--cursor-line { background: $background; }
    CodeArea .text-area--cursor, CodeArea:dark .text-area--cursor,
    CodeArea:light .text-area--cursor, CodeArea:ansi .text-area--cursor {
        color: $foreground;
        background: $background;
        text-style: reverse;
    }
    CodeArea .text-area--matching-bracket { background: $background; text-style: bold underline; }
    CodeArea .text-area--selection {
        color: $foreground;
        background: $background;
        text-style: reverse;
    }
    """ + role_css("CodeArea")
    cursor_blink = var(False, init=False)

    def __init__(
        self,
        text: str,
        language: str,
        glyphs: Glyphs,
        *,
        takes: Callable[[str], bool],
        read_only: bool,
    ) -> None:
        self._takes = takes
        self._painted = language
        self._glyphs = glyphs
        self._marks: Mapping[int, str] = {}
        super().__init__(
            text, soft_wrap=False, show_line_numbers=True, read_only=read_only, compact=True
        )
        self.indent_width = INDENT
        # Textual would paint the cursor's line in one colour, over the roles.
        self.register_theme(TextAreaTheme("roles", cursor_line_style=Style()))
        self.theme = "roles"

    def on_mount(self) -> None:
        """Draw the bars as the glyphs allow."""
        suit(self, self._glyphs)

    def update_marks(self, marks: Mapping[int, str]) -> None:
        """Show these marks in the place of those before: the role by its line, from 0."""
        if marks != self._marks:
            self._marks = dict(marks)
            self.refresh()

    def update_language(self, language: str) -> None:
        """Paint as another language."""
        self._painted = language
        self._line_cache.clear()
        self.refresh()

    # -- painting --------------------------------------------------------------------------

    def get_line(self, line_index: int) -> Text:
        """A line with the roles of its parts."""
        raw = self.document.get_line(line_index)
        line = Text(shown(raw), end="", no_wrap=True)
        for start, end, role in paint(raw, self._painted):
            line.stylize(self.get_component_rich_style(f"role--{role}", partial=True), start, end)
        return line

    def render_line(self, y: int) -> Strip:
        """A line with its number, and a mark behind it where something is wrong."""
        strip = super().render_line(y)
        role = self._marks.get(self.scroll_offset.y + y)
        if role is None:
            return strip
        at = self.gutter_width - _MARGIN
        style = self.rich_style + self.get_component_rich_style(f"role--{role}", partial=True)
        sign = Strip([Segment(self._glyphs.state(role), style)])
        return Strip.join([strip.crop(0, at), sign, strip.crop(at + 1)])

    # -- keys ------------------------------------------------------------------------------

    async def _on_key(self, event: events.Key) -> None:
        if self._takes(event.key):
            event.stop()
            event.prevent_default()
        elif event.key == "enter" and not self.read_only:
            event.stop()
            event.prevent_default()
            self.break_line()
        else:
            await super()._on_key(event)

    def break_line(self) -> None:
        """Begin a new line as deep as this one asks for; between brackets, two."""
        start = min(self.selection)
        line = self.document.get_line(start[0])
        before, after = line[: start[1]], line[start[1] :].lstrip()
        deep = " " * depth(before, self._painted)
        if closes(before, after):
            lead = before[: len(before) - len(before.lstrip())]
            self._replace_via_keyboard(f"\n{deep}\n{lead}", *self.selection)
            self.move_cursor((start[0] + 1, len(deep)))
        else:
            self._replace_via_keyboard(f"\n{deep}", *self.selection)

    def indent(self) -> None:
        """Go to the next step to the right."""
        self._replace_via_keyboard(" " * self._find_columns_to_next_tab_stop(), *self.selection)
