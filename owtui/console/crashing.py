"""When a screen has a bug: it is logged under an incident, and the console and its engine go on.

Textual ends the program at any exception, with a traceback and all local variables on the terminal,
which may be anybody's. Here the screen it came from is taken away and one is shown that says so.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from textual._context import active_message_pump
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widgets import Static

from owtui.console.ahead import TypingAhead
from owtui.console.session import Session
from owtui.log import incident

_log = logging.getLogger(__name__)

MOST = 5  # screens that may break in one session; then something is wrong with more than a screen


class CrashScreen(Screen[None]):
    """What happened, in words, with what to do next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape", "again", show=False),
        Binding("q,ctrl+q,ctrl+c", "quit", show=False),
    ]
    DEFAULT_CSS = """
    CrashScreen { align: center middle; }
    CrashScreen > Static { width: 64; max-width: 100%; height: auto; }
    """

    def __init__(self, number: str, log: str) -> None:
        super().__init__()
        self._text = (
            "This screen has met a bug of owtui's own.\n\n"
            "The engine goes on: jobs run, and nothing was sent to a device\n"
            "that you did not confirm.\n\n"
            f"Incident {number}, written to {log}\n\n"
            "Enter  go on        q  leave owtui"
        )

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(self._text, markup=False)

    def action_again(self) -> None:
        """Go on with a new screen."""
        app = self.app
        assert isinstance(app, Crashing)
        app.go_on()

    def action_quit(self) -> None:
        """Leave."""
        self.app.exit(1)


class Crashing(TypingAhead):
    """The part of the app that outlives a bug in a screen."""

    session: Session
    recovers = True  # tests want the exception
    _crashes = 0

    def go_on(self) -> None:
        """Show something sound again after a screen broke."""
        raise NotImplementedError

    def forget(self, screen: Screen[object]) -> None:
        """Never show this screen again."""
        raise NotImplementedError

    async def run_action(self, *args: Any, **kwargs: Any) -> bool:
        """What goes wrong in what a key does is told; the screen it is on stays."""
        try:
            return await super().run_action(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 — the screen's boundary
            self._tell(error)
            return True

    async def _dispatch_message(self, message: Message) -> None:
        """What goes wrong in the app's own handlers is told; without them nothing would go on."""
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 — the app's boundary
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self.recovers:
            raise error
        number = incident(_log, "the console")
        self.notify(f"That did not work: see the log, incident {number}.", severity="error")

    def _handle_exception(self, error: Exception) -> None:
        screen = _screen_of(active_message_pump.get(None))
        if not self.recovers:
            super()._handle_exception(error)
            return
        number = incident(_log, f"the console: {type(screen).__name__}")
        self._crashes += 1
        if screen is None or isinstance(screen, CrashScreen) or self._crashes > MOST:
            self._end(number)
            return
        self.call_later(self._replace, screen, number)

    def _replace(self, screen: Screen[object], number: str) -> None:
        log = str(self.session.loaded.paths.state / "owtui.log")
        self.forget(screen)
        self.push_screen(CrashScreen(number, log))

    def _end(self, number: str) -> None:
        """The app itself is broken: leave in order, with one sentence instead of a traceback."""
        self._return_code = 1
        log = self.session.loaded.paths.state / "owtui.log"
        self._exit_renderables.append(f"owtui met a bug of its own: incident {number} in {log}.")
        self._close_messages_no_wait()


def _screen_of(pump: MessagePump | None) -> Screen[object] | None:
    """The screen that a message was handled in; None for the app's own."""
    if not isinstance(pump, DOMNode) or isinstance(pump, App):
        return None
    return pump if isinstance(pump, Screen) else pump.screen
