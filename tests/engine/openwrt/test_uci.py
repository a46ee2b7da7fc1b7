"""UCI text: what libuci accepts is read, what `uci export` prints is printed, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.openwrt import uci
from owtui.errors import ProtocolError


def test_every_captured_export_is_printed_byte_for_byte(shared_data: Path) -> None:
    exports = sorted((shared_data / "openwrt").glob("uci-export-*.txt"))
    assert len(exports) >= 10
    for path in exports:
        text = path.read_text()
        package = uci.parse(text)
        assert path.name == f"uci-export-{package.name}.txt"
        assert uci.export(package) == text


def test_the_captured_rpc_answer_reads_as_its_export(shared_data: Path) -> None:
    lines = (shared_data / "openwrt/jsonrpc-transcript.txt").read_text().splitlines()
    answer = lines[lines.index("## uci get system") + 2]
    values = json.loads(answer[2:].removesuffix(" [http 200]"))["result"][1]["values"]
    text = (shared_data / "openwrt/uci-export-system.txt").read_text().replace("ap-01", "ap-02")
    package = uci.parse(text)
    assert uci.from_rpc("system", values) == package
    assert uci.to_rpc(package) == values


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'plain'", "plain"),
        ("bare", "bare"),
        ('"double"', "double"),
        ("'it'\\''s'", "it's"),
        ('"a \\"b\\" \\\\"', 'a "b" \\'),
        ("'two\nlines'", "two\nlines"),
        ('"two\nlines"', "two\nlines"),
        ("back\\ slash", "back slash"),
        ("conti\\\nnued", "continued"),
        ("'a # b; c'", "a # b; c"),
        ("cut#short", "cut"),
        ("'grün €'", "grün €"),
        ("'no\u00a0break'", "no\u00a0break"),
        ("'a'\"b\"c", "abc"),
    ],
)
def test_each_way_of_writing_a_value_is_read(written: str, value: str) -> None:
    package = uci.parse(f"config a 'b'\n\toption x {written} # said\n\toption y 'z'\n", "p")
    assert package.section("b") == uci.Section("a", "b", {"x": value, "y": "z"})


def test_bytes_that_are_no_utf8_survive() -> None:
    text = b"package p\n\nconfig a\n\toption x '\xff\xfe'\n\n"
    assert uci.export(uci.parse(text)).encode("utf-8", "surrogateescape") == text


def test_commands_may_share_a_line_and_be_abbreviated() -> None:
    package = uci.parse("p p; c a b; o x 1; l y 2\n")
    assert package.name == "p"
    assert package.sections == (uci.Section("a", "b", {"x": "1", "y": ["2"]}),)


def test_sections_of_one_name_are_merged_and_an_empty_option_deletes() -> None:
    text = "config a b\noption x 1\noption y 2\nconfig a b\noption x ''\noption y 3\nlist y 4\n"
    assert uci.parse(text, "p").sections == (uci.Section("a", "b", {"y": ["3", "4"]}),)


def test_a_changed_option_moves_to_the_end() -> None:
    package = uci.parse("config a\noption x 1\noption y 2\noption x 3\n", "p")
    assert list(package.sections[0].options) == ["y", "x"]


def test_anonymous_sections_have_the_handles_of_libuci() -> None:
    package = uci.parse("config system\nconfig timeserver 'ntp'\nconfig led\n", "system")
    assert [s.handle for s in package.sections] == ["cfg01e48a", "ntp", package.sections[2].handle]
    assert package.section("cfg01e48a") is package.sections[0]
    assert package.sections[2].handle.startswith("cfg03")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("config a\n\toption x 'open\n\n", 2),
        ('config a\n\n\toption x "open\n', 3),
        ("\noption x 1\n", 2),
        ("config a\nnonsense here\n", 2),
        ("config a b c\n", 1),
        ("config a\noption\n", 2),
        ("config a n\nconfig b n\n", 2),
        ("config a\nopt\0ion\n", 2),
        ("config 'a b'\n", 1),
        ("config a 'b c'\n", 1),
        ("config a\n\n\noption 'x y' 1\n", 4),
    ],
)
def test_broken_text_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ProtocolError, match=f"line {line}"):
        uci.parse(text, "p")


names = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)
types = st.text(st.sampled_from("abcXYZ019_-.:/$"), min_size=1, max_size=8)
values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
options = st.dictionaries(
    names, st.one_of(values.filter(bool), st.lists(values, min_size=1, max_size=4)), max_size=5
)


@st.composite
def packages(draw: st.DrawFn) -> uci.Package:
    taken = draw(st.lists(names, unique=True, max_size=4))
    sections = [uci.Section(draw(types), name, draw(options)) for name in taken]
    sections += [
        uci.Section(draw(types), None, draw(options)) for _ in range(draw(st.integers(0, 3)))
    ]
    return uci.Package(draw(names), tuple(draw(st.permutations(sections))))


@given(packages())
def test_what_is_printed_reads_as_it_was(package: uci.Package) -> None:
    text = uci.export(package)
    assert uci.parse(text) == package
    assert uci.export(uci.parse(text)) == text
    assert uci.from_rpc(package.name, uci.to_rpc(package)) == package


@given(st.one_of(st.binary(max_size=200), st.text("config option list'\"\\\n;# \t", max_size=80)))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        package = uci.parse(text, "p")
    except ProtocolError:
        return
    assert uci.parse(uci.export(package)) == package


@given(st.dictionaries(names, st.none() | values | st.integers() | st.lists(values), max_size=3))
def test_a_strange_rpc_answer_is_a_protocol_error(values: dict[str, object]) -> None:
    if values:
        with pytest.raises(ProtocolError):
            uci.from_rpc("p", values)
