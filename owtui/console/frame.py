"""The frame of every screen: title row, body, command line, status line, keys.

A screen composes widgets, asks presenters and the engine, and formats nothing. A hidden screen
collects what moved and looks at it when it is shown again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input, Static

from owtui.console.keys import line_hints
from owtui.console.moving import Moving
from owtui.console.presenters import status
from owtui.console.session import Session
from owtui.console.timetravel import earlier, later, travel
from owtui.errors import PROBLEMS, failure_of
from owtui.keymap import Key
from owtui.log import incident
from widgets.crumbs import Crumbs
from widgets.filterbar import FilterBar
from widgets.footerkeys import FooterKeys
from widgets.statusline import StatusLine

if TYPE_CHECKING:
    from owtui.console.app import ConsoleApp
    from owtui.engine.events import Event

_log = logging.getLogger(__name__)

LEAST = (60, 15)  # columns, lines
_WHEN_SMALL = frozenset({"app_quit"})
_TRAVEL = frozenset({"data_earlier", "data_later", "data_now"})


class Frame(Moving):
    """Base of all screens but dialogs. `scopes` are those of the keymap, innermost last."""

    scopes: ClassVar[tuple[str, ...]] = ("app",)
    title_text: ClassVar[str] = ""
    # Ticks repaint ages only where their text changed; nothing is asked of a device.
    TICK_S: ClassVar[float] = 5.0
    TICK_SLOWLY_S: ClassVar[float] = 20.0  # --low-bandwidth
    TRAVELS: ClassVar[bool] = False  # shows devices as they were, too
    DEFAULT_CSS = """
    Frame #command, Frame #small { display: none; }
    Frame.-small > * { display: none; }
    Frame.-small > #small { display: block; width: 1fr; height: 1fr; content-align: center middle; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._missed: list[Event] = []
        self._unheard: dict[Callable[[], None], None] = {}
        self._focus_before: Widget | None = None
        self._again: dict[str, bool] = {}  # loads that run: whether one more is wanted after it
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

    def counts(self) -> Sequence[status.Piece]:
        """What stands at the right of the title."""
        return status.counts(self.session.rows.values(), self.session.glyphs)

    def refresh_rows(self, events: Sequence[Event] = ()) -> None:
        """Show what moved; without events, everything."""

    def tick(self) -> None:
        """Let ages grow."""
        self.refresh_rows()

    @property
    def place(self) -> tuple[str, ...]:
        """The kind and words that open this screen again over a root one; () where nothing does."""
        return ()

    def remember(self) -> Mapping[str, Any]:
        """What a person would miss on coming back: plain values, fit for JSON."""
        return {}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Look as `remember` told. What is not there any more is left out."""

    # --- the frame's own ---

    def compose(self) -> ComposeResult:
        """Title, body, status, keys."""
        glyphs = self.session.glyphs
        yield Crumbs("owtui", glyphs=glyphs, id="crumbs")
        yield from self.body()
        yield FilterBar(":", glyphs=glyphs, id="command")
        yield StatusLine(glyphs=glyphs, id="status")
        yield FooterKeys(id="keys")
        yield Static("", id="small", markup=False)

    # Textual runs a handler of every class, the screen's own first: none of them calls super().

    def on_mount(self) -> None:
        """Begin to tick, and say what is known."""
        slowly = self.session.settings.low_bandwidth
        self.set_interval(self.TICK_SLOWLY_S if slowly else self.TICK_S, self._ticked)
        self.refresh_frame()

    def on_screen_resume(self) -> None:
        """Catch up with what moved while the screen was hidden."""
        missed, self._missed = self._missed, []
        self.refresh_rows(missed if missed else ())
        self._hear_all()
        self.refresh_frame()

    def on_resize(self, event: events.Resize) -> None:
        """Say what is needed where nothing can be read."""
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        if small and not self.has_class("-small"):
            self._focus_before = self.focused
        self.set_class(small, "-small")
        self.query_one("#small", Static).update(status.too_small(LEAST, event.size))
        if not small and self._focus_before is not None:
            self.set_focus(self._focus_before)
            self._focus_before = None

    def on_descendant_focus(self) -> None:
        """Offer other keys while somebody types."""
        self.refresh_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing acts on what nobody can see."""
        if self.has_class("-small"):
            return action in _WHEN_SMALL
        if action in _TRAVEL:
            return self.TRAVELS and (action == "data_earlier" or self.session.past is not None)
        return self.session.past is None or action not in self.session.keys.changing

    def take_events(self, events: Sequence[Event]) -> None:
        """Hear from the engine; frozen or hidden, only remember."""
        if self.session.stands_still or not self.is_current:
            self._missed.extend(events)
            return
        self.refresh_rows(events)
        self.refresh_frame()

    def refresh_frame(self) -> None:
        """Show crumbs, counts, status and keys as they are now."""
        session = self.session
        crumbs = self.query_one("#crumbs", Crumbs)
        crumbs.update_path((session.settings.fleet, *self.path()), self._noted())
        crumbs.update_counts(self.counts())
        self.query_one("#status", StatusLine).update_pieces(self.status_pieces())
        self.refresh_keys()

    def _noted(self) -> str:
        """The note, and before it the moment that is shown where it is not now."""
        past = self.session.past if self.TRAVELS else None
        return " · ".join(filter(None, (past.words() if past is not None else "", self.note())))

    def refresh_keys(self) -> None:
        """Show the keys that do something now."""
        keys, typing = self.session.keys, self.typing()
        if typing and any(bar.has_focus_within for bar in self.query(FilterBar)):
            hints = line_hints(ascii_only=keys.ascii_only)
        else:
            hints = keys.hints(self.usable_keys(), typing=typing)
        self.query_one("#keys", FooterKeys).update_hints(hints)

    def typing(self) -> bool:
        """Whether letters are text now."""
        return isinstance(self.focused, Input)

    def usable_keys(self) -> list[Key]:
        """The keys that do something here; one that takes another's place hides it."""
        keys = self.session.keys
        found = [*keys.usable(self, self.scopes), *keys.usable(self.app, ("app",))]
        replaced = {id for key in found for id in key.replaces}
        return list({key.id: key for key in found if key.id not in replaced}.values())

    def status_pieces(self) -> list[status.Piece]:
        """The pieces of the status line; a screen may add its own."""
        return status.pieces(self.session)

    def on_footer_keys_pressed(self, message: FooterKeys.Pressed) -> None:
        """A click on a key hint does what the key does."""
        message.stop()
        if not message.action:
            return
        on_screen = hasattr(self, f"action_{message.action}")
        self.call_later(self.run_action, message.action if on_screen else f"app.{message.action}")

    def hear(self, moved: Callable[[], None]) -> None:
        """What the session knows moved: `jobs_moved` or `health_moved`. Frozen, only remember."""
        self._unheard[moved] = None
        if not self.session.stands_still:
            self._hear_all()
            self.refresh_frame()

    def _hear_all(self) -> None:
        unheard, self._unheard = self._unheard, {}
        for moved in unheard:
            moved()

    def jobs_moved(self) -> None:
        """Show what the session knows of jobs now."""

    def health_moved(self) -> None:
        """Show what the session knows of alerts and failing metrics now."""

    def notices_moved(self) -> None:
        """Something was told in passing."""

    def action_data_pause(self) -> None:
        """Freeze what is shown, or let it move again; the engine goes on."""
        self.session.paused = not self.session.paused
        self.refresh_frame()
        if not self.session.paused:
            self.on_screen_resume()

    def action_data_earlier(self) -> None:
        """Look at the fleet as it was a step before."""
        session = self.session
        clock = session.past.clock if session.past is not None else session.now
        self.ask(lambda: travel(self, earlier(session.now(), clock())), "time")

    def action_data_later(self) -> None:
        """Look at the fleet a step later, and in the end as it is now."""
        past = self.session.past
        if past is not None:
            self.ask(lambda: travel(self, later(past.picture.at, past.clock())), "time")

    def action_data_now(self) -> None:
        """Show what is now."""
        self.ask(lambda: travel(self, None), "time")

    def time_moved(self) -> None:
        """Another time is shown: show all of it."""
        self._missed.clear()
        self.refresh_rows()
        if not self.session.stands_still:
            self._hear_all()
        self.refresh_frame()

    # --- asking ---

    def ask(self, work: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        """Do something with the engine beside the screen; what goes wrong is told in a sentence.

        A newer question of the same group takes the place of the one before.
        """

        async def asked() -> None:
            try:
                await work()
            except PROBLEMS as error:
                self.tell(error)
            except Exception:  # noqa: BLE001 — the screen's boundary: a bug is told, not fatal
                number = incident(_log, f"the console: {group}")
                self.notify(f"That did not work: see the log, incident {number}.", severity="error")

        self.run_worker(asked(), group=group, exclusive=True)

    def load(self, work: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        """Ask for what is shown. While it is on its way, any number of wishes are one more.

        So a job that moves faster than it is read is shown as often as it can be, not never.
        """
        if group in self._again:
            self._again[group] = True
            return
        self._again[group] = True

        async def loaded() -> None:
            try:
                while self._again[group]:
                    self._again[group] = False
                    await work()
            finally:
                del self._again[group]

        self.ask(loaded, f"load {group}")

    def tell(self, error: Any) -> None:
        """Show a problem: the sentence and what to do."""
        failure = failure_of(error)
        text = f"{failure.sentence} {failure.hint}".strip()
        self.notify(text, severity="error", timeout=10, markup=False)

    def _ticked(self) -> None:
        if self.is_current and not self.session.stands_still:
            self.tick()
            self.refresh_frame()
