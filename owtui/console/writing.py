"""The console's own way to its terminal: what is there already is not written again.

Over SSH from far away bytes are what one waits for; see widgets.frugal for what it leaves out.
"""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.driver import Driver

from widgets.frugal import Frugal


class Writing(App[int]):
    """The part of the app that chooses its driver, and can draw everything anew."""

    def get_driver_class(self) -> type[Driver]:
        """Textual's own for this terminal, made frugal."""
        base: Any = super().get_driver_class()

        class FrugalDriver(base):  # type: ignore[misc]  # known when the terminal is
            """Writes what differs."""

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.frugal = Frugal()

            def write(self, data: str) -> None:
                """Write what the terminal does not show yet."""
                if rest := self.frugal.feed(data):
                    super().write(rest)

        return FrugalDriver

    def on_resize(self) -> None:
        """A terminal that changed its size may have kept anything."""
        self._forget()

    def action_ui_redraw(self) -> None:
        """Draw everything anew: something else wrote on this terminal."""
        self._forget()
        self.screen.refresh(layout=True)

    def _forget(self) -> None:
        frugal = getattr(self._driver, "frugal", None)
        if frugal is not None:
            frugal.forget()
