"""Sections as routers have them, made up by Hypothesis: mostly sensible, some not."""

from __future__ import annotations

from hypothesis import strategies as st

from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package, Section, Value
from tests.engine.configs.strategies import any_sections

_ADDRESSES = ["192.168.1.1", "10.0.0.1/24", "fd00::1/64", "nonsense", "2001:db8::1"]
_DEVICES = ["br-lan", "wan", "lan1", "eth0.1", "br-lan.10", "@lan", "wg0", "lo"]
_OPTIONS: dict[str, list[Value]] = {
    "addresses": [["10.9.0.2/32"], "10.9.0.2"],
    "allowed_ips": [["0.0.0.0/0"], ["10.9.0.0/24", "::/0"]],
    "auto": ["0", "1"],
    "band": ["2g", "5g", "6g"],
    "bridge_empty": ["1"],
    "channel": ["auto", "36", "1", "x"],
    "cost": ["1"],
    "country": ["DE", "us"],
    "custom": ["x", ["a", "b"], "it's", 'say "x"', "two\nlines", "{{ name }}", " x ", "\udcff"],
    "default": ["1"],
    "device": [*_DEVICES],
    "disabled": ["0", "1"],
    "dns": ["1.1.1.1", ["1.1.1.1", "9.9.9.9"], "1.1.1.1 9.9.9.9"],
    "enabled": ["1", "0"],
    "encryption": ["psk2", "sae-mixed", "psk2+ccmp", "none", "wpa2", "strange", "wep-open"],
    "endpoint_host": ["vpn.example.org"],
    "endpoint_port": ["51820", "x"],
    "gateway": ["192.168.1.254", "10.0.0.254"],
    "hostname": ["ap-1", "my_ap", "ap.example.org"],
    "htmode": ["HT20", "VHT80", "HE80", "NONE", "HT40+", "EHT160"],
    "hwmode": ["11a", "11g"],
    "ifname": [*_DEVICES, "lan1 lan2"],
    "interface": ["lan", "wan"],
    "ipaddr": [*_ADDRESSES, ["10.0.0.1/24", "10.0.1.1/24"]],
    "ip6addr": [*_ADDRESSES],
    "join": [["9536600adf654321"]],
    "key": ["s3cr3t", "1"],
    "listen_port": ["51820"],
    "macaddr": ["00:11:22:33:44:55"],
    "metric": ["0", "10", "x"],
    "mode": ["ap", "sta", "mesh", "strange"],
    "mtu": ["1400", "big"],
    "name": ["br-lan", "br-guest", "switch0", "LED", "eth0.1"],
    "netmask": ["255.255.255.0", "255.0.0.0"],
    "network": ["lan", "lan guest", ["lan", "guest"]],
    "ports": [["lan1", "lan2"], "0 1 6t", ["lan1:u*", "lan2:t"]],
    "private_key": ["QLWbbTvlnTKv4RnUd4zWCyHvJKyZOPhFoLYQIl1lDEc="],
    "proto": ["static", "dhcp", "dhcpv6", "none", "pppoe", "wireguard", "vxlan"],
    "public_key": ["bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo="],
    "server": [["0.pool.ntp.org"], "0.pool.ntp.org"],
    "src": ["10.0.0.0/8", "lan"],
    "ssid": ["Lab", "it's"],
    "stp": ["1", "0"],
    "sysfs": ["ath9k:green"],
    "target": ["10.0.0.0", "fd00::/64", "0.0.0.0"],
    "timezone": ["UTC", "CET-1CEST,M3.5.0,M10.5.0/3", "strange"],
    "trigger": ["netdev", "default-on"],
    "type": ["bridge", "8021q", "mac80211", "veth"],
    "ula_prefix": ["fd00:1::/48", "auto"],
    "vid": ["10", "x"],
    "vlan": ["1", "10"],
    "vlan_filtering": ["1"],
    "zonename": ["Europe/Berlin", "UTC", "Nowhere"],
}
_OF_TYPE = {
    ("network", "interface"): "device ifname proto ipaddr ip6addr netmask gateway dns mtu macaddr "
    "auto disabled type stp private_key listen_port addresses metric bridge_empty custom",
    ("network", "device"): "name type ports mtu macaddr ifname vid stp vlan_filtering custom",
    ("network", "bridge-vlan"): "device vlan ports custom",
    ("network", "globals"): "ula_prefix custom",
    ("network", "route"): "interface target netmask gateway metric custom",
    ("network", "route6"): "interface target gateway metric",
    ("network", "rule"): "src interface custom",
    ("network", "switch"): "name enabled custom",
    ("network", "switch_vlan"): "device vlan ports vid custom",
    ("network", "wireguard_wg0"): "public_key allowed_ips endpoint_host endpoint_port custom",
    ("wireless", "wifi-device"): "type channel band htmode hwmode country disabled custom",
    ("wireless", "wifi-iface"): "device network mode ssid encryption key ifname macaddr disabled "
    "server custom",
    ("system", "system"): "hostname timezone zonename custom",
    ("system", "timeserver"): "enabled server custom",
    ("system", "led"): "name sysfs trigger default custom",
    ("openvpn", "openvpn"): "enabled proto server custom",
    ("zerotier", "zerotier"): "enabled join custom",
    ("own", "thing"): "name custom key",
    ("firewall", "rule"): "name src target proto",
}


