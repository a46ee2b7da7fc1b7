"""The `:` line of every screen: one line of text that becomes one of the verbs.

It is part of the frame, not a dialog, so that it has the keys at once: what is typed ahead is text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.screen import Screen

from owtui.errors import PROBLEMS, failure_of
from widgets.filterbar import FilterBar

if TYPE_CHECKING:
    from textual.widget import Widget

    from owtui.console.frame import Frame
    from owtui.console.session import Session


class Commanding(Screen[None]):
    """A screen with a `:` line in it, "#command": opens it, completes it, runs it."""

    session: Session
    _before_command: Widget | None = None

    @property
    def _frame(self) -> Frame:
        return cast("Frame", self)

    def action_app_command(self) -> None:
        """Type a command."""
        self.open_command("")

    def open_command(self, text: str) -> None:
        """Open the line on a text that was begun for somebody."""
        from owtui.console import verbs

        bar = self.query_one("#command", FilterBar)
        if not bar.display:
            self._before_command = self.focused
        bar.update_history(self.session.typed)
        bar.update_completions(verbs.words(self._frame))
        bar.update_prompt(":", text)
        bar.display = True
        bar.focus()

    @on(FilterBar.Changed, "#command")
    def _command_changed(self, message: FilterBar.Changed) -> None:
        from owtui.console import verbs

        message.stop()
        message.bar.update_error("")
        message.bar.update_completions(verbs.words(self._frame, message.value))

    @on(FilterBar.Submitted, "#command")
    def _command_submitted(self, message: FilterBar.Submitted) -> None:
        from owtui.console import verbs

        message.stop()
        text = message.value.strip().removeprefix(":")
        if not text:
            self._close_command()
            return
        try:
            verbs.run(self._frame, text)
        except PROBLEMS as error:
            failure = failure_of(error)
            message.bar.update_error(f"{failure.sentence} {failure.hint}".strip())
            return
        if text not in self.session.typed[-1:]:
            self.session.typed.append(text)
        self._close_command()

    @on(FilterBar.Cancelled, "#command")
    def _command_cancelled(self, message: FilterBar.Cancelled) -> None:
        message.stop()
        self._close_command()

    def _close_command(self) -> None:
        bar = self.query_one("#command", FilterBar)
        had_focus = bar.has_focus_within
        bar.display = False
        if had_focus and self._before_command is not None:
            self.set_focus(self._before_command)
