"""ifconfig, ip, brctl, iwinfo, route, and the transfers that are refused."""

from __future__ import annotations

import ipaddress
import json

from ..netdevice import LOOPBACK, Link
from ..network import link_local
from ..shell.call import Call, program
from ..uci import Section, first


def _size(count: int) -> str:
    value, unit = float(count), 0
    while value >= 1024 and unit < 4:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[unit]}"


def _sections(call: Call) -> dict[str, Section]:
    """Return which interface each layer-3 device carries; the first one wins."""
    found: dict[str, Section] = {}
    for section in call.device.network.interfaces():
        found.setdefault(call.device.network.l3_device(section), section)
    return found


def _has_link_local(link: Link) -> bool:
    return link.name != LOOPBACK and not link.master and link.kind != "wlan"


def _addresses(call: Call, link: Link) -> tuple[list[ipaddress.IPv4Interface], list[str]]:
    """Return a link's IPv4 addresses and its IPv6 ones, global first."""
    network = call.device.network
    section = _sections(call).get(link.name)
    four = [a.interface for a in network.addresses(section)] if section else []
    six = ["::1/128"] if link.name == LOOPBACK else []
    prefix = network.prefix(section) if section else None
    if prefix is not None:
        six.append(f"{prefix[0]}1/{prefix[1]}")
    if _has_link_local(link):
        six.append(f"{link_local(link.mac)}/64")
    return four, six


@program("/sbin/ifconfig")
async def ifconfig(call: Call) -> int:
    wanted = next((arg for arg in call.args if not arg.startswith("-")), "")
    links = sorted(call.device.network.links(), key=lambda link: link.name)
    found = [link for link in links if not wanted or link.name == wanted]
    if not found:
        return await call.fail(f"{wanted}: error fetching interface information: Device not found")
    for link in found:
        await call.out(_ifconfig(call, link))
    return 0


def _ifconfig(call: Call, link: Link) -> str:
    count = call.device.network.counters(link)
    four, six = _addresses(call, link)
    loopback = link.name == LOOPBACK
    kind = "Local Loopback  " if loopback else f"Ethernet  HWaddr {link.mac.upper()}  "
    lines = [f"{link.name:<9} Link encap:{kind}"]
    for address in four:
        broadcast = "" if loopback else f"  Bcast:{address.network.broadcast_address}"
        lines.append(f"inet addr:{address.ip}{broadcast}  Mask:{address.netmask}")
    ordered = sorted(six, key=lambda a: not a.startswith("fe80"))
    for text in ordered:
        scope = "Host" if text == "::1/128" else "Link" if text.startswith("fe80") else "Global"
        lines.append(f"inet6 addr: {text} Scope:{scope}")
    running = " RUNNING" if link.carrier else ""
    flags = f"UP LOOPBACK{running}" if loopback else f"UP BROADCAST{running} MULTICAST"
    lines += [
        f"{flags}  MTU:{65536 if loopback else 1500}  Metric:1",
        f"RX packets:{count.rx_packets} errors:0 dropped:0 overruns:0 frame:0",
        f"TX packets:{count.tx_packets} errors:0 dropped:0 overruns:0 carrier:0",
        "collisions:0 txqueuelen:1000 ",
        f"RX bytes:{count.rx_bytes} ({_size(count.rx_bytes)})"
        f"  TX bytes:{count.tx_bytes} ({_size(count.tx_bytes)})",
    ]
    return f"\n{' ' * 10}".join(lines) + "\n\n"


@program("/sbin/ip")
async def ip(call: Call) -> int:
    words = [word for word in call.args if not word.startswith("-") and word != "show"]
    as_json = any(word in ("-j", "-json", "--json") for word in call.args)
    if as_json and not ("ip-full" in call.device.model.extras and words[:1] == ["neigh"]):
        return await call.fail("unrecognized option: j")  # busybox's has none
    subject = (words or [""])[0]
    device = words[words.index("dev") + 1] if "dev" in words[:-1] else ""
    acts = {"addr": _ip_addr, "link": _ip_link, "route": _ip_route, "neigh": _ip_neigh}
    named = [name for name in acts if subject and name.startswith(subject[:2])]
    if subject == "address":
        named = ["addr"]
    if not named or (len(words) > 1 and words[1] in ("add", "del", "set", "flush", "replace")):
        await call.err("ip: only addr, link, route and neigh are simulated, and only to look at\n")
        return 1
    if as_json:
        await call.out(_json_neigh(call))
        return 0
    await call.out(acts[named[0]](call, device or (words[1] if len(words) == 2 else "")))
    return 0


