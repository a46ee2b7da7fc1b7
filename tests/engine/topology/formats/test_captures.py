"""Every capture of a real network: as many nodes and links as netdiff finds, and the details."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from owtui.engine.topology.formats.base import FormatError
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph, diff

AT = datetime(2022, 6, 6, 17, 3, 38, tzinfo=UTC)
LATER = datetime(2022, 6, 6, 17, 13, 38, tzinfo=UTC)
COUNTS = {
    "netdiff/26494_detail_1.cnml": ("cnml", 5, 3),
    "netdiff/26494_detail_2.cnml": ("cnml", 6, 4),
    "netdiff/26494_detail_3.cnml": ("cnml", 5, 3),
    "netdiff/batman-1+1.json": ("batman", 5, 4),
    "netdiff/batman-1+1.txt": ("batman", 5, 4),
    "netdiff/batman.json": ("batman", 5, 4),
    "netdiff/batman.txt": ("batman", 5, 4),
    "netdiff/bmx6-1+1.json": ("bmx6", 7, 6),
    "netdiff/bmx6.json": ("bmx6", 7, 6),
    "netdiff/netjson-2-links.json": ("netjson", 3, 2),
    "netdiff/netjson-3-links.json": ("netjson", 4, 3),
    "netdiff/netjson-nodes-1.json": ("netjson", 3, 2),
    "netdiff/netjson-nodes-2.json": ("netjson", 4, 2),
    "netdiff/olsr-2-links-cost-changed.json": ("olsr", 3, 2),
    "netdiff/olsr-2-links-cost-changed.txt": ("olsr", 3, 2),
    "netdiff/olsr-2-links-newformat.json": ("olsr", 3, 2),
    "netdiff/olsr-2-links.json": ("olsr", 3, 2),
    "netdiff/olsr-2-links.txt": ("olsr", 3, 2),
    "netdiff/olsr-3-links.json": ("olsr", 4, 3),
    "netdiff/olsr-3-links.txt": ("olsr", 4, 3),
    "netdiff/olsr-5-links-cost-changed.json": ("olsr", 5, 5),
    "netdiff/olsr-5-links.json": ("olsr", 5, 5),
    "netdiff/olsr-5-links.txt": ("olsr", 5, 5),
    "netdiff/openvpn-2-links-undef.txt": ("openvpn", 1, 0),
    "netdiff/openvpn-2-links.txt": ("openvpn", 3, 2),
    "netdiff/openvpn-5-links-tap.txt": ("openvpn", 6, 5),
    "netdiff/openvpn-special-case.txt": ("openvpn", 3, 2),
    "netdiff/wg-dump-2.txt": ("wireguard", 7, 5),
    "netdiff/wg-dump.txt": ("wireguard", 7, 5),
    "netdiff/zt-peers-updated.json": ("zerotier", 3, 2),
    "netdiff/zt-peers.json": ("zerotier", 3, 2),
    "network-topology/netjson-1-link.json": ("netjson", 2, 1),
    "network-topology/netjson-2-links.json": ("netjson", 3, 2),
    "network-topology/netjson-invalid.json": ("netjson", 1, 0),  # one node twice, and to itself
    "network-topology/openvpn-0-links.txt": ("openvpn", 1, 0),
    "network-topology/openvpn.txt": ("openvpn", 4, 3),
    "network-topology/split-network.json": ("netjson", 2, 1),
}


@pytest.fixture(scope="module")
def formats() -> Formats:
    return Formats.load()


@pytest.fixture(scope="module")
def captures(shared_data: Path) -> Path:
    return shared_data / "topology"


def graph(
    formats: Formats, captures: Path, name: str, at: datetime = AT, **options: object
) -> Graph:
    format_ = formats.get(COUNTS[name][0])
    return format_.parse((captures / name).read_bytes(), at, options)


def test_every_capture_has_its_nodes_and_links(formats: Formats, captures: Path) -> None:
    folders = ("netdiff", "network-topology")
    names = {f"{one}/{path.name}" for one in folders for path in (captures / one).iterdir()}
    assert names <= set(COUNTS)
    found = {name: graph(formats, captures, name) for name in sorted(names)}
    assert {name: (len(one.nodes), len(one.links)) for name, one in found.items()} == {
        name: COUNTS[name][1:] for name in names
    }


def test_no_capture_is_taken_for_another_format(formats: Formats, captures: Path) -> None:
    """What is given the wrong label is refused and never an empty network."""
    names = ("batman.json", "bmx6.json", "olsr-2-links.txt", "wg-dump.txt", "openvpn-2-links.txt")
    taken = []
    for name in (f"netdiff/{one}" for one in names):
        for format_ in formats:
            with suppress(FormatError):
                format_.parse((captures / name).read_bytes(), AT)
                taken.append((name, format_.id))
    assert taken == [(f"netdiff/{one}", COUNTS[f"netdiff/{one}"][0]) for one in names]


def test_olsr(formats: Formats, captures: Path) -> None:
    for name, version in (("olsr-2-links.json", "0.6.6"), ("olsr-2-links-newformat.json", "0.6.6")):
        found = graph(formats, captures, f"netdiff/{name}")
        assert (found.protocol, found.version, found.metric) == ("OLSR", version, "ETX")
        assert found.revision == "5031a799fcbe17f61d57e387bc3806de"
        link = found.links["10.150.0.2", "10.150.0.3"]
        assert link.cost == 27.669921875
        assert link.properties == {"link_quality": 0.195, "neighbor_link_quality": 0.184}
        assert found.nodes["10.150.0.2"].addresses == ("172.16.192.2", "192.168.0.2")
    text = graph(formats, captures, "netdiff/olsr-2-links.txt")
    assert (text.version, text.revision) == ("0.8", "")
    assert text.links["10.150.0.2", "10.150.0.3"].cost == pytest.approx(27.669)


def test_batman_bmx6_and_zerotier(formats: Formats, captures: Path) -> None:
    batman = graph(formats, captures, "netdiff/batman.json")
    assert batman.version == "2014.3.0"
    assert batman.nodes["90:f6:52:f2:8c:2c"].addresses == ("90:f6:52:f2:8c:2b", "90:f6:52:f2:8c:2d")
    assert graph(formats, captures, "netdiff/batman.txt").version == "2015.0"
    (first, *_) = graph(formats, captures, "netdiff/bmx6.json").links.values()
    assert (first.cost, first.properties) == (48.0, {"tx_rate": 1, "rx_rate": 95})
    zerotier = graph(formats, captures, "netdiff/zt-peers.json")
    assert zerotier.links["3504e2b2e2", "controller"].cost == 1
    assert zerotier.nodes["4a9e1c6f14"].properties["ip_address"] == "192.168.9.109/5216"


def test_openvpn(formats: Formats, captures: Path) -> None:
    special = "netdiff/openvpn-special-case.txt"
    assert set(graph(formats, captures, special).nodes) == {
        *("openvpn-server", "60c5a8fffe77607a", "58a0cbeffe0156b0")
    }
    apart = graph(formats, captures, special, duplicate_cn=True)
    assert (len(apart.nodes), len(apart.links)) == (5, 4)
    assert set(apart.nodes) == {
        "openvpn-server",
        "60c5a8fffe77607a,194.183.10.51:49794",
        "60c5a8fffe77607a,194.183.10.51:60003",
        "60c5a8fffe77607a,217.72.97.66",
        "58a0cbeffe0156b0,217.72.97.67",
    }
    tap = graph(formats, captures, "netdiff/openvpn-5-links-tap.txt").nodes["nodeA"]
    assert tap.addresses == ("46:8a:69:e7:46:24",)
    assert tap.properties == {
        "real_address": "2.226.154.66",
        "port": 45641,
        "common_name": "nodeA",
        "connected_since": "2017-10-15T11:03:54Z",
        "bytes_received": 126345570,
        "bytes_sent": 264437194,
    }


def test_wireguard(formats: Formats, captures: Path) -> None:
    first, second = (f"netdiff/{name}" for name in ("wg-dump.txt", "wg-dump-2.txt"))
    late = graph(formats, captures, first, LATER)
    assert (sorted(late.nodes), len(late.links)) == (["wg0", "wg1"], 0)
    now = graph(formats, captures, first)
    assert "EoGivgii5RJOBbcsHVQ0Nd6dNxvObm3v/asGOyCLJzc=" not in repr(now)
    assert not any("preshared_key" in node.properties for node in now.nodes.values())
    peer = now.nodes["pLj2T3b1YYugGIx238T+tD9WYRgtEIpcRSfW6kkJsnE="]
    assert peer.label == "10.254.0.2/32"
    assert peer.properties["latest_handshake"] == "2022-06-06T17:03:38Z"
    moved = diff(now, graph(formats, captures, second))
    assert [link.pair[-1] for link in moved.added_links] == ["wg0"]
    assert [link.pair[-1] for link in moved.removed_links] == ["wg1"]
    assert [node.label for node in moved.changed_nodes] == ["10.254.0.5/32"]


def test_netjson(formats: Formats, captures: Path) -> None:
    before, after = (
        graph(formats, captures, f"network-topology/{name}")
        for name in ("netjson-1-link.json", "netjson-2-links.json")
    )
    (link,) = before.links.values()
    assert (link.cost, link.cost_text) == (1.0, "10 Mbps")
    moved = diff(before, after)
    assert [node.id for node in moved.added_nodes] == ["192.168.0.3"]
    assert [link.pair for link in moved.added_links] == [("192.168.0.1", "192.168.0.3")]
    (node,), (changed,) = moved.changed_nodes, moved.changed_links
    assert (node.id, node.label, node.addresses) == ("192.168.0.2", "node2", ("10.0.0.2",))
    assert (changed.pair, changed.cost) == (("192.168.0.1", "192.168.0.2"), 1.5)
