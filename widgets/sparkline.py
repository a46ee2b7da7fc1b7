"""A label, a line of bars and what it stands at now, one line high.

Sparkline(label, values=(), text="", *, low, high, glyphs)     update_values(values, text)

With a `text_width` the bars of several lines stand over one another, and stay where they are when
the word gets longer.
"""

from __future__ import annotations

from widgets.glyphs import UTF8, Glyphs
from widgets.oneline import OneLine, Spans
from widgets.plaintext import clean, fit, width_of
from widgets.plot import Series, sparkline


class Sparkline(OneLine):
    """`WAN rx ▁▁▂▂▃▅▇█▇▅▃  41.2 Mbit/s`; repaints only when it reads differently."""

    def __init__(
        self,
        label: str,
        values: Series = (),
        text: str = "",
        *,
        label_width: int = 10,
        text_width: int = 0,
        low: float | None = None,
        high: float | None = None,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._label = label
        self._label_width = label_width
        self._text_width = text_width
        self._values = tuple(values)
        self._text = text
        self._low, self._high = low, high

    def update_values(self, values: Series, text: str = "") -> None:
        """Show other values, None for lost ones, and another word for the latest."""
        self._values, self._text = tuple(values), text
        self._show()

    def _spans(self, width: int) -> Spans:
        label = fit(clean(self._label), self._label_width, "left", self._glyphs.ellipsis)
        word = clean(self._text)
        text = f"  {word.ljust(self._text_width)}" if word or self._text_width else ""
        room = max(1, width - self._label_width - 2 - width_of(text))
        drawn = sparkline(self._values, room, self._glyphs, low=self._low, high=self._high)
        return [(f" {label} ", "muted"), (drawn, "accent"), (text, "")]
