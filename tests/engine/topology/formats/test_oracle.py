"""Against netdiff, which OpenWISP reads topologies with: the same nodes, links, costs, properties.

Where we differ on purpose (secrets, the clock, a label of the server) the test says so. CNML is not
here: netdiff takes a path for it and nothing else, and its libcnml does not load the captures.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph
from tests.engine.topology.formats.test_captures import COUNTS

AT = datetime(2022, 6, 6, 17, 3, 38, tzinfo=UTC)
PARSERS = {
    "batman": "BatmanParser",
    "bmx6": "Bmx6Parser",
    "netjson": "NetJsonParser",
    "olsr": "OlsrParser",
    "openvpn": "OpenvpnParser",
    "wireguard": "WireguardParser",
    "zerotier": "ZeroTierParser",
}


@pytest.fixture(scope="module")
def netdiff() -> Any:
    return pytest.importorskip("netdiff", reason="make .venv/.dev installs it")


@pytest.fixture(scope="module")
def formats() -> Formats:
    return Formats.load()


def ours(graph: Graph) -> dict[str, Any]:
    return {
        "protocol": graph.protocol,
        "version": graph.version,
        "metric": graph.metric,
        "revision": graph.revision,
        "nodes": {
            node.id: (node.label, bare(node.addresses), lists(node.properties))
            for node in graph.nodes.values()
        },
        "links": {
            frozenset(link.pair): (link.cost, link.cost_text, lists(link.properties))
            for link in graph.links.values()
        },
    }


def theirs(found: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: found[key] or "" for key in ("protocol", "version", "metric", "revision")},
        "nodes": {
            node["id"]: (
                node["label"] or "",
                bare(node["local_addresses"]),
                lists(node["properties"]),
            )
            for node in found["nodes"]
        },
        "links": {
            frozenset((link["source"], link["target"])): (
                link["cost"],
                link["cost_text"],
                lists(link["properties"]),
            )
            for link in found["links"]
            if link["source"] != link["target"]
        },
    }


def bare(addresses: Any) -> set[str]:
    """Without leading zeros in MACs: upstream's OpenVPN reader loses them."""
    return {re.sub(r"(^|:)0(?=[0-9a-f])", r"\1", one) for one in addresses}


def lists(properties: Any) -> dict[str, Any]:
    """Without what upstream doubles in lists (the clients of a batman node)."""
    return {
        key: list(dict.fromkeys(value)) if isinstance(value, list) else value
        for key, value in properties.items()
    }


def agreed(id_: str, told: dict[str, Any]) -> dict[str, Any]:
    """Upstream's answer with the differences that are on purpose."""
    nodes = told["nodes"]
    if id_ == "openvpn":
        nodes["openvpn-server"] = ("openvpn-server", set(), {})
    if id_ == "wireguard":
        for label, addresses, properties in nodes.values():
            properties.pop("preshared_key", None)
            if not label:  # an interface is known by its key as well
                addresses.add(properties["public_key"])
    return told


@pytest.mark.slow  # the import alone takes a second
def test_every_capture_reads_as_netdiff_reads_it(
    netdiff: Any, formats: Formats, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(AT.timestamp())  # noqa: DTZ006  # netdiff: local

    monkeypatch.setattr("netdiff.parsers.wireguard.datetime", Frozen)
    different = {}
    for name, (id_, *_) in COUNTS.items():
        if id_ not in PARSERS:
            continue
        path = shared_data / "topology" / name
        told = getattr(netdiff, PARSERS[id_])(data=path.read_text()).json(dict=True)
        mine = ours(formats.get(id_).parse(path.read_bytes(), AT))
        if mine != (wanted := agreed(id_, theirs(told))):
            different[name] = (mine, wanted)
    assert different == {}
