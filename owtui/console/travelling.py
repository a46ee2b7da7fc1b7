"""Getting about: root screens, what opens over them, back and forward with everything as it was."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from textual.screen import Screen

from owtui.console import registry, restoring
from owtui.console.crashing import Crashing
from owtui.console.frame import Frame
from owtui.console.history import History, Place
from owtui.console.session import Session

UPGRADE = "upgrade"  # the action whose jobs are shown as batches


class Travelling(Crashing):
    """The part of the app that knows where one is and was."""

    session: Session

    def __init__(self, kept: restoring.Kept) -> None:
        super().__init__()
        self.kept = kept
        self.registry = registry.load()
        self.history = History()
        self._roots: dict[str, Frame] = {}
        self._view = ""
        self._last_view = ""
        for spec in self.registry.specs.values():
            if spec.pane:  # a screen lights up its digit by being there
                key = "pulse" if spec.pane == "0" else f"pane_{spec.pane}"
                setattr(self, f"action_nav_{key}", partial(self._to_root, spec.id))

    # --- where to ---

    def go(self, view: str) -> Frame:
        """Put a root screen in the place of all others; it is as it was left."""
        self._note()
        root = self._show_root(view)
        place = Place(view)
        if self.history.current is None or not self.history.current.is_at(place):
            self.history.visit(place)
        return root

    def go_to(self, view: str, state: Mapping[str, Any]) -> None:
        """Go to a root screen and let it look as told, whatever was kept of it."""
        self.kept.states.pop(view, None)
        self.call_after_refresh(self.go(view).recall, state)

    def show_fleet(self, filter: str) -> None:
        """Go to the devices of a filter; the way back leads here."""
        self.go_to("fleet", {"filter": filter})

    def fleet_marks(self) -> tuple[UUID, ...]:
        """The devices that are marked in the list of devices; none where it was never shown."""
        root = self._roots.get("fleet")
        if root is None or not _can_tell(root):
            return ()
        return tuple(UUID(key) for key in root.remember().get("marks", ()))

    def open_over(self, *over: str) -> None:
        """Open a screen over the root one: a kind the registry knows, and what it is of."""
        self._note()
        self.push_screen(self.registry.open(self.session, over))
        self.history.visit(Place(self._view, over))

    def open_device(self, device_id: UUID) -> None:
        """Open the screen of one device on top."""
        self.open_over("device", str(device_id))

    def open_job(self, job_id: UUID, number: int, action: str = "") -> None:
        """Open the screen of one job on top; an upgrade of devices has one of its own."""
        kind = "batch" if action == UPGRADE else "job"
        self.open_over(kind, str(job_id), str(number))

    def turn_page(self, before: Mapping[str, Any]) -> None:
        """The screen on top shows something else now, such as another filter: a new place.

        `before` is how it looked until then.
        """
        current = self.history.current
        if current is not None:
            self.history.leave(before)
            self.history.visit(Place(current.view, current.over))

    # --- actions of the keymap's `app` scope ---

    def action_app_back(self) -> None:
        """Close what is on top; never quit."""
        if len(self.screen_stack) > 2:
            self._note()
            closed = self.screen
            self.pop_screen()
            if isinstance(closed, Frame) and closed.place:
                self.history.step_down(Place(self._view, self._over()))

    def action_app_last_view(self) -> None:
        """Toggle between the last two views."""
        if self._last_view:
            self.go(self._last_view)

    def action_nav_history_back(self) -> None:
        """The place before this one, with its filter, sort, cursor and marks."""
        self._note()
        self._travel(self.history.back(), "There is nothing before this.")

    def action_nav_history_forward(self) -> None:
        """The place that one went back from."""
        self._note()
        self._travel(self.history.forward(), "There is nothing after this.")

    # --- after a bug in a screen ---

    def go_on(self) -> None:
        """Show the view again, made anew if it was what broke."""
        self.go(self._view or "fleet")

    def forget(self, screen: Screen[Any]) -> None:
        """Never show this screen again."""
        while screen in self.screen_stack and len(self.screen_stack) > 1:
            self.pop_screen()
        for view, root in list(self._roots.items()):
            if root is screen:
                self.uninstall_screen(root)
                del self._roots[view]

    # --- from one session to the next ---

    def recall_kept(self, root: Frame, view: str) -> None:
        """Let a root screen look as it was kept; once, so that nothing typed since is undone."""
        state = self.kept.states.pop(view, None)
        if state:
            root.recall(state)

    def keep(self) -> restoring.Kept:
        """All that is to be kept, as it is now."""
        kept = self.kept
        kept.view = self._view
        for view, root in self._roots.items():
            if _can_tell(root) and view not in kept.states:
                kept.note(view, root.remember())
        kept.typed = self.session.typed
        return kept

    # --- how ---

    def _to_root(self, view: str) -> None:
        self.go(view)

    def _travel(self, place: Place | None, nowhere: str) -> None:
        if place is None:
            self.notify(nowhere, timeout=3)
            return
        root = self._show_root(place.view)
        if place.over:
            self.push_screen(self.registry.open(self.session, place.over))
        shown = self.screen if place.over else root
        if isinstance(shown, Frame):
            self.call_after_refresh(shown.recall, place.state)

    def _show_root(self, view: str) -> Frame:
        root = self._roots.get(view)
        if root is None:
            root = self._roots[view] = self.registry.specs[view].make(self.session)
            self.install_screen(root, view)
            if self.session.bridge.engine is not None:
                self.call_after_refresh(self.recall_kept, root, view)
        if self._view and self._view != view:
            self._last_view = self._view
        self._view = view
        if self.screen_stack[1:] != [root]:
            while len(self.screen_stack) > 1:
                self.pop_screen()
            self.push_screen(root)
        return root

    def _over(self) -> tuple[str, ...]:
        """What is open over the root screen, if it is a place to come back to."""
        places = [one.place for one in self.screen_stack[2:] if isinstance(one, Frame)]
        return next((place for place in reversed(places) if place), ())

    def _note(self) -> None:
        """Keep the state of the place that is shown; texts and plans over it are no places."""
        current = self.history.current
        frames = [one for one in self.screen_stack if isinstance(one, Frame)]
        for one in reversed(frames):
            if current is not None and one.place == current.over:
                if _can_tell(one):
                    self.history.leave(one.remember())
                return


def _can_tell(frame: Frame) -> bool:
    """Whether it has its widgets: a screen may be left before it was ever shown."""
    return bool(frame.query("#status"))
