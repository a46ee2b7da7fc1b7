"""Changes of addresses, devices, routes and radios that cut us off."""

from __future__ import annotations

import ipaddress
import random

from tests.engine.configs.boxes import Box
from tests.engine.configs.change import cut


def _beside(address: str, rng: random.Random) -> str:
    base, _, last = address.rpartition(".")
    return f"{base}.{(int(last) + rng.randrange(1, 30)) % 97 + 100}"


# -- the address ------------------------------------------------------------------------------


@cut("another static address", "static")
def _address(box: Box, rng: random.Random) -> None:
    box.home.opts["ipaddr"] = _beside(box.net["server"], rng)


@cut("a digit is lost from the address", "static")
def _typo(box: Box, rng: random.Random) -> None:
    box.home.opts["ipaddr"] = "1" + box.net["server"]


@cut("a comma in the address", "static")
def _comma(box: Box, rng: random.Random) -> None:
    box.home.opts["ipaddr"] = box.net["server"].replace(".", ",", 1)


@cut("a second address without a prefix that can be read", "static")
def _second_broken(box: Box, rng: random.Random) -> None:
    own = box.net["server"]
    box.home.opts["ipaddr"] = [f"{own}/24", f"{own}/240"]
    box.home.opts.pop("netmask", None)


@cut("static becomes dhcp", "static")
def _to_dhcp(box: Box, rng: random.Random) -> None:
    box.home.opts["proto"] = "dhcp"
    if rng.random() < 0.5:
        box.home.opts.pop("ipaddr")


@cut("proto is mistyped", "static")
def _proto(box: Box, rng: random.Random) -> None:
    box.home.opts["proto"] = rng.choice(["statik", "none", "Static"])


@cut("proto is left out", "static")
def _no_proto(box: Box, rng: random.Random) -> None:
    box.home.opts.pop("proto")


@cut("dhcp becomes static with an address of a template", "dhcp")
def _to_static(box: Box, rng: random.Random) -> None:
    box.home.opts |= {"proto": "static", "ipaddr": "192.168.1.1", "netmask": "255.255.255.0"}


@cut("dhcp becomes none", "dhcp")
def _dhcp_none(box: Box, rng: random.Random) -> None:
    box.home.opts["proto"] = "none"


@cut("defaultroute 0, and we come from behind the router", "dhcp routed")
def _defaultroute(box: Box, rng: random.Random) -> None:
    box.home.opts["defaultroute"] = "0"


@cut("the interface is removed")
def _removed(box: Box, rng: random.Random) -> None:
    box.drop("network", box.home)


@cut("the interface is disabled")
def _disabled(box: Box, rng: random.Random) -> None:
    box.home.opts["disabled"] = "1"


@cut("the interface no longer comes up by itself")
def _auto(box: Box, rng: random.Random) -> None:
    box.home.opts["auto"] = "0"


@cut("the section is of another type")
def _type(box: Box, rng: random.Random) -> None:
    box.home.type = "interfaces"


@cut("the file is emptied")
def _empty(box: Box, rng: random.Random) -> None:
    box.conf.pop("network")
    box.files["/etc/config/network"] = b""


@cut("the file is removed")
def _unlinked(box: Box, rng: random.Random) -> None:
    box.conf.pop("network")


@cut("a quote is never closed")
def _quote(box: Box, rng: random.Random) -> None:
    data = box.printed()["/etc/config/network"].data
    box.conf.pop("network")
    box.files["/etc/config/network"] = data + b"\toption dns '9.9.9.9\n"


@cut("another IPv6 address", "static6")
def _address6(box: Box, rng: random.Random) -> None:
    box.home.opts["ip6addr"] = [f"{box.net['net6']}::1{rng.randrange(10)}/64"]


@cut("another IPv6 network", "static6")
def _network6(box: Box, rng: random.Random) -> None:
    box.home.opts["ip6addr"] = ["2001:db8:dead:beef::9/64"]


