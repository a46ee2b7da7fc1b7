"""Does the address that we dial survive?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from owtui.engine.configs.model import File
from owtui.engine.openwrt.facts import Facts, Interface
from tests.engine.configs.asked import NETWORK, PORTS, ROUTER, Device, place, said, way_to

PROTO = "option proto 'static'\n\toption ipaddr '10.77.0.11'"
NETMASK = "option netmask '255.255.255.0'"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("10.77.0.11", "10.77.0.12", "network.lan.ipaddr"),
        ("10.77.0.11", "10,77.0.11", "network.lan.ipaddr"),
        (NETMASK, "option netmask '255.255.256.0'", "network.lan.netmask"),
        (NETMASK, f"{NETMASK}\n\toption gateway 'gw'", "network.lan.gateway"),
        (PROTO, PROTO.replace("static", "dhcp"), "network.lan.proto"),
        (PROTO, PROTO.replace("static", "statik"), "network.lan.proto"),
        (PROTO, "option ipaddr '10.77.0.11'", "network.lan.proto"),
        ("interface 'lan'", "interfaces 'lan'", "network.lan"),
        (NETMASK, f"{NETMASK}\n\toption auto '0'", "network.lan.auto"),
        (NETMASK, f"{NETMASK}\n\toption disabled '1'", "network.lan.disabled"),
        ("option device 'br-lan'", "option device 'br-lam'", "network.lan.device"),
        ("option type 'bridge'", "option type 'brigde'", "network.lan.device"),
    ],
)
def test_a_lost_address_is_certain_and_the_place_is_named(old: str, new: str, where: str) -> None:
    found = ROUTER.ask("network", (old, new))
    assert found.level == "certain", found
    assert place(found) == where


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"ipaddr '10.77.0.11'\n\t{NETMASK}", "ipaddr '10.77.0.11/24'"),
        ("option ipaddr '10.77.0.11'", "list ipaddr '10.1.0.1/24'\n\tlist ipaddr '10.77.0.11/24'"),
        ("'255.255.255.0'", "'24'"),
        ("'fd05:b374:ab87::/48'", "'fdaa::/48'"),
        ("option ip6assign '60'", ""),
        ("option device 'br-lan'", "option ifname 'br-lan'"),
        (NETMASK, f"{NETMASK}\n\toption disabled '0'\n\toption auto 'yes'"),
    ],
)
def test_the_same_address_written_otherwise_is_safe(old: str, new: str) -> None:
    assert ROUTER.ask("network", (old, new)).level == "safe"


def test_the_address_may_move_to_an_interface_of_another_name() -> None:
    renamed = {
        f"/etc/config/{name}": File(ROUTER.texts[name].replace("'lan'", "'br_lan'").encode())
        for name in ("network", "firewall")
    }
    assert ROUTER.put(renamed).level == "safe"
    found = ROUTER.put({"/etc/config/network": renamed["/etc/config/network"]})
    assert (found.level, place(found)) == ("certain", "firewall.@zone[0].network")


def test_an_address_on_two_interfaces_is_a_doubt() -> None:
    twin = "\nconfig interface 'lan9'\n\toption device 'lan3'\n\toption proto 'static'\n"
    found = ROUTER.add("network", f"{twin}\toption ipaddr '10.77.0.11/32'\n")
    assert found.level == "doubt"
    assert "more than one interface" in said(found)
    same = twin.replace("'lan3'", "'br-lan'")
    assert ROUTER.add("network", f"{same}\toption ipaddr '10.77.0.11/24'\n").level == "safe"


def test_a_device_that_nobody_knows_is_a_doubt_only_without_facts() -> None:
    blind = replace(ROUTER, facts=Facts())
    edit = ("option device 'br-lan'", "option device 'eth0'")
    assert ROUTER.ask("network", edit).level == "certain"
    found = blind.ask("network", edit)
    assert "which may not be there" in said(found)


# -- addresses from others --------------------------------------------------------------------

LEASED = ROUTER.with_text(
    "network",
    NETWORK.replace(f"{PROTO}\n\t{NETMASK}", "option proto 'dhcp'"),
)


def test_a_leased_address_stays_while_it_is_asked_for_in_the_same_way() -> None:
    assert LEASED.ask("network", ("ip6assign '60'", "metric '5'")).level == "safe"


@pytest.mark.parametrize(
    "option", ["clientid '01aabb'", "hostname 'x'", "macaddr '02:00:00:00:00:01'"]
)
def test_asking_in_another_way_may_bring_another_address(option: str) -> None:
    found = LEASED.ask("network", ("option ip6assign '60'", f"option {option}"))
    assert found.level == "doubt", found


def test_a_static_address_in_place_of_the_lease_is_judged_by_its_value() -> None:
    same = "option proto 'static'\n\toption ipaddr '10.77.0.11/24'"
    lan = "option device 'br-lan'\n\toption proto 'dhcp'"
    static = f"option device 'br-lan'\n\t{same}"
    assert LEASED.ask("network", (lan, static)).level == "safe"
    assert LEASED.ask("network", (lan, static.replace(".11/", ".12/"))).level == "certain"


def test_an_address_that_nothing_explains_makes_changes_of_the_network_a_doubt() -> None:
    nat = Device(ROUTER.texts, way_to("203.0.113.9", "198.51.100.7"))
    found = nat.ask("network", ("'60'", "'64'"))
    assert found.level == "doubt"
    assert "Nothing tells on which interface" in said(found)
    assert nat.ask("dropbear", ("'on'", "'1'")).level == "safe"
    assert nat.ask("firewall", ("'Allow-Ping'", "'Ping'")).level == "doubt"


# -- IPv6 -------------------------------------------------------------------------------------

SIX = replace(
    ROUTER,
    way=way_to("fd05:b374:ab87::1", "fd05:b374:ab87::99"),
    facts=Facts(
        version="24.10.6",
        interfaces=(
            Interface(
                "br-lan",
                up=True,
                addresses=("10.77.0.11/24", "fd05:b374:ab87::1/60"),
                network="lan",
                rx_bytes=9,
            ),
            *PORTS[1:],
        ),
    ),
)


@pytest.mark.parametrize(
    ("old", "new", "level", "option"),
    [
        ("'fd05:b374:ab87::/48'", "'fdaa::/48'", "certain", "ula_prefix"),
        ("option ip6assign '60'", "", "certain", "ip6assign"),
        ("ip6assign '60'", "ip6assign '60'\n\toption ip6ifaceid '::5'", "certain", "ip6ifaceid"),
        ("ip6assign '60'", "ip6assign '62'", "doubt", "ip6assign"),
        ("10.77.0.11", "10.99.0.1", "safe", ""),
    ],
)
def test_an_address_out_of_the_local_prefix(old: str, new: str, level: str, option: str) -> None:
    found = SIX.ask("network", (old, new))
    assert found.level == level, found
    assert place(found).endswith(option)


def test_ipv6_needs_an_mtu_of_1280_and_the_switch_on() -> None:
    assert SIX.ask("network", ("'bridge'", "'bridge'\n\toption mtu '1279'")).level == "certain"
    assert SIX.ask("network", ("'bridge'", "'bridge'\n\toption mtu '1280'")).level == "safe"
    assert SIX.ask("network", ("'bridge'", "'bridge'\n\toption ipv6 '0'")).level == "certain"
    assert ROUTER.ask("network", ("'bridge'", "'bridge'\n\toption ipv6 '0'")).level == "safe"


def test_a_link_local_address_lives_as_long_as_its_interface() -> None:
    seen = Interface("br-lan", up=True, addresses=("fe80::1/64",), network="lan", rx_bytes=9)
    local = replace(
        ROUTER,
        way=way_to("fe80::1%br-lan", "fe80::99"),
        facts=Facts(interfaces=(seen, *PORTS[1:])),
    )
    assert local.ask("network", ("10.77.0.11", "10.99.0.1")).level == "safe"
    assert local.ask("network", (NETMASK, f"{NETMASK}\n\toption disabled '1'")).level == "certain"
