"""When toasts would flood the screen: OpenWISP's rule for storms (operations.md §8.1), pure.

More than 6 in 10 seconds or more than 30 in 180 seconds is a storm, and for a minute it stays one:
then one toast says how many came, instead of one after the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from textwrap import shorten

LIMITS = ((timedelta(seconds=10), 6), (timedelta(seconds=180), 30))
CALM = timedelta(seconds=60)
LONGEST = 140
"""Letters of a text in a toast, four lines: more would cover a screen of 80x24."""


@dataclass(slots=True)
class Storm:
    """What came lately. A batch is what arrived together; it is one toast at the most."""

    _came: deque[datetime] = field(default_factory=deque)
    _said: datetime | None = None  # when the toast of the storm was shown
    _silent: int = 0  # not said since then

    def toast(self, texts: Sequence[str], now: datetime) -> str | None:
        """What a toast says of a batch, None for nothing."""
        if not texts:
            return None
        self._came.extend([now] * len(texts))
        longest = max(span for span, _ in LIMITS)
        while self._came and now - self._came[0] >= longest:
            self._came.popleft()
        if self._said is not None and now - self._said < CALM:
            self._silent += len(texts)
            return None
        fresh, self._silent = self._silent + len(texts), 0
        if self._rages(now):
            self._said = now
            return f"{fresh} notification{'s' * (fresh != 1)} at once: :notifications lists them."
        self._said = None
        if fresh > len(texts):
            return f"{fresh} more notification{'s' * (fresh != 1)}: :notifications lists them."
        more = f" And {fresh - 1} more: :notifications lists them." if fresh > 1 else ""
        return f"{shorten(texts[-1], LONGEST, placeholder=' …')}{more}"

    def _rages(self, now: datetime) -> bool:
        return any(sum(now - at < span for at in self._came) > most for span, most in LIMITS)
