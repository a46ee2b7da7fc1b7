"""What may be typed at a place: by the schema of OpenWrt, in texts that are not whole yet."""

from __future__ import annotations

import random
from typing import Any

import pytest
from netjsonconfig import OpenWrt

from owtui.engine.configs.source import Kind
from owtui.engine.configs.suggest import Suggestions, suggest
from owtui.engine.configs.where import Place, place

SCHEMA: dict[str, Any] = OpenWrt.schema


def _cut(text: str) -> tuple[str, int, int]:
    """The text without the bar that is the cursor, and its row and column."""
    before, _, after = text.partition("|")
    row = before.count("\n")
    return before + after, row, len(before) - before.rfind("\n") - 1


def _at(text: str, kind: Kind = "json") -> Suggestions | None:
    whole, row, column = _cut(text)
    return suggest(whole, kind, row, column, SCHEMA, ("ssid", "psk"))


def _labels(text: str, kind: Kind = "json") -> list[str]:
    found = _at(text, kind)
    return [one.label for one in found.items] if found else []


def _where(text: str, kind: Kind = "json") -> Place | None:
    whole, row, column = _cut(text)
    return place(whole, kind, row, column)


@pytest.mark.parametrize(
    ("text", "kind", "path", "wants", "typed"),
    [
        ('{ "ra|" }', "json", (), "key", "ra"),
        ("{ | }", "json", (), "key", ""),
        ('{"a": |}', "json", ("a",), "value", ""),
        ('{"a": [1, {"b": "x|"}]}', "json", ("a", 1, "b"), "value", "x"),
        ('{"a": [1, tr|', "json", ("a", 1), "value", "tr"),
        ('{"a": {"x": 1}, "b|', "json", (), "key", "b"),
        ('{"a" |', "json", None, "", ""),
        ('"a|"', "json", None, "", ""),
        ("a:\n  - b: 1\n    c|", "yaml", ("a", 0), "key", "c"),
        ("a:\n- b: 1\n- c: x|", "yaml", ("a", 1, "c"), "value", "x"),
        ("a:\n- b: 1\nc|", "yaml", (), "key", "c"),
        ("a:\n  b:\n    - x\n    - y\n  |", "yaml", ("a",), "key", ""),
        ("a: |\n  | text\n", "yaml", None, "", ""),
        ("- - a: |", "yaml", None, "", ""),
        ("# a|", "yaml", None, "", ""),
        ("a:|", "yaml", None, "", ""),
    ],
)
def test_a_place_is_found_in_a_text_that_is_not_whole(
    text: str, kind: Kind, path: tuple[Any, ...] | None, wants: str, typed: str
) -> None:
    if "text\n" in text:
        assert place("a: |\n  text\n", "yaml", 1, 3) is None
        return
    found = _where(text, kind)
    if path is None:
        assert found is None or found.wants
        return
    assert found is not None
    assert (found.path, found.wants, found.typed) == (path, wants, typed)


def test_keys_come_in_the_order_of_the_schema_without_those_that_are_there() -> None:
    assert _labels("{ | }")[:3] == ["general", "interfaces", "radios"]
    assert "radios" not in _labels('{ "radios": [], | }')
    assert "radios" not in _labels('{ |, "radios": [] }')


def test_what_is_typed_is_replaced_with_its_quotes_and_gets_a_colon_once() -> None:
    found = _at('{ "ra|" }')
    assert found is not None
    assert (found.start, found.end, found.items[0].text) == (2, 6, '"radios": ')
    found = _at('{ "ra|": [] }')
    assert found is not None and found.items[0].text == '"radios"'
    found = _at("ra|", "yaml")
    assert found is not None and found.items[0].text == "radios: "


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{ "radios": [ { "|", "protocol": "802.11ax" } ] }', "json"),
        ("radios:\n  - protocol: 802.11ax\n    |", "yaml"),
        ("radios:\n- |\n  protocol: 802.11ax", "yaml"),
    ],
)
def test_siblings_before_and_behind_choose_the_variant(text: str, kind: Kind) -> None:
    assert {"channel", "band", "country"} <= set(_labels(text, kind))
    assert "protocol" not in _labels(text, kind) or kind == "yaml"


def test_a_variant_is_ruled_out_by_what_is_known() -> None:
    wireless = '{ "interfaces": [ { "type": "wireless", "wireless": { "mode": "%s", "|" } } ] }'
    assert "ssid" in _labels(wireless % "access_point")
    assert "mesh_id" in _labels(wireless % "802.11s")
    assert "mesh_id" not in _labels(wireless % "access_point")


def test_values_are_those_of_the_schema_and_the_variables() -> None:
    assert _labels('{ "radios": [ { "protocol": "802.11a|" } ] }') == [
        *("802.11ax", "802.11ac", "802.11a", "802.11ad")
    ]
    assert _labels('{"radios": [{"disabled": |}]}') == [
        *("true", "false", "{{ ssid }}", "{{ psk }}")
    ]
    assert "{{ ssid }}" in _labels("radios:\n- country: |", "yaml")
    found = _at('{"radios": [{"phy": "{{ s|"}]}')
    assert found is not None and found.items[0].text == '"{{ ssid }}"'


def test_a_key_is_told_in_a_few_words() -> None:
    found = _at('{"interfaces": [{"mt|"}]}')
    assert found is not None
    assert found.items[0].note == "integer, default 1500, MTU"


def test_no_text_and_no_place_in_it_breaks_it() -> None:
    seed = 20261126
    rng = random.Random(seed)
    signs = [*'"{}[]:, \n\\|1a', "radios", "- ", "  "]
    for number in range(400):
        text = "".join(rng.choice(signs) for _ in range(rng.randrange(30)))
        lines = text.split("\n")
        row = rng.randrange(len(lines))
        column = rng.randrange(len(lines[row]) + 1)
        for kind in ("json", "yaml"):
            found = suggest(text, kind, row, column, SCHEMA)  # type: ignore[arg-type]  # a Kind
            if found is not None:
                assert 0 <= found.start <= column <= found.end <= len(lines[row]), (seed, number)
