"""The configuration a device leaves its factory with, as the text of /etc/config.

DSA boards have `config device` with ports, swconfig boards VLANs on a switch, and 19.07 its
older words (ifname, hwmode); values that do not vary are those of the captures.
"""

from __future__ import annotations

from dataclasses import dataclass

from .models import Model, Radio, Release
from .uci import Package, Value, file_text

_MLD = ("130/0", "131/0", "132/0", "143/0")
_ICMP6 = [
    "echo-request",
    "echo-reply",
    "destination-unreachable",
    "packet-too-big",
    "time-exceeded",
    "bad-header",
    "unknown-header-type",
]
_NEIGHBOURS = ["router-solicitation", "neighbour-solicitation"]
_ADVERTISED = ["router-advertisement", "neighbour-advertisement"]


@dataclass(frozen=True, slots=True)
class Site:
    """What makes one device's configuration its own."""

    hostname: str
    lan_address: str
    ula_prefix: str
    ssid: str
    wifi_key: str
    channels: tuple[int, int] = (1, 36)
    gateway: str = ""


def _package(name: str, *sections: tuple[str, str, dict[str, Value]]) -> tuple[str, str]:
    package = Package(name)
    for kind, named, options in sections:
        package.add(kind, named).options.update(options)
    return name, file_text(package)


def factory(model: Model, release: Release, site: Site) -> dict[str, str]:
    """Return the packages of a configured device and their text."""
    packages = [
        _dhcp(),
        _package(
            "dropbear",
            (
                "dropbear",
                "main",
                {"enable": "1", "PasswordAuth": "on", "RootPasswordAuth": "on", "Port": "22"},
            ),
        ),
        _firewall(),
        _network(model, release, site),
        _rpcd(),
        _system(site),
        _uhttpd(),
    ]
    if model.radios:
        packages.append(_wireless(model, release, site))
    return dict(packages)


def _system(site: Site) -> tuple[str, str]:
    return _package(
        "system",
        (
            "system",
            "",
            {
                "hostname": site.hostname,
                "timezone": "UTC",
                "ttylogin": "0",
                "log_size": "128",
                "urandom_seed": "0",
                "compat_version": "1.0",
            },
        ),
        (
            "timeserver",
            "ntp",
            {
                "enabled": "1",
                "enable_server": "0",
                "server": [f"{n}.openwrt.pool.ntp.org" for n in range(4)],
            },
        ),
    )


def _network(model: Model, release: Release, site: Site) -> tuple[str, str]:
    old = release.series < (21, 2)
    device = "ifname" if old else "device"
    loopback = {
        device: "lo",
        "proto": "static",
        "ipaddr": "127.0.0.1",
        "netmask": "255.0.0.0",
    }
    lan: dict[str, Value] = {"type": "bridge"} if old else {}
    lan |= {
        device: " ".join(model.lan_ports) if old else "br-lan",
        "proto": "static",
        "ipaddr": site.lan_address,
        "netmask": "255.255.255.0",
        "ip6assign": "60",
    }
    if site.gateway and not model.wan_port:
        lan |= {"gateway": site.gateway, "dns": [site.gateway]}
    sections: list[tuple[str, str, dict[str, Value]]] = [
        ("interface", "loopback", dict(loopback)),
        ("globals", "globals", {"ula_prefix": site.ula_prefix}),
    ]
    if not old:
        ports: dict[str, Value] = {"name": "br-lan", "type": "bridge"}
        sections.append(("device", "", ports | {"ports": list(model.lan_ports)}))
    sections.append(("interface", "lan", lan))
    if model.wan_port:
        sections.append(("interface", "wan", {device: model.wan_port, "proto": "dhcp"}))
        sections.append(("interface", "wan6", {device: model.wan_port, "proto": "dhcpv6"}))
    if model.swconfig:
        switch: dict[str, Value] = {"name": "switch0", "reset": "1", "enable_vlan": "1"}
        sections.append(("switch", "", switch))
        for vlan, members in (("1", "2 3 4 5 0t"), ("2", "1 0t")):
            row: dict[str, Value] = {"device": "switch0", "vlan": vlan, "ports": members}
            sections.append(("switch_vlan", "", row))
    return _package("network", *sections)


def _wireless(model: Model, release: Release, site: Site) -> tuple[str, str]:
    sections: list[tuple[str, str, dict[str, Value]]] = []
    for index, radio in enumerate(model.radios):
        sections.append(("wifi-device", f"radio{index}", _radio(radio, release, site)))
        sections.append(
            (
                "wifi-iface",
                f"default_radio{index}",
                {
                    "device": f"radio{index}",
                    "network": "lan",
                    "mode": "ap",
                    "ssid": site.ssid,
                    "encryption": "psk2",
                    "key": site.wifi_key,
                },
            )
        )
    return _package("wireless", *sections)


