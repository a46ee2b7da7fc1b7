"""Text and nothing else, to be selected with what the terminal offers: no frame, no mouse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from owtui.console.frame import Frame
from owtui.console.session import Session
from widgets.textview import TextView


class PlainScreen(Frame):
    """The whole terminal is the text; Escape goes back, the arrows scroll."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "list")
    title_text: ClassVar[str] = "Plain"

    def __init__(self, session: Session, text: str) -> None:
        super().__init__(session)
        self._text = text

    def body(self) -> Iterable[Widget]:
        """The text, its long lines wrapped."""
        yield TextView(self._text, wrap=True, glyphs=self.session.glyphs, id="plain")

    def on_mount(self) -> None:
        """Leave the mouse to the terminal while this is shown."""
        for name in ("#crumbs", "#status", "#keys"):
            self.query_one(name).display = False
        self.query_one("#plain").focus()
        self.console.give_mouse_away()

    def on_unmount(self) -> None:
        """Take the mouse back, if it was ours."""
        self.console.take_mouse_back()
