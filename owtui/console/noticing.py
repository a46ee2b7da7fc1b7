"""What was told in passing is kept: a toast goes after seconds, and somebody was looking away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import App
from textual.notifications import SeverityLevel

if TYPE_CHECKING:
    from owtui.console.session import Session

MOST = 200  # notices kept, in memory
_LEVELS = {"information": "info", "warning": "warning", "error": "error"}


@dataclass(frozen=True, slots=True)
class Told:
    """One notice, as it was told; `number` counts them from the start of the console."""

    number: int
    at: datetime
    level: str  # info, warning, error
    text: str


class Noticing(App[int]):
    """The part of the app that remembers its toasts."""

    session: Session
    _told = 0

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast, and keep what it says."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)
        session = self.session
        self._told += 1
        level = _LEVELS.get(severity, severity)
        session.notices.append(Told(self._told, session.now(), level, message))
        self.notices_moved()

    def notices_moved(self) -> None:
        """Show it where notices are listed."""
