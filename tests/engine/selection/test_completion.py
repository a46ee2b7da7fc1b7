"""What may follow in a filter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.selection import FilterError, completions, parse
from tests.rows import NOW, device

ROWS = [
    device("ap-1", model="TP-Link EAP 615", tags=("roof",)),
    device("ap-2", model="TP-Link EAP 615", tags=("roof", "yard")),
    device("gw*1", model="x86", tags=("yard", "rack 2")),
]


def complete(text: str) -> list[str]:
    return completions(text, len(text), ROWS, NOW, ("roofs", "night shift"))


def test_keys_and_names_complete() -> None:
    assert complete("mod") == ["model="]
    assert complete("ap") == ["ap-1", "ap-2"]
    assert complete("roof !mod") == ["roof !model="]
    assert complete("gw") == ['"gw*1"']


def test_a_whole_key_is_followed_by_its_operators() -> None:
    assert complete("model") == ["model=", "model:"]
    assert complete("cpu") == ["cpu=", "cpu:", "cpu>", "cpu<"]


def test_values_come_from_the_devices_the_most_frequent_first() -> None:
    assert complete("model=") == ['model="TP-Link EAP 615"', "model=x86"]
    assert complete("tag=r") == ["tag=roof", 'tag="rack 2"']
    assert complete('model="tp') == ['model="TP-Link EAP 615"']


def test_ages_flags_and_views_complete() -> None:
    assert complete("seen>") == ["seen>30s", "seen>5m", "seen>1h", "seen>1d"]
    assert complete("deactivated=") == ["deactivated=yes", "deactivated=no"]
    assert complete("view:") == ['view:"night shift"', "view:roofs"]


def test_only_the_word_before_the_cursor_is_completed() -> None:
    assert completions("tag= | gw", 4, ROWS, NOW)[0] == "tag=roof"


@given(st.text(alphabet='ab tagmodel=:>"\\|()!~/*1', max_size=30), st.integers(0, 30))
def test_completing_never_fails(text: str, cursor: int) -> None:
    for line in completions(text, cursor, ROWS, NOW):
        assert line


@given(st.sampled_from(["model=", "tag=", "name=", "tag:"]))
def test_what_is_completed_can_be_parsed_and_finds_something(stem: str) -> None:
    for line in complete(stem):
        try:
            assert parse(line).choose(ROWS, NOW)
        except FilterError as problem:
            raise AssertionError(line) from problem
