"""Which device a node is, by each of the ways of operations.md §4.4 that are known yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from owtui.engine.topology.matching import Identities, Identity
from storage.topologies import NodeRow
from tests.engine.topology.networks import START
from tests.rows import device

ROOF = device("roof", mac="AA:BB:CC:00:00:01", address="10.0.0.1", management_ip="10.8.0.6")
TOWER = device("tower", mac="AA:BB:CC:00:00:02", address="10.0.0.2")
ALIEN = device("alien", address="10.0.0.9", organization_id=UUID(int=9))
REPORTED: dict[str, Any] = {
    "interfaces": [
        {"name": "lo", "mac": "00:00:00:00:00:00", "addresses": [{"address": "127.0.0.1"}]},
        {
            **{"name": "mesh0", "mac": "aa:bb:cc:00:00:1a"},
            "addresses": [{"address": "192.168.1.1"}, {"address": "FE80::1A"}],
        },
        "no interface",
    ]
}
LAN = {"name": "br-lan", "addresses": [{"address": "192.168.1.1"}]}
PEOPLE = Identities.build(
    [
        Identity.of(ROOF, REPORTED),
        Identity.of(TOWER, {"interfaces": [LAN]}),
        Identity.of(ALIEN, None),
    ],
    {"cert-7": TOWER.id, "10.9.0.2": TOWER.id},
)


def node(*addresses: str, label: str = "", **properties: Any) -> NodeRow:
    return NodeRow(uuid4(), addresses, label, START, START, properties)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (node("10.0.0.1"), ROOF),
        (node("x", "10.8.0.6"), ROOF),
        (node("AA-BB-CC-00-00-01@11", "aa:bb:cc:00:00:1a"), ROOF),  # NetJSON: MAC@channel
        (node("aa:bb:cc:00:00:1a"), ROOF),  # of an interface, as it was reported
        (node("fe80::1a"), ROOF),
        (node("key=", allowed_ips=["10.0.0.0/24", "10.0.0.2/32"]), TOWER),  # WireGuard
        (node("58a0,1.2.3.4", common_name="AA:BB:CC:00:00:01-ROOF"), ROOF),  # OpenVPN
        (node("9", common_name="cert-7"), TOWER),  # by a certificate, once there are some
        (node("z", allowed_ips=["10.9.0.2"]), TOWER),
        (node("n1", label="Tower"), TOWER),
        (node("192.168.1.1"), None),  # several have it
        (node("127.0.0.1"), None),
        (node("10.0.0.9"), None),  # another organization's
        (node("10.0.0.77", label="nobody"), None),
    ],
)
def test_a_node_is_the_device_that_is_known_by_the_same(told: NodeRow, found: Any) -> None:
    assert PEOPLE.match(told, ROOF.organization_id) == (found.id if found else None)


def test_a_shared_topology_knows_the_devices_of_all() -> None:
    assert PEOPLE.match(node("10.0.0.9"), None) == ALIEN.id
