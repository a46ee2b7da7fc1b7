"""Which services take a change in, and what people notice of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service that reloads. `effect` is what users of the network notice, "" for nothing."""

    name: str
    effect: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.effect})" if self.effect else self.name


_OF_PACKAGE = {
    "dhcp": (Service("dnsmasq", "DNS and DHCP pause ~1 s"), Service("odhcpd")),
    "dropbear": (Service("ssh", "new logins only"),),
    "firewall": (Service("firewall"),),
    "network": (Service("network", "changed interfaces go down and up"),),
    "openvpn": (Service("openvpn", "tunnels reconnect"),),
    "openwisp": (Service("openwisp-config"),),
    "rpcd": (Service("rpcd", "web sessions end"),),
    "system": (Service("system"), Service("sysntpd")),
    "uhttpd": (Service("web server"),),
    "wireless": (Service("wifi", "clients drop ~8 s"),),
    "zerotier": (Service("zerotier", "tunnels reconnect"),),
}
_OF_FILE = (
    ("/etc/crontabs/", Service("cron")),
    ("/etc/dnsmasq", Service("dnsmasq", "DNS and DHCP pause ~1 s")),
    ("/etc/nftables.d/", Service("firewall")),
    ("/etc/firewall.user", Service("firewall")),
)


def services(packages: Iterable[str], files: Iterable[str] = ()) -> tuple[Service, ...]:
    """The services that reload when these packages and files change, each once, by name.

    Files beside /etc/config have no trigger of procd's: those are named that a service reads.
    """
    found = {one for name in packages for one in _OF_PACKAGE.get(name, (Service(name),))}
    found |= {one for path in files for start, one in _OF_FILE if path.startswith(start)}
    return tuple(sorted(found, key=lambda one: one.name))
