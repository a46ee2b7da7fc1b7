"""Files for other programs: each reads back what was written, whatever the names are."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.topology.exports import ENDINGS, export
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import pair
from owtui.engine.topology.picture import LinkView, NodeView, Picture
from owtui.engine.topology.views import netjson
from owtui.errors import InputError
from tests.engine.topology.meshes import NOW, picture

SVG = "{http://www.w3.org/2000/svg}"
ODD = st.text(st.sampled_from("ab\"\\<>&';,{}[]\n\r\t\x00\x1b=-é日\u2028 "), max_size=8)


@st.composite
def odd(draw: Any) -> Picture:
    """A picture whose names hold what the formats must escape."""
    ids = draw(st.lists(ODD.filter(bool), unique=True, min_size=1, max_size=6))
    nodes = {id_: NodeView(id_, draw(ODD) or id_, (draw(ODD),)) for id_ in ids}
    links = {}
    for one, other in draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)))):
        if one != other:
            up = draw(st.booleans())
            links[pair(one, other)] = LinkView(one, other, 1.5, draw(ODD), up, NOW)
    return Picture(draw(ODD), NOW, NOW, "OLSR", nodes=nodes, links=links)


def plain(text: str) -> str:
    """What XML can carry of a text, with spaces as a reader folds them."""
    return " ".join(re.sub("[^\t\n\r -\ud7ff]", "\ufffd", text).split())


@settings(max_examples=80, deadline=None)
@given(odd())
def test_every_form_reads_back(shown: Picture) -> None:
    told = json.loads(export(shown, "netjson"))
    assert [node["id"] for node in told["nodes"]] == sorted(shown.nodes)
    status = {pair(one["source"], one["target"]): one["status"] for one in told["links"]}
    assert status == {key: "up" if link.is_up else "down" for key, link in shown.links.items()}

    drawn = ElementTree.fromstring(export(shown, "svg"))
    names = [plain(one.text or "") for one in drawn.iter(f"{SVG}text")]
    assert names == [plain(shown.nodes[id_].name) for id_ in sorted(shown.nodes)]
    assert len(list(drawn.iter(f"{SVG}line"))) == len(shown.links)

    for form, many in (("nodes", len(shown.nodes)), ("links", len(shown.links))):
        rows = list(csv.DictReader(io.StringIO(export(shown, form))))
        assert len(rows) == many

    quoted = re.findall(r'"(?:[^"\\\n]|\\.)*"', export(shown, "dot"))
    assert len(quoted) == 1 + 2 * len(shown.nodes) + 3 * len(shown.links)


@settings(max_examples=40, deadline=None)
@given(odd())
def test_graphml_reads_back_as_the_same_graph(shown: Picture) -> None:
    found = nx.parse_graphml(export(shown, "graphml"))
    assert len(found.edges) <= len(
        shown.links
    )  # ids that differ in what XML cannot carry fall together
    kept = {id_ for id_ in shown.nodes if not re.search("[^ -\ud7ff]", id_)}
    assert {id_ for id_ in found if "\ufffd" not in id_} >= kept
    assert all(isinstance(data["up"], bool) for _, _, data in found.edges(data=True))


def test_what_is_down_shows_in_dot_and_svg() -> None:
    shown = picture("gw-a", "a!b")
    assert '"a" -- "b" [label="1" style=dashed];' in export(shown, "dot")
    assert export(shown, "svg").count("stroke-dasharray") == 1
    assert export(shown, "links").splitlines()[1].startswith("a,b,down,1,")


def test_an_unknown_form_names_the_known_ones() -> None:
    with pytest.raises(InputError) as told:
        export(picture("a-b"), "png")
    assert all(form in told.value.hint for form in ENDINGS)


def test_netjson_is_what_is_shown_and_is_read_back_with_what_is_down() -> None:
    links = {
        pair(*ends): LinkView(*ends, 1.5, is_up=up, since=NOW, properties={"role": "roof"})
        for ends, up in ((("a", "b"), True), (("b", "c"), False))
    }
    nodes = {id_: NodeView(id_, id_, (id_,)) for id_ in "abc"}
    shown = Picture("mesh", NOW, NOW, "OLSR", nodes=nodes, links=links)
    text = export(shown, "netjson")
    assert json.loads(text) == netjson(shown)
    read = Formats.load().get("netjson").parse(text.encode(), NOW)
    assert list(read.nodes) == ["a", "b", "c"]
    assert list(read.links) == [("a", "b")]  # a file of our own brings no dead link to life
    assert not read.nodes["a"].addresses


def test_netjson_of_others_leaves_the_secrets_of_tunnels() -> None:
    told = {"preshared_key": "c2VjcmV0", "private_key": "c2VjcmV0", "endpoint": "192.0.2.1:51820"}
    about = dict.fromkeys(("protocol", "version", "metric"), "")
    document = {"type": "NetworkGraph", **about, "links": []}
    document["nodes"] = [{"id": "wg0", "properties": told}]
    read = Formats.load().get("netjson").parse(json.dumps(document).encode(), NOW)
    assert read.nodes["wg0"].properties == {"endpoint": "192.0.2.1:51820"}
