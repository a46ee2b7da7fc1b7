"""About: what this is, where its files are, who runs the engine, what the terminal can do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.widget import Widget

from owtui import about
from owtui.console.copying import Copy, Copying
from owtui.console.presenters import about as presenter
from owtui.console.registry import Screens, Spec
from owtui.console.session import Session
from owtui.errors import PROBLEMS
from widgets.factview import FactView, Section


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("about", "About", AboutScreen, help="Versions, files, engine, terminal"))


class AboutScreen(Copying):
    """The facts of `owtui info` beside those of the terminal; `y` copies them for a bug report."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "list")
    title_text: ClassVar[str] = "About"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._told: dict[str, Any] = {}

    def body(self) -> Iterable[Widget]:
        """One page of facts."""
        yield FactView(glyphs=self.session.glyphs)

    def on_mount(self) -> None:
        """Show what is known at once, and the rest when the engine has told it."""
        self.query_one(FactView).focus()
        self.refresh_rows()

    def refresh_rows(self, events: Sequence[object] = ()) -> None:
        """Ask again when the screen is opened or the engine changed."""
        if not events or any(getattr(one, "topic", "") == "engine" for one in events):
            self.load(self._load, "about")

    def tick(self) -> None:
        """Nothing here ages."""

    async def _load(self) -> None:
        session = self.session
        loaded, failed = session.loaded, bool(session.failed)
        if session.bridge.engine is None or failed:
            self._told = await about.told(loaded, None)
            self._told["engine"] = session.failed or "starting"
        else:
            try:
                self._told = await session.bridge.call(lambda e: about.told(loaded, e))
            except PROBLEMS:
                self._told = await about.told(loaded, None)
                raise
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """The size is one of the facts."""
        self._show()

    def _show(self) -> None:
        self.query_one(FactView).update_sections(self._sections())

    def _sections(self) -> list[Section]:
        return presenter.sections(self._told, self._terminal(), os.environ.get("HOME", ""))

    def _terminal(self) -> dict[str, Any]:
        return presenter.terminal(
            os.environ,
            (self.app.size.width, self.app.size.height),
            self.app.console.color_system,
            self.app.console.encoding,
            mouse=self.session.mouse,
            ascii_only=self.session.settings.ascii,
        )

    def copies(self) -> Sequence[Copy]:
        """All of it, for people or for programs."""
        told = {**self._told, "terminal": self._terminal()}
        return [
            Copy("j", "JSON", lambda: json.dumps(told, indent=2, ensure_ascii=False)),
            Copy("t", "Text", lambda: presenter.text(self._sections()), "for a bug report"),
        ]
