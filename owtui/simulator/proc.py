"""The files a kernel makes when they are read: /proc, /sys and what daemons keep in /tmp."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from .files import Computed
from .procpid import ProcessFiles

if TYPE_CHECKING:
    from .device import Device

EFFECTS = "/proc/simulator"


class _Computed:
    """Fixed paths, /proc/PID/… of what runs now and /sys/class/net/*/… of the links there are."""

    _FACTS = ("address", "operstate", "carrier", "mtu")
    _COUNTS = ("rx_bytes", "rx_packets", "tx_bytes", "tx_packets")

    def __init__(self, device: Device, fixed: Mapping[str, Callable[[], str]]) -> None:
        self._device = device
        self._fixed = fixed
        self._processes = ProcessFiles(device)

    def __contains__(self, path: object) -> bool:
        try:
            return self[str(path)] is not None
        except KeyError:
            return False

    def __getitem__(self, path: str) -> Callable[[], bytes]:
        if path in self._fixed:
            text = self._fixed[path]
            return lambda: text().encode()
        if not path.startswith("/sys/class/net/"):
            return self._processes[path]
        parts = path.split("/")[4:]
        link = next((k for k in self._device.network.links() if k.name == parts[0]), None)
        ap = self._device.wireless.ap(parts[0])
        if ap is not None and parts[1:] == ["phy80211", "name"]:
            return lambda: f"phy{ap.index}\n".encode()
        if link is None or not (parts[1:] and parts[-1] in (*self._FACTS, *self._COUNTS)):
            raise KeyError(path)
        if parts[-1] in self._COUNTS:
            count = getattr(self._device.network.counters(link), parts[-1])
            return lambda: f"{count}\n".encode()
        facts = {
            "address": link.mac,
            "operstate": "up" if link.carrier else "down",
            "carrier": str(int(link.carrier)),
            "mtu": "1500",
        }
        return lambda: f"{facts[parts[-1]]}\n".encode()

    def below(self, folder: str) -> Iterator[str]:
        """Return the paths of all files in a folder and in the folders inside it."""
        inside = folder + "/"
        yield from (path for path in self._fixed if path.startswith(inside))
        yield from self._processes.below(folder)
        if folder.startswith("/sys"):
            yield from (path for path in self._links() if path.startswith(inside))

    def _links(self) -> Iterator[str]:
        for link in self._device.network.links():
            for fact in self._FACTS:
                yield f"/sys/class/net/{link.name}/{fact}"
            for count in self._COUNTS:
                yield f"/sys/class/net/{link.name}/statistics/{count}"
            if link.kind == "wlan":
                yield f"/sys/class/net/{link.name}/phy80211/name"


def computed_files(device: Device) -> Computed:
    """Return the computed files of a device, by path."""
    return _Computed(
        device,
        {
            "/proc/uptime": lambda: device.system.proc_uptime(),
            "/proc/loadavg": lambda: device.system.proc_loadavg(),
            "/proc/meminfo": lambda: device.system.proc_meminfo(),
            "/proc/version": lambda: device.system.proc_version(),
            "/proc/cpuinfo": lambda: device.system.proc_cpuinfo(),
            "/proc/mounts": lambda: device.system.proc_mounts(),
            "/proc/net/dev": lambda: _net_dev(device),
            "/proc/net/arp": lambda: _arp(device),
            "/proc/sys/kernel/hostname": lambda: device.hostname + "\n",
            "/proc/sys/kernel/random/boot_id": lambda: device.boot_id + "\n",
            "/tmp/dhcp.leases": lambda: device.wireless.leases(),
            EFFECTS: lambda: json.dumps(device.effects.table()) + "\n",
        },
    )


def _net_dev(device: Device) -> str:
    lines = [
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|"
        "bytes    packets errs drop fifo colls carrier compressed\n"
    ]
    for link in device.network.links():
        count = device.network.counters(link)
        lines.append(
            f"{link.name:>6}: {count.rx_bytes:7d} {count.rx_packets:7d}"
            "    0    0    0     0          0         0"
            f" {count.tx_bytes:8d} {count.tx_packets:7d}    0    0    0     0       0          0\n"
        )
    return "".join(lines)


def _arp(device: Device) -> str:
    rows = ["IP address       HW type     Flags       HW address            Mask     Device\n"]
    for address, name, mac, _ in device.network.list_neighbours():
        rows.append(f"{address:<16} 0x1         0x2         {mac}     *        {name}\n")
    return "".join(rows)
