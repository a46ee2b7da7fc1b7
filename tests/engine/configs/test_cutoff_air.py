"""Radios and tunnels on our way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from owtui.engine.configs.model import File
from owtui.engine.openwrt.facts import Facts, Interface
from tests.engine.configs.asked import FIREWALL, NETWORK, ROUTER, WIRELESS, place, said, way_to

MESH_TEXT = (
    WIRELESS
    + """
config wifi-iface 'back'
	option device 'radio0'
	option network 'lan'
	option mode 'mesh'
	option mesh_id 'hill'
	option encryption 'sae'
	option key 'mesh-password'
"""
)
QUIET = Facts(
    version="24.10.6",
    clients=0,
    interfaces=(
        Interface("br-lan", up=True, addresses=("10.77.0.11/24",), network="lan", rx_bytes=9),
        Interface("lan1", up=True),
        Interface("lan2", up=True),
        Interface("lan3", up=True),
        Interface("phy0-mesh0", up=True, rx_bytes=9),
    ),
)
MESH = replace(ROUTER.with_text("wireless", MESH_TEXT), facts=QUIET)


@pytest.mark.parametrize(
    ("old", "new", "level", "where"),
    [
        ("'hill'", "'valley'", "certain", "back.mesh_id"),
        ("mesh-password", "other", "certain", "back.key"),
        ("'sae'", "'psk2'", "certain", "back.encryption"),
        ("'mesh'", "'ap'", "certain", "back.mode"),
        ("channel '36'", "channel '40'", "certain", "radio0.channel"),
        ("channel '36'", "channel 'auto'", "doubt", "radio0.channel"),
        ("band '5g'", "band '2g'", "certain", "radio0.band"),
        ("'hill'", "'hill'\n\toption disabled '1'", "certain", "back.disabled"),
        ("band '5g'", "band '5g'\n\toption disabled '1'", "certain", "radio0.disabled"),
        ("wifi-device 'radio0'", "wifi-device 'radio7'", "certain", "back.device"),
        ("'VHT80'", "'HE40'", "safe", ""),
        ("'VHT80'", "'NOHT'", "doubt", "radio0.htmode"),
        ("band '5g'", "band '5g'\n\toption country 'JP'", "doubt", "radio0.country"),
        ("band '5g'", "band '5g'\n\toption txpower '1'", "doubt", "radio0.txpower"),
        ("band '5g'", "band '5g'\n\toption txpower '20'", "safe", ""),
        ("'hill'", "'hill'\n\toption mesh_fwding '0'", "doubt", "back.mesh_fwding"),
        ("'wifi-password'", "'another'", "safe", ""),
        ("ssid 'Field'", "ssid 'Hill'", "safe", ""),
    ],
)
def test_a_mesh_that_carries_us(old: str, new: str, level: str, where: str) -> None:
    found = MESH.ask("wireless", (old, new))
    assert found.level == level, found
    assert place(found) == (f"wireless.{where}" if where else "")


def test_a_mesh_beside_a_cable_is_a_doubt_where_nothing_tells_them_apart() -> None:
    blind = replace(MESH, facts=Facts())
    found = blind.ask("wireless", ("'hill'", "'valley'"))
    assert found.level == "doubt"
    assert "whether we come in there or over" in said(found)
    assert (
        ROUTER.with_text("wireless", MESH_TEXT).ask("wireless", ("'hill'", "'valley'")).level
        == "doubt"
    )
    named = MESH_TEXT.replace("'back'", "'back'\n\toption ifname 'mesh0'")
    cabled = ROUTER.with_text("wireless", named)
    assert cabled.ask("wireless", ("'hill'", "'valley'")).level == "doubt"
    seen = (*ROUTER.facts.interfaces, Interface("mesh0", up=True))
    silent = replace(cabled, facts=Facts(version="24.10.6", interfaces=seen))
    assert silent.ask("wireless", ("'hill'", "'valley'")).level == "safe"


def test_a_mesh_on_a_radar_channel_is_told_in_words() -> None:
    high = MESH.with_text("wireless", MESH_TEXT.replace("'36'", "'auto'"))
    found = high.ask("wireless", ("'auto'", "'auto'\n\toption htmode 'VHT160'"))
    assert found.level == "safe"
    station = _station(channel="36")
    radar = station.ask("wireless", ("channel '36'", "channel '100'"))
    assert radar.level == "doubt"
    assert "radio0 goes silent for up to 60 s" in said(radar)


def test_what_becomes_of_the_mesh_as_a_whole() -> None:
    assert MESH.put({"/etc/config/wireless": None}).level == "certain"
    assert MESH.put({"/etc/config/wireless": File(b"")}).level == "certain"
    renamed = MESH_TEXT.replace("wifi-iface 'back'", "wifi-iface 'wifi_mesh0'")
    assert MESH.ask("wireless", (MESH_TEXT, renamed)).level == "safe"


def _station(channel: str = "36", wds: bool = False, bridged: bool = False):  # type: ignore[no-untyped-def]
    """A device whose uplink is a station, in an interface of its own or in the LAN bridge."""
    network = NETWORK.replace("option device 'wan'\n\t", "") if not bridged else NETWORK
    text = WIRELESS.replace("'36'", f"'{channel}'") + (
        "\nconfig wifi-iface 'up'\n\toption device 'radio0'\n\toption mode 'sta'\n"
        f"\toption network '{'lan' if bridged else 'wan'}'\n\toption ssid 'Provider'\n"
        "\toption encryption 'psk2'\n\toption key 'uplink-password'\n"
    )
    text += "\toption wds '1'\n" if wds else ""
    firewall = (
        FIREWALL
        + "\nconfig rule\n\toption src 'wan'\n\toption dest_port '22'\n\toption target 'ACCEPT'\n"
    )
    device = (
        ROUTER.with_text("network", network)
        .with_text("wireless", text)
        .with_text("firewall", firewall)
    )
    if bridged:
        return replace(device, facts=QUIET)
    up = Interface("phy0-sta0", up=True, addresses=("172.20.0.9/24",), network="wan", rx_bytes=9)
    facts = Facts(version="24.10.6", interfaces=(*QUIET.interfaces[:4], up))
    return replace(device, way=way_to("172.20.0.9", "198.51.100.7"), facts=facts)


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("'Provider'", "'Provlder'", "certain"),
        ("uplink-password", "other", "certain"),
        ("mode 'sta'", "mode 'ap'", "certain"),
        ("network 'wan'", "network 'lan'", "certain"),
        ("'uplink-password'", "'uplink-password'\n\toption disabled '1'", "certain"),
        ("'uplink-password'", "'uplink-password'\n\toption bssid '02:00:00:00:00:01'", "doubt"),
        ("'uplink-password'", "'uplink-password'\n\toption wds '1'", "doubt"),
        ("band '5g'", "band '2g'", "doubt"),
        ("channel '36'", "channel '44'", "safe"),
        ("wifi-iface 'up'", "wifi-iface 'uplink'", "safe"),
    ],
)
def test_a_station_that_is_our_uplink(old: str, new: str, level: str) -> None:
    found = _station().ask("wireless", (old, new))
    assert found.level == level, found


def test_a_station_that_takes_only_one_of_its_ways_is_a_doubt() -> None:
    mixed = _station()
    text = mixed.texts["wireless"].replace(
        "encryption 'psk2'\n\toption key 'uplink", "encryption 'sae-mixed'\n\toption key 'uplink"
    )
    both = mixed.with_text("wireless", text)
    assert both.ask("wireless", ("sae-mixed", "sae")).level == "doubt"
    assert both.ask("wireless", ("sae-mixed", "owe")).level == "certain"


def test_a_station_in_a_bridge_needs_four_addresses() -> None:
    bridged = _station(wds=True, bridged=True)
    assert bridged.ask("wireless", ("option wds '1'", "option wds '0'")).level == "certain"


def test_batman_adv_is_reached_by_what_is_put_into_it() -> None:
    hard = (
        "\nconfig interface 'bat0'\n\toption proto 'batadv'\n"
        "\nconfig interface 'hard'\n\toption proto 'batadv_hardif'\n\toption master 'bat0'\n"
    )
    network = NETWORK.replace("list ports 'lan3'", "list ports 'bat0'") + hard
    device = replace(
        MESH.with_text("network", network),
        texts={
            **MESH.texts,
            "network": network,
            "wireless": MESH_TEXT.replace(
                "'lan'\n\toption mode 'mesh'", "'hard'\n\toption mode 'mesh'"
            ),
        },
    )
    assert device.ask("network", ("master 'bat0'", "master 'bat1'")).level == "certain"
    assert device.ask("network", ("list ports 'bat0'", "list ports 'lan3'")).level == "certain"
    assert (
        device.ask("network", ("'batadv'", "'batadv'\n\toption gw_mode 'client'")).level == "safe"
    )
    assert device.ask("wireless", ("'hill'", "'valley'")).level == "certain"
    fifth = "'batadv'\n\toption routing_algo 'BATMAN_V'"
    assert device.ask("network", ("'batadv'", fifth)).level == "certain"
    fourth = "'batadv'\n\toption routing_algo 'BATMAN_IV'"
    assert device.ask("network", ("'batadv'", fourth)).level == "safe"


def test_without_the_bridge_only_one_radio_is_taken_in() -> None:
    found = MESH.ask("network", ("\toption device 'br-lan'\n", ""))
    assert found.level == "doubt"
    assert "takes in only one" in said(found)


# -- tunnels ----------------------------------------------------------------------------------

WG = """
config interface 'wg0'
	option proto 'wireguard'
	option private_key 'own'
	option listen_port '51820'
	list addresses '10.200.0.2/24'

