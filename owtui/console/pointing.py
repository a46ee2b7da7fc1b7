"""The mouse, and what is written past the screen: the part of the app that knows the driver."""

from __future__ import annotations

from typing import Any

from textual.app import App

from owtui.console.session import Session


class Pointing(App[int]):
    """Reports of the mouse can be switched off, so that the terminal selects text again."""

    session: Session

    def action_ui_mouse_toggle(self) -> None:
        """The mouse is ours, or the terminal's."""
        self.session.mouse = not self.session.mouse
        self._report(self.session.mouse)
        words = "ours again." if self.session.mouse else "the terminal's: select text with it."
        self.notify(f"The mouse is {words}", timeout=4)
        self.refresh_frame()

    def give_mouse_away(self) -> None:
        """Leave the mouse to the terminal for a while."""
        self._report(False)

    def take_mouse_back(self) -> None:
        """As before, if it is ours at all."""
        self._report(self.session.mouse)

    def refresh_frame(self) -> None:
        """Say it in the status line of the screen on top."""
        shown: Any = self.screen
        if hasattr(shown, "refresh_frame"):
            shown.refresh_frame()

    def keep_copied(self, text: str, sequence: str) -> None:
        """Send a copied text to the terminal, and have it here for Ctrl-V in a line."""
        self._clipboard = text
        self.write_raw(sequence)

    def write_raw(self, text: str) -> None:
        """Write something that is not for the screen, such as a clipboard, to the terminal."""
        if self._driver is not None and text:
            self._driver.write(text)
            self._driver.flush()

    def _report(self, wanted: bool) -> None:
        """Textual offers no way to switch while it runs; its driver has both halves of one.

        `_mouse` is what the driver looks at when it comes back from a shell or from Ctrl-Z.
        """
        driver: Any = self._driver
        if not hasattr(driver, "_enable_mouse_support"):
            return  # headless
        if wanted:
            driver._mouse = True
            driver._enable_mouse_support()
        else:
            driver._disable_mouse_support()
            driver._mouse = False
