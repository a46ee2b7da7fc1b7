"""What is particular to each format, on documents of our own making."""

from __future__ import annotations

from datetime import timedelta

import pytest

from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph, Link, Node
from owtui.errors import InputError
from tests.engine.topology.formats import samples


@pytest.fixture(scope="module")
def formats() -> Formats:
    return Formats.load()


def read(formats: Formats, id_: str, text: str) -> Graph:
    return formats.get(id_).parse(text.encode(), samples.AT)


def test_olsr_knows_both_plug_ins_and_leaves_lost_links_out(formats: Formats) -> None:
    found = read(formats, "olsr", samples.OLSR)
    assert (found.version, found.revision) == ("0.9.8", "abc")
    assert list(found.nodes.values()) == [
        Node("10.1.0.1", addresses=("10.2.0.1",)),
        Node("10.1.0.2"),
    ]
    text = read(formats, "olsr", samples.TXTINFO)
    assert text.nodes["10.1.0.1"].addresses == ("10.2.0.1", "10.2.0.2")
    assert text.links.keys() == found.links.keys()
    assert [link.cost for link in (*found.links.values(), *text.links.values())] == [2.0, 2.0]


def test_batman_leads_secondary_addresses_to_the_primary(formats: Formats) -> None:
    found = read(formats, "batman", samples.BATMAN)
    one, two = "02:00:00:00:00:01", "02:00:00:00:00:02"
    assert list(found.nodes) == [one, two]
    assert found.nodes[one].addresses == ("02:00:00:00:01:01",)
    assert [link.cost for link in found.links.values()] == [1.1]  # what was told last
    assert list(read(formats, "batman", samples.VIS_TEXT).links) == [(one, two)]


def test_cnml_counts_working_links_between_known_interfaces(formats: Formats) -> None:
    found = read(formats, "cnml", samples.CNML)
    assert list(found.links) == [("172.16.0.1", "172.16.0.2")]


def test_netjson_keeps_what_it_is_told(formats: Formats) -> None:
    found = read(formats, "netjson", samples.NETJSON)
    assert (found.protocol, found.version, found.metric, found.revision) == (
        "OLSR",
        "0.8",
        "",
        "r1",
    )
    assert found.nodes["a"] == Node("a", "Hill", ("10.0.0.1",), {"gateway": True})
    assert list(found.links.values()) == [Link("a", "7", 1.5, "15 Mbps")]


def test_openvpn_reads_both_versions(formats: Formats) -> None:
    found = read(formats, "openvpn", samples.OPENVPN)
    assert list(found.nodes) == ["hill", "idle", "mill", "openvpn-server"]
    assert [pair[0] for pair in found.links] == ["hill", "mill"]  # idle has no route
    assert found.nodes["hill"].addresses == ("10.8.0.2", "fd00::2")
    assert found.nodes["hill"].properties["real_address"] == "2001:db8::7"
    assert found.nodes["mill"].addresses == ("02:00:00:00:00:07",)
    second = read(formats, "openvpn", samples.OPENVPN_2).nodes["hill"]
    assert second.properties["real_address"] == "192.0.2.7"
    assert second.properties["connected_since"] == "2026-03-01T11:00:00Z"  # not local


def test_wireguard_judges_handshakes_at_the_moment_and_keeps_no_secret(formats: Formats) -> None:
    found = read(formats, "wireguard", samples.WIREGUARD)
    assert list(found.links) == [("HILL=", "wg0")]
    assert found.nodes["HILL="].label == "10.9.0.2/32, fd00::2/128"
    assert found.nodes["wg0"].addresses == ("HUB=",)
    assert "PRIVATE" not in repr(found) and "SHARED" not in repr(found)
    wireguard, data = formats.get("wireguard"), samples.WIREGUARD.encode()
    assert len(wireguard.parse(data, samples.AT - timedelta(seconds=1)).links) == 2
    assert not wireguard.parse(data, samples.AT + timedelta(minutes=4)).links


def test_zerotier_takes_the_path_in_use(formats: Formats) -> None:
    found = read(formats, "zerotier", samples.ZEROTIER)
    (link,) = found.links.values()
    assert (link.pair, link.cost) == (("1111111111", "controller"), 12)
    assert found.nodes["1111111111"].properties["ip_address"] == "192.0.2.2/9993"


def test_babel_tells_its_own_part(formats: Formats) -> None:
    found = read(formats, "babel", samples.BABEL)
    me = "02:00:00:ff:fe:00:00:01"
    assert found.version == "babeld-1.13.1"
    assert found.nodes[me] == Node(me, "hill", ("fe80::1", "10.3.0.1"), {"interfaces": ["mesh0"]})
    (link,) = found.links.values()
    assert (link.pair, link.cost) == ((me, "fe80::2"), 128)
    assert link.properties["rtt"] == 1.25 and link.properties["interface"] == "mesh0"


def test_freifunk_joins_its_two_documents(formats: Formats) -> None:
    found = read(formats, "freifunk", samples.FREIFUNK)
    one, two, other = "020000000001", "020000000002", "02:00:00:00:00:09"
    assert {pair: link.cost for pair, link in found.links.items()} == {
        (one, other): 2.5,
        (one, two): 1.25,
    }
    assert found.nodes[one].addresses == ("02:00:00:00:00:01", "fd00::1", "02:00:00:00:01:01")
    assert found.nodes[two].properties == {"online": False, "gateway": True}
    nodes, graph = samples.FREIFUNK.split("\n{", 1)
    assert read(formats, "freifunk", "{" + graph + nodes) == found
    assert len(read(formats, "freifunk", nodes).nodes) == 2
    old = '{"version": 1, "nodes": {"x": {"nodeinfo": {"node_id": "x", "hostname": "hill"}}}}'
    assert read(formats, "freifunk", old).nodes["x"].label == "hill"


def test_meshviewer_marks_who_is_offline_and_takes_the_worse_direction(formats: Formats) -> None:
    found = read(formats, "meshviewer", samples.MESHVIEWER)
    one, two = "020000000001", "020000000002"
    assert [node.properties["is_online"] for node in found.nodes.values()] == [True, False]
    assert {pair: link.cost for pair, link in found.links.items()} == {(one, two): 2.0}


def test_lldp_reads_both_shapes_alike(formats: Formats) -> None:
    found = read(formats, "lldp", samples.LLDP)
    assert found.nodes["02:00:00:00:00:01"] == Node(
        "02:00:00:00:00:01",
        "hill",
        ("192.168.1.1", "fe80::1"),
        {"descr": "OpenWrt 23.05.3", "capabilities": ["Bridge"]},
    )
    assert found.links["02:00:00:00:00:01", "02:aa:00:00:00:01"].properties == {
        "interface": "lan1",
        "via": "LLDP",
        "port": "gi1",
        "port_descr": "Port 1",
    }
    assert "phone-7" in found.nodes
    assert read(formats, "lldp", samples.LLDP_0) == found
    alone = read(formats, "lldp", '{"lldp": {}}')
    assert list(alone.nodes) == ["local"] and formats.get("lldp").private(alone.nodes["local"])


def test_an_option_that_a_format_does_not_know_is_refused(formats: Formats) -> None:
    with pytest.raises(InputError, match="no option 'duplicate'"):
        formats.get("openvpn").parse(samples.OPENVPN.encode(), samples.AT, {"duplicate": True})