def _header(index: int, link: Link) -> str:
    flags = ["LOOPBACK"] if link.name == LOOPBACK else ["BROADCAST", "MULTICAST"]
    flags += ["UP"] + (["LOWER_UP"] if link.carrier else [])
    if not link.carrier:
        flags.insert(0, "NO-CARRIER")
    master = f" master {link.master}" if link.master else ""
    mtu = 65536 if link.name == LOOPBACK else 1500
    kind, far = "ether", "ff:ff:ff:ff:ff:ff"
    if link.name == LOOPBACK:
        kind, far = "loopback", "00:00:00:00:00:00"
    return (
        f"{index}: {link.name}: <{','.join(flags)}> mtu {mtu} qdisc noqueue{master} qlen 1000\n"
        f"    link/{kind} {link.mac} brd {far}\n"
    )


def _ip_link(call: Call, device: str) -> str:
    links = enumerate(call.device.network.links(), 1)
    return "".join(_header(n, link) for n, link in links if device in ("", link.name))


def _ip_addr(call: Call, device: str) -> str:
    lines: list[str] = []
    lasting = "       valid_lft forever preferred_lft forever\n"
    for index, link in enumerate(call.device.network.links(), 1):
        if device not in ("", link.name):
            continue
        lines.append(_header(index, link))
        four, six = _addresses(call, link)
        for address in four:
            if link.name == LOOPBACK:
                lines.append(f"    inet {address} scope host {link.name}\n" + lasting)
            else:
                far = address.network.broadcast_address
                lines.append(f"    inet {address} brd {far} scope global {link.name}\n" + lasting)
        for text in six:
            scope = "host " if text == "::1/128" else "link "
            if scope == "link " and not text.startswith("fe80"):
                scope = "global noprefixroute "
            lines.append(f"    inet6 {text} scope {scope}\n" + lasting)
    return "".join(lines)


def _routes(call: Call) -> tuple[list[str], list[str]]:
    network = call.device.network
    default: list[str] = []
    local: list[str] = []
    for section in network.interfaces():
        device = network.l3_device(section)
        if device == LOOPBACK:
            continue
        for address in network.addresses(section):
            gateway = network.gateway(section)
            if gateway:
                default.append(f"default via {gateway} dev {device}  src {address.ip} \n")
            net = address.interface.network
            local.append(f"{net} dev {device} scope link  src {address.ip} \n")
    return default, local


def _ip_route(call: Call, device: str) -> str:
    default, local = _routes(call)
    return "".join(r for r in default + local if not device or f"dev {device} " in r)


def _ip_neigh(call: Call, device: str) -> str:
    rows = call.device.network.list_neighbours()
    return "".join(
        f"{address} dev {name} lladdr {mac} {'ref 1 ' if state == 'REACHABLE' else ''}"
        f"used 0/0/0 probes 1 {state}\n"
        for address, name, mac, state in rows
        if device in ("", name)
    )


def _json_neigh(call: Call) -> str:
    rows = [
        {"dst": address, "dev": name, "lladdr": mac, "state": [state]}
        for address, name, mac, state in call.device.network.list_neighbours()
    ]
    return json.dumps(rows, separators=(",", ":")) + "\n"


@program("/sbin/route")
async def route(call: Call) -> int:
    network = call.device.network
    rows = [
        "Kernel IP routing table\n"
        "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
    ]
    for section in network.interfaces():
        device = network.l3_device(section)
        for address in network.addresses(section) if device != LOOPBACK else []:
            net = address.interface.network
            if gateway := network.gateway(section):
                rows.append(_route_row("0.0.0.0", gateway, "0.0.0.0", "UG", device))
            rows.append(
                _route_row(str(net.network_address), "0.0.0.0", str(net.netmask), "U", device)
            )
    await call.out("".join(rows))
    return 0


