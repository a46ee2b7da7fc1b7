"""Shapes that hang on a cable: routers, access points, jump hosts."""

from __future__ import annotations

import random

from owtui.engine.configs.cutoff import Way
from owtui.engine.openwrt.facts import Facts, Interface
from tests.engine.configs.boxes import Box
from tests.engine.configs.parts import blank, come, lan_of, maybe, radios, seen_as, zones


def dsa_router(rng: random.Random) -> Box:
    """21.02 and later: a bridge of four ports, WAN by DHCP, managed from the LAN."""
    box = blank(rng)
    base, server, client = lan_of(rng)
    name = rng.choice(["lan", "lan", "br_lan", "office"])
    device = rng.choice([None, "device_br_lan"])
    box.add(
        "network",
        "device",
        device,
        name_="br-lan",
        type_="bridge",
        ports=["lan1", "lan2", "lan3", "lan4"],
    )
    box.add(
        "network",
        "interface",
        name,
        device="br-lan",
        proto="static",
        ipaddr=server,
        netmask="255.255.255.0",
        **maybe(rng, ip6assign="60"),
    )
    box.add("network", "interface", "wan", device="wan", proto="dhcp")
    box.add("network", "interface", "wan6", device="wan", proto="dhcpv6")
    box.add("dhcp", "dhcp", name, interface=name, start="100", limit="100", leasetime="12h")
    zones(box, [name], ["wan", "wan6"])
    radios(box, name)
    seen_as(
        box,
        rng.choice(["22.03.5", "23.05.4", "24.10.6", ""]),
        br__lan=([f"{server}/24"], name, 900),
        lan1=([], "", 800),
        lan2=([], "", 0),
        lan3=([], "", 0),
        lan4=([], "", 0),
        eth0=([], "", 999),
        wan=([f"100.64.{rng.randrange(9)}.7/24"], "wan", 700),
    )
    box.net |= {"lan": name, "inner": name, "dev": "br-lan", "base": base, "port": "lan1"}
    box.is_ |= {"v4", "onlink", "dsa", "bridge", "wan", "netmask", "static"}
    come(box, server, client)
    return box


def dsa_http(rng: random.Random) -> Box:
    """The same, managed over HTTP."""
    box = dsa_router(rng)
    box.is_ |= {"http"}
    return box


def filtered(rng: random.Random) -> Box:
    """A bridge that filters VLANs: we are in the one of the management, on the first port."""
    box = dsa_router(rng)
    box.home.opts["device"] = "br-lan.10"
    mine = rng.choice(["lan1:t", "lan1:u*"])
    others = ["lan1:t"] if mine == "lan1:u*" else []
    box.add(
        "network", "bridge-vlan", "vlan_mgmt", device="br-lan", vlan="10", ports=[mine, "lan2:t"]
    )
    box.add(
        "network",
        "bridge-vlan",
        "vlan_home",
        device="br-lan",
        vlan="20",
        ports=["lan3:u*", "lan4:u*", *others],
    )
    device = box.facts.interfaces[0]
    seen = Interface(
        "br-lan.10", up=True, addresses=device.addresses, network=box.home.name, rx_bytes=9
    )
    bare = Interface("br-lan", up=True, rx_bytes=9)
    box.facts = Facts(version=box.facts.version, interfaces=(seen, bare, *box.facts.interfaces[1:]))
    box.net |= {"dev": "br-lan.10", "mine": mine}
    box.is_ -= {"bridge"}
    box.is_ |= {"filtered"}
    return box


def jumped(rng: random.Random) -> Box:
    """The same behind a jump host, which stands in the LAN and is what the device sees."""
    box = dsa_router(rng)
    box.way = Way(box.way.address, jump=("noc@gate.example:22",), seen=box.way.seen)
    return box


