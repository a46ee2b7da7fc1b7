"""Ports, VLANs, switches: do our packets still come in?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from owtui.engine.openwrt.facts import Facts, Interface
from tests.engine.configs.asked import NETWORK, PORTS, ROUTER, place, said, way_to

PORT1 = "\tlist ports 'lan1'\n"
PORT2 = "\tlist ports 'lan2'\n"
LAN = "option device 'br-lan'\n\toption proto 'static'"
BLIND = replace(ROUTER, facts=Facts(version="24.10.6"))


def vlan(number: int, *ports: str, more: str = "") -> str:
    """A bridge-vlan section."""
    lines = "".join(f"\tlist ports '{p}'\n" for p in ports)
    return (
        f"\nconfig bridge-vlan\n\toption device 'br-lan'\n\toption vlan '{number}'\n{lines}{more}"
    )


def test_the_port_that_received_bytes_is_ours() -> None:
    found = ROUTER.ask("network", (PORT1, ""))
    assert (found.level, place(found)) == ("certain", "network.@device[0].ports")
    assert ROUTER.ask("network", (PORT2, "")).level == "safe"


def test_without_facts_one_of_several_ports_is_a_doubt_and_all_are_certain() -> None:
    found = BLIND.ask("network", (PORT1, ""))
    assert found.level == "doubt"
    assert "over ap0, lan2, lan3 cannot be told" in said(found)
    alone = BLIND.with_text("wireless", "")
    assert alone.ask("network", ("list ports", "list pots")).level == "certain"


def test_the_port_may_be_named_by_whoever_knows_it() -> None:
    told = replace(BLIND, way=replace(BLIND.way, netdev="lan2"))
    assert told.ask("network", (PORT1, "")).level == "safe"
    assert told.ask("network", (PORT2, "")).level == "certain"


@pytest.mark.parametrize(
    ("ports", "device", "level"),
    [
        (("lan1:u*", "lan2:u*", "lan3:u*"), "br-lan.10", "safe"),
        (("lan1", "lan2", "lan3"), "br-lan.10", "safe"),
        (("lan1:*", "lan2:t"), "br-lan.10", "safe"),
        (("lan1:t", "lan2:u*"), "br-lan.10", "certain"),
        (("lan2:u*", "lan3:u*"), "br-lan.10", "certain"),
        (("lan1:u*", "lan2:u*"), "br-lan", "certain"),
        (("lan1:u*", "lan2:u*"), "br-lan.11", "certain"),
    ],
)
def test_a_bridge_that_filters_vlans(ports: tuple[str, ...], device: str, level: str) -> None:
    moved = NETWORK.replace(LAN, LAN.replace("'br-lan'", f"'{device}'"))
    found = ROUTER.ask("network", (NETWORK, moved + vlan(10, *ports)))
    assert found.level == level, found


def test_a_port_takes_what_has_no_tag_into_one_vlan_only() -> None:
    moved = NETWORK.replace(LAN, LAN.replace("'br-lan'", "'br-lan.10'"))
    both = vlan(10, "lan1", "lan2") + vlan(20, "lan1:u*")
    assert ROUTER.ask("network", (NETWORK, moved + both)).level == "certain"
    assert ROUTER.ask("network", (NETWORK, moved + both.replace("u*", "t"))).level == "safe"


def test_a_vlan_that_is_not_the_bridges_own_or_has_a_name() -> None:
    moved = NETWORK.replace(LAN, LAN.replace("'br-lan'", "'br-lan.mgmt'"))
    named = vlan(10, "lan1:u*", more="\tlist alias 'mgmt'\n")
    assert ROUTER.ask("network", (NETWORK, moved + named)).level == "safe"
    foreign = vlan(10, "lan1:u*", more="\tlist alias 'mgmt'\n\toption local '0'\n")
    assert ROUTER.ask("network", (NETWORK, moved + foreign)).level == "certain"


FILTERED = ROUTER.with_text(
    "network",
    NETWORK.replace(LAN, LAN.replace("'br-lan'", "'br-lan.10'"))
    + vlan(10, "lan1:t", "lan2:u*")
    + vlan(20, "lan3:u*"),
)


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("'lan1:t'", "'lan1:u*'", "certain"),
        ("'lan2:u*'", "'lan2:t'", "safe"),
        ("'10'", "'30'", "certain"),
        ("'20'", "'30'", "safe"),
        ("br-lan.10", "br-lan.20", "certain"),
    ],
)
def test_a_running_bridge_with_vlans(old: str, new: str, level: str) -> None:
    assert FILTERED.ask("network", (old, new)).level == level


def test_a_vlan_device_moves_with_its_number() -> None:
    tagged = ROUTER.with_text("network", NETWORK.replace(LAN, LAN.replace("br-lan", "lan1.10")))
    assert tagged.ask("network", ("lan1.10", "lan1.20")).level == "certain"
    assert tagged.ask("network", ("lan1.10", "lan1")).level == "certain"
    made = "\nconfig device\n\toption name 'mgmt'\n\toption type '8021q'\n\toption ifname 'lan1'\n"
    found = tagged.ask("network", (NETWORK[-1:], NETWORK[-1:]), ("'lan1.10'", "'mgmt'"))
    assert found.level == "certain"
    text = tagged.texts["network"].replace("'lan1.10'", "'mgmt'")
    assert (
        tagged.ask("network", (tagged.texts["network"], f"{text}{made}\toption vid '10'\n")).level
        == "safe"
    )


def test_a_switched_off_device_is_not_there() -> None:
    assert ROUTER.ask("network", ("'bridge'", "'bridge'\n\toption enabled '0'")).level == "certain"


def test_of_two_sections_for_a_device_the_last_holds() -> None:
    again = "\nconfig device 'device_br_lan'\n\toption name 'br-lan'\n\toption type 'bridge'\n"
    assert ROUTER.add("network", f"{again}\tlist ports 'lan1'\n").level == "safe"
    assert ROUTER.add("network", f"{again}\tlist ports 'lan2'\n").level == "certain"
    mtu = "\nconfig device\n\toption name 'br-lan'\n\toption mtu '1400'\n"
    assert ROUTER.add("network", mtu).level == "safe"


def test_mtu_and_8021x_are_doubts() -> None:
    assert ROUTER.ask("network", ("'bridge'", "'bridge'\n\toption mtu '200'")).level == "doubt"
    assert ROUTER.ask("network", ("'bridge'", "'bridge'\n\toption mtu '1400'")).level == "safe"
    assert ROUTER.ask("network", ("'bridge'", "'bridge'\n\toption auth '1'")).level == "doubt"


# -- before 21.02 -----------------------------------------------------------------------------

SWITCHED = """
config interface 'lan'
	option type 'bridge'
	option ifname 'eth0.1'
	option proto 'static'
	option ipaddr '10.77.0.11'
	option netmask '255.255.255.0'

