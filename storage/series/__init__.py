"""Points of the monitoring: their interface and its store in one SQLite file.

`model` is the interface, shared with the VictoriaMetrics client of the engine. Nothing here starts
a thread or looks at a clock that was not handed in.
"""

from storage.series.errors import (
    SeriesBusy,
    SeriesDamaged,
    SeriesFull,
    SeriesNewer,
    SeriesUnusable,
)
from storage.series.model import (
    STALE_S,
    Buckets,
    Compacted,
    Floats,
    How,
    Key,
    Point,
    Samples,
    Series,
    Sizes,
    mac_code,
    mac_of,
    members,
)

__all__ = [
    "STALE_S",
    "Buckets",
    "Compacted",
    "Floats",
    "How",
    "Key",
    "Point",
    "Samples",
    "Series",
    "SeriesBusy",
    "SeriesDamaged",
    "SeriesFull",
    "SeriesNewer",
    "SeriesUnusable",
    "Sizes",
    "mac_code",
    "mac_of",
    "members",
]
