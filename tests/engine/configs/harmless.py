"""Changes of network and radios that look dangerous and are not."""

from __future__ import annotations

import ipaddress
import random

from tests.engine.configs.boxes import Box
from tests.engine.configs.change import keep

# -- addresses and routes ---------------------------------------------------------------------


@keep("a second address beside ours", "static")
def _second(box: Box, rng: random.Random) -> None:
    own = box.net["server"]
    box.home.opts["ipaddr"] = rng.sample([f"{own}/24", "192.168.99.1/24"], 2)
    box.home.opts.pop("netmask")


@keep("address and netmask written in one", "static")
def _cidr(box: Box, rng: random.Random) -> None:
    box.home.opts["ipaddr"] = f"{box.net['server']}/24"
    box.home.opts.pop("netmask")


@keep("a wider netmask, and we stay a neighbour", "static onlink")
def _wider(box: Box, rng: random.Random) -> None:
    box.home.opts["netmask"] = rng.choice(["255.255.254.0", "255.255.252.0", "255.255.0.0"])


@keep("a narrower netmask that still has us", "static onlink")
def _narrower(box: Box, rng: random.Random) -> None:
    box.home.opts["netmask"] = rng.choice(["255.255.255.128", "25"])


@keep("a gateway for a device that is a neighbour of ours", "static onlink")
def _gateway(box: Box, rng: random.Random) -> None:
    box.home.opts["gateway"] = f"{box.net['base']}.254"


@keep("another name for the interface, and all who use it are told", "static fw", "ruled mesh")
def _renamed(box: Box, rng: random.Random) -> None:
    old = box.home.name
    box.home.name = "mgmt"
    for section in [s for package in box.conf.values() for s in package]:
        for option in ("network", "interface"):
            value = section.opts.get(option)
            if value == old:
                section.opts[option] = "mgmt"
            elif isinstance(value, list):
                section.opts[option] = ["mgmt" if v == old else v for v in value]


@keep("the WAN changes its protocol, and we are in the LAN", "wan")
def _wan(box: Box, rng: random.Random) -> None:
    wan = box.sec("network", "interface", "wan")
    kind = rng.randrange(4)
    if kind == 0:
        wan.opts |= {"proto": "pppoe", "username": "x", "password": "y"}
    elif kind == 1:
        wan.opts |= {"proto": "static", "ipaddr": "203.0.113.9/30", "gateway": "203.0.113.10"}
    elif kind == 2:
        wan.opts["disabled"] = "1"
    else:
        box.drop("network", wan)


@keep("a new network for guests", "v4 fw")
def _guests(box: Box, rng: random.Random) -> None:
    box.add("network", "interface", "guest", proto="static", ipaddr="192.168.240.1/24")
    box.add(
        "firewall",
        "zone",
        None,
        name_="guest",
        network=["guest"],
        input="REJECT",
        output="ACCEPT",
        forward="REJECT",
    )
    box.add("firewall", "rule", None, src="guest", dest_port="53 67", target="ACCEPT")
    box.add(
        "wireless",
        "wifi-iface",
        "guests",
        device="radio0",
        network="guest",
        mode="ap",
        ssid="Guests",
        encryption="none",
    )


@keep("the unique local prefix changes, and we come over IPv4", "v4")
def _ula(box: Box, rng: random.Random) -> None:
    box.sec("network", "globals").opts["ula_prefix"] = "fdaa:bbcc:dd00::/48"


@keep("no IPv6 any longer, and we come over IPv4", "v4", "wg")
def _no_six(box: Box, rng: random.Random) -> None:
    box.home.opts["ipv6"] = "0"
    box.home.opts.pop("ip6assign", None)


@keep("no IPv4 any longer, and we come over IPv6", "v4-too")
def _no_four(box: Box, rng: random.Random) -> None:
    box.home.opts.pop("ipaddr")
    box.home.opts.pop("netmask")


@keep("another IPv4 address, and we come over IPv6", "v4-too")
def _other_four(box: Box, rng: random.Random) -> None:
    box.home.opts["ipaddr"] = "10.0.0.1"


@keep("a second IPv6 address", "static6")
def _second_six(box: Box, rng: random.Random) -> None:
    box.home.opts["ip6addr"] = [*box.home.opts["ip6addr"], "fdaa::9/64"]


@keep("routes to networks that are not ours", "v4")
def _routes(box: Box, rng: random.Random) -> None:
    box.add("network", "route", None, target="192.168.240.0/24", type_="blackhole")
    box.add("network", "route", None, interface="loopback", target="198.18.0.0/15")


@keep("a blackhole for the whole of 10/8, and ours is narrower", "static onlink")
def _wide_hole(box: Box, rng: random.Random) -> None:
    box.add("network", "route", None, target="10.0.0.0/8", type_="unreachable")