config wireguard_wg0 'noc'
	option public_key 'noc'
	option preshared_key 'psk'
	list allowed_ips '10.200.0.0/24'
	option endpoint_host '203.0.113.77'
	option endpoint_port '51820'
	option persistent_keepalive '25'
	option route_allowed_ips '1'
"""
ZONE = "\nconfig zone\n\toption name 'vpn'\n\tlist network 'wg0'\n\toption input 'ACCEPT'\n"
TUNNEL = replace(
    ROUTER.with_text("network", NETWORK + WG).with_text("firewall", FIREWALL + ZONE),
    way=way_to("10.200.0.2", "10.200.0.1"),
)
ENDPOINT = "\toption endpoint_host '203.0.113.77'\n"


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("private_key 'own'", "private_key 'new'", "certain"),
        ("public_key 'noc'", "public_key 'eva'", "certain"),
        ("preshared_key 'psk'", "preshared_key 'ksp'", "certain"),
        ("10.200.0.0/24", "10.201.0.0/24", "certain"),
        ("10.200.0.2/24", "10.200.0.3/24", "certain"),
        ("public_key 'noc'", "public_key 'noc'\n\toption disabled '1'", "certain"),
        ("config wireguard_wg0", "config wireguard_wg1", "certain"),
        ("proto 'wireguard'", "proto 'none'", "certain"),
        ("203.0.113.77", "203.0.113.78", "doubt"),
        (ENDPOINT, "", "doubt"),
        ("keepalive '25'", "keepalive '15'", "safe"),
        ("keepalive '25'", "keepalive '0'", "doubt"),
        ("listen_port '51820'", "listen_port '51821'", "safe"),
        ("listen_port '51820'", "listen_port 'x'", "certain"),
        ("keepalive '25'", "keepalive 'often'", "doubt"),
        ("proto 'wireguard'", "proto 'wireguard'\n\toption fwmark '0x1'", "doubt"),
        ("proto 'dhcp'", "proto 'none'", "certain"),
        ("option device 'wan'", "option device 'lan9'", "certain"),
        ("10.77.0.11", "10.99.0.1", "safe"),
        ("proto 'dhcp'", "proto 'dhcp'\n\toption peerdns '0'", "safe"),
    ],
)
def test_a_tunnel_that_carries_us(old: str, new: str, level: str) -> None:
    found = TUNNEL.ask("network", (old, new))
    assert found.level == level, found


def test_a_name_as_endpoint_needs_name_servers() -> None:
    named = TUNNEL.with_text(
        "network", TUNNEL.texts["network"].replace("203.0.113.77", "noc.example")
    )
    edit = ("proto 'dhcp'", "proto 'dhcp'\n\toption peerdns '0'")
    assert named.ask("network", edit).level == "doubt"
    assert TUNNEL.ask("network", edit).level == "safe"
    gone = named.ask("network", ("proto 'dhcp'", "proto 'none'"))
    assert "the other end (noc.example)" in said(gone)


def test_a_tunnel_into_the_lan_carries_us_to_the_address_there() -> None:
    inner = replace(TUNNEL, way=way_to("10.77.0.11", "10.200.0.1"))
    assert inner.ask("network", ("preshared_key 'psk'", "preshared_key 'ksp'")).level == "certain"
    assert inner.ask("network", ("list ports 'lan1'\n", "\n")).level == "safe"
    assert (
        inner.ask(
            "firewall",
            (
                "list network 'wg0'\n\toption input 'ACCEPT'",
                "list network 'wg0'\n\toption input 'DROP'",
            ),
        ).level
        == "certain"
    )


def test_a_peer_without_an_endpoint_calls_us() -> None:
    rule = (
        "\nconfig rule 'calls'\n\toption src 'wan'\n\toption proto 'udp'\n"
        "\toption dest_port '51820'\n\toption target 'ACCEPT'\n"
    )
    called = TUNNEL.with_text("network", (NETWORK + WG).replace(ENDPOINT, "")).with_text(
        "firewall", FIREWALL + ZONE + rule
    )
    assert called.ask("network", ("listen_port '51820'", "listen_port '51821'")).level == "certain"
    assert called.ask("network", ("keepalive '25'", "keepalive '20'")).level == "safe"
    found = called.ask("firewall", ("'udp'", "'tcp'"))
    assert (found.level, place(found)) == ("certain", "firewall.@zone[1].input")


def test_a_tunnel_of_a_daemon() -> None:
    vpn = "\nconfig openvpn 'noc'\n\toption enabled '1'\n\toption dev 'tun0'\n\toption remote 'x'\n"
    zone = "\nconfig zone\n\toption name 'vpn'\n\tlist device 'tun+'\n\toption input 'ACCEPT'\n"
    tun = Interface("tun0", up=True, addresses=("10.8.0.6/24",), rx_bytes=9)
    device = replace(
        ROUTER.with_text("openvpn", vpn).with_text("firewall", FIREWALL + zone),
        way=way_to("10.8.0.6", "10.8.0.1"),
        facts=Facts(version="24.10.6", interfaces=(*ROUTER.facts.interfaces, tun)),
    )
    assert device.ask("openvpn", ("enabled '1'", "enabled '0'")).level == "certain"
    assert device.ask("openvpn", ("remote 'x'", "remote 'y'")).level == "doubt"
    assert device.add("openvpn", "\nconfig openvpn 'other'\n\toption dev 'tun9'\n").level == "safe"
    assert device.put({"/etc/openvpn/noc.conf": File(b"x")}).level == "doubt"
    assert device.ask("firewall", ("'tun+'", "'tap+'")).level == "certain"
    assert ROUTER.with_text("openvpn", vpn).ask("openvpn", ("'1'", "'0'")).level == "safe"


def test_a_tunnel_of_a_daemon_with_an_interface_of_its_own() -> None:
    iface = "\nconfig interface 'vpn'\n\toption device 'tun0'\n\toption proto 'none'\n"
    zone = "\nconfig zone\n\toption name 'vpn'\n\tlist network 'vpn'\n\toption input 'ACCEPT'\n"
    tun = Interface("tun0", up=True, addresses=("10.8.0.6/24",), network="vpn", rx_bytes=9)
    device = replace(
        ROUTER.with_text("network", NETWORK + iface).with_text("firewall", FIREWALL + zone),
        way=way_to("10.8.0.6", "10.8.0.1"),
        facts=Facts(version="24.10.6", interfaces=(*ROUTER.facts.interfaces, tun)),
    )
    assert device.ask("network", ("10.77.0.11", "10.99.0.1")).level == "safe"
    assert device.ask("network", ("'none'", "'none'\n\toption disabled '1'")).level == "certain"
    assert device.ask("firewall", ("list network 'vpn'", "list network 'npv'")).level == "certain"


def test_a_tunnel_that_the_device_opens_itself() -> None:
    reverse = ROUTER.from_("127.0.0.1")
    assert reverse.ask("firewall", ("'ACCEPT'", "'DROP'")).level == "doubt"
    assert reverse.ask("system", ("ap-01", "ap-02")).level == "safe"
