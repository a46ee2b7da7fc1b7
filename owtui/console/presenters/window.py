"""The time that charts show: a named range that ends now, or a part of the past. Pure.

Zooming goes through the named ranges; what was moved keeps its own ends, from which spans are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from owtui.engine.monitoring.charts import spans
from owtui.engine.monitoring.charts.spans import Span

USUAL = "1d"
NAMES = tuple(spans.RANGES)
LEAST = timedelta(minutes=10)
MOST = timedelta(days=spans.LONGEST_DAYS)


@dataclass(frozen=True, slots=True)
class Window:
    """`name` of a range that ends now; or from `start` to `end`, and `name` is ""."""

    name: str = USUAL
    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def parse(cls, text: str, now: datetime, zone: tzinfo | None = None) -> Window:
        """As people write it: "7d", "2026-11-01/2026-11-03", in this machine's time without a
        zone. Raises InputError."""
        text = text.strip()
        if text in NAMES:
            return cls(text)
        found = spans.parse(text, now, zone)
        begun = spans.placed(datetime.fromisoformat(text.partition("/")[0].strip()), zone)
        return cls("", begun, datetime.fromtimestamp(found.end_s, UTC).astimezone(zone))

    @property
    def text(self) -> str:
        """What `parse` reads again, in this machine's time."""
        if self.start is None or self.end is None:
            return self.name
        start, end = self.start.astimezone(), self.end.astimezone()
        return f"{start:%Y-%m-%d %H:%M:%S}/{end:%Y-%m-%d %H:%M:%S}"

    @property
    def moves(self) -> bool:
        """Whether its end is now, so that new points belong into it."""
        return self.start is None

    def span(self, now: datetime, zone: tzinfo | None = None) -> Span:
        """The buckets to ask for."""
        if self.start is None or self.end is None:
            return spans.named(self.name, now, zone)
        return spans.custom(self.start, self.end, now, zone)

    def zoomed(self, closer: bool, now: datetime) -> Window:
        """The next shorter or longer range; of a part of the past half or twice of it."""
        if self.start is None or self.end is None:
            place = NAMES.index(self.name) + (-1 if closer else 1)
            return Window(NAMES[max(0, min(place, len(NAMES) - 1))])
        length = self.end - self.start
        middle = self.start + length / 2
        wanted = max(LEAST, min(MOST, length / 2 if closer else length * 2))
        return _between(middle - wanted / 2, wanted, now)

    def panned(self, later: bool, now: datetime) -> Window:
        """Half of it earlier or later, never beyond now."""
        start, end = self.start, self.end
        if start is None or end is None:
            start, end = now - timedelta(seconds=spans.RANGES[self.name][0]), now
        length = min(end - start, MOST)
        start += length / 2 if later else -length / 2
        if later and start + length >= now:
            lengths = {own_s: name for name, (own_s, _) in spans.RANGES.items()}
            name = lengths.get(length.total_seconds(), "")
            return Window(name) if name else _between(now - length, length, now)
        return _between(start, length, now)


def _between(start: datetime, length: timedelta, now: datetime) -> Window:
    end = min(start + length, now)
    return Window("", end - length, end)
