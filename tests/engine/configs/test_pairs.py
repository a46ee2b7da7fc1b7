"""Variables as people type them."""

from __future__ import annotations

from typing import Any

import pytest

from owtui.engine.configs.pairs import read_names, read_text, read_value, read_words, refuse_secrets
from owtui.errors import InputError

SECRET = "wifi_key is a secret by its name and cannot be given where others can read it."


def read_all(words: list[str]) -> dict[str, Any]:
    values = read_words(words)
    refuse_secrets(values, lambda name: "key" in name, "--stdin {}")
    return values


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("6", 6),
        ("-3", -3),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ("", ""),
        ("lobby", "lobby"),
        ("Lobby 2", "Lobby 2"),
        ('"6"', "6"),
        ('["a", 1]', ["a", 1]),
        ('{"a": {"b": 1}}', {"a": {"b": 1}}),
        ("10.0.0.1/24", "10.0.0.1/24"),
        # Written otherwise than typed: a text, since it is put in as it is written.
        ("1.10", "1.10"),
        ("1e5", "1e5"),
        ("007", "007"),
        ("-0", "-0"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("[1", "[1"),
    ],
)
def test_a_value_that_is_json_is_taken_as_json(text: str, wanted: Any) -> None:
    found = read_value(text)
    assert found == wanted and type(found) is type(wanted)


def test_pairs_are_read_and_may_hold_equal_signs() -> None:
    read = read_all(["ssid=a=b", "channel=6", " x =", "y=[1]"])
    assert read == {"ssid": "a=b", "channel": 6, "x": "", "y": [1]}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ssid"], "“ssid” is no name=value."),
        (["=x"], "“=x” is no name=value."),
        (["a=1", "a=2"], "a is given twice."),
        (["wifi_key=hush"], SECRET),
    ],
)
def test_what_is_no_pair_is_refused(words: list[str], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        read_all(words)
    assert refused.value.sentence == sentence
    assert "hush" not in refused.value.sentence + refused.value.hint


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        (" \n", {}),
        ("ssid=Lobby channel=6", {"ssid": "Lobby", "channel": 6}),
        ("ssid=Hotel Lobby channel=6", {"ssid": "Hotel Lobby", "channel": 6}),
        ("a=1\nb=two words\nc=", {"a": 1, "b": "two words", "c": ""}),
        ('dns=["1.1.1.1", "9.9.9.9"] x=y', {"dns": ["1.1.1.1", "9.9.9.9"], "x": "y"}),
        ('{"a": {"b": [1]}}', {"a": {"b": [1]}}),
        ("a=1, b=x,y, c=", {"a": 1, "b": "x,y", "c": ""}),
        ("url=http://x/?a=b", {"url": "http://x/?a=b"}),
    ],
)
def test_several_stand_in_one_text(text: str, wanted: dict[str, Any]) -> None:
    assert read_text(text) == wanted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lobby", "“lobby” is no name=value."),
        ("lobby a=1", "“lobby” is no name=value."),
        ("a=1 a=2", "a is given twice."),
        ("{a", "This is no JSON object: Expecting property name"),
    ],
)
def test_a_text_that_holds_no_pairs_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        read_text(text)
    assert refused.value.sentence.startswith(sentence)


def test_names_stand_between_commas_and_blanks() -> None:
    assert read_names(" a, b\nc,,a ") == ["a", "b", "c"]
    assert read_names("") == []
