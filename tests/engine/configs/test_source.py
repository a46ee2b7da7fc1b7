"""Configurations as text: both kinds say the same, and errors name the line and the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.configs import source
from owtui.engine.configs.model import Problem
from owtui.engine.configs.source import KINDS, Kind, convert, dump, locate, parse

JSON = """{
  "radios": [
    {
      "name": "radio1",
      "channel": 36
    }
  ],
  "general": {"a/b~c": [1,
    2]}
}
"""
YAML = """radios:
  - name: radio1
    channel: 36
general:
  "a/b~c":
    - 1
    - 2
"""
CONFIG = {"radios": [{"name": "radio1", "channel": 36}], "general": {"a/b~c": [1, 2]}}

_texts = st.text(max_size=20) | st.sampled_from(
    [
        *("no", "on", "~", "null", "1e3", "089", "0o17", "0x1f", "10:20:30:40:50:11", "2026-11-26"),
        *("{{ ssid }}", "=", "<<", "-", "- a", "a: b", "# x", "|", ".inf", "1_000", " a"),
        *("a\n b\n", "\n"),
    ]
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
_configs = st.dictionaries(_texts, _values, max_size=4)


@pytest.mark.parametrize(
    ("text", "kind", "lines"),
    [
        (
            JSON,
            "json",
            {"#": 1, "#/radios": 2, "#/radios/0": 3, "#/radios/0/name": 4, "#/radios/0/channel": 5}
            | {"#/general": 8, "#/general/a~1b~0c": 8, "#/general/a~1b~0c/0": 8}
            | {"#/general/a~1b~0c/1": 9},
        ),
        (
            YAML,
            "yaml",
            {"#": 1, "#/radios": 1, "#/radios/0": 2, "#/radios/0/name": 2, "#/radios/0/channel": 3}
            | {"#/general": 4, "#/general/a~1b~0c": 5, "#/general/a~1b~0c/0": 6}
            | {"#/general/a~1b~0c/1": 7},
        ),
    ],
)
def test_every_place_has_the_line_it_is_at(text: str, kind: Kind, lines: dict[str, int]) -> None:
    found = parse(text, kind)
    assert found.config == CONFIG
    assert found.lines == lines
    assert found.ok


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_an_empty_configuration(kind: Kind) -> None:
    assert parse(" \n", kind).config == {}
    assert parse(dump({}, kind), kind).config == {}


@settings(max_examples=150, deadline=None)
@given(_configs)
def test_what_is_written_is_read_again_in_its_order(config: dict[str, Any]) -> None:
    for kind in KINDS:
        text = dump(config, kind)
        found = parse(text, kind)
        assert (found.config, found.problems) == (config, ())
        assert list(found.config or {}) == list(config)
        assert text.replace("\n", "").isprintable()
        assert convert(text, kind, kind)[0] == text


@settings(max_examples=100, deadline=None)
@given(_configs)
def test_a_reader_of_yaml_1_1_finds_the_same(config: dict[str, Any]) -> None:
    import yaml

    assert yaml.safe_load(dump(config, "yaml")) == config


def test_the_kinds_turn_into_each_other() -> None:
    assert parse(convert(JSON, "json", "yaml")[0], "yaml").config == CONFIG
    assert parse(convert(YAML, "yaml", "json")[0], "json").config == CONFIG


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{"a": 1,\n}', 1, "comma before the bracket"),
        ('{"a": 1\n "b": 2}', 1, "comma is missing at the end of this line"),
        ('{"a": [1 2]}', 1, "comma is missing before 2"),
        ("{\n'a': 1}", 2, "double quotes"),
        ("{a: 1}", 1, 'double quotes: "a"'),
        ('{"a": abc}', 1, 'double quotes: "abc"'),
        ('{"a": True}', 1, "written true"),
        ('{"a":\n 01}', 2, "no number of JSON"),
        ('{"a": 1e999}', 1, "too large"),
        ('{\n"a": [1', 2, "“[” of line 2 is not closed"),
        ('{"a": [1}', 1, "“}” closes a “[”"),
        ('{"a"}', 1, "colon is missing behind “a”"),
        ('{"a": }', 1, "“a” has no value"),
        ('{"a": "x\n"}', 1, "not closed in its line"),
        ('{"a": "\\x"}', 1, "backslash"),
        ('{"a": "\t"}', 1, "\\t"),
        ('{"a": 1} x', 1, "too much"),
        ('{"a": 1, // c\n"b": 2}', 1, "no comments"),
        ('{"a": 1,\n"b": {{ ch5 }}}', 2, 'Write "{{ ch5 }}"'),
        ('{"a": 1,\n"a": 2}', 2, "here twice; line 1"),
        ("[1]", 1, "and this is a list"),
        ("{" * 100, 1, "A key stands"),
        ('{"a":' * 100, 1, "deeper than 64"),
        (",", 1, "“,” is no value"),
        ("{,}", 1, "one comma too many"),
        ("{1: 2}", 1, "key"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_json_is_told_with_the_line_and_the_remedy(
    text: str, line: int, said: str
) -> None:
    found = parse(text, "json")
    if said != "A key stands":
        assert said in found.problems[0].sentence
    assert found.problems[0].line == line
    assert not found.ok
    assert convert(text, "json", "yaml") == (text, found)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: {{ ch5 }}", 2, 'Write "{{ ch5 }}"'),
        ("a:\n- {{ ch5 }}", 2, 'Write "{{ ch5 }}"'),
        ("a: {{ b }} c", 1, 'Write "{{ b }}"'),
        ("a:\n\t- b", 2, "tab"),
        ("a: &x 1\nb: *x", 1, "“x” is an anchor"),
        ("a: 1\nb: !!python/object:os 1", 2, "nothing that JSON knows"),
        ("a: 1\na: 2", 2, "here twice; line 1"),
        ("1: 2", 1, 'write "1" in quotes'),
        ("? [a]\n: 1", 1, "A key is"),
        ("- 1", 1, "this is a list"),
        ("a: b: c", 1, "not allowed here"),
        ("a: 0o9", 0, ""),
        ("a: '\x00'", 0, ""),
    ],
)
def test_what_is_wrong_with_yaml_is_told_with_the_line(text: str, line: int, said: str) -> None:
    found = parse(text, "yaml")
    if line:
        assert said in found.problems[0].sentence
        assert found.problems[0].line == line
        assert not found.ok


def test_plain_words_of_yaml_are_texts_unless_json_would_read_them_otherwise() -> None:
    text = "a: no\nb: 10:20:30:40:50:11\nc: 2026-11-26\nd: true\ne: ~\nf: 0x10\ng: 1e3\nh: {}"
    text = text.replace("{}", "x {{ y }}")
    assert parse(text, "yaml").config == {
        **{"a": "no", "b": "10:20:30:40:50:11", "c": "2026-11-26", "d": True, "e": None},
        **{"f": 16, "g": 1000.0, "h": "x {{ y }}"},
    }


def test_a_variable_in_a_block_of_text_is_text() -> None:
    assert parse("a: |\n  - {{ b }}\n", "yaml").config == {"a": "- {{ b }}\n"}


def test_comments_that_would_go_are_told_and_signs_in_texts_are_none() -> None:
    text = "a: 'x # y'\nb: |\n  # in a file\n# of the file\nc: 1\n"
    (lost,) = parse(text, "yaml").problems
    assert (lost.line, lost.level) == (4, "warning")
    assert "not kept" in lost.sentence
    assert parse(text, "yaml").ok


def test_problems_get_the_line_of_their_path_or_of_the_nearest_one_around() -> None:
    lines = parse(JSON, "json").lines
    problems = [
        Problem("c", "#/radios/0/htmode"),
        Problem("b", "#/radios/0/channel", level="warning"),
        Problem("a", "#/radios/0/channel"),
        Problem("d", "#/nowhere/0"),
        Problem("e", "#", 7),
    ]
    assert [(one.sentence, one.line) for one in locate(problems, lines)] == [
        *(("d", 1), ("c", 3), ("a", 5), ("b", 5), ("e", 7))
    ]
    assert source.line_of("#/x", {}) == 0


def test_a_file_in_yaml_stands_as_its_lines() -> None:
    assert dump({"contents": "a\n  b\n"}, "yaml") == "contents: |\n  a\n    b\n"


def test_a_large_configuration_is_read_in_time() -> None:
    import time

    config = {"interfaces": [{"name": f"e{n}", "mtu": n, "type": "ethernet"} for n in range(1000)]}
    text = dump(config, "json")
    started = time.process_time()
    assert parse(text, "json").config == config
    assert time.process_time() - started < 1
