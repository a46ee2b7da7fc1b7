"""The line at the bottom where filters and commands are typed.

    FilterBar(prompt="/", value="", *, placeholder, history, completions, glyphs)
    update_completions(words)  update_history(lines)  update_error(message, column)
    update_prompt(prompt, value)                   Submitted(value)  Changed(value)  Cancelled()

Up and down walk the history, Tab completes the word before the cursor, Esc cancels. Changed comes
150 ms after the last key, so that filtering a fleet never runs once a letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from widgets.glyphs import UTF8, Glyphs
from widgets.plaintext import clean, width_of
from widgets.textline import TextLine

_QUIET_S = 0.15


class _Line(TextLine):
    """An input whose history and completion keys belong to the bar around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "bar('older')", show=False),
        Binding("down", "bar('newer')", show=False),
        Binding("tab", "bar('complete')", show=False),
        Binding("shift+tab", "bar('complete_back')", show=False),
        Binding("escape", "bar('cancel')", show=False),
    ]

    def action_bar(self, verb: str) -> None:
        bar = self.query_ancestor(FilterBar)
        getattr(bar, f"action_{verb}")()


class FilterBar(Vertical):
    """A prompt, an input, and the error under the column it is about."""

    DEFAULT_CSS = """
    FilterBar { height: auto; background: $background; color: $foreground; }
    FilterBar > Horizontal { height: 1; }
    FilterBar .filterbar--prompt { width: auto; padding: 0 0 0 1; color: $text-accent; }
    FilterBar Input { width: 1fr; background: $background; padding: 0; }
    FilterBar .filterbar--error { height: auto; color: $text-error; display: none; }
    FilterBar.-error .filterbar--error { display: block; }
    """

    class _BarMessage(Message):
        def __init__(self, bar: FilterBar, value: str) -> None:
            super().__init__()
            self.bar = bar
            self.value = value

        @property
        def control(self) -> FilterBar:
            """The bar that sent the message."""
            return self.bar

    class Submitted(_BarMessage):
        """Enter was pressed."""

    class Changed(_BarMessage):
        """The text is another, and no key was pressed for 150 ms."""

    class Cancelled(_BarMessage):
        """Esc was pressed."""

    def __init__(
        self,
        prompt: str = "/",
        value: str = "",
        *,
        placeholder: str = "",
        history: Iterable[str] = (),
        completions: Iterable[str] = (),
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._prompt = Static(prompt, classes="filterbar--prompt", markup=False)
        self._prompt_width = width_of(prompt) + 1
        self._line = _Line(placeholder=placeholder)
        self._error = Static("", classes="filterbar--error", markup=False)
        self._glyphs = glyphs
        self._history = list(history)
        self._place = len(self._history)  # where in the history the line stands
        self._draft = value  # what was typed before walking the history
        self._words = sorted(set(completions))
        self._cycle: list[str] = []  # the completions Tab walks through
        self._stem = ""  # the line up to the word being completed
        self._told = value
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the prompt and the input over the error line."""
        yield Horizontal(self._prompt, self._line)
        yield self._error

    def on_mount(self) -> None:
        """Fill the line, which Textual allows only inside an app."""
        self._put(self._told)

    # -- what others tell it ---------------------------------------------------------------

    @property
    def value(self) -> str:
        """The text in the line."""
        return self._line.value

    def update_prompt(self, prompt: str, value: str = "") -> None:
        """Start over with another prompt and text; the error goes."""
        self._prompt.update(prompt)
        self._prompt_width = width_of(prompt) + 1
        self._told = value
        self._place, self._draft = len(self._history), value
        self._put(value)
        self.update_error("")

    def update_completions(self, words: Iterable[str]) -> None:
        """Offer other words for Tab."""
        self._words = sorted(set(words))

    def update_history(self, lines: Sequence[str]) -> None:
        """Walk through other lines, the latest last."""
        self._history = list(lines)
        self._place = len(self._history)

    def update_error(self, message: str, column: int | None = None) -> None:
        """Tell what is wrong, with a caret under a column (from 0); "" takes it back."""
        text = clean(message)
        if text and column is not None:
            left = self._prompt_width + width_of(self.value[:column])
            text = f"{' ' * left}{self._glyphs.caret} {text}"
        elif text:
            text = f" {text}"
        self._error.update(text)
        self.set_class(bool(text), "-error")

    # -- keys ------------------------------------------------------------------------------

    def action_older(self) -> None:
        """Show the line before this one in the history."""
        self._walk(-1)

    def action_newer(self) -> None:
        """Show the line after this one, in the end what was being typed."""
        self._walk(1)

    def action_complete(self) -> None:
        """Complete the word before the cursor; again: the next candidate."""
        self._complete(1)

    def action_complete_back(self) -> None:
        """Go back to the candidate before."""
        self._complete(-1)

    def action_cancel(self) -> None:
        """Give up."""
        self._stop_timer()
        self.post_message(self.Cancelled(self, self.value))

    def _walk(self, step: int) -> None:
        place = self._place + step
        if not 0 <= place <= len(self._history):
            return
        if self._place == len(self._history):
            self._draft = self.value
        self._place = place
        self._put(self._history[place] if place < len(self._history) else self._draft)

    def _complete(self, step: int) -> None:
        at = self._line.cursor_position
        head, tail = self.value[:at], self.value[at:]
        if not self._cycle or head != self._stem + self._cycle[0]:
            start = head.rfind(" ") + 1
            self._stem, word = head[:start], head[start:]
            found = [w for w in self._words if w.lower().startswith(word.lower()) and w != word]
            if not found:
                return
            self._cycle = [word, *found]
        self._cycle = self._cycle[step:] + self._cycle[:step]
        self._put(self._stem + self._cycle[0] + tail, len(self._stem + self._cycle[0]))

    def _put(self, value: str, cursor: int | None = None) -> None:
        self._line.value = value
        self._line.cursor_position = len(value) if cursor is None else cursor

    # -- what the input tells --------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Wait for silence, then tell the new text."""
        event.stop()
        self._stop_timer()
        self._timer = self.set_timer(_QUIET_S, self._tell)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell what was entered."""
        event.stop()
        self._stop_timer()
        self._told = event.value
        self.post_message(self.Submitted(self, event.value))

    def _tell(self) -> None:
        if self.value != self._told:
            self._told = self.value
            self.post_message(self.Changed(self, self.value))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def focus(self, scroll_visible: bool = True) -> FilterBar:
        """Put the cursor into the line, at once: what is typed ahead belongs there."""
        self.screen.set_focus(self._line, scroll_visible)
        return self
