"""The frame of every screen: title row, body, status line, keys; and what events mean to it.

A screen composes widgets, asks presenters and the engine, and formats nothing. A hidden screen
collects what moved and looks at it when it is shown again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from owtui.console.presenters import status
from owtui.console.session import Session
from widgets.crumbs import Crumbs
from widgets.footerkeys import FooterKeys
from widgets.statusline import StatusLine

if TYPE_CHECKING:
    from owtui.console.app import ConsoleApp
    from owtui.engine.events import Event


class Frame(Screen[None]):
    """Base of all screens but dialogs. `scopes` are those of the keymap, innermost last."""

    scopes: ClassVar[tuple[str, ...]] = ("app",)
    title_text: ClassVar[str] = ""
    # Ticks repaint ages only where their text changed; nothing is asked of a device.
    TICK_S: ClassVar[float] = 5.0

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._missed: list[Event] = []
        session.keys.bind(self, self.scopes)

    @property
    def console(self) -> ConsoleApp:
        """The app, by its own type."""
        return cast("ConsoleApp", self.app)

    # --- to be given by a screen ---

    def body(self) -> Iterable[Widget]:
        """The widgets between title and status."""
        raise NotImplementedError

    def path(self) -> Sequence[str]:
        """The crumbs behind the fleet's name."""
        return (self.title_text,)

    def note(self) -> str:
        """What stands behind the crumbs: a filter, a state."""
        return ""

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Show what moved; without events, everything."""

    def tick(self) -> None:
        """Let ages grow."""
        self.refresh_rows()

    # --- the frame's own ---

    def compose(self) -> ComposeResult:
        """Title, body, status, keys."""
        yield Crumbs("owtui", glyphs=self.session.glyphs, id="crumbs")
        yield from self.body()
        yield StatusLine(glyphs=self.session.glyphs, id="status")
        yield FooterKeys(id="keys")

    def on_mount(self) -> None:
        """Fill the frame and start the one timer."""
        self.set_interval(self.TICK_S, self._ticked)
        self.refresh_frame()

    def on_screen_resume(self) -> None:
        """Catch up with what moved while the screen was hidden."""
        missed, self._missed = self._missed, []
        self.refresh_rows(missed if missed else ())
        self.refresh_frame()

    def take_events(self, events: Sequence[Event]) -> None:
        """Hear from the engine; paused or hidden, only remember."""
        if self.session.paused or not self.is_current:
            self._missed.extend(events)
            return
        self.refresh_rows(events)
        self.refresh_frame()

    def refresh_frame(self) -> None:
        """Show crumbs, counts, status and keys as they are now."""
        session = self.session
        crumbs = self.query_one("#crumbs", Crumbs)
        crumbs.update_path((session.settings.fleet, *self.path()), self.note())
        crumbs.update_counts(status.counts(session.rows.values(), session.glyphs))
        self.query_one("#status", StatusLine).update_pieces(self.status_pieces())
        usable = [
            *session.keys.usable(self, self.scopes),
            *session.keys.usable(self.app, ("app",)),
        ]
        self.query_one("#keys", FooterKeys).update_hints(session.keys.hints(usable))

    def status_pieces(self) -> list[status.Piece]:
        """The pieces of the status line; a screen may add its own."""
        return status.pieces(self.session)

    def on_footer_keys_pressed(self, message: FooterKeys.Pressed) -> None:
        """A click on a key hint does what the key does."""
        message.stop()
        self.call_later(self.run_action, message.action)

    def _ticked(self) -> None:
        if self.is_current and not self.session.paused:
            self.tick()
            self.refresh_frame()