def _radio(radio: Radio, release: Release, site: Site) -> dict[str, Value]:
    fast = radio.band == "5g"
    width = "80" if fast else "20"
    mode = "HE" if "ax" in radio.modes else "VHT" if "ac" in radio.modes else "HT"
    if mode == "HT":
        width = "20"
    options: dict[str, Value] = {"type": "mac80211", "path": radio.path}
    if release.series < (21, 2):
        options["hwmode"] = "11a" if fast else "11g"
    else:
        options["band"] = radio.band
    return options | {
        "channel": str(site.channels[fast]),
        "htmode": mode + width,
        "disabled": "0",
        "country": "US",
    }


def _dhcp() -> tuple[str, str]:
    return _package(
        "dhcp",
        (
            "dnsmasq",
            "",
            {
                "domainneeded": "1",
                "boguspriv": "1",
                "filterwin2k": "0",
                "localise_queries": "1",
                "rebind_protection": "1",
                "rebind_localhost": "1",
                "local": "/lan/",
                "domain": "lan",
                "expandhosts": "1",
                "nonegcache": "0",
                "cachesize": "1000",
                "authoritative": "1",
                "readethers": "1",
                "leasefile": "/tmp/dhcp.leases",
                "resolvfile": "/tmp/resolv.conf.d/resolv.conf.auto",
                "nonwildcard": "1",
                "localservice": "1",
                "ednspacket_max": "1232",
                "filter_aaaa": "0",
                "filter_a": "0",
            },
        ),
        (
            "dhcp",
            "lan",
            {"interface": "lan", "start": "100", "limit": "150", "leasetime": "12h"},
        ),
        ("dhcp", "wan", {"interface": "wan", "ignore": "1"}),
    )


def _rule(name: str, **options: Value) -> dict[str, Value]:
    return {"name": name, "src": "wan", **options}


def _firewall() -> tuple[str, str]:
    accept: dict[str, Value] = {"family": "ipv4", "target": "ACCEPT"}
    six: dict[str, Value] = {"family": "ipv6", "target": "ACCEPT"}
    rules = [
        _rule("Allow-DHCP-Renew", proto="udp", dest_port="68", target="ACCEPT", family="ipv4"),
        _rule("Allow-Ping", proto="icmp", icmp_type="echo-request") | accept,
        _rule("Allow-IGMP", proto="igmp") | accept,
        _rule("Allow-DHCPv6", proto="udp", dest_port="546") | six,
        _rule("Allow-MLD", proto="icmp", src_ip="fe80::/10", icmp_type=list(_MLD)) | six,
        _rule(
            "Allow-ICMPv6-Input",
            proto="icmp",
            icmp_type=_ICMP6 + _NEIGHBOURS + _ADVERTISED,
            limit="1000/sec",
        )
        | six,
        _rule(
            "Allow-ICMPv6-Forward",
            dest="*",
            proto="icmp",
            icmp_type=list(_ICMP6),
            limit="1000/sec",
        )
        | six,
        _rule("Allow-IPSec-ESP", dest="lan", proto="esp", target="ACCEPT"),
        _rule("Allow-ISAKMP", dest="lan", dest_port="500", proto="udp", target="ACCEPT"),
    ]
    policy: dict[str, Value] = {"input": "ACCEPT", "output": "ACCEPT", "forward": "ACCEPT"}
    closed: dict[str, Value] = {"input": "REJECT", "output": "ACCEPT", "forward": "REJECT"}
    wan: dict[str, Value] = {"name": "wan", "network": ["wan", "wan6"]}
    masked: dict[str, Value] = {"masq": "1", "mtu_fix": "1"}
    return _package(
        "firewall",
        ("defaults", "", {"syn_flood": "1", **closed}),
        ("zone", "", {"name": "lan", "network": ["lan"], **policy}),
        ("zone", "", wan | closed | masked),
        ("forwarding", "", {"src": "lan", "dest": "wan"}),
        *(("rule", "", rule) for rule in rules),
    )


def _rpcd() -> tuple[str, str]:
    return _package(
        "rpcd",
        ("rpcd", "", {"socket": "/var/run/ubus/ubus.sock", "timeout": "30"}),
        (
            "login",
            "",
            {"username": "root", "password": "$p$root", "read": ["*"], "write": ["*"]},
        ),
    )


def _uhttpd() -> tuple[str, str]:
    return _package(
        "uhttpd",
        (
            "uhttpd",
            "main",
            {
                "listen_http": ["0.0.0.0:80", "[::]:80"],
                "listen_https": ["0.0.0.0:443", "[::]:443"],
                "redirect_https": "0",
                "home": "/www",
                "rfc1918_filter": "1",
                "max_requests": "3",
                "max_connections": "100",
                "cert": "/etc/uhttpd.crt",
                "key": "/etc/uhttpd.key",
                "cgi_prefix": "/cgi-bin",
                "script_timeout": "60",
                "network_timeout": "30",
                "http_keepalive": "20",
                "tcp_keepalive": "1",
                "ubus_prefix": "/ubus",
            },
        ),
        (
            "cert",
            "defaults",
            {
                "days": "397",
                "key_type": "ec",
                "bits": "2048",
                "ec_curve": "P-256",
                "country": "ZZ",
                "state": "Somewhere",
                "location": "Unknown",
                "commonname": "%D",
            },
        ),
    )
