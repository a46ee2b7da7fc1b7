"""Shapes that hang on something thinner: mesh, station, tunnel, IPv6 alone."""

from __future__ import annotations

import random

from owtui.engine.openwrt.facts import Facts, Interface
from tests.engine.configs.boxes import Box
from tests.engine.configs.parts import blank, come, lan_of, maybe, radios, seen_as, shallow, zones
from tests.engine.configs.routers import ap_static, dsa_router, from_wan


def mesh(rng: random.Random) -> Box:
    """A node without a cable: 802.11s in the LAN bridge is all that it hangs on."""
    box = blank(rng)
    base, server, client = lan_of(rng)
    box.add("network", "device", None, name_="br-lan", type_="bridge", ports=["lan1", "lan2"])
    box.add(
        "network",
        "interface",
        "lan",
        device="br-lan",
        proto="static",
        ipaddr=server,
        netmask="255.255.255.0",
        gateway=f"{base}.254",
    )
    radios(box, "lan")
    backhaul = {"mesh_id": "hill", "encryption": "sae", "key": "mesh-password", "mesh_fwding": "1"}
    box.add(
        "wireless",
        "wifi-iface",
        "backhaul",
        device="radio1",
        network="lan",
        mode="mesh",
        **maybe(rng, ifname="phy1-mesh0"),
        **backhaul,
    )
    zones(box, ["lan"], ["wan"])
    seen_as(
        box,
        "24.10.6",
        br__lan=([f"{server}/24"], "lan", 900),
        lan1=([], "", 0),
        lan2=([], "", 0),
        phy1__mesh0=([], "", 900),
        phy0__ap0=([], "", 20),
    )
    box.net |= {"lan": "lan", "inner": "lan", "dev": "br-lan", "base": base, "air": "backhaul"}
    box.is_ |= {"v4", "mesh", "dsa", "netmask", "static"}
    routed = rng.random() < 0.5
    box.is_ |= {"routed"} if routed else {"onlink"}
    come(box, server, f"192.0.2.{rng.randrange(2, 250)}" if routed else client)
    if not routed:
        box.facts = Facts(**{**shallow(box.facts), "clients": 0})
    return box


def batman(rng: random.Random) -> Box:
    """The same with batman-adv between bridge and mesh."""
    box = mesh(rng)
    box.sec("network", "device").opts["ports"] = ["lan1", "lan2", "bat0"]
    box.add("network", "interface", "bat0", proto="batadv", routing_algo="BATMAN_IV")
    box.add("network", "interface", "hard0", proto="batadv_hardif", master="bat0", mtu="1536")
    box.sec("wireless", "wifi-iface", "backhaul").opts |= {"network": "hard0", "mesh_fwding": "0"}
    known = [*box.facts.interfaces, Interface("bat0", up=True, rx_bytes=850)]
    box.facts = Facts(**{**shallow(box.facts), "interfaces": tuple(known)})
    box.is_ |= {"batman"}
    return box


def station(rng: random.Random) -> Box:
    """Its uplink is a station of somebody's access point; a rule lets our network in."""
    box = from_wan(rng)
    base = box.net["base"]
    box.drop("network", box.sec("network", "interface", "wan"))
    box.add("network", "interface", "wwan", proto="dhcp")
    box.sec("firewall", "zone", name_="wan").opts["network"] = ["wan6", "wwan"]
    box.drop("wireless", box.sec("wireless", "wifi-iface", "default_radio1"))
    box.add(
        "wireless",
        "wifi-iface",
        "uplink",
        device="radio1",
        network="wwan",
        mode="sta",
        ssid="Provider",
        encryption="psk2",
        key="uplink-password",
    )
    known = [i for i in box.facts.interfaces if i.name != "wan"]
    up = Interface("phy1-sta0", up=True, addresses=(f"{base}.9/24",), network="wwan", rx_bytes=9)
    box.facts = Facts(version="24.10.6", interfaces=(*known, up))
    box.net |= {"lan": "wwan", "dev": "", "air": "uplink"}
    box.is_ -= {"netmask", "static"}
    box.is_ |= {"sta", "dhcp"}
    return box


def guarded(rng: random.Random) -> Box:
    """Managed through WireGuard over a WAN that it gets by DHCP."""
    box = dsa_router(rng)
    third = rng.randrange(1, 200)
    server, client = f"10.200.{third}.2", f"10.200.{third}.1"
    box.add(
        "network",
        "interface",
        "wg0",
        proto="wireguard",
        private_key="b3duLXByaXZhdGUta2V5",
        listen_port="51820",
        addresses=[f"{server}/24"],
    )
    peer = {
        "public_key": "Y29uc29sZS1wdWJsaWM=",
        "preshared_key": "cHNr",
        "allowed_ips": [f"10.200.{third}.0/24"],
        "endpoint_host": "203.0.113.77",
        "endpoint_port": "51820",
        "persistent_keepalive": "25",
        "route_allowed_ips": "1",
    }
    box.add("network", "wireguard_wg0", "console", **peer)
    box.add(
        "firewall",
        "zone",
        None,
        name_="vpn",
        network=["wg0"],
        input="ACCEPT",
        output="ACCEPT",
        forward="REJECT",
    )
    tunnel = Interface("wg0", up=True, addresses=(f"{server}/24",), network="wg0", rx_bytes=99)
    box.facts = Facts(version=box.facts.version, interfaces=(*box.facts.interfaces, tunnel))
    box.net |= {"lan": "wg0", "dev": "", "base": f"10.200.{third}", "zone": "vpn", "under": "wan"}
    box.is_ -= {"onlink", "bridge", "netmask", "http", "wan", "static"}
    box.is_ |= {"wg", "lan-too"}
    come(box, server, client)
    return box


def six_only(rng: random.Random) -> Box:
    """Managed over IPv6 alone, from behind a router."""
    box = ap_static(rng)
    net = f"2001:db8:{rng.randrange(1, 999):x}:{rng.randrange(1, 999):x}"
    lan = box.sec("network", "interface", "lan")
    lan.opts = {
        "device": "br-lan",
        "proto": "static",
        "ip6addr": [f"{net}::9/64"],
        "ip6gw": f"{net}::1",
    }
    if rng.random() < 0.5:
        lan.opts |= {"ipaddr": "192.168.1.1", "netmask": "255.255.255.0"}
        box.is_ |= {"v4-too"}
    known = [i for i in box.facts.interfaces if i.name != "br-lan"]
    bridge = Interface(
        "br-lan", up=True, addresses=(f"{net}::9/64", "fe80::1/64"), network="lan", rx_bytes=9
    )
    box.facts = Facts(version=box.facts.version, interfaces=(bridge, *known))
    box.is_ -= {"v4", "netmask", "static"}
    box.is_ |= {"v6", "static6"}
    box.net |= {"net6": net}
    come(box, f"{net}::9", f"2001:db8:ffff::{rng.randrange(2, 999):x}")
    return box
