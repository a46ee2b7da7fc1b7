"""The console's app: boot, the stack of screens, and what may be done from everywhere.

The first frame is drawn by Textual alone; the engine is imported and started after it, in a thread.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from textual import events
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.widgets import Input

from owtui.console import hangup, healthwatch, jobwatch, restoring, suspending, themes
from owtui.console.bridge import Bridge, EngineEvents, EngineFailed, EngineReady
from owtui.console.frame import Frame
from owtui.console.plainly import OnlyAscii, Uncolored
from owtui.console.pointing import Pointing
from owtui.console.session import Session
from owtui.console.toasting import Toasting
from owtui.console.travelling import Travelling
from owtui.console.trusting import consider
from owtui.console.writing import Writing
from owtui.errors import InputError
from owtui.settings import Loaded
from widgets.dialog import Choice, ChoiceDialog, ConfirmDialog

STOP_S = 90.0  # a flash is never cut: running steps may take that long to finish
_SEVERITY = {"warning": "warning", "error": "error"}


class ConsoleApp(Travelling, Pointing, Toasting, Writing):
    """owtui at a terminal."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "owtui"
    BINDINGS: ClassVar[list[BindingType]] = []
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (116, "-normal"), (160, "-wide")]  # noqa: RUF012

    def __init__(
        self,
        loaded: Loaded,
        bridge: Callable[..., Bridge] = Bridge,
        fleets: Callable[[str], Loaded] | None = None,
    ) -> None:
        super().__init__(restoring.read(loaded))
        self.next: Loaded | None = None  # the fleet to go to after this one
        self._fleets = fleets
        chosen = loaded.settings
        self._uncolored = [] if chosen.color else [Uncolored()]
        self._only_ascii = [OnlyAscii()] if chosen.ascii else []
        self.bridge = bridge(loaded, self.post_message)
        self.session = Session.of(loaded, self.bridge)
        self.session.typed = self.kept.typed
        self._bindings.key_to_bindings.clear()
        self.session.keys.bind(self, ("app",))
        for theme in themes.OWN:
            self.register_theme(theme)

    # --- boot ---

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters, or the one that takes every colour out; then for ASCII."""
        return [*(self._uncolored or super().get_line_filters()), *self._only_ascii]

    def on_mount(self) -> None:
        """Show the fleet, and start the engine once it is on the screen."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            # Textual's own answer is death without clean-up: leave in order, and drain.
            loop.add_signal_handler(number, self.exit, 128 + number)
        if not self.is_headless:
            leave = partial(loop.call_soon_threadsafe, self.exit, 128 + signal.SIGHUP)
            hangup.watch(sys.__stdin__.fileno() if sys.__stdin__ else 0, leave)
        slowly = self.session.settings.low_bandwidth
        few = not self.is_headless and self.console.color_system in (None, "standard")
        chosen, kept = self.session.settings, self.kept
        if kept.theme_over == chosen.theme and kept.theme in themes.OFFERED:
            chosen = replace(chosen, theme=kept.theme)
        self.theme, sentence = themes.choose(
            chosen, self.available_themes, few_colors=few or slowly
        )
        if slowly:
            self.animation_level = "none"
        self.go(kept.view if kept.view in self.registry.specs else "fleet")
        for warning in filter(None, (sentence, *self.session.warnings)):
            self.notify(warning, severity="warning", timeout=15, markup=False)
        self.call_after_refresh(self.bridge.start)

    def on_engine_ready(self, message: EngineReady) -> None:
        """The engine runs: everything may be asked now."""
        if not self.is_running:
            return
        engine = self.bridge.engine
        for problem in engine.actions.problems if engine is not None else ():
            self.notify(problem.sentence, severity="warning", timeout=15, markup=False)
        for frame in self._frames():
            frame.refresh_rows()
            frame.refresh_frame()
        for view, root in self._roots.items():
            self.recall_kept(root, view)
        self._look_at_jobs()
        self._look_at_health()
        self._look_at_drafts()
        self.begin_toasting()

    def on_engine_failed(self, message: EngineFailed) -> None:
        """Say why there is no engine; the console stays, so that it can be read."""
        self.session.failed = f"{message.sentence} {message.hint}".strip()
        self.notify(self.session.failed, severity="error", timeout=60, markup=False)
        for frame in self._frames():
            frame.refresh_rows()
            frame.refresh_frame()

    def on_engine_events(self, message: EngineEvents) -> None:
        """Hand what moved to every screen; hidden ones only remember."""
        for event in message.events:
            if event.topic == "notices":
                self._notice(event)
        for frame in self._frames():
            frame.take_events(message.events)
        self.notified(message.events)
        if jobwatch.concerns(message.events):
            self._look_at_jobs()
        if healthwatch.concerns(self.session, message.events):
            self._look_at_health()

    def _look_at_drafts(self) -> None:
        """Take up edits that an earlier session left."""
        if not self.session.settings.restore:
            return

        async def look() -> None:
            drafts = self.session.drafts
            if drafts.take_in(await self.session.bench.drafts()):
                names = ", ".join(drafts.names)
                self.notify(f"Not saved yet, from before: {names}.", timeout=10, markup=False)

        self.run_worker(look(), group="drafts")

    def _look_at_jobs(self) -> None:
        async def look() -> None:
            await jobwatch.look(self.session)
            if isinstance(self.screen, Frame):
                self.screen.hear(self.screen.jobs_moved)

        self._load_for_all(look, "jobwatch")

    def _look_at_health(self) -> None:
        async def look() -> None:
            await healthwatch.look(self.session)
            if isinstance(self.screen, Frame):
                self.screen.hear(self.screen.health_moved)

        self._load_for_all(look, "healthwatch")

    def _load_for_all(self, look: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        """In the name of a root screen, whichever was first: those stay until the end."""
        for root in self._roots.values():
            root.load(look, group)
            return

    def time_moved(self) -> None:
        """Show another time on every screen."""
        for frame in self._frames():
            frame.time_moved()

    def _frames(self) -> Iterator[Frame]:
        """Every screen that lives, shown or not; while the app closes, none."""
        alive = [*self._roots.values(), *self.screen_stack] if self.is_running else []
        return (one for one in dict.fromkeys(alive) if isinstance(one, Frame) and one.is_mounted)

    def _notice(self, event: object) -> None:
        sentence, hint = getattr(event, "sentence", ""), getattr(event, "hint", "")
        severity = _SEVERITY.get(getattr(event, "level", ""), "information")
        text = f"{sentence} {hint}".strip()
        self.notify(text, severity=severity, markup=False)  # type: ignore[arg-type]  # a literal

    def notices_moved(self) -> None:
        """Let the screen on top know."""
        if self.screen_stack and isinstance(self.screen, Frame) and self.screen.is_mounted:
            self.screen.notices_moved()

    def look_at(self, ids: Sequence[UUID]) -> None:
        """Read these devices now; what comes of it arrives as events, or is a question."""
        frame, past = self.screen, self.session.past

        async def ask(frame: Frame) -> None:
            if past is not None:
                frame.notify(f"They are read now. What is shown stays {past.words()}.", timeout=5)
            seen = await self.bridge.call(lambda engine: engine.polls.sight_all(list(ids)))
            consider(frame, {one.device_id: one.failure for one in seen if one.failure})

        if isinstance(frame, Frame):
            frame.ask(lambda: ask(frame), "look")

    def on_key(self, event: events.Key) -> None:
        """Nobody on the way took this key: it belongs to a line that has opened, or to the app."""
        if self.passed_by(event):
            return
        if event.key == "ctrl+z":
            self.suspend_to_shell()
        elif event.key == "ctrl+c" and not isinstance(self.focused, Input):
            leave = next(key for key in self.session.keys.table if key.id == "app.quit")
            self.notify(f"{self.session.keys.shown(leave) or 'The palette'} leaves owtui.")

    def suspend_to_shell(self) -> None:
        """Give the terminal back to the shell until `fg`."""
        if self.session.running_jobs:
            self.notify("Jobs run, and would stand still. Wait for them, or use another terminal.")
        elif os.getpgrp() == os.getsid(0):
            self.notify("There is no shell to go back to; owtui was started without one.")
        else:
            with self.suspend():
                suspending.stop()

    # --- actions of the keymap's `app` scope ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the screen on top forbids is forbidden everywhere."""
        on_top = self.screen_stack[-1] if self.screen_stack else None
        return on_top.check_action(action, parameters) if isinstance(on_top, Frame) else True

    def action_app_quit(self) -> None:
        """Leave; ask first when jobs run."""
        self._leave(lambda: self.exit(2 if self.session.failed else 0))

    def to_fleet(self, name: str) -> None:
        """Leave for another fleet of the settings. Raises InputError."""
        if name == self.session.settings.fleet:
            raise InputError(f"This is the fleet {name}.", "`:fleet` lists them all.")
        if self._fleets is None:
            raise InputError("The demo has one fleet.", "Start `owtui --fleet NAME` for another.")
        chosen = self._fleets(name)

        def go() -> None:
            self.next = chosen
            self.exit(0)

        self._leave(go)

    def action_nav_fleets(self) -> None:
        """Choose another fleet of the settings."""
        names = self.session.loaded.fleets
        here = self.session.settings.fleet
        choices = {str(number): name for number, name in enumerate(names, 1)}
        dialog = ChoiceDialog(
            "Go to the fleet",
            [Choice(n, name, "this one" if name == here else "") for n, name in choices.items()],
            glyphs=self.session.glyphs,
        )

        def chosen(number: str | None) -> None:
            if number is not None and isinstance(self.screen, Frame):
                try:
                    self.to_fleet(choices[number])
                except InputError as error:
                    self.screen.tell(error)

        self.push_screen(dialog, chosen)

    def exit(self, result: int | None = None, *args: Any, **kwargs: Any) -> None:
        """Leave, and keep how it looks for the next time."""
        restoring.write(self.session.loaded, self.keep())
        super().exit(result, *args, **kwargs)

    def _leave(self, go: Callable[[], None]) -> None:
        title, text = self._what_is_open()
        if not title:
            go()
            return
        dialog = ConfirmDialog(title, text=text, glyphs=self.session.glyphs)
        self.push_screen(dialog, lambda yes: go() if yes else None)

    def _what_is_open(self) -> tuple[str, str]:
        """What somebody should know before leaving; "" where there is nothing."""
        jobs, drafts = self.session.running_jobs, self.session.drafts.names
        texts = []
        if drafts:
            kept = self.session.settings.restore and self.session.drafts.are_stored
            fate = "It is kept as a draft." if kept else "It is lost."
            texts.append(f"Not saved: {', '.join(drafts)}. {fate}")
        if jobs:
            texts.append(
                "Running steps are finished first; everything else is kept\n"
                "and goes on when owtui, or `owtui engine`, runs again."
            )
        if not texts:
            return "", ""
        title = "Leave with edits that are not saved?" if drafts else "Leave while jobs run?"
        return title, "\n\n".join(texts)

    def action_app_help(self) -> None:
        """Show the keys of this screen."""
        from owtui.console.screens.help import help_for

        if isinstance(self.screen, Frame) and "help" not in self.screen.classes:
            self.push_screen(help_for(self.screen, self.session))

    def action_app_palette(self) -> None:
        """Find anything by its name."""
        from owtui.console.palette import Palette

        if isinstance(self.screen, Frame):
            self.push_screen(Palette(self.screen))

    def action_ui_theme(self) -> None:
        """Show the next of the offered themes."""
        place = themes.OFFERED.index(self.theme) + 1 if self.theme in themes.OFFERED else 0
        self.use_theme(themes.OFFERED[place % len(themes.OFFERED)])

    def use_theme(self, name: str) -> None:
        """Show a theme, and again the next time."""
        self.theme = name
        self.kept.theme, self.kept.theme_over = name, self.session.settings.theme
