"""Clients of a fleet, each once: over packed days and the one that runs, a part at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

import numpy as np
import pytest

from storage.series import How, Key, SeriesFile, members
from storage.series.chunk import DAY_MS, SHARD
from storage.series.reading import Snapshot

DAY_S, HOUR_S = 86_400, 3600
START = 20_000 * DAY_S
KEYS = [Key(UUID(int=n), "wifi_clients", "clients") for n in range(SHARD + 44)]


def clients(nth: int, at: int) -> Iterator[str]:
    """Two of each access point, of whom one walks about."""
    yield f"02:00:00:00:{nth // 256:02x}:{nth % 256:02x}"
    yield f"06:00:00:00:00:{(nth + at // HOUR_S) % 97:02x}"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeriesFile]:
    now = [float(START)]
    made = SeriesFile.open(tmp_path_factory.mktemp("series") / "series.db", lambda: now[0])
    for at in range(START, START + 3 * DAY_S, 4 * HOUR_S):
        now[0] = float(at)
        made.write([p for nth, key in enumerate(KEYS) for p in members(key, at, clients(nth, at))])
    made.compact(START + 2.5 * DAY_S)
    yield made
    made.close()


@pytest.mark.parametrize("step", [HOUR_S, 5 * HOUR_S, DAY_S, 3 * DAY_S])
@pytest.mark.parametrize("begin", [0, 7 * HOUR_S + 11])
def test_each_counts_once_and_a_day_of_a_shard_is_read_at_a_time(
    file: SeriesFile, monkeypatch: pytest.MonkeyPatch, step: int, begin: int
) -> None:
    asked: list[tuple[int, int]] = []
    points = Snapshot.points

    def seen(self: Snapshot, ids: Iterable[int], low: int, high: int) -> object:
        wanted = list(ids)
        asked.append((len(wanted), high - low))
        return points(self, wanted, low, high)

    monkeypatch.setattr(Snapshot, "points", seen)
    start, end = START + begin, START + 3 * DAY_S - 5
    found = file.pooled(KEYS, start, end, step, How.DISTINCT)
    there: dict[int, set[str]] = defaultdict(set)
    for at in range(START, START + 3 * DAY_S, 4 * HOUR_S):
        if start <= at < end:
            there[(at - start) // step] |= {m for n in range(len(KEYS)) for m in clients(n, at)}
    expected = [float(len(there[n])) if n in there else np.nan for n in range(len(found))]
    np.testing.assert_array_equal(found, expected)
    assert max(ids for ids, _ in asked) <= SHARD
    assert max(span for _, span in asked) <= DAY_MS
