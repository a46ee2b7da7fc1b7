"""Devices as text for the unit tests of the verdict, and a short way to ask about an edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from owtui.engine.configs.cutoff import CutOff, Way, judge
from owtui.engine.configs.model import File, FileChanges, Running, SeenFrom
from owtui.engine.openwrt.facts import Facts, Interface

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOurs"

NETWORK = """
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1/8'

config globals 'globals'
	option ula_prefix 'fd05:b374:ab87::/48'

config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'
	list ports 'lan2'
	list ports 'lan3'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '10.77.0.11'
	option netmask '255.255.255.0'
	option ip6assign '60'

config interface 'wan'
	option device 'wan'
	option proto 'dhcp'
"""
FIREWALL = """
config defaults
	option input 'REJECT'
	option output 'ACCEPT'
	option forward 'REJECT'

config zone
	option name 'lan'
	list network 'lan'
	option input 'ACCEPT'

config zone
	option name 'wan'
	list network 'wan'
	option input 'REJECT'

config rule 'ping'
	option name 'Allow-Ping'
	option src 'wan'
	option proto 'icmp'
	option target 'ACCEPT'
"""
DROPBEAR = """
config dropbear 'main'
	option PasswordAuth 'on'
	option RootPasswordAuth 'on'
	option Port '22'
"""
UHTTPD = """
config uhttpd 'main'
	list listen_http '0.0.0.0:80'
	list listen_http '[::]:80'
	list listen_https '0.0.0.0:443'
	option redirect_https '0'
	option ubus_prefix '/ubus'
	option cert '/etc/uhttpd.crt'
	option key '/etc/uhttpd.key'
"""
RPCD = """
config rpcd
	option timeout '30'

config login
	option username 'root'
	option password '$p$root'
	list read '*'
	list write '*'
"""
WIRELESS = """
config wifi-device 'radio0'
	option type 'mac80211'
	option band '5g'
	option channel '36'
	option htmode 'VHT80'

config wifi-iface 'ap0'
	option device 'radio0'
	option network 'lan'
	option mode 'ap'
	option ssid 'Field'
	option encryption 'psk2'
	option key 'wifi-password'
"""
SYSTEM = """
config system 'system'
	option hostname 'ap-01'
"""
DHCP = """
config dhcp 'lan'
	option interface 'lan'
	option start '100'
	option limit '100'
"""
PORTS = (
    Interface("br-lan", up=True, addresses=("10.77.0.11/24",), network="lan", rx_bytes=9),
    Interface("lan1", up=True, rx_bytes=9),
    Interface("lan2", up=True),
    Interface("lan3", up=True),
    Interface("wan", up=True, addresses=("100.64.0.7/24",), network="wan", rx_bytes=9),
)


@dataclass(frozen=True)
class Device:
    """A device as text, with our way in; `ask` edits it."""

    texts: Mapping[str, str]
    way: Way
    facts: Facts = field(default_factory=lambda: Facts(version="24.10.6", interfaces=PORTS))
    files: Mapping[str, bytes] = field(default_factory=dict)
    free: int | None = None

    def running(self) -> Running:
        """What was read from it."""
        files = {f"/etc/config/{name}": File(text.encode()) for name, text in self.texts.items()}
        files |= {path: File(data) for path, data in self.files.items()}
        return Running(files, {}, free_bytes=self.free)

    def put(self, changes: FileChanges, on_purpose: str = "") -> CutOff:
        """Ask about files."""
        return judge(self.way, self.running(), changes, self.facts, on_purpose=on_purpose)

    def ask(self, package: str, *edits: tuple[str, str], on_purpose: str = "") -> CutOff:
        """Ask about replacements in the text of a package; each must be found."""
        text = self.texts[package]
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        return self.put({f"/etc/config/{package}": File(text.encode())}, on_purpose)

    def add(self, package: str, more: str, on_purpose: str = "") -> CutOff:
        """Ask about text that is put behind a package's."""
        text = self.texts.get(package, "") + more
        return self.put({f"/etc/config/{package}": File(text.encode())}, on_purpose)

    def with_text(self, package: str, text: str) -> Device:
        """The same device with another package."""
        return replace(self, texts={**self.texts, package: text})

    def from_(self, client: str) -> Device:
        """The same device, and we come from elsewhere."""
        return replace(self, way=replace(self.way, seen=replace(self.way.seen, client=client)))


def way_to(server: str, client: str, port: int = 22) -> Way:
    """A way in over SSH with a password that nobody needs to know."""
    return Way(server, port, seen=SeenFrom(client, server, port))


TEXTS = {
    "network": NETWORK,
    "firewall": FIREWALL,
    "dropbear": DROPBEAR,
    "uhttpd": UHTTPD,
    "rpcd": RPCD,
    "wireless": WIRELESS,
    "system": SYSTEM,
    "dhcp": DHCP,
}
ROUTER = Device(TEXTS, way_to("10.77.0.11", "10.77.0.70"))


def place(found: CutOff) -> str:
    """Where the first reason points to."""
    return found.reasons[0].place if found.reasons else ""


def said(found: CutOff) -> str:
    """All sentences in one text."""
    return " ".join(r.sentence for r in found.reasons)
