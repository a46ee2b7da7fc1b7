"""Radios, their networks and their clients, made from the configuration that is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .jsontext import Fields
from .models import Radio
from .netdevice import Link
from .network import mac_plus
from .uci import Section, first, listed
from .visits import Visits, visits

if TYPE_CHECKING:
    from .device import Device

_CHANNELS_2G = {n: 2407 + 5 * n for n in range(1, 14)}


@dataclass(frozen=True, slots=True)
class Client:
    """A station at an access point; rates in kbit/s, traffic in bytes a second."""

    mac: str
    address: str
    name: str
    radio: int
    signal: int
    rx_rate: int
    tx_rate: int
    rx_flow: float
    tx_flow: float
    visits: Visits


@dataclass(frozen=True, slots=True)
class Ap:
    """One wireless network interface that is up."""

    ifname: str
    mac: str
    index: int
    radio: Radio
    device: Section
    section: Section

    @property
    def channel(self) -> int:
        text = first(self.device.options.get("channel"))
        fallback = 1 if self.radio.band == "2g" else 36
        return int(text) if text.isdigit() else fallback

    @property
    def frequency(self) -> int:
        if self.radio.band == "2g":
            return _CHANNELS_2G.get(self.channel, 2412)
        return 5000 + 5 * self.channel


class Wireless:
    """What hostapd and iwinfo of one device answer."""

    def __init__(self, device: Device) -> None:
        self._device = device
        random = device.random
        count = random.choice((0, 1, 2, 3, 5, 8)) if device.model.radios else 0
        lan = device.identity.lan_address.rpartition(".")[0]
        self._clients = [self._client(number, lan) for number in range(count)]
        self._dropped: dict[str, float] = {}  # MAC → the uptime at which it was sent away
        device.on_boot.append(self._dropped.clear)

    def _client(self, number: int, lan: str) -> Client:
        random = self._device.random
        raw = bytes([random.randrange(256) & 0xFC | 2, *random.randbytes(5)])
        mac = ":".join(f"{byte:02x}" for byte in raw)
        radio = random.randrange(len(self._device.model.radios))
        fast = self._device.model.radios[radio].band == "5g"
        return Client(
            mac,
            f"{lan}.{155 + number}",
            f"client-{mac[-2:]}",
            radio,
            random.randint(-78, -45),
            585000 if fast else 130000,
            650000 if fast else 144400,
            random.uniform(500, 60_000),
            random.uniform(500, 200_000),
            visits(mac, self._device.uptime()),
        )

    def aps(self) -> list[Ap]:
        """Return the wireless interfaces that are up."""
        device = self._device
        if not device.model.radios or "wireless" not in device.packages_in_force():
            return []
        package = device.in_force("wireless")
        old = device.release.series < (23, 5)
        found = []
        for index, radio in enumerate(device.model.radios):
            section = package.find(f"radio{index}")
            if section is None or first(section.options.get("disabled")) == "1":
                continue
            mac = mac_plus(device.mac, 9 + 8 * index)
            number = 0
            for iface in package.typed("wifi-iface"):
                if first(iface.options.get("device")) != section.name:
                    continue
                if first(iface.options.get("disabled")) == "1":
                    continue
                suffix = f"-{number}" if number else ""
                name = f"wlan{index}{suffix}" if old else f"phy{index}-ap{number}"
                found.append(Ap(name, mac_plus(mac, number), index, radio, section, iface))
                number += 1
        return found

    def ap(self, ifname: str) -> Ap | None:
        return next((ap for ap in self.aps() if ap.ifname == ifname), None)

    def clients(self, ap: Ap | None = None) -> list[Client]:
        """Return who is connected now, to one network or to any that is up."""
        uptime = self._device.uptime()
        return [
            client
            for client in self._associating(ap)
            if client.visits.here(uptime) and client.mac not in self._dropped
        ]

    def visitors(self) -> list[Client]:
        """Return who has been connected since the boot, those that are here among them."""
        return [client for client in self._associating() if self._seconds(client)]

    def _seconds(self, client: Client) -> float:
        """Return how long a client has been here since the boot."""
        uptime = self._device.uptime()
        return client.visits.seconds(min(uptime, self._dropped.get(client.mac, uptime)))

    def _associating(self, ap: Ap | None = None) -> list[Client]:
        """Return who comes to one network, or to any that is up."""
        up = {a.index for a in self.aps()} if ap is None else {ap.index}
        if ap is not None and ap.ifname not in _firsts(self.aps()):
            return []
        return [client for client in self._clients if client.radio in up]

    def drop(self, mac: str) -> None:
        """Send a client away."""
        if any(client.mac == mac for client in self._clients):
            self._dropped.setdefault(mac, self._device.uptime())

    def passed(self, ifname: str) -> tuple[int, int]:
        """Return the bytes that a network received and sent since the boot; beacons count."""
        ap, uptime = self.ap(ifname), self._device.uptime()
        rx, tx = 20 * uptime, 60 * uptime
        for client in self._associating(ap) if ap is not None else ():
            rx += client.rx_flow * self._seconds(client)
            tx += client.tx_flow * self._seconds(client)
        return int(rx), int(tx)

    def links(self) -> list[Link]:
        links = []
        for ap in self.aps():
            networks = listed(ap.section.options.get("network"))
            master = f"br-{networks[0]}" if networks else ""
            links.append(Link(ap.ifname, ap.mac, "wlan", True, True, master))
        return links

    def leases(self) -> str:
        """Return /tmp/dhcp.leases."""
        now, uptime = int(self._device.now()), self._device.uptime()
        lines = []
        for c in self.visitors():
            expiry = (now - int(c.visits.away(uptime))) // 3600 * 3600 + 43200
            if expiry > now:
                lines.append(f"{expiry} {c.mac} {c.address} {c.name} 01:{c.mac}\n")
        return "".join(lines)

    # -- ubus ------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Return `ubus call network.wireless status`, repeated keys and all."""
        if not self._device.model.radios:
            return {}
        package = self._device.in_force("wireless")
        up = {ap.device.name for ap in self.aps()}
        return {
            section.name: self._radio_status(section, section.name in up)
            for section in package.typed("wifi-device")
        }

    def _radio_status(self, section: Section, up: bool) -> dict[str, Any]:
        options = section.options
        config: list[tuple[str, Any]] = []
        for name in ("path", "band", "hwmode", "channel", "htmode", "disabled", "country"):
            if name not in options:
                continue
            text = first(options[name])
            config.append((name, text == "1" if name == "disabled" else text))
            if name == "channel" and text.isdigit():
                config.append((name, int(text)))
        config.append(("disabled", not up))
        return {
            "up": up,
            "pending": False,
            "autostart": True,
            "disabled": not up,
            "retry_setup_failed": False,
            "config": Fields(config),
            "interfaces": [_iface(a) for a in self.aps() if a.device.name == section.name],
        }

    def get_clients(self, ap: Ap) -> dict[str, Any]:
        """Return `ubus call hostapd.IFNAME get_clients`."""
        clients = {
            client.mac: self._hostapd(number, client, ap)
            for number, client in enumerate(self.clients(ap), 1)
        }
        return {"freq": ap.frequency, "clients": clients}

    def _traffic(self, client: Client) -> tuple[int, int, int, int]:
        seconds = client.visits.since(self._device.uptime())
        rx, tx = int(client.rx_flow * seconds), int(client.tx_flow * seconds)
        return rx, rx // 700, tx, tx // 1100

    def _hostapd(self, aid: int, client: Client, ap: Ap) -> dict[str, Any]:
        rx, rx_packets, tx, tx_packets = self._traffic(client)
        return {
            "auth": True,
            "assoc": True,
            "authorized": True,
            "preauth": False,
            "wds": False,
            "wmm": True,
            "ht": True,
            "vht": "ac" in ap.radio.modes,
            "he": "ax" in ap.radio.modes,
            "wps": False,
            "mfp": False,
            "mbo": False,
            "rrm": [115, 0, 0, 0, 0],
            "extended_capabilities": [4, 0, 10, 2, 1, 0, 0, 64, 128],
            "aid": aid,
            "signature": "",
            "bytes": {"rx": rx, "tx": tx},
            "airtime": {"rx": 0, "tx": 0},
            "packets": {"rx": rx_packets, "tx": tx_packets},
            "rate": {"rx": client.rx_rate, "tx": client.tx_rate},
            "signal": client.signal,
            "capabilities": {},
        }

    def info(self, ap: Ap) -> dict[str, Any]:
        """Return `ubus call iwinfo info`."""
        radio, options = ap.radio, ap.section.options
        fast = radio.band == "5g"
        htmode = first(ap.device.options.get("htmode"), "HT20")
        signal = max((c.signal for c in self.clients(ap)), default=-60)
        wpa = first(options.get("encryption"), "none") != "none"
        encryption: dict[str, Any] = {"enabled": wpa}
        if wpa:
            encryption |= {"wpa": [2], "authentication": ["psk"], "ciphers": ["ccmp"]}
        widths = ("20", "40", "80") if fast else ("20", "40")
        kinds = {"n": "HT", "ac": "VHT", "ax": "HE"}
        return {
            "phy": f"phy{ap.index}",
            "ssid": first(options.get("ssid"), "OpenWrt"),
            "bssid": ap.mac.upper(),
            "country": first(ap.device.options.get("country"), "US"),
            "mode": "Master" if first(options.get("mode")) == "ap" else "Client",
            "channel": ap.channel,
            "center_chan1": ap.channel + (6 if fast and htmode.endswith("80") else 0),
            "frequency": ap.frequency,
            "frequency_offset": 0,
            "txpower": 23 if fast else 20,
            "txpower_offset": 0,
            "quality": max(0, min(70, signal + 110)),
            "quality_max": 70,
            "noise": -91 if fast else -89,
            "signal": signal,
            "bitrate": 866700 if fast else 144400,
            "encryption": encryption,
            "htmodes": [
                f"{kinds[mode]}{width}"
                for mode in radio.modes
                for width in widths
                if mode != "n" or width != "80"
            ],
            "hwmodes": (["a"] if fast else ["b", "g"]) + list(radio.modes),
            "hwmode": radio.modes[-1] if not htmode.startswith("HT") else "n",
            "htmode": htmode,
            "hardware": {"id": [*radio.ids, *radio.ids], "name": radio.chip},
        }

    def assoclist(self, ap: Ap) -> dict[str, Any]:
        """Return `ubus call iwinfo assoclist`."""
        rows = []
        for client in self.clients(ap):
            rx, rx_packets, tx, tx_packets = self._traffic(client)
            kind: dict[str, Any] = {
                "ht": True,
                "vht": "ac" in ap.radio.modes,
                "he": "ax" in ap.radio.modes,
            }
            kind |= {"mcs": 9, "nss": 2}
            received = {"drop_misc": 4, "packets": rx_packets, "bytes": rx}
            sent = {"failed": 0, "retries": 11, "packets": tx_packets, "bytes": tx}
            rows.append(
                {
                    "mac": client.mac.upper(),
                    "signal": client.signal,
                    "signal_avg": client.signal,
                    "noise": -91,
                    "inactive": 120,
                    "connected_time": int(client.visits.since(self._device.uptime())),
                    "thr": 0,
                    "authorized": True,
                    "authenticated": True,
                    "preamble": "short",
                    "wme": True,
                    "mfp": False,
                    "tdls": False,
                    "rx": received | kind | {"rate": client.rx_rate},
                    "tx": sent | kind | {"rate": client.tx_rate},
                }
            )
        return {"results": rows}


def _firsts(aps: list[Ap]) -> set[str]:
    """Return the first network of each radio: the one its clients are on."""
    found: dict[int, str] = {}
    for ap in aps:
        found.setdefault(ap.index, ap.ifname)
    return set(found.values())


def _iface(ap: Ap) -> dict[str, Any]:
    options = ap.section.options
    config: list[tuple[str, Any]] = []
    for name in ("mode", "ssid", "encryption", "key", "network"):
        if name in options:
            value = options[name]
            config.append((name, listed(value) if name == "network" else first(value)))
    config.append(("mode", first(options.get("mode"), "ap")))
    return {
        "section": ap.section.name,
        "ifname": ap.ifname,
        "config": Fields(config),
        "vlans": [],
        "stations": [],
    }