def from_wan(rng: random.Random) -> Box:
    """Managed from the provider's side: a rule lets our network in to port 22."""
    box = dsa_router(rng)
    base = f"172.{rng.randrange(16, 31)}.{rng.randrange(9)}"
    wan = box.sec("network", "interface", "wan")
    wan.opts = {
        "device": "wan",
        "proto": "static",
        "ipaddr": f"{base}.9",
        "netmask": "255.255.255.0",
        "gateway": f"{base}.1",
    }
    box.add(
        "firewall",
        "rule",
        None,
        name_="Allow-Console",
        src="wan",
        proto="tcp",
        dest_port="22",
        src_ip="198.51.100.0/24",
        target="ACCEPT",
    )
    known = [i for i in box.facts.interfaces if i.name != "wan"]
    wan_port = Interface("wan", up=True, addresses=(f"{base}.9/24",), network="wan", rx_bytes=700)
    box.facts = Facts(version=box.facts.version, interfaces=(*known, wan_port))
    box.net |= {"lan": "wan", "dev": "wan", "base": base, "zone": "wan", "port": "wan"}
    box.is_ -= {"onlink", "bridge", "wan", "http"}
    box.is_ |= {"routed", "ruled", "lan-too"}
    come(box, f"{base}.9", f"198.51.100.{rng.randrange(2, 250)}")
    return box


def swconfig(rng: random.Random) -> Box:
    """19.07: a switch behind eth0, `type bridge`, firewall3."""
    box = blank(rng)
    base, server, client = lan_of(rng)
    box.add(
        "network",
        "interface",
        "lan",
        type_="bridge",
        ifname="eth0.1",
        proto="static",
        ipaddr=server,
        netmask="255.255.255.0",
        **maybe(rng, ip6assign="60"),
    )
    box.add("network", "interface", "wan", ifname="eth0.2", proto="dhcp")
    box.add("network", "switch", None, name_="switch0", reset="1", enable_vlan="1")
    box.add("network", "switch_vlan", None, device="switch0", vlan="1", ports="2 3 4 5 0t")
    box.add("network", "switch_vlan", None, device="switch0", vlan="2", ports="1 0t")
    box.add("dhcp", "dhcp", "lan", interface="lan", start="100", limit="100")
    zones(box, ["lan"], ["wan"])
    radios(box, "lan")
    for section in box.conf["wireless"]:
        if section.type == "wifi-device":
            section.opts["hwmode"] = "11a" if section.opts.pop("band") == "5g" else "11g"
    seen_as(
        box,
        "19.07.10",
        br__lan=([f"{server}/24"], "lan", 900),
        eth0=([], "", 999),
        eth0_1=([], "", 900),
        eth0_2=(["100.64.1.7/24"], "wan", 99),
    )
    box.net |= {"lan": "lan", "inner": "lan", "dev": "br-lan", "base": base}
    box.is_ |= {"v4", "onlink", "swconfig", "fw3", "wan", "netmask", "static"}
    come(box, server, client)
    return box


def ap_static(rng: random.Random) -> Box:
    """An access point with one port and an address of its own; we come from behind a router."""
    box = blank(rng)
    base, server, _ = lan_of(rng)
    box.add("network", "device", None, name_="br-lan", type_="bridge", ports=["eth0"])
    box.add(
        "network",
        "interface",
        "lan",
        device="br-lan",
        proto="static",
        ipaddr=server,
        netmask="255.255.255.0",
        gateway=f"{base}.254",
        dns=["9.9.9.9"],
    )
    radios(box, "lan")
    if rng.random() < 0.6:
        zones(box, ["lan"], ["wan"])
    seen_as(
        box,
        rng.choice(["21.02.7", "23.05.4", "24.10.6"]),
        br__lan=([f"{server}/24"], "lan", 900),
        eth0=([], "", 999),
    )
    box.net |= {
        "lan": "lan",
        "inner": "lan",
        "dev": "br-lan",
        "base": base,
        "zone": "lan",
        "port": "eth0",
    }
    box.is_ |= {"v4", "routed", "dsa", "bridge", "netmask", "static"}
    second = int(base.split(".")[1])
    come(box, server, f"10.{second}.{210 + rng.randrange(9)}.{rng.randrange(2, 250)}")
    return box


def ap_dhcp(rng: random.Random) -> Box:
    """An access point that is given its address."""
    box = ap_static(rng)
    lan = box.sec("network", "interface", "lan")
    lan.opts = {"device": "br-lan", "proto": "dhcp"}
    box.is_ -= {"netmask", "static"}
    box.is_ |= {"dhcp"}
    return box
