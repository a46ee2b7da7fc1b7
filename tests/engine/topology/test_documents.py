"""Meshes and neighbours out of monitoring documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from owtui.engine.topology.mesh import meshes
from owtui.engine.topology.neighbours import neighbours
from owtui.engine.topology.told import Told

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HILL, MILL, WELL = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"
STRANGER = "02:99:00:00:00:01"
SPACE = UUID(int=7)


def told(mac: str, *interfaces: dict[str, Any], age: int = 60, **more: Any) -> Told:
    document = {"type": "DeviceMonitoring", "interfaces": list(interfaces), **more}
    at = NOW - timedelta(seconds=age)
    return Told(uuid5(SPACE, mac), f"router-{mac[-1]}", mac, at, document)


def radio(mac: str, *clients: dict[str, Any], mode: str = "802.11s") -> dict[str, Any]:
    wireless = {"mode": mode, "ssid": "Test", "channel": 11, "clients": list(clients)}
    return {"name": "mesh0", "type": "wireless", "mac": mac, "wireless": wireless}


def test_the_meshes_of_openwisp(shared_data: Path) -> None:
    folder = shared_data / "topology" / "mesh"
    data = json.loads((folder / "simple_mesh_data.json").read_text())
    devices = [told(mac, *interfaces) for mac, interfaces in data.items()]
    found = meshes(devices, NOW)
    assert list(found) == ["Test Mesh@11"]
    graph = found["Test Mesh@11"]
    assert (graph.protocol, graph.version, graph.metric) == ("Mesh", "1", "Airtime")
    assert list(graph.nodes) == [
        f"{mac}@11" for mac in ("2A:9A:FB:12:11:76", "64:70:02:C3:03:B2", "A4:BC:3F:AE:C7:0B")
    ]
    assert graph.nodes["2A:9A:FB:12:11:76@11"].addresses == ("2a:9a:fb:12:11:77",)
    assert graph.nodes["2A:9A:FB:12:11:76@11"].properties == {
        **{"ht": True, "vht": False, "mfp": False, "wmm": True},
        "vendor": "TP-LINK TECHNOLOGIES CO.,LTD.",
    }
    assert len(graph.links) == 3
    for link in graph.links.values():
        assert (link.cost, link.properties["noise"], link.properties["signal"]) == (1.0, -94, -58)
        assert (link.properties["mesh_llid"], link.properties["mesh_plid"]) == (19500, 24500)
        assert link.properties["auth"] is True
    odd = [link.properties["mesh_non_peer_ps"] for link in graph.links.values()]
    assert sorted(odd) == ["ACTIVE", "ACTIVE", "INCONSISTENT: (LISTEN / ACTIVE)"]
    assert meshes(reversed(devices), NOW) == found
    single = json.loads((folder / "single_node_mesh_data.json").read_text())
    (graph,) = meshes([told(mac, *of) for mac, of in single.items()], NOW).values()
    assert (len(graph.nodes), len(graph.links)) == (1, 0)


def test_a_mesh_joins_both_ends_and_leaves_strangers_out() -> None:
    def peer(mac: str, **values: Any) -> dict[str, Any]:
        return {"mac": mac, "mesh_plink": "ESTAB", **values}

    found = meshes(
        [
            told(HILL, radio("02:00:00:00:01:01", peer(MILL, signal=-94, mfp=True, he=None))),
            told(MILL, radio(MILL, peer("02:00:00:00:01:01", signal=-95, mfp=False))),
            told(
                WELL, radio(WELL, {"mac": MILL, "mesh_plink": "LISTEN"}, peer("02:99:00:00:00:01"))
            ),
            told("02:00:00:00:00:04", radio("02:00:00:00:00:04", peer(HILL)), age=361),
            told("02:00:00:00:00:05", radio("02:00:00:00:00:05", peer(MILL), mode="access_point")),
        ],
        NOW,
    )["Test@11"]
    assert [node[-4:] for node in found.nodes] == ["1@11", "2@11", "3@11"]
    (link,) = found.links.values()
    assert link.properties["signal"] == -95  # floor of -94.5
    assert found.nodes[f"{MILL}@11"].properties == {"mfp": True}


def test_neighbours_are_our_devices_that_name_each_other() -> None:
    lan = {"name": "br-lan", "type": "bridge", "mac": "02:00:00:00:02:02"}
    found = neighbours(
        [
            told(
                HILL,
                neighbors=[
                    {"ip": "192.168.1.2", "interface": "br-lan", "mac": "02:00:00:00:02:02"},
                    {"ip": "192.168.1.3", "interface": "br-lan", "mac": WELL, "state": "FAILED"},
                    {"ip": "192.168.1.9", "interface": "br-lan", "mac": STRANGER},
                    {"ip": "192.168.1.8", "interface": "br-lan"},
                ],
                dhcp_leases=[{"mac": "02:00:00:00:02:02", "ip": "192.168.1.2"}],
            ),
            told(MILL, lan, radio(MILL, {"mac": WELL}, mode="access_point")),
            told(WELL, clients={}, neighbors={}),
            told("02:00:00:00:00:04", neighbors=[{"mac": HILL}], age=2 * 86_400),
        ],
        NOW,
    )
    assert [node.name for node in found.nodes.values()] == ["router-1", "router-2", "router-3"]
    assert found.nodes[MILL].addresses == ("02:00:00:00:02:02",)
    assert {ends: link.properties for ends, link in found.links.items()} == {
        (HILL, MILL): {"via": ["lease", "neighbour"], "interfaces": {HILL: ["br-lan"]}},
        (MILL, WELL): {"via": ["wifi"], "interfaces": {MILL: ["mesh0"]}},
    }


def test_a_mac_of_two_devices_is_nobodys() -> None:
    shared = {"name": "eth0", "type": "ethernet", "mac": "02:00:00:00:09:09"}
    found = neighbours(
        [told(HILL, shared), told(MILL, shared), told(WELL, neighbors=[{"mac": shared["mac"]}])],
        NOW,
    )
    assert len(found.nodes) == 3 and not found.links
