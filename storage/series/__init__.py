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
from storage.series.file import SeriesFile
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
from storage.series.schema import set_aside
from storage.series.sqlite import SqliteSeries

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
    "SeriesFile",
    "SeriesFull",
    "SeriesNewer",
    "SeriesUnusable",
    "Sizes",
    "SqliteSeries",
    "mac_code",
    "mac_of",
    "members",
    "set_aside",
]
