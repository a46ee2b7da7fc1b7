"""How an app under test says that its first frame is out."""

from __future__ import annotations

from typing import Any

from textual.app import App


def tell_ready(app: App[Any]) -> None:
    """Set the window title to "ready", which the other end of the pty waits for."""
    driver = app._driver
    assert driver is not None
    driver.write("\x1b]2;ready\x07")
    driver.flush()