# Sections as they are found; what is made up is one of these with an option or two altered.
_USUAL = """
package network
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'
	option netmask '255.0.0.0'
config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'
config interface 'old'
	option type 'bridge'
	option ifname 'lan1 lan2'
	option proto 'static'
	list ipaddr '10.0.0.1/24'
	list ipaddr '10.0.1.1/24'
config interface 'wan'
	option device 'wan'
	option proto 'dhcp'
config interface 'wan6'
	option device 'wan'
	option proto 'dhcpv6'
config interface 'dsl'
	option device 'wan'
	option proto 'pppoe'
	option username 'me'
	option password 's3cr3t'
config interface 'vlan'
	option device 'br-lan.10'
	option proto 'none'
config interface 'wg0'
	option proto 'wireguard'
	option listen_port '51820'
	option private_key 'QLWbbTvlnTKv4RnUd4zWCyHvJKyZOPhFoLYQIl1lDEc='
	list addresses '10.9.0.2/32'
config wireguard_wg0
	option public_key 'bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo='
	list allowed_ips '10.9.0.0/24'
config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'
	list ports 'lan2'
config device 'device_vlan'
	option name 'eth0.5'
	option type '8021q'
	option ifname 'eth0'
	option vid '5'
config bridge-vlan
	option device 'br-lan'
	option vlan '10'
	list ports 'lan1:t'
config globals 'globals'
	option ula_prefix 'fd00:1::/48'
config route 'route1'
	option interface 'lan'
	option target '10.1.0.0'
	option netmask '255.255.0.0'
	option gateway '192.168.1.2'
	option metric '0'
config rule 'rule1'
	option src '10.0.0.0/8'
	option lookup '100'
config switch
	option name 'switch0'
	option reset '1'
	option enable_vlan '1'
config switch_vlan
	option device 'switch0'
	option vlan '1'
	option ports '0 1 6t'
	option vid '1'
package wireless
config wifi-device 'radio0'
	option type 'mac80211'
	option channel '1'
	option band '2g'
	option htmode 'HT20'
config wifi-device 'radio1'
	option type 'mac80211'
	option channel 'auto'
	option hwmode '11a'
	option htmode 'VHT80'
config wifi-iface 'wifi_wlan0'
	option device 'radio0'
	option ifname 'wlan0'
	option network 'lan'
	option mode 'ap'
	option ssid 'Lab'
	option encryption 'psk2'
	option key 's3cr3ts3cr3t'
config wifi-iface
	option device 'radio1'
	option ifname 'mesh0'
	option network 'lan'
	option mode 'mesh'
	option mesh_id 'm'
	option encryption 'none'
config wifi-iface 'default_radio0'
	option device 'radio0'
	option network 'lan'
	option mode 'ap'
	option ssid 'OpenWrt'
package system
config system
	option hostname 'ap-1'
	option timezone 'CET-1CEST,M3.5.0,M10.5.0/3'
	option zonename 'Europe/Berlin'
config timeserver 'ntp'
	option enabled '1'
	list server '0.pool.ntp.org'
config led 'led_wan'
	option name 'wan'
	option sysfs 'green:wan'
	option trigger 'netdev'
	option default '0'
package openvpn
config openvpn 'client'
	option enabled '1'
	option mode 'p2p'
	option dev 'tun0'
	option dev_type 'tun'
	option proto 'udp'
	list remote 'vpn.example.org 1195'
	option ca '/etc/x509/ca.pem'
package zerotier
config zerotier 'global'
	option enabled '1'
	list join '9536600adf654321'
package own
config thing 'a'
	option name 'x'
config thing
	option key 's3cr3t'
package firewall
config rule
	option name 'Allow-Ping'
	option proto 'icmp'
config rule 'rule1'
	option name 'Allow-SSH'
	option proto 'tcp'
"""
_BY_PACKAGE = {
    package.name: package.sections
    for package in (uci.parse(f"package {text}") for text in _USUAL.split("package ")[1:])
}


def usual_packages() -> dict[str, Package]:
    """All that is usual, in one router."""
    return {name: Package(name, sections) for name, sections in _BY_PACKAGE.items()}


@st.composite
def altered(draw: st.DrawFn, package: str, section: Section) -> Section:
    """A section with up to two options taken away, changed or added."""
    options = dict(section.options)
    chosen = _OF_TYPE.get((package, section.type), "custom").split()
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        option = draw(st.sampled_from([*options, *chosen]))
        if option in options and draw(st.booleans()):
            del options[option]
        else:
            options[option] = draw(st.sampled_from(_OPTIONS.get(option, ["x"])))
    named = draw(st.sampled_from([True] * 7 + [False]))
    return Section(section.type, section.name if named else None, options)


@st.composite
def router_packages(draw: st.DrawFn) -> dict[str, Package]:
    """The packages of a router."""
    found = {}
    for name in draw(st.lists(st.sampled_from(sorted(_BY_PACKAGE)), min_size=1, unique=True)):
        usual = _BY_PACKAGE[name]
        picked = draw(st.lists(st.sampled_from(range(len(usual))), min_size=1, unique=True))
        order = picked if draw(st.booleans()) else sorted(picked)
        found[name] = Package(name, tuple(draw(altered(name, usual[at])) for at in order))
    if draw(st.integers(0, 3)) == 0:
        found["strange"] = Package("strange", draw(any_sections()))
    return found