@keep("a tunnel for others", "v4")
def _tunnel(box: Box, rng: random.Random) -> None:
    box.add(
        "network",
        "interface",
        "wg7",
        proto="wireguard",
        private_key="eA==",
        addresses=["10.253.0.2/24"],
    )
    box.add(
        "network",
        "wireguard_wg7",
        None,
        public_key="eQ==",
        allowed_ips=["10.253.0.0/24"],
        route_allowed_ips="1",
        endpoint_host="203.0.113.5",
    )


@keep("other DNS servers, and a metric", "static")
def _dns(box: Box, rng: random.Random) -> None:
    box.home.opts |= {"dns": ["1.1.1.1"], "metric": "10"}


@keep("DNS of our own instead of the lease's", "dhcp")
def _peerdns(box: Box, rng: random.Random) -> None:
    box.home.opts |= {"peerdns": "0", "dns": ["1.1.1.1"]}


@keep("the lease stays as the static address", "dhcp")
def _pinned(box: Box, rng: random.Random) -> None:
    base = box.net["base"]
    box.home.opts |= {"proto": "static", "ipaddr": box.net["server"], "netmask": "255.255.255.0"}
    box.home.opts["gateway"] = f"{base}.1"


@keep("the interface in the LAN is removed, and we are not in it", "lan-too")
def _inner(box: Box, rng: random.Random) -> None:
    box.drop("network", box.sec("network", "interface", box.net["inner"]))


@keep("the LAN has another address, and we are not in it", "lan-too")
def _inner_address(box: Box, rng: random.Random) -> None:
    box.sec("network", "interface", box.net["inner"]).opts["ipaddr"] = "192.168.1.1"


# -- devices, ports, VLANs --------------------------------------------------------------------


@keep("a port without a cable leaves the bridge", "bridge dsa onlink")
def _dead_port(box: Box, rng: random.Random) -> None:
    device = box.sec("network", "device", name_="br-lan")
    device.opts["ports"] = rng.sample(["lan1", "lan2", "lan3"], 3)


@keep("one more port", "bridge")
def _more(box: Box, rng: random.Random) -> None:
    device = box.sec("network", "device", name_="br-lan")
    device.opts["ports"] = [*device.opts["ports"], "lan7"]


@keep("VLANs are filtered, and all that goes without a tag stays ours", "bridge")
def _vlan(box: Box, rng: random.Random) -> None:
    ports = box.sec("network", "device", name_="br-lan").opts["ports"]
    vlan = str(rng.randrange(1, 90))
    marked = [f"{p}:u*" if rng.random() < 0.5 else p for p in ports]
    box.add("network", "bridge-vlan", None, device="br-lan", vlan=vlan, ports=marked)
    box.add(
        "network", "bridge-vlan", None, device="br-lan", vlan="99", ports=[f"{p}:t" for p in ports]
    )
    box.home.opts["device"] = f"br-lan.{vlan}"


