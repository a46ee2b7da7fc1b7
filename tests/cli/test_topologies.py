"""`owtui topologies` and `owtui topology`: sources, imports, pictures of moments, ways, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine


def document(*links: str, cost: float = 1.0) -> str:
    """NetJSON with these links: "a-b"."""
    told = [
        {"source": one.split("-")[0], "target": one.split("-")[1], "cost": cost} for one in links
    ]
    nodes = sorted({end for one in links for end in one.split("-")})
    about = {"type": "NetworkGraph", "protocol": "OLSR", "version": "0.8", "metric": "ETX"}
    return json.dumps({**about, "nodes": [{"id": node} for node in nodes], "links": told})


def take(owtui: CommandLine, *links: str, cost: float = 1.0) -> None:
    done = owtui("topology", "import", "Mesh", "netjson", "-", stdin=document(*links, cost=cost))
    assert done.code == 0, done.err


def test_an_import_makes_a_topology_and_every_moment_of_it_stays(
    bare: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "mesh.json"
    file.write_text(document("a-b", "b-c"))
    made = bare("topology", "import", "Mesh", "netjson", file, "--json").json
    assert (made["nodes"], made["links"], len(made["changes"])) == (3, 2, 5)
    take(bare, "a-b", cost=2.5)
    [row] = bare("topologies", "--json").json
    assert (row["label"], row["strategy"], row["down"], row["metric"]) == (
        *("Mesh", "receive"),
        *(1, "ETX"),
    )
    shown = bare("topology", "show", "mesh", "--json").json
    assert shown["type"] == "NetworkGraph"
    links = {(one["source"], one["target"]): one for one in shown["links"]}
    assert links["b", "c"]["status"] == "down"
    assert links["b", "c"]["status_changed"].endswith("Z")
    assert links["a", "b"]["cost"] == 2.5
    (down,) = bare("topology", "show", "mesh", "--down", "--json").json["links"]
    assert (down["source"], down["target"]) == ("b", "c")
    found = bare("topology", "changes", "mesh", "--json").json
    assert [one["kind"] for one in found[-2:]] == ["link changed", "link down"]
    assert found[-2]["before"]["cost"] == 1.0
    assert bare("topology", "changes", "Mesh", "--since", "now", "--json").json == []
    between = bare("topology", "diff", "Mesh", "1h", "--json").json
    assert [one["kind"] for one in between] == ["node added"] * 3 + ["link added"] * 2
    table = bare("topology", "show", "all").out
    assert "a - b" in table and "down" in table
    assert bare("topology", "show", "Mesh", "--at", "1h", "--json").json["nodes"] == []


def test_a_snapshot_of_a_day_and_the_days_there_are(bare: CommandLine) -> None:
    take(bare, "a-b")
    [day] = bare("topology", "history", "mesh", "--json").json
    assert day["updates"] == 1
    told = bare("topology", "history", "mesh", "--date", day["date"]).json
    assert len(told["links"]) == 1
    refused = bare("topology", "history", "mesh", "--date", "2020-01-01")
    assert refused.code == 2
    assert "no snapshot found for this date" in refused.err
    assert "invalid date supplied" in bare("topology", "history", "mesh", "--date", "x").err


def test_sources_are_set_and_keys_never_stand_on_the_line(bare: CommandLine) -> None:
    added = bare("topologies", "add", "vpn", "openvpn", "--receive", "duplicate_cn=true", "--json")
    assert added.json["options"] == {"duplicate_cn": True}
    assert len(bare("topologies", "key", "vpn").out.strip()) == 32
    changed = bare("topologies", "set", "vpn", "expiration_s=50", "options.root=gw", "--json").json
    assert changed["expiration_s"] == 50
    assert changed["options"] == {"duplicate_cn": True, "root": "gw"}
    assert bare("topologies", "set", "vpn", "--key-stdin", stdin="0123456789\n").code == 0
    assert bare("topologies", "key", "vpn", "--json").json["key"] == "0123456789"
    assert "would go" in bare("topologies", "remove", "vpn").err
    assert bare("topologies", "remove", "vpn", "--yes").code == 0
    assert bare("topologies", "--json").json == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["topologies", "add", "x", "olsr"], "Where is it read?"),
        (["topologies", "add", "x", "olsrd", "--receive"], "olsr"),
        (["topologies", "add", "x", "olsr", "--url", "nowhere"], "is no URL"),
        (["topologies", "set", "mesh", "labl=x"], "Did you mean label?"),
        (["topologies", "set", "mesh"], "Nothing is to be set"),
        (["topology", "show", "nothing"], "no topology called"),
        (["topology", "show", "mesh", "--at", "yesterday"], "is no time"),
        (["topology", "path", "mesh", "a", "zz"], "no one node"),
        (["topology", "import", "mesh", "netjson", "/nowhere"], "cannot be read"),
        (["topology", "update", "mesh"], "receives what is sent"),
    ],
)
def test_mistakes_are_one_sentence(bare: CommandLine, words: list[str], said: str) -> None:
    take(bare, "a-b")
    done = bare(*words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_way_is_the_cheapest_of_what_is_up(bare: CommandLine) -> None:
    take(bare, "a-b", "b-c", "a-c")
    assert bare("topology", "path", "mesh", "a", "c", "--json").json["nodes"] == ["a", "c"]
    assert bare("topology", "link", "mesh", "a", "c", "down").code == 0
    found = bare("topology", "path", "mesh", "a", "c", "--json").json
    assert (found["nodes"], found["cost"]) == (["a", "b", "c"], 2.0)
    bare("topology", "describe", "mesh", "b", "owner=eva", "--label", "tower")
    assert "tower" in bare("topology", "path", "mesh", "a", "c").out
    bare("topology", "link", "mesh", "b", "c", "down")
    assert "no way" in bare("topology", "path", "mesh", "a", "c").err


@pytest.mark.parametrize(
    ("form", "piece"), [("netjson", '"NetworkGraph"'), ("dot", "graph"), ("graphml", "<graphml")]
)
def test_a_picture_goes_to_other_programs(bare: CommandLine, form: str, piece: str) -> None:
    take(bare, "a-b")
    assert piece in bare("topology", "export", "mesh", "--format", form).out


def test_read_only_blocks_what_writes(bare: CommandLine) -> None:
    take(bare, "a-b")
    for words in (
        ["topologies", "add", "x", "olsr", "--receive"],
        ["topologies", "remove", "mesh", "--yes"],
        ["topology", "link", "mesh", "a", "b", "down"],
        ["topology", "describe", "mesh", "a", "x=1"],
        ["topology", "update"],
    ):
        assert bare(*words, "--read-only").code == 4
    assert bare("topology", "show", "mesh", "--json", "--read-only").json["links"]
