"""Writes batches until it is killed, and says after each that it is there.

python -m tests.storage.series.writer FILE FIRST: one minute of five series a batch, from FIRST on.
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from storage.series import Key, Point, SeriesFile

KEYS = [Key(UUID(int=7), "cpu", f"load_{nth}") for nth in range(5)]
BEGIN = 20_000 * 86_400


def main() -> None:
    """See above. Compacts every tenth batch, as if hours went by."""
    minute = int(sys.argv[2])
    file = SeriesFile.open(Path(sys.argv[1]), lambda: BEGIN + minute * 60.0)
    while True:
        file.write([Point(key, BEGIN + minute * 60.0, float(minute)) for key in KEYS])
        print(minute, flush=True)
        minute += 1
        if minute % 10 == 0:
            file.compact(BEGIN + minute * 60.0 + 26 * 3600.0)


if __name__ == "__main__":
    main()
