"""What holds for every format, ours and a plug-in's: one error, graphs that can be kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine import plugins
from owtui.engine.topology.formats import base
from owtui.engine.topology.formats.base import Format, FormatError
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph
from owtui.errors import InputError
from tests.engine.topology.formats.samples import AT, SAMPLES

FORMATS = Formats.load()
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")  # what a terminal obeys
TEXTS = [(id_, text) for id_, texts in SAMPLES.items() for text in texts]


def test_each_format_has_a_sample_and_a_label_of_its_own() -> None:
    assert list(FORMATS.ids) == sorted(SAMPLES) and not FORMATS.problems
    assert len({one.title for one in FORMATS}) == len(SAMPLES)


@pytest.mark.parametrize(("id_", "text"), TEXTS)
def test_a_graph_can_be_kept_and_the_same_bytes_make_the_same(id_: str, text: str) -> None:
    found = FORMATS.get(id_).parse(text.encode(), AT)
    assert found.links and kept(found)
    again = text.replace("\r", "").replace("\n", "\r\n").encode()
    assert FORMATS.get(id_).parse(b"\xef\xbb\xbf" + again, AT) == found


def kept(graph: Graph) -> bool:
    """True when it is JSON that databases take; raises otherwise."""
    rows = [*graph.nodes.values(), *graph.links.values()]
    told = json.dumps([repr(one) for one in rows]).encode()
    for one in rows:
        json.dumps(dict(one.properties), allow_nan=False, ensure_ascii=False).encode()
    for node in graph.nodes.values():
        assert node.id and not CONTROL.search("".join((node.id, node.label, *node.addresses)))
        assert max(map(len, (node.id, node.label, *node.addresses))) <= 600  # an id with its host
        "".join((node.id, node.label, *node.addresses)).encode()
    return bool(told)


def survives(id_: str, data: bytes) -> None:
    try:
        graph = FORMATS.get(id_).parse(data, AT)
    except FormatError as error:
        assert error.__cause__ is None  # a bug of ours is logged, and a bug
        assert error.label == FORMATS.get(id_).title and error.label in error.sentence
        assert error.sentence.endswith(".") and "\n" not in error.sentence
        assert len(error.sentence) < 400 and not CONTROL.search(error.sentence)
    else:
        assert kept(graph)


@given(st.sampled_from(TEXTS), st.data())
def test_a_damaged_document_is_one_error_or_a_graph(
    one: tuple[str, str], data: st.DataObject
) -> None:
    """Cut, with bytes in between that do not belong, or with a piece of itself twice."""
    id_, text = one
    sound = text.encode()
    start, end = sorted(data.draw(st.lists(st.integers(0, len(sound)), min_size=2, max_size=2)))
    dirt = data.draw(st.one_of(st.binary(max_size=8), st.just(sound[start:end])))
    survives(id_, sound[:start] + dirt + sound[end:])
    survives(id_, sound[:start])


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "\0", "\x1b[2J", "\ud800", "x" * 300, "1e999", "-1", "LEAF", "0"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)


def swap(value: Any, path: list[int], odd: Any) -> Any:
    """The document with another value at a place that the numbers lead to."""
    if not path or not isinstance(value, dict | list) or not value:
        return odd
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[path[0] % len(keys)]
    made = dict(value) if isinstance(value, dict) else list(value)
    made[key] = swap(value[key], path[1:], odd)
    return made


JSONS = [
    (id_, text) for id_, text in TEXTS if text[:1] in "{[" and id_ not in ("freifunk", "lldp")
] + [
    (id_, part if index == 0 else "{" + part)
    for id_ in ("freifunk", "lldp")
    for index, part in enumerate(SAMPLES[id_][0].split("\n{", 1))
]


@given(st.sampled_from(JSONS), st.lists(st.integers(0, 9), min_size=1, max_size=7), ODD)
def test_a_value_of_another_kind_is_one_error_or_a_graph(
    one: tuple[str, str], path: list[int], odd: Any
) -> None:
    id_, text = one
    survives(id_, json.dumps(swap(json.loads(text), path, odd)).encode())


@given(
    st.sampled_from(TEXTS),
    st.integers(0, 400),
    st.sampled_from(["", "-1", "1e999", "\x1b[2J", "x" * 300]),
)
def test_a_word_of_another_kind_is_one_error_or_a_graph(
    one: tuple[str, str], at: int, odd: str
) -> None:
    id_, text = one
    words = text.replace("\t", " \t ").replace(",", " , ").split(" ")
    words[at % len(words)] = odd
    survives(id_, " ".join(words).replace(" \t ", "\t").replace(" , ", ",").encode())


@pytest.mark.parametrize("id_", FORMATS.ids)
def test_what_is_deep_huge_or_no_text_is_refused(id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    format_ = FORMATS.get(id_)
    for data in (
        b"",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"<a>" * 200_000,
        b"9" * 5_000,
        b"\n" * 500_001,
        b"[" + b"[]," * 3_000_001 + b"[]]",
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><cnml>&b;</cnml>',
    ):
        if data or id_ not in ("wireguard",):  # no line: no interface is up
            with pytest.raises(FormatError):
                format_.parse(data, AT)
    monkeypatch.setattr(base, "MOST", 1)
    with pytest.raises(FormatError, match="more than 1 nodes"):
        format_.parse(SAMPLES[id_][0].encode(), AT)
    monkeypatch.setattr(base, "LARGEST", 10)
    with pytest.raises(FormatError, match="larger than"):
        format_.parse(b"x" * 11, AT)


def test_an_error_names_the_place() -> None:
    with pytest.raises(FormatError) as found:
        FORMATS.get("olsr").parse(b'{"topology": [{"lastHopIP": 1.5}], "mid": []}', AT)
    assert found.value.place == "topology[0].tcEdgeCost"
    assert found.value.sentence == (
        "This cannot be read as OLSRd (txtinfo/jsoninfo), topology[0].tcEdgeCost: it is missing."
    )
    with pytest.raises(FormatError) as found:
        FORMATS.get("wireguard").parse(b"wg0\ta\tb\t1\toff\nwg0\tx\n", AT)
    assert found.value.place == "line 2"


class Ping(Format):
    """A format as a plug-in brings it."""

    id = "ping"
    title = "Ping"
    protocol = "ping"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        return self.graph((), ())


def test_plug_ins_are_taken_in_and_a_broken_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("ping")
    module.register = lambda formats: formats.add(Ping())  # type: ignore[attr-defined]

    class Point:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> ModuleType:
            if self.name == "broken":
                raise ImportError("no such thing")
            return module

    points = [Point("ping"), Point("broken"), Point("again")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    found = Formats.load()
    assert found.get("ping").title == "Ping"
    assert found.problems == (
        "The format broken is left out: ImportError: no such thing.",
        "The format ping is left out: ValueError: there are two formats 'ping'.",
    )
    with pytest.raises(InputError) as asked:
        found.get("olrs")
    assert asked.value.hint == "Did you mean olsr?"


def test_the_format_of_the_guide_works() -> None:
    guide = (Path(__file__).parents[4] / "docs" / "plugins.md").read_text()
    code = next(
        one for one in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "Batctl" in one
    )
    module = ModuleType("batctl")
    exec(code, module.__dict__)
    found = Formats()
    found.register(module)
    graph = found.get("batctl").parse(b"02:01\n02:02 255\n02:03 17\n", AT)
    assert {ends: link.cost for ends, link in graph.links.items()} == {
        ("02:01", "02:02"): 255.0,
        ("02:01", "02:03"): 17.0,
    }
    with pytest.raises(FormatError, match="line 2"):
        found.get("batctl").parse(b"02:01\n02:02 x\n", AT)
    with pytest.raises(FormatError, match="failed on it"):
        found.get("batctl").parse(b"", AT)  # it counts on a first line: a bug of the plug-in
