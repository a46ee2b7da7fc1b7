"""Whatever happens, a notification is in one mail at the most, and in one unless it was read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.notifications.sink import SinkError
from storage.db import Database
from tests.engine.notifications.rig import FakeSink, Rig

STEPS = st.one_of(
    st.tuples(st.just("tell"), st.integers(1, 20)),
    st.tuples(st.just("pass"), st.integers(1, 20_000)),
    st.tuples(st.just("read"), st.integers(0, 50)),
    st.tuples(st.just("break"), st.just(0)),
    st.tuples(st.just("mend"), st.just(0)),
    st.tuples(st.just("restart"), st.just(0)),
)


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=40)
def test_each_is_mailed_once_unless_it_was_read(
    sqlite_template: Path, steps: list[tuple[str, int]]
) -> None:
    with _rig(sqlite_template) as (rig, sink):
        asyncio.run(_play(rig, sink, steps))


async def _play(rig: Rig, sink: FakeSink, steps: list[tuple[str, int]]) -> None:
    told, read = 0, set[UUID]()
    for what, size in steps:
        if what == "tell":
            rig.tell(*(rig.told(told + number) for number in range(size)))
            told += size
        elif what == "pass":
            rig.passes(seconds=size)
        elif what == "read":
            ids = [row.id for row in rig.rows("anna", unread=True)][:size]
            rig.read("anna", *ids)
            read |= set(ids)
        elif what == "restart":
            rig.outbox = rig.make()
        else:
            sink.error = SinkError("No.") if what == "break" else None
        await rig.drain()
    sink.error = None
    for _ in range(3):  # rests end, then the last batch is due
        rig.passes(hours=4)
        await rig.drain()
    mailed = Counter(id_ for parcel in sink.sent for id_ in parcel.payload["told"])
    rows = [row for row in rig.rows("anna") if row.type == "ping_problem"]
    assert len(rows) == told
    assert all(count == 1 for count in mailed.values())
    assert {row.id for row in rows} - mailed.keys() <= read
    assert {row.id for row in rows if row.emailed} == mailed.keys()
    assert not [one for one in rig.deliveries() if one.state in ("waiting", "sending")]


@contextmanager
def _rig(template: Path) -> Iterator[tuple[Rig, FakeSink]]:
    """A rig on a fresh copy of the empty database, for each example."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "owtui.db"
        file.write_bytes(template.read_bytes())
        database = Database.open(f"sqlite:///{file}")
        try:
            sink = FakeSink()
            rig = Rig(database, sink)
            rig.person("anna", "anna@example.org")
            yield rig, sink
        finally:
            database.close()
