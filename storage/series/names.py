"""Names of series and their numbers.

A number is never used again: blocks of forgotten series may still lie in the file, unread.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from uuid import UUID

from storage.series.model import Key, is_short

_FIND = "SELECT id FROM series WHERE object_id = ? AND metric = ? AND field = ? AND tags = ?"
_ADD = "INSERT INTO series (object_id, metric, field, tags, short) VALUES (?, ?, ?, ?, ?)"
_OF = "SELECT metric, field, tags FROM series WHERE object_id = ?"


class Names:
    """What a process remembers of the numbers, until any process forgets an object."""

    def __init__(self) -> None:
        self._memory: tuple[int, dict[Key, int]] = (0, {})

    def as_of(self, connection: sqlite3.Connection) -> dict[Key, int]:
        """The memory that is true in this transaction; to be handed to `find` and `number`."""
        row = connection.execute("SELECT value FROM meta WHERE name = 'forgotten'").fetchone()
        forgotten = row[0] if row else 0
        remembered, known = self._memory
        if remembered == forgotten:
            return known
        fresh: dict[Key, int] = {}
        if forgotten > remembered:  # else a snapshot from before others forgot
            self._memory = (forgotten, fresh)
        return fresh


def find(
    connection: sqlite3.Connection, known: dict[Key, int], keys: Iterable[Key]
) -> dict[Key, int]:
    """The numbers of those keys that have one."""
    found = {}
    for key in keys:
        number = known.get(key)
        if number is None:
            row = connection.execute(_FIND, _columns(key)).fetchone()
            if row is None:
                continue
            number = known[key] = int(row[0])
        found[key] = number
    return found


def number(
    connection: sqlite3.Connection, known: dict[Key, int], keys: Iterable[Key]
) -> tuple[list[int], dict[Key, int]]:
    """A number for each key, and the new ones: to be remembered once they are committed."""
    new: dict[Key, int] = {}
    numbers = []
    for key in keys:
        found = known.get(key) or new.get(key)
        if found is None:
            columns = _columns(key)
            row = connection.execute(_FIND, columns).fetchone()
            if row is None:
                row = (connection.execute(_ADD, (*columns, is_short(key.metric))).lastrowid,)
            found = new[key] = int(row[0])
        numbers.append(found)
    return numbers, new


def keys_of(connection: sqlite3.Connection, object_id: UUID) -> list[Key]:
    """The series of an object, sorted."""
    rows = connection.execute(_OF, (object_id.bytes,)).fetchall()
    return sorted(
        Key(object_id, metric, field, tuple((name, value) for name, value in json.loads(tags)))
        for metric, field, tags in rows
    )


def forget(connection: sqlite3.Connection, object_ids: Iterable[UUID]) -> list[int]:
    """Remove the names of objects, and tell the numbers they had."""
    gone: list[int] = []
    for object_id in object_ids:
        at = (object_id.bytes,)
        rows = connection.execute("SELECT id FROM series WHERE object_id = ?", at).fetchall()
        gone += [number for (number,) in rows]
        connection.execute("DELETE FROM series WHERE object_id = ?", at)
    if gone:
        connection.execute(
            "INSERT INTO meta VALUES ('forgotten', 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1"
        )
    return gone


def _columns(key: Key) -> tuple[bytes, str, str, str]:
    tags = json.dumps(key.tags, ensure_ascii=False, separators=(",", ":"))
    return key.object_id.bytes, key.metric, key.field, tags
