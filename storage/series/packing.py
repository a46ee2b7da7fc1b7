"""Compaction: batches into hours when the hour is over, hours into days, days dropped when too old.

Each step is one short transaction over one shard, so that a batch waits for it no longer than a
moment; killed between two, or run by two processes at once, nothing is lost or counted twice.
Late points take the same way: they become an hour of an old day, which is then folded anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np

from storage.series import chunk, days
from storage.series.chunk import DAY_MS, HOUR_MS, SHARD, Columns
from storage.series.model import DEFAULT_RETENTION_S, SHORT_RETENTION_S
from storage.series.schema import LOW, SHIFT

FOLD_AFTER_MS = 2 * HOUR_MS
"""After midnight: a batch that straddles it would have all series' days folded twice."""

_HOT = f"batch CROSS JOIN hot ON hot.id = (batch.id << {SHIFT}) | ? WHERE batch.id <= ?"
_SWEEP = (
    "DELETE FROM {0} WHERE id >= ? AND id < ?"
    f" AND (id & {LOW}) IN (SELECT id FROM series WHERE short)"
)


class Packing:
    """The steps of one compaction at a time `now` (milliseconds), for its caller to run."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._over = now - now % HOUR_MS

    def finished(self, connection: sqlite3.Connection) -> int:
        """The newest batch to pack: its points and those of all before it are of hours gone by.

        Only a beginning of the batches is packed, since what stays hot counts as newer. A batch of
        a device whose clock is ahead holds up the others for two hours at most.
        """
        (open_,) = connection.execute(
            "SELECT min(id) FROM batch WHERE high >= ? AND written >= ?",
            (self._over, self._over - HOUR_MS),
        ).fetchone()
        if open_ is not None:
            return int(open_) - 1
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM batch").fetchone()[0])

    def shards(self, connection: sqlite3.Connection) -> range:
        """All shards there ever were."""
        (newest,) = connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'series'"
        ).fetchone()
        return range(newest // SHARD + 1)

    def pack(self, connection: sqlite3.Connection, shard: int, last: int) -> None:
        """Batches of a shard, up to one, into its hours."""
        rows = connection.execute(f"SELECT frame FROM {_HOT} ORDER BY batch.id", (shard, last))
        parts = [chunk.unpack_block(frame, shard) for (frame,) in rows]
        if not parts:
            return
        points = Columns.joined(parts)
        for hour, own in _split(points, HOUR_MS):
            at = (shard << SHIFT) | hour
            known = connection.execute("SELECT frame FROM hour WHERE id = ?", (at,)).fetchone()
            if known is not None:
                own = Columns.joined([chunk.unpack_block(known[0], shard), own])
            row = (at, *chunk.extent(own), chunk.pack_block(own))
            connection.execute("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?, ?)", row)
        connection.execute(
            f"DELETE FROM hot WHERE id IN (SELECT hot.id FROM {_HOT})", (shard, last)
        )

    def packed(self, connection: sqlite3.Connection, last: int) -> int:
        """Once all shards are packed: strike the batches off. How many there were."""
        return connection.execute("DELETE FROM batch WHERE id <= ?", (last,)).rowcount

    def fold(self, connection: sqlite3.Connection, shard: int) -> int:
        """Hours of a shard into its days, of the first day that is over; 0 when none is."""
        over = (self._over - FOLD_AFTER_MS) // DAY_MS
        begin = shard << SHIFT
        rows = connection.execute(
            "SELECT id, frame FROM hour WHERE id >= ? AND id < ?",
            (begin, begin + over * (DAY_MS // HOUR_MS)),
        ).fetchall()
        if not rows:
            return 0
        day = (rows[0][0] & LOW) * HOUR_MS // DAY_MS
        end = begin + (day + 1) * (DAY_MS // HOUR_MS)
        fresh = Columns.joined([chunk.unpack_block(frame, shard) for at, frame in rows if at < end])
        fresh = self._wanted(connection, shard, fresh)
        if len(fresh.ids):
            days.put(connection, day, _with_known(connection, day, fresh))
        connection.execute("DELETE FROM hour WHERE id >= ? AND id < ?", (begin, end))
        return 1

    def drop(self, connection: sqlite3.Connection) -> int:
        """Drop one day that is older than what is kept; 0 when there is none."""
        return days.drop(connection, (self._now - round(DEFAULT_RETENTION_S * 1000)) // DAY_MS)

    def sweep(self, connection: sqlite3.Connection) -> None:
        """Drop the days of series that are kept for a day only."""
        until = self._short_before() // DAY_MS
        row = connection.execute("SELECT value FROM meta WHERE name = 'swept'").fetchone()
        since = row[0] if row else 0
        if until <= since:
            return
        for table in ("body", "day"):
            connection.execute(_SWEEP.format(table), (since << SHIFT, until << SHIFT))
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('swept', ?)", (until,))

    def _short_before(self) -> int:
        return self._now - round(SHORT_RETENTION_S * 1000)

    def _wanted(self, connection: sqlite3.Connection, shard: int, points: Columns) -> Columns:
        """Without series that were forgotten and without what is too old to be kept."""
        rows = connection.execute(
            "SELECT id, short FROM series WHERE id >= ? AND id < ?",
            (shard * SHARD, (shard + 1) * SHARD),
        )
        never = np.iinfo(np.int64).max
        kept_from = np.full(SHARD, never)
        for number, short in rows:
            seconds = SHORT_RETENTION_S if short else DEFAULT_RETENTION_S
            kept_from[number % SHARD] = self._now - round(seconds * 1000)
        return points.where(points.times >= kept_from[points.ids % SHARD])


def _with_known(connection: sqlite3.Connection, day: int, fresh: Columns) -> Columns:
    """Together with what the file has of these series on that day."""
    known = days.Days(connection)
    parts = []
    for number in np.unique(fresh.ids).tolist():
        times, values = known.points(number, day * DAY_MS, (day + 1) * DAY_MS)
        if len(times):
            parts.append(Columns(np.full(len(times), number), times, values))
    return Columns.joined([*parts, fresh])


def _split(points: Columns, span: int) -> Iterator[tuple[int, Columns]]:
    """Each span that has points, with them."""
    spans = points.times // span
    for number in np.unique(spans).tolist():
        yield number, points.where(spans == number)
