"""The order of templates as a pure rule: what is inserted, kept and taken out, of any list."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from storage.ordering import Entry, Rule

OWNER, OTHER = UUID(int=1), UUID(int=2)


def id_(name: str) -> UUID:
    return uuid5(OWNER, name)


def entry(name: str, **fields: object) -> Entry:
    """r… is required, d… default, the rest neither."""
    given: dict[str, object] = {
        "id": id_(name),
        "name": name,
        "backend": "wrt",
        "organization_id": None,
        "default": name[0] in "rd",
        "required": name[0] == "r",
    }
    return Entry(**{**given, **fields})  # type: ignore[arg-type]


def rule(*entries: Entry, group: tuple[str, ...] = ()) -> Rule:
    known = {one.id: one for one in entries}
    return Rule(known, OWNER, "wrt", tuple(map(id_, group)))


NAMES = ("r1", "r2", "d1", "d2", "g1", "g2", "x1", "x2")
FULL = rule(*map(entry, NAMES), group=("g2", "g1"))


def names(ids: list[UUID]) -> list[str]:
    return [FULL.entries[one].name for one in ids]


def test_a_new_list_is_required_default_group() -> None:
    assert names(FULL.initial()) == ["r1", "r2", "d1", "d2", "g2", "g1"]


def test_what_is_of_another_organization_or_backend_is_not_given() -> None:
    mixed = rule(
        entry("r1", organization_id=OTHER),
        entry("d1", backend="other"),
        entry("g1", backend="other"),
        entry("d2", organization_id=OWNER),
        group=("g1",),
    )
    assert [mixed.entries[one].name for one in mixed.initial()] == ["d2"]


def test_a_group_gives_nothing_that_is_there_by_default() -> None:
    made = rule(entry("d1"), entry("g1"), group=("d1", "g1"))
    assert made.of_group == [id_("g1")]


def test_a_group_that_changes_takes_out_and_puts_in_and_keeps_what_was_taken_off() -> None:
    before = [id_("old"), id_("g1")]
    known = rule(*map(entry, (*NAMES, "old")), group=("g2", "g1"))
    current = [id_("d1"), id_("old"), id_("x1")]  # somebody took g1 off
    found = known.regroup(current, before)
    assert [known.entries[one].name for one in found] == ["d1", "g2", "x1"]


def test_a_group_that_is_put_in_another_order_is_followed() -> None:
    current = [id_(name) for name in ("r1", "g1", "x1", "g2")]
    found = FULL.regroup(current, [id_("g1"), id_("g2")])
    assert names(found) == ["r1", "g2", "x1", "g1"]


lists = st.permutations(NAMES).flatmap(
    lambda order: st.integers(0, len(order)).map(lambda n: list(order[:n]))
)


@given(lists, st.sampled_from(NAMES))
def test_what_is_inserted_moves_nothing_else(current: list[str], new: str) -> None:
    found = names(FULL.insert([id_(name) for name in current], [id_(new)]))
    assert [name for name in found if name != new or new in current] == current
    assert found.count(new) == 1


@given(st.permutations(NAMES))
def test_whatever_comes_in_whatever_order_the_places_are_the_same(order: list[str]) -> None:
    found: list[UUID] = []
    for name in order:
        found = FULL.insert(found, [id_(name)])
    placed = [name for name in names(found) if not name.startswith("x")]
    assert placed == ["r1", "r2", "d1", "d2", "g2", "g1"]
    assert {*names(found)[-2:]} == {"x1", "x2"}


@given(lists)
def test_required_ones_lead_whatever_somebody_wants(wanted: list[str]) -> None:
    found = names(FULL.reset([id_(name) for name in wanted]))
    assert found[:2] == ["r1", "r2"]
    assert found[2:] == [name for name in wanted if not name.startswith("r")]