@cut("IPv6 is switched off on the bridge", "static6")
def _ipv6(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").opts["ipv6"] = "0"


@cut("an MTU below that of IPv6", "static6")
def _mtu6(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").opts["mtu"] = str(rng.randrange(576, 1279))


# -- the way back -----------------------------------------------------------------------------


@cut("the gateway is gone", "static routed")
def _gateway_gone(box: Box, rng: random.Random) -> None:
    box.home.opts.pop("gateway")


@cut("the gateway is outside of the network", "static routed")
def _gateway_far(box: Box, rng: random.Random) -> None:
    box.home.opts["gateway"] = f"192.168.{rng.randrange(200, 250)}.1"


@cut("the gateway is no address", "static routed")
def _gateway_bad(box: Box, rng: random.Random) -> None:
    box.home.opts["gateway"] = "gw.example"


@cut("the IPv6 gateway is gone", "static6")
def _gateway6_gone(box: Box, rng: random.Random) -> None:
    box.home.opts.pop("ip6gw")


@cut("the IPv6 gateway is outside of the network", "static6")
def _gateway6_far(box: Box, rng: random.Random) -> None:
    box.home.opts["ip6gw"] = "2001:db8:dead::1"


@cut("a netmask that leaves us out", "static onlink")
def _narrow(box: Box, rng: random.Random) -> None:
    both = [int(ipaddress.ip_address(box.net[k])) for k in ("server", "client")]
    bits = 33 - (both[0] ^ both[1]).bit_length()
    mask = ipaddress.ip_network(f"0.0.0.0/{rng.randrange(bits, 33)}").netmask
    box.home.opts["netmask"] = str(mask)
    box.home.opts.pop("gateway", None)


@cut("no netmask at all", "static onlink")
def _no_mask(box: Box, rng: random.Random) -> None:
    box.home.opts.pop("netmask")
    box.home.opts.pop("gateway", None)


@cut("a netmask that is none", "static")
def _bad_mask(box: Box, rng: random.Random) -> None:
    box.home.opts["netmask"] = rng.choice(["255.255.255.256", "24 bits", "/24"])


@cut("a netmask so wide that we seem to be a neighbour", "static routed", "ruled mesh")
def _wide(box: Box, rng: random.Random) -> None:
    box.home.opts["netmask"] = rng.choice(["255.0.0.0", "255.254.0.0", "255.255.0.0"])


@cut("a new network of guests covers our address", "onlink bridge")
def _guests(box: Box, rng: random.Random) -> None:
    net = ipaddress.ip_network(f"{box.net['client']}/28", strict=False)
    own = next(str(h) for h in net.hosts() if str(h) != box.net["client"])
    mask = str(net.netmask)
    box.add(
        "network", "interface", "guest", device="lan4", proto="static", ipaddr=own, netmask=mask
    )
    box.sec("network", "device", name_="br-lan").opts["ports"] = ["lan1", "lan2", "lan3"]


@cut("a blackhole covers our address", "v4")
def _blackhole(box: Box, rng: random.Random) -> None:
    box.add("network", "route", None, target=f"{box.net['client']}/32", type_="blackhole")


@cut("a tunnel takes the route to us", "v4 routed dsa", "wg")
def _tunnel(box: Box, rng: random.Random) -> None:
    net = ipaddress.ip_network(f"{box.net['client']}/24", strict=False)
    box.add(
        "network",
        "interface",
        "wg9",
        proto="wireguard",
        private_key="eA==",
        addresses=["10.254.0.2/30"],
    )
    box.add(
        "network",
        "wireguard_wg9",
        None,
        public_key="eQ==",
        allowed_ips=[str(net)],
        route_allowed_ips="1",
        endpoint_host="203.0.113.5",
    )


@cut("a static route sends the answers to another interface", "static routed ruled")
def _route(box: Box, rng: random.Random) -> None:
    inner = box.sec("network", "interface", box.net["inner"])
    gateway = inner.opts["ipaddr"].rpartition(".")[0] + ".254"
    box.add(
        "network",
        "route",
        None,
        interface=box.net["inner"],
        target="198.51.100.0/24",
        gateway=gateway,
    )


# -- devices, ports, VLANs --------------------------------------------------------------------


@cut("the device is mistyped", "static dsa")
def _device_typo(box: Box, rng: random.Random) -> None:
    box.home.opts["device"] = box.net["dev"] + rng.choice(["n", "0", "-x"])


@cut("the bridge is no longer defined", "bridge")
def _no_bridge(box: Box, rng: random.Random) -> None:
    box.drop("network", box.sec("network", "device", name_="br-lan"))


@cut("the bridge is called otherwise", "bridge")
def _bridge_renamed(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").opts["name"] = "br-home"


@cut("the port in use leaves the bridge", "bridge")
def _port_out(box: Box, rng: random.Random) -> None:
    device = box.sec("network", "device", name_="br-lan")
    device.opts["ports"] = [p for p in device.opts["ports"] if p != box.net["port"]] or ["eth9"]


@cut("the bridge is switched off", "bridge")
def _bridge_off(box: Box, rng: random.Random) -> None:
    box.sec("network", "device", name_="br-lan").opts["enabled"] = "0"


@cut("a VLAN on a bridge that filters none and a port that tags none", "bridge")
def _vlan_device(box: Box, rng: random.Random) -> None:
    box.home.opts["device"] = f"br-lan.{rng.choice([1, 10, 99])}"


@cut("VLANs are filtered, and the interface stays on the bridge itself", "bridge")
def _vlan_bare(box: Box, rng: random.Random) -> None:
    ports = box.sec("network", "device", name_="br-lan").opts["ports"]
    box.add(
        "network", "bridge-vlan", None, device="br-lan", vlan="1", ports=[f"{p}:u*" for p in ports]
    )


@cut("our port is tagged in the VLAN of the interface", "bridge")
def _vlan_tagged(box: Box, rng: random.Random) -> None:
    ports = box.sec("network", "device", name_="br-lan").opts["ports"]
    marked = [f"{p}:t" if p == box.net["port"] else f"{p}:u*" for p in ports]
    box.add("network", "bridge-vlan", None, device="br-lan", vlan="10", ports=marked)
    box.home.opts["device"] = "br-lan.10"


@cut("our port has another VLAN for what comes without a tag", "bridge")
def _vlan_pvid(box: Box, rng: random.Random) -> None:
    port = box.net["port"]
    rest = [p for p in box.sec("network", "device", name_="br-lan").opts["ports"] if p != port]
    box.add(
        "network",
        "bridge-vlan",
        None,
        device="br-lan",
        vlan="10",
        ports=[f"{p}:u*" for p in rest] + [f"{port}:t"],
    )
    box.add("network", "bridge-vlan", None, device="br-lan", vlan="20", ports=[f"{port}:u*"])
    box.home.opts["device"] = "br-lan.10"


@cut("the VLAN is none of the bridge's own", "bridge")
def _vlan_not_local(box: Box, rng: random.Random) -> None:
    ports = box.sec("network", "device", name_="br-lan").opts["ports"]
    box.add(
        "network",
        "bridge-vlan",
        None,
        device="br-lan",
        vlan="7",
        local="0",
        ports=[f"{p}:u*" for p in ports],
    )
    box.home.opts["device"] = "br-lan.7"


@cut("the VLAN of the interface is another than that of the ports", "bridge")
def _vlan_other(box: Box, rng: random.Random) -> None:
    ports = box.sec("network", "device", name_="br-lan").opts["ports"]
    box.add(
        "network", "bridge-vlan", None, device="br-lan", vlan="7", ports=[f"{p}:u*" for p in ports]
    )
    box.home.opts["device"] = "br-lan.8"


@cut("the switch no longer tags towards the CPU", "swconfig")
def _cpu_untagged(box: Box, rng: random.Random) -> None:
    box.sec("network", "switch_vlan", vlan="1").opts["ports"] = rng.choice(["2 3 4 5 0", "2 3 4 5"])


@cut("another number of the VLAN on the switch", "swconfig")
def _switch_vlan(box: Box, rng: random.Random) -> None:
    box.sec("network", "switch_vlan", vlan="1").opts["vlan"] = str(rng.randrange(3, 15))


@cut("the interface is on a VLAN that the switch does not have", "swconfig")
def _switch_ifname(box: Box, rng: random.Random) -> None:
    box.home.opts["ifname"] = f"eth0.{rng.randrange(3, 15)}"


@cut("the switch drops its VLANs", "swconfig")
def _switch_off(box: Box, rng: random.Random) -> None:
    box.sec("network", "switch").opts["enable_vlan"] = "0"


@cut("LAN and WAN are swapped on the switch", "swconfig")
def _switch_swapped(box: Box, rng: random.Random) -> None:
    one, two = (box.sec("network", "switch_vlan", vlan=v) for v in "12")
    one.opts["ports"], two.opts["ports"] = two.opts["ports"], one.opts["ports"]


# -- a bridge that filters already ------------------------------------------------------------


def _vlan(words: str, name: str = "vlan_mgmt", **opts: str | list[str]) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        box.sec("network", "bridge-vlan", name).opts |= opts

    cut(f"filtered: {words}", "filtered")(apply)


_vlan("the VLAN of the management has another number", vlan="11")
_vlan("our port is no longer in the VLAN", ports=["lan2:t", "lan3:u*"])
_vlan("the VLAN is none of the bridge's own", local="0")
_vlan("the VLAN belongs to another bridge", device="br-wan")


@cut("filtered: our port is tagged where it was not, or the other way round", "filtered")
def _swapped(box: Box, rng: random.Random) -> None:
    other = "lan1:t" if box.net["mine"] == "lan1:u*" else "lan1:u*"
    box.sec("network", "bridge-vlan", "vlan_mgmt").opts["ports"] = [other, "lan2:t"]
    box.sec("network", "bridge-vlan", "vlan_home").opts["ports"] = ["lan3:u*", "lan4:u*"]


@cut("filtered: the interface is on the VLAN of others", "filtered")
def _others(box: Box, rng: random.Random) -> None:
    box.home.opts["device"] = rng.choice(["br-lan.20", "br-lan"])


@cut("filtered: no VLANs any longer, and the interface stays on one", "filtered")
def _unfiltered(box: Box, rng: random.Random) -> None:
    if box.net["mine"] == "lan1:t":  # tags would still be read: no device of that name then
        box.home.opts["device"] = "br-lan.vlan10"
    box.conf["network"] = [s for s in box.conf["network"] if s.type != "bridge-vlan"]
