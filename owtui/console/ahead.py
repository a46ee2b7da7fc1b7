"""Keys typed ahead of a line that is opening belong to the line, in their order, Enter included.

Textual forwards a key to what has the focus when it is read, and looks for a binding when nobody
on the way took it. In a burst (a paste, a slow link that delivers late) `:` opens a line while the
keys behind it are on their way through the list: they must neither act there nor overtake.
"""

from __future__ import annotations

from collections import deque

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.widgets import Input

REMEMBERED = 256  # keys that are on their way; more than any burst holds


class TypingAhead(App[int]):
    """The part of the app that knows where each key was sent."""

    def __init__(self) -> None:
        super().__init__()
        self._sent: deque[tuple[events.Key, DOMNode | None]] = deque(maxlen=REMEMBERED)

    async def on_event(self, event: events.Event) -> None:
        """Note where a key goes."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._sent.append((event, self.focused))
        await super().on_event(event)

    def passed_by(self, event: events.Key) -> bool:
        """Send a key that was on its way elsewhere to the line that has opened; True if so."""
        line = self.focused
        if not isinstance(line, Input) or self._sent_to(event) is line:
            return False
        event.prevent_default()
        event.stop()
        again = events.Key(event.key, event.character)
        self._sent.append((again, line))
        line._forward_event(again)  # as the app itself does
        return True

    def _sent_to(self, event: events.Key) -> DOMNode | None:
        return next((to for sent, to in reversed(self._sent) if sent is event), None)