@keep("spanning tree and snooping on the bridge", "bridge")
def _stp(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").opts |= {"stp": "1", "igmp_snooping": "1"}


@keep("the bridge has a MAC address of its own", "bridge static")
def _mac(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").opts["macaddr"] = "02:11:22:33:44:55"


@keep("the section of the bridge gets a name", "bridge")
def _named(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").name = "device_lan_bridge"


@keep("a smaller MTU", "bridge v4")
def _mtu(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").opts["mtu"] = rng.choice(["1400", "1492"])


@keep("the WAN is one more port of the switch", "swconfig")
def _switch(box: Box, rng: random.Random) -> None:
    box.sec("network", "switch_vlan", vlan="1").opts["ports"] = rng.choice(
        ["0t 2 3 4 5", "1 2 3 4 5 0t"]
    )
    box.drop("network", box.sec("network", "switch_vlan", vlan="2"))


@keep("one more VLAN on the switch", "swconfig")
def _third(box: Box, rng: random.Random) -> None:
    box.add("network", "switch_vlan", None, device="switch0", vlan="3", ports="5t 0t")
    box.sec("network", "switch_vlan", vlan="1").opts["ports"] = "2 3 4 5 0t"


@keep("the file is written anew, in another order, with remarks")
def _rewritten(box: Box, rng: random.Random) -> None:
    data = box.printed()["/etc/config/network"].data
    for section in box.conf["network"]:
        section.opts = dict(reversed(section.opts.items()))
    assert data != box.printed()["/etc/config/network"].data
    text = box.printed()["/etc/config/network"].data
    box.conf.pop("network")
    box.files["/etc/config/network"] = b"# by hand\n" + text + b"\n# end\n"


# -- radios -----------------------------------------------------------------------------------


@keep("the access points get another name and key", "ap", "mesh sta")
def _ssid(box: Box, rng: random.Random) -> None:
    for section in box.conf["wireless"]:
        if section.type == "wifi-iface":
            section.opts |= {"ssid": "Renamed", "key": "another-key", "encryption": "sae-mixed"}


@keep("other channels, radar or not, and our way is a cable", "ap", "mesh sta")
def _channels(box: Box, rng: random.Random) -> None:
    box.sec("wireless", "wifi-device", "radio1").opts |= {"channel": "100", "htmode": "VHT40"}
    box.sec("wireless", "wifi-device", "radio0").opts |= {"channel": "11", "country": "FR"}


@keep("the radios are switched off, and our way is a cable", "ap", "mesh sta")
def _radios(box: Box, rng: random.Random) -> None:
    if rng.random() < 0.3:
        box.conf.pop("wireless")
        return
    for section in box.conf["wireless"]:
        if section.type == "wifi-device":
            section.opts["disabled"] = "1"


@keep("the other radio is switched off", "mesh")
def _other_radio(box: Box, rng: random.Random) -> None:
    box.sec("wireless", "wifi-device", "radio0").opts["disabled"] = "1"


@keep("the access points of the mesh node are renamed", "mesh")
def _mesh_ssid(box: Box, rng: random.Random) -> None:
    for name in ("default_radio0", "default_radio1"):
        box.sec("wireless", "wifi-iface", name).opts |= {"ssid": "Hilltop", "key": "another-key"}


@keep("the backhaul's section gets another name", "mesh")
def _mesh_named(box: Box, rng: random.Random) -> None:
    box.sec("wireless", "wifi-iface", "backhaul").name = "wifi_mesh0"


@keep("a wider channel on the backhaul", "mesh")
def _wide_channel(box: Box, rng: random.Random) -> None:
    box.sec("wireless", "wifi-device", "radio1").opts["htmode"] = rng.choice(["VHT40", "HE80"])


@keep("ports without a cable leave the bridge of the mesh node", "mesh")
def _mesh_ports(box: Box, rng: random.Random) -> None:
    ports = box.sec("network", "device").opts["ports"]
    box.sec("network", "device").opts["ports"] = [p for p in ports if p != "lan2"]


@keep("an access point on the station's radio", "sta")
def _sta_ap(box: Box, rng: random.Random) -> None:
    box.add(
        "wireless",
        "wifi-iface",
        "extra",
        device="radio1",
        network=box.net["inner"],
        mode="ap",
        ssid="Extra",
        encryption="psk2",
        key="wifi-password",
    )


@keep("the station takes WPA3 as well", "sta")
def _sta_mixed(box: Box, rng: random.Random) -> None:
    box.sec("wireless", "wifi-iface", "uplink").opts["encryption"] = "sae-mixed"


@keep("the station's radio is set to another channel: it follows its access point", "sta")
def _sta_channel(box: Box, rng: random.Random) -> None:
    box.sec("wireless", "wifi-device", "radio1").opts["channel"] = rng.choice(["auto", "44", "48"])


@keep("the other radio of the station changes", "sta")
def _sta_other(box: Box, rng: random.Random) -> None:
    box.sec("wireless", "wifi-device", "radio0").opts |= {"channel": "6", "disabled": "1"}


@keep("addresses are left as they are", "v4")
def _same(box: Box, rng: random.Random) -> None:
    assert ipaddress.ip_address(box.net["server"]).version == 4
    box.add("network", "interface", "spare", proto="none", auto="0")


# -- a bridge that filters already ------------------------------------------------------------


@keep("filtered: the VLAN of others has another number and fewer ports", "filtered")
def _vlan_home(box: Box, rng: random.Random) -> None:
    box.sec("network", "bridge-vlan", "vlan_home").opts |= {"vlan": "30", "ports": ["lan4:u*"]}


@keep("filtered: more ports in the VLAN of the management", "filtered")
def _vlan_mgmt(box: Box, rng: random.Random) -> None:
    ports = [box.net["mine"], "lan2:t", "lan5:t"]
    box.sec("network", "bridge-vlan", "vlan_mgmt").opts["ports"] = rng.sample(ports, 3)


@keep("filtered: one more VLAN, with an interface of its own", "filtered v4")
def _vlan_more(box: Box, rng: random.Random) -> None:
    box.add("network", "bridge-vlan", None, device="br-lan", vlan="66", ports=["lan1:t", "lan2:t"])
    box.add(
        "network", "interface", "cams", device="br-lan.66", proto="static", ipaddr="192.168.66.1/24"
    )


@keep("filtered: no VLANs any longer, and the interface goes where its frames go", "filtered")
def _unfiltered(box: Box, rng: random.Random) -> None:
    box.conf["network"] = [s for s in box.conf["network"] if s.type != "bridge-vlan"]
    if box.net["mine"] == "lan1:u*":
        box.home.opts["device"] = "br-lan"
