"""Points that are not yet in days: blocks of batches and of hours, the later batch being newer."""

from __future__ import annotations

import sqlite3

import numpy as np

from storage.series import chunk
from storage.series.chunk import Columns
from storage.series.schema import SHIFT

_HOUR = "SELECT high, frame FROM hour WHERE id >= ? AND id < ? AND low < ? AND high >= ?"
_HOT = (
    "SELECT hot.high, hot.frame FROM batch"
    f" CROSS JOIN hot ON hot.id = (batch.id << {SHIFT}) | ?"
    " WHERE batch.low < ? AND batch.high >= ? AND hot.low < ? AND hot.high >= ? ORDER BY batch.id"
)

Newest = tuple[int, float]
"""Time and value."""


def points(
    connection: sqlite3.Connection, shard: int, ids: list[int], low: int, high: int
) -> Columns:
    """The points in `[low, high)` of some series of a shard."""
    numbers = np.array(ids)
    parts = []
    for _, frame in _blocks(connection, shard, low, high):
        block = chunk.unpack_block(frame, shard)
        wanted = (block.times >= low) & (block.times < high)
        if len(ids) < len(np.unique(block.ids)):
            wanted &= np.isin(block.ids, numbers)
        parts.append(block.where(wanted))
    return Columns.joined(parts)


def newest(
    connection: sqlite3.Connection, shard: int, ids: list[int], low: int, high: int
) -> dict[int, Newest]:
    """The newest point in `[low, high)` of each series that has one there.

    Blocks that reach furthest come first, until none that is left can hold anything newer.
    """
    blocks = _blocks(connection, shard, low, high)
    ranked = sorted(enumerate(blocks), key=lambda entry: (entry[1][0], entry[0]), reverse=True)
    best: dict[int, tuple[int, int, float]] = {}
    numbers = np.array(ids)
    for rank, (reach, frame) in ranked:
        if len(best) == len(ids) and reach < min(time for time, _, _ in best.values()):
            break
        block = chunk.unpack_block(frame, shard)
        block = block.where(block.times < high)
        ends = np.searchsorted(block.ids, numbers, side="right") - 1
        for number, end in zip(ids, ends.tolist(), strict=True):
            if end < 0 or block.ids[end] != number or block.times[end] < low:
                continue
            entry = (int(block.times[end]), rank, float(block.values[end]))
            if number not in best or entry > best[number]:
                best[number] = entry
    return {number: (time, value) for number, (time, _, value) in best.items()}


def _blocks(
    connection: sqlite3.Connection, shard: int, low: int, high: int
) -> list[tuple[int, bytes]]:
    """How far each block reaches and its frame, the later written ones last."""
    begin, end = shard << SHIFT, (shard + 1) << SHIFT
    hours = connection.execute(_HOUR, (begin, end, high, low)).fetchall()
    return hours + connection.execute(_HOT, (shard, high, low, high, low)).fetchall()
