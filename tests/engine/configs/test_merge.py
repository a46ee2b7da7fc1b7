"""What holds for merging layers, whatever is in them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.configs.merge import marker_problems, merge
from owtui.errors import InputError

NAMES = ("lan", "wan", "wlan0")
plain = st.one_of(st.integers(0, 2), st.sampled_from(["a", ""]), st.booleans(), st.none())
plains = st.lists(st.sampled_from(["8.8.8.8", "1.1.1.1", 1, 0]), unique=True, max_size=3)
options = st.dictionaries(st.sampled_from("xyz"), plain, max_size=2)
addresses = st.lists(options, max_size=2, unique_by=repr)
element = st.one_of(
    st.fixed_dictionaries(
        {"name": st.sampled_from(NAMES)},
        optional={
            "mtu": plain,
            "type": st.just("ethernet"),
            "wireless": options,
            "addresses": addresses,
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("8021q"), "name": st.sampled_from(NAMES), "vid": st.integers(1, 2)},
        optional={"mtu": plain},
    ),
)
sections = st.fixed_dictionaries(
    {"config_name": st.just("rule"), "config_value": st.sampled_from(NAMES)}, optional={"x": plain}
)


def who(one: dict[str, Any]) -> tuple[Any, ...]:
    """What makes an element of a list this one."""
    vlan = (one["type"], one["vid"]) if "vid" in one else ()
    return (*vlan, one.get("name"), one.get("config_value"))


# A key is of one kind in all layers and a list of a layer names an element once: a layer that does
# not keep to this is not associative in netjsonconfig either.
interfaces = st.lists(element, unique_by=who, max_size=3)
layers = st.fixed_dictionaries(
    {},
    optional={
        "general": st.fixed_dictionaries({}, optional={"x": plain, "deep": options, "l": plains}),
        "interfaces": interfaces,
        "dns_servers": plains,
        "firewall": st.lists(sections, unique_by=who, max_size=3),
        "mode": plain,
    },
)


def put(markers: list[Any]) -> st.SearchStrategy[list[Any]]:
    """Where markers may stand in a list: replacing first, removing anywhere."""
    return st.lists(st.sampled_from(markers), max_size=2)


REPLACE, REMOVE = {"$merge": "replace"}, {"$merge": "remove"}
removing = [{"$merge": "remove", "name": name} for name in NAMES]
marked_lists = st.builds(
    lambda replaced, gone, rest: [*replaced, *gone, *rest],
    st.sampled_from([[], [REPLACE]]),
    put(removing),
    interfaces,
)
marked = st.fixed_dictionaries(
    {},
    optional={
        "general": st.one_of(
            st.just(REMOVE),
            st.fixed_dictionaries({}, optional={"x": st.just(REMOVE), "deep": st.just(REMOVE)}),
        ),
        "interfaces": marked_lists,
        "dns_servers": st.builds(
            lambda gone, rest: [*gone, *rest],
            put([{"$merge": "remove", "value": "8.8.8.8"}]),
            plains,
        ),
    },
)
any_layer = st.one_of(layers, marked)


@given(layers, layers, layers)
def test_layers_may_be_merged_in_any_grouping(a: Any, b: Any, c: Any) -> None:
    assert repr(merge([merge([a, b]), c])) == repr(merge([a, b, c]))
    assert repr(merge([a, merge([b, c])])) == repr(merge([a, b, c]))


@given(any_layer, any_layer, any_layer)
def test_with_markers_they_may_be_merged_from_below_in_parts(a: Any, b: Any, c: Any) -> None:
    assert repr(merge([merge([a, b]), c])) == repr(merge([a, b, c]))


@given(any_layer, layers, layers)
def test_above_a_layer_with_markers_others_may_be_merged_first(a: Any, b: Any, c: Any) -> None:
    assert repr(merge([a, merge([b, c])])) == repr(merge([a, b, c]))


def test_markers_are_used_up_by_the_layers_that_they_are_merged_with() -> None:
    a, b, c = {"dns": ["1"]}, {}, {"dns": [{"$merge": "remove", "value": "1"}]}
    assert merge([a, b, c]) == {"dns": []}
    assert merge([a, merge([b, c])]) == {"dns": ["1"]}


@given(layers)
def test_nothing_above_or_below_changes_nothing(a: Any) -> None:
    assert repr(merge([a])) == repr(merge([{}, a])) == repr(merge([a, {}])) == repr(a)


@given(layers, layers)
def test_a_layer_that_is_there_already_changes_nothing(a: Any, b: Any) -> None:
    assert repr(merge([a, a])) == repr(merge([a]))
    assert repr(merge([b, a, a])) == repr(merge([b, a]))


@given(any_layer, any_layer)
def test_nothing_that_was_given_is_altered(a: Any, b: Any) -> None:
    before = deepcopy([a, b])
    merge([a, b])
    assert [a, b] == before


@given(any_layer, any_layer)
def test_no_marker_is_left(a: Any, b: Any) -> None:
    assert "$merge" not in repr(merge([a, b]))
    assert not list(marker_problems(a))


def test_a_later_false_is_no_zero() -> None:
    """For Python 1 is True: netjsonconfig drops the later element as the same."""
    (found,) = merge([{"l": [{"name": "a", "on": 0}]}, {"l": [{"name": "a", "on": False}]}])["l"]
    assert found["on"] is False


@pytest.mark.parametrize(
    "layer",
    [
        {"general": {"$merge": "replace", "a": 1}},
        {"general": {"$merge": "delete"}},
        {"dns": ["1", {"$merge": "replace"}]},
        {"dns": [{"$merge": "remove"}]},
    ],
)
@pytest.mark.parametrize("below", [{}, {"general": {"a": 2}, "dns": ["2"]}])
def test_a_marker_that_says_nothing_is_refused_and_never_rendered(layer: Any, below: Any) -> None:
    assert list(marker_problems(layer))
    with pytest.raises(InputError, match="stands where it has no effect"):
        merge([below, layer])