config interface 'wan'
	option ifname 'eth0.2'
	option proto 'dhcp'

config switch
	option name 'switch0'
	option enable_vlan '1'

config switch_vlan
	option device 'switch0'
	option vlan '1'
	option ports '0t 2 3 4 5'

config switch_vlan
	option device 'switch0'
	option vlan '2'
	option ports '0t 1'
"""
OLD = replace(
    ROUTER.with_text("network", SWITCHED),
    facts=Facts(
        version="19.07.10",
        interfaces=(
            Interface("br-lan", up=True, addresses=("10.77.0.11/24",), network="lan", rx_bytes=9),
            Interface("eth0", up=True, rx_bytes=9),
            Interface("eth0.1", up=True, rx_bytes=9),
            Interface("eth0.2", up=True, rx_bytes=9),
        ),
    ),
)


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("'0t 2 3 4 5'", "'2 3 4 5 0t'", "safe"),
        ("'0t 2 3 4 5'", "'0 2 3 4 5'", "certain"),
        ("'0t 2 3 4 5'", "'2 3 4 5'", "certain"),
        ("'0t 2 3 4 5'", "'0t 2 3 4'", "doubt"),
        ("'0t 2 3 4 5'", "'0t 2t 3t 4t 5t'", "certain"),
        ("'0t 1'", "'0t 1 6'", "safe"),
        ("option vlan '1'", "option vlan '1'\n\toption vid '7'", "certain"),
        ("enable_vlan '1'", "enable_vlan '0'", "certain"),
        ("eth0.1", "eth0.2", "certain"),
        ("ifname 'eth0.1'", "ifname 'eth0.1 eth0.9'", "safe"),
        ("option type 'bridge'\n", "\n", "safe"),
        ("eth0.1", "eth0", "certain"),
    ],
)
def test_a_switch_in_the_syntax_before_21_02(old: str, new: str, level: str) -> None:
    found = OLD.ask("network", (old, new))
    assert found.level == level, found


def test_an_old_bridge_written_in_the_new_syntax_is_safe() -> None:
    new = SWITCHED.replace(
        "\toption type 'bridge'\n\toption ifname 'eth0.1'", "\toption device 'br-lan'"
    )
    made = (
        "\nconfig device\n\toption name 'br-lan'\n\toption type 'bridge'\n\tlist ports 'eth0.1'\n"
    )
    assert OLD.ask("network", (SWITCHED, new + made)).level == "safe"


def test_an_interface_that_no_port_explains_is_a_doubt_when_the_network_changes() -> None:
    lone = replace(
        ROUTER.with_text(
            "network",
            NETWORK.replace("'bridge'", "'bridge'\n\toption bridge_empty '1'").replace(
                "list ports", "list pots"
            ),
        ).with_text("wireless", ""),
        way=way_to("10.77.0.11", "10.77.0.70"),
        facts=Facts(version="24.10.6", interfaces=PORTS),
    )
    found = lone.ask("network", ("ip6assign '60'", "ip6assign '62'"))
    assert "cannot be told from its configuration" in said(found)