def _route_row(target: str, gateway: str, mask: str, flags: str, device: str) -> str:
    return f"{target:<15} {gateway:<15} {mask:<15} {flags:<5} 0      0        0 {device}\n"


@program("/usr/sbin/brctl")
async def brctl(call: Call) -> int:
    if call.args[:1] != ["show"]:
        return await call.fail("only `brctl show` is simulated")
    await call.out("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n")
    links = call.device.network.links()
    for bridge in (link for link in links if link.kind == "bridge"):
        members = [link.name for link in links if link.master == bridge.name]
        number = "7fff." + bridge.mac.replace(":", "")
        rest = "".join(f"\t\t\t\t\t\t\t{name}\n" for name in members[1:])
        await call.out(f"{bridge.name}\t\t{number}\tno\t\t{(members or [''])[0]}\n{rest}")
    return 0


@program("/usr/bin/iwinfo")
async def iwinfo(call: Call) -> int:
    wireless = call.device.wireless
    args = call.args
    aps = [ap for ap in wireless.aps() if not args or ap.ifname == args[0]]
    if args and not aps:
        return await call.fail(f"No such wireless device: {args[0]}")
    if args[1:2] == ["assoclist"]:
        rows = [
            f"{c.mac.upper()}  {c.signal} dBm / -91 dBm (SNR {c.signal + 91})  120 ms ago\n"
            f"\tRX: {c.rx_rate / 1000:.1f} MBit/s{' ' * 30}{c.rx_flow:.0f} Pkts.\n"
            f"\tTX: {c.tx_rate / 1000:.1f} MBit/s{' ' * 30}{c.tx_flow:.0f} Pkts.\n"
            f"\texpected throughput: unknown\n\n"
            for c in wireless.clients(aps[0])
        ]
        await call.out("".join(rows) or "No station connected\n")
        return 0
    for ap in aps:
        facts = wireless.info(ap)
        name = first(ap.section.options.get("ssid"), "OpenWrt")
        security = "WPA2 PSK (CCMP)" if facts["encryption"]["enabled"] else "none"
        await call.out(
            f'{ap.ifname:<9} ESSID: "{name}"\n'
            f"          Access Point: {facts['bssid']}\n"
            f"          Mode: {facts['mode']}  Channel: {ap.channel}"
            f" ({ap.frequency / 1000:.3f} GHz)  HT Mode: {facts['htmode']}\n"
            f"          Tx-Power: {facts['txpower']} dBm  Link Quality: {facts['quality']}/70\n"
            f"          Signal: {facts['signal']} dBm  Noise: {facts['noise']} dBm\n"
            f"          Bit Rate: {facts['bitrate'] / 1000:.1f} MBit/s\n"
            f"          Encryption: {security}\n"
            f"          Type: nl80211  HW Mode(s): 802.11{'/'.join(facts['hwmodes'])}\n"
            f"          Hardware: {facts['hardware']['name']}\n\n"
        )
    return 0


@program("/bin/ping", "/bin/ping6")
async def ping(call: Call) -> int:
    options, hosts = call.options("q46", "cwWIsit")
    count = int(options.get("c", "3")) if options.get("c", "3").isdigit() else 3
    target = (hosts or [""])[0]
    known = {row[0] for row in call.device.network.list_neighbours()} | {"127.0.0.1"}
    await call.out(f"PING {target} ({target}): 56 data bytes\n")
    reached = target in known
    for number in range(min(count, 100) if reached else 0):
        await call.out(f"64 bytes from {target}: seq={number} ttl=64 time=0.412 ms\n")
    got, loss = (count, 0) if reached else (0, 100)
    await call.out(
        f"\n--- {target} ping statistics ---\n"
        f"{count} packets transmitted, {got} packets received, {loss}% packet loss\n"
    )
    return int(not reached)


@program("/usr/bin/wget", "/bin/uclient-fetch", "/usr/bin/curl")
async def fetch(call: Call) -> int:
    return await call.fail("a simulated device has no internet", 4)
