"""Help: the keys of the screen one comes from, every action, command and filter, by a few letters.

Generated from the keymap, the actions and the commands; what does nothing here is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from owtui.console import verbs
from owtui.console.frame import Frame
from owtui.console.presenters import action as menu
from owtui.console.presenters import help as presenter
from owtui.console.screens.text import TextScreen
from owtui.console.session import Session
from owtui.keymap import Key
from widgets.textview import TextView


def help_for(frame: Frame, session: Session) -> HelpScreen:
    """The help of a screen: only keys that do something there."""
    engine = session.bridge.engine
    read_only = session.settings.read_only
    actions = [one for one in engine.actions if not (read_only and one.changes)] if engine else []
    usable = frame.usable_keys()
    lines = presenter.lines(
        frame.scopes,
        usable,
        list(_elsewhere(session, {key.id for key in usable})),
        menu.letters(actions),
        verbs.offered(frame),
        session.loaded.aliases,
        session.glyphs,
    )
    return HelpScreen(session, frame.path()[-1] if frame.path() else "owtui", lines)


def _elsewhere(session: Session, here: set[str]) -> Iterator[Key]:
    """The keys that do something on another screen; the registry has imported them all."""
    classes: list[type[Frame]] = [Frame]
    for one in classes:
        classes += one.__subclasses__()
    for key in session.keys.table:
        has = (hasattr(one, f"action_{key.action}") and key.scope in one.scopes for one in classes)
        if key.id not in here and any(has):
            yield key


class HelpScreen(TextScreen):
    """The help; `/` leaves only the lines that hold what is typed."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "list")
    PLACEHOLDER: ClassVar[str] = "a few letters of what you look for"

    def __init__(self, session: Session, title: str, lines: list[presenter.Line]) -> None:
        super().__init__(session, ("Help", title), presenter.text(lines), classes="help", wrap=True)
        self._lines = lines
        self._typed = ""

    def note(self) -> str:
        """What was typed."""
        return f"/{self._typed}" if self._typed else ""

    def search(self, words: str) -> None:
        """Show only what holds these words, each of them found."""
        self._typed = words.strip()
        found = presenter.only(self._lines, self._typed)
        view = self.query_one(TextView)
        view.update_text(presenter.text(found) if found else " Nothing here is called that.\n")
        view.find(self._typed if " " not in self._typed else "")
        view.scroll_home(animate=False)
        self.refresh_frame()

    def action_list_filter_clear(self) -> None:
        """Show all again; when all is shown, go back."""
        if self._typed:
            self.search("")
        else:
            self.console.action_app_back()
