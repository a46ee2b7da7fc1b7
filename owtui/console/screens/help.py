"""Help: the keys of the screen one comes from, generated from the keymap, searchable."""

from __future__ import annotations

from owtui.console.frame import Frame
from owtui.console.presenters import help as presenter
from owtui.console.screens.text import TextScreen
from owtui.console.session import Session


def help_for(frame: Frame, session: Session) -> TextScreen:
    """The help of a screen: only keys that do something there."""
    title = frame.path()[-1] if frame.path() else "owtui"
    text = presenter.text(frame.scopes, frame.usable_keys(), session.glyphs, session.loaded.aliases)
    return TextScreen(session, ("Help", title), text, classes="help")
