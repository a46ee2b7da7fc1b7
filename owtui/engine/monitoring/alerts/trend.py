"""Where a series is going: a robust line through its points, pure.

Theil and Sen: the slope is the median of the slopes between all pairs of points, so that a log that
was rotated away, or a backup that came and went, does not bend it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from owtui.engine.monitoring.metrics import Threshold
from storage.series import Floats

SHORTEST_S = 24 * 3600.0
FEWEST = 12


@dataclass(frozen=True, slots=True)
class Trend:
    """value: by the line, at the last point. slope: units a second. at_s: of the last point."""

    value: float
    slope: float
    at_s: float

    def crosses_in(self, threshold: Threshold) -> float | None:
        """Seconds from the last point until the line is beyond the threshold.

        0 where it is already; None where it moves away from it, or stands still.
        """
        if threshold.crossed(self.value):
            return 0.0
        towards = self.slope if threshold.operator == ">" else -self.slope
        if towards <= 0:
            return None
        return abs(threshold.value - self.value) / towards


def trend(times_s: Floats, values: Floats) -> Trend | None:
    """The line through points in the order of time; NaN is no point.

    None for less than a day of them, or too few: nothing can be said of tomorrow from an hour.
    """
    there = ~np.isnan(values)
    times, seen = times_s[there], values[there]
    if len(seen) < FEWEST or times[-1] - times[0] < SHORTEST_S:
        return None
    first, second = np.triu_indices(len(seen), k=1)
    spans = times[second] - times[first]
    apart = spans > 0
    slope = float(np.median((seen[second] - seen[first])[apart] / spans[apart]))
    level = float(np.median(seen - slope * (times - times[-1])))
    return Trend(level, slope, float(times[-1]))
