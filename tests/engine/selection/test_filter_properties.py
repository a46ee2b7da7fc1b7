"""Laws of the filter language over generated texts and rows."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from owtui import columns
from owtui.engine.selection import FilterError, parse
from storage.rows import DeviceRow
from tests.rows import NOW, device

SOUP = st.text(alphabet='ab*?\\"()|!~/=:<> 1.5mtagcpu', max_size=40)
VALUES = st.text(alphabet='ab1*?.-\\" |()=', min_size=1, max_size=6)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


TERMS = st.one_of(
    VALUES.map(_quoted),
    st.sampled_from(["ap*", "~roof", "/a+/", "cpu>50", "fw<24.10", "seen>=5m", "deactivated=yes"]),
    st.tuples(st.sampled_from(["name", "tag", "model", "ip"]), st.sampled_from("=:"), VALUES).map(
        lambda parts: f"{parts[0]}{parts[1]}{_quoted(parts[2])}"
    ),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(lambda a: f"!({a})"),
        st.tuples(inner, inner).map(lambda ab: f"({ab[0]} {ab[1]})"),
        st.tuples(inner, inner).map(lambda ab: f"({ab[0]} | {ab[1]})"),
    ),
    max_leaves=8,
)
ROWS = st.builds(
    device,
    name=st.text(alphabet="ab1.-* ", min_size=1, max_size=8),
    tags=st.lists(st.text(alphabet="ab1", min_size=1, max_size=3), max_size=3).map(tuple),
    model=st.text(alphabet="ab1*?", max_size=4),
    address=st.sampled_from(["", "10.0.0.1", "ab.example"]),
    is_deactivated=st.booleans(),
    last_seen=st.none() | st.integers(0, 9999).map(lambda s: NOW - timedelta(seconds=s)),
    facts=st.none() | st.fixed_dictionaries({"load": st.just([0.7]), "version": st.just("23.05")}),
)


@given(SOUP | st.text(max_size=60))
def test_any_text_is_a_filter_or_a_told_error(text: str) -> None:
    try:
        parsed = parse(text)
    except FilterError as problem:
        assert problem.sentence and 1 <= problem.column <= len(text) + 1
        return
    assert parse(str(parsed)) == parsed
    assert str(parse(str(parsed))) == str(parsed)
    parsed.matches(device(), NOW)


@given(FILTERS, ROWS)
def test_the_normal_form_finds_the_same(text: str, row: DeviceRow) -> None:
    parsed = parse(text)
    again = parse(str(parsed))
    assert again == parsed
    assert again.matches(row, NOW) == parsed.matches(row, NOW)


@given(FILTERS, FILTERS, ROWS)
def test_not_and_or_keep_de_morgan(a: str, b: str, row: DeviceRow) -> None:
    assert parse(f"!({a} {b})").matches(row, NOW) == parse(f"!({a}) | !({b})").matches(row, NOW)
    assert parse(f"!({a} | {b})").matches(row, NOW) == parse(f"!({a}) !({b})").matches(row, NOW)


@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_a_quoted_name_finds_itself_and_nothing_else(name: str, other: str) -> None:
    parsed = parse(f"name={_quoted(name)}")
    assert parsed.matches(device(name), NOW)
    if other.casefold() != name.casefold():
        assert not parsed.matches(device(other), NOW)


@given(st.sampled_from(columns.keys()), st.sampled_from([">", "<", "=", ":", "!="]), VALUES, ROWS)
def test_every_key_takes_every_operator_or_says_why_not(
    key: str, op: str, value: str, row: DeviceRow
) -> None:
    with contextlib.suppress(FilterError):
        assert parse(f"{key}{op}{_quoted(value)}").matches(row, NOW) in (True, False)
