"""What a device was asked at once, and the facts that follow from it.

Both transports fill the same `Reading`, so that a device has the same facts whichever way it was
read. Everything is optional: an image that lacks an object leaves its facts empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.facts import Facts, Interface

_MAC = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}\Z")
_VERSION = re.compile(r"\d[\w.~+-]*\Z")
_NO_MAC = "00:00:00:00:00:00"
_FIXED_POINT = 65536.0  # the load of `system info` [procd system.c]
_KIB = 1024


@dataclass(slots=True)
class Reading:
    """The answers of one round trip, as the device gave them."""

    board: Answer = field(default_factory=Answer)  # ubus system board
    info: Answer = field(default_factory=Answer)  # ubus system info
    interfaces: Answer = field(default_factory=Answer)  # ubus network.interface dump
    devices: Answer = field(default_factory=Answer)  # ubus network.device status
    board_json: Answer = field(default_factory=Answer)  # /etc/board.json
    clients: list[Answer] = field(default_factory=list)  # hostapd get_clients, iwinfo assoclist
    release: dict[str, str] = field(default_factory=dict)  # /etc/openwrt_release
    sysfs: dict[str, str] = field(default_factory=dict)  # "br-lan/address" → what it holds
    loadavg: str = ""
    uptime: str = ""
    meminfo: str = ""
    df: str = ""
    boot_id: str = ""
    cpus: str = ""
    clock: str = ""  # date +%s
    agent: str = ""  # openwisp-config --version
    unlocked: str = ""  # how many lines of /etc/shadow give root no password
    sums: str = ""  # md5sum of the configuration, as sums.command asks

    def facts(self, via: str) -> Facts:
        """Put the facts together."""
        interfaces = self._interfaces()
        release = self.board["release"]
        total, available = self._memory()
        flash = self._room("root", "/overlay", "/")
        tmp = self._room("tmp", "/tmp")
        return Facts(
            hostname=self.board["hostname"].text,
            model=self.board["model"].text or self.board_json["model"]["name"].text,
            board=self.board["board_name"].text or self.board_json["model"]["id"].text,
            system=self.board["system"].text,
            kernel=self.board["kernel"].text,
            distribution=release["distribution"].text or self.release.get("ID", ""),
            version=release["version"].text or self.release.get("RELEASE", ""),
            revision=release["revision"].text or self.release.get("REVISION", ""),
            target=release["target"].text or self.release.get("TARGET", ""),
            description=release["description"].text or self.release.get("DESCRIPTION", ""),
            mac=self._mac(interfaces),
            label_mac=self._label(),
            boot_id=self.boot_id.strip(),
            uptime_s=_reals(self.uptime, 1)[0] or self.info["uptime"].real,
            load=self._load(),
            cpus=self.processors() or 1,
            memory_total=total,
            memory_available=available,
            flash_total=flash[0],
            flash_available=flash[1],
            tmp_total=tmp[0],
            tmp_available=tmp[1],
            clients=self._stations(),
            local_time=_integer(self.clock),
            agent=self._agent(),
            factory=_integer(self.unlocked) > 0,
            interfaces=interfaces,
            via=via,
        )

    def _interfaces(self) -> tuple[Interface, ...]:
        networks, addresses = self._layer3()
        found = []
        for name, device in self.devices.items():
            statistics = device["statistics"]
            found.append(
                Interface(
                    name=name,
                    mac=mac_address(device["macaddr"].text),
                    up=device["up"].flag,
                    addresses=tuple(addresses.get(name, ())),
                    network=networks.get(name, ""),
                    rx_bytes=statistics["rx_bytes"].number,
                    tx_bytes=statistics["tx_bytes"].number,
                )
            )
        return tuple(i for i in found or self._from_sysfs(networks, addresses) if i.name != "lo")

    def _layer3(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """The first UCI interface and all addresses of each network device."""
        networks: dict[str, str] = {}
        addresses: dict[str, list[str]] = {}
        for interface in self.interfaces["interface"]:
            device = interface["l3_device"].text or interface["device"].text
            if not device:
                continue
            networks.setdefault(device, interface["interface"].text)
            known = addresses.setdefault(device, [])
            known.extend(a for a in _addresses(interface) if a not in known)
        return networks, addresses

    def _from_sysfs(
        self, networks: dict[str, str], addresses: dict[str, list[str]]
    ) -> list[Interface]:
        """The same without netifd's object: names, MACs and states of /sys/class/net."""
        names = sorted({path.partition("/")[0] for path in self.sysfs})
        return [
            Interface(
                name=name,
                mac=mac_address(self.sysfs.get(f"{name}/address", "")),
                up=self.sysfs.get(f"{name}/operstate", "") in ("up", "unknown"),
                addresses=tuple(addresses.get(name, ())),
                network=networks.get(name, ""),
            )
            for name in names
        ]

    def _label(self) -> str:
        return mac_address(self.board_json["system"]["label_macaddr"].text)

    def _mac(self, interfaces: tuple[Interface, ...]) -> str:
        """The one MAC that names the device: eth0, the label, br-lan, then the first other.

        OpenWISP's agent registers with eth0 (its `mac_interface`) or the first that is neither lo
        nor tap [agents.md §1], and inventories taken over from OpenWISP carry that one; the label
        of board.json comes second because over ubus it is not always readable, and a device must
        not change its MAC with the transport.
        """
        by_name = {i.name: i.mac for i in interfaces}
        others = sorted(i.name for i in interfaces if not i.name.startswith("tap"))
        candidates = [by_name.get("eth0", ""), self._label(), by_name.get("br-lan", "")]
        candidates += [by_name[name] for name in others]
        return next((mac for mac in candidates if mac), "")

    def _load(self) -> tuple[float, float, float]:
        if self.loadavg.strip():
            one, five, fifteen = _reals(self.loadavg, 3)
            return one, five, fifteen
        values = [round(entry.real / _FIXED_POINT, 2) for entry in self.info["load"]][:3]
        one, five, fifteen = (*values, 0.0, 0.0, 0.0)[:3]
        return one, five, fifteen

    def _memory(self) -> tuple[int, int]:
        """Bytes in all and available; before 21.02 `available` is what is free or a cache."""
        memory = self.info["memory"]
        if memory["total"].number:
            spare = memory["free"].number + memory["buffered"].number + memory["cached"].number
            return memory["total"].number, memory["available"].number or spare
        kib = self.kib()
        free = kib.get("MemAvailable") or kib.get("MemFree", 0)
        return kib.get("MemTotal", 0) * _KIB, free * _KIB

    def kib(self) -> dict[str, int]:
        """The lines of /proc/meminfo."""
        lines = re.findall(r"(?m)^(\w+): +(\d{1,15}) kB$", self.meminfo)
        return {name: int(value) for name, value in lines}

    def processors(self) -> int:
        """How many there are, 0 where nothing tells; a /proc/cpuinfo may name none and have one."""
        return max(1, _integer(self.cpus)) if self.cpus.strip() else 0

    def _room(self, key: str, *mounts: str) -> tuple[int, int]:
        """Bytes in all and available of a file system: `system info`, else df."""
        entry = self.info[key]
        if entry["total"].number:
            return entry["total"].number * _KIB, entry["avail"].number * _KIB
        rows = [line.split() for line in self.df.splitlines()]
        sizes = {row[-1]: row for row in rows if len(row) >= 6}
        for mount in mounts:
            if mount in sizes:
                row = sizes[mount]
                return _integer(row[-5]) * _KIB, _integer(row[-3]) * _KIB
        return 0, 0

    def _stations(self) -> int | None:
        """Associated stations, each once; None where no radio told."""
        if not self.clients:
            return None
        macs = set()
        for answer in self.clients:
            macs |= {name.upper() for name, _ in answer["clients"].items()}
            macs |= {entry["mac"].text.upper() for entry in answer["results"]}
        return len(macs)

    def _agent(self) -> str:
        """The last word of what the agent's --version prints, as OpenWISP reads it."""
        words = self.agent.split()
        return words[-1] if words and _VERSION.match(words[-1]) else ""


def mac_address(text: str) -> str:
    """Return a MAC as it is stored: upper case with colons; "" for none, zero or broken."""
    mac = text.strip().upper()
    return mac if _MAC.match(mac) and mac != _NO_MAC else ""


def _addresses(interface: Answer) -> list[str]:
    own = [*interface["ipv4-address"], *interface["ipv6-address"]]
    own += [entry["local-address"] for entry in interface["ipv6-prefix-assignment"]]
    return [f"{e['address'].text}/{e['mask'].number}" for e in own if e["address"].text]


def _reals(text: str, count: int) -> list[float]:
    """The first numbers of a line of /proc; 0.0 for each that is none."""
    values = []
    for word in (*text.split()[:count], *["0"] * count)[:count]:
        values.append(float(word) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", word) else 0.0)
    return values


def _integer(text: str) -> int:
    word = text.strip()
    return int(word) if re.fullmatch(r"[0-9]{1,18}", word) else 0
