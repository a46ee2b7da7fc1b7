"""What is counted is what is shown is what is executed."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.selection import Selection, parse, select
from tests.rows import NOW, device

ROWS = [device(f"ap-{n}", tags=("roof",) if n < 3 else ()) for n in range(6)]
IDS = [row.id for row in ROWS]


def test_marks_survive_a_filter_and_the_hidden_ones_are_told() -> None:
    chosen = select(ROWS, NOW, filter=parse("tag=roof"), marks={IDS[5], IDS[1]})
    assert chosen.ids == (IDS[1], IDS[5])
    assert chosen.names == ("ap-1", "ap-5")
    assert chosen.hidden == (IDS[5],)
    assert chosen.describe() == "2 marked (1 hidden)"


def test_without_marks_the_cursor_is_meant_and_not_what_the_filter_shows() -> None:
    chosen = select(ROWS, NOW, filter=parse("tag=roof"), cursor=IDS[0])
    assert (chosen.ids, chosen.origin, chosen.describe()) == ((IDS[0],), "cursor", "ap-0")


def test_without_marks_and_cursor_the_filter_chooses() -> None:
    chosen = select(ROWS, NOW, filter=parse("tag=roof"))
    assert chosen.ids == tuple(IDS[:3])
    assert chosen.describe() == "3 devices match tag=roof"
    assert select(ROWS, NOW, filter=parse("ap-4")).describe() == "1 device matches ap-4"


def test_nothing_never_becomes_everything() -> None:
    assert select(ROWS, NOW) == Selection()
    assert not select(ROWS, NOW, filter=parse("  "))
    assert not select(ROWS, NOW, filter=parse("nobody"), everything=True)
    assert not select(ROWS, NOW, marks={uuid4()}, everything=True)
    assert Selection().describe() == "nothing selected"


def test_everything_is_said_aloud() -> None:
    chosen = select(ROWS, NOW, everything=True)
    assert len(chosen) == 6
    assert chosen.describe() == "all 6 devices"


def test_a_device_that_vanished_is_told_and_not_executed() -> None:
    lost = uuid4()
    chosen = select(ROWS, NOW, marks=[IDS[2], lost])
    assert chosen.ids == (IDS[2],)
    assert chosen.gone == (lost,)
    assert chosen.describe() == "1 marked, 1 no longer there"
    assert select(ROWS, NOW, cursor=lost).describe() == "1 no longer there"


@given(st.sets(st.integers(0, 7)), st.sampled_from(["", "tag=roof", "nobody", "ap-1 | ap-5"]))
def test_marked_devices_are_each_counted_once(marked: set[int], text: str) -> None:
    known = [*IDS, uuid4(), uuid4()]
    marks = [known[n] for n in marked]
    chosen = select(ROWS, NOW, filter=parse(text), marks=marks)
    if marks:
        assert sorted(chosen.ids + chosen.gone) == sorted(marks)
        assert set(chosen.hidden) <= set(chosen.ids)
    assert len(chosen.ids) == len(chosen.names) == len(set(chosen.ids))
