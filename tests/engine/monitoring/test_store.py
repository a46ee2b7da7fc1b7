"""The store of a fleet: opened when wanted, and what becomes of a damaged file."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from owtui.engine.monitoring.store import Store
from storage.series import Key, Point, SeriesDamaged, SqliteSeries

KEY = Key(UUID(int=1), "cpu", "load_1")


async def test_only_who_writes_puts_a_damaged_file_aside(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    aside: list[Path] = []
    store = Store(
        lambda: SqliteSeries.open(path, lambda: 100.0), lambda error, to: aside.append(to)
    )
    path.write_bytes(b"no database" * 500)
    store.writes = lambda: False
    for _ in range(2):
        with pytest.raises(SeriesDamaged):
            await store.last([KEY])
    assert aside == [] and path.read_bytes().startswith(b"no database")
    store.writes = lambda: True
    with pytest.raises(SeriesDamaged):
        await store.last([KEY])
    (moved,) = aside
    assert moved.read_bytes().startswith(b"no database")
    await store.write([Point(KEY, 99.0, 1.0)])
    assert (await store.last([KEY]))[KEY].value == 1.0
    await store.close()
