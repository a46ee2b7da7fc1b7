"""Memory, load, disks and identity, as /proc, `ubus call system …` and busybox tell them.

Everything is a function of time and the device's seed, so nothing ticks while nobody looks.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .rom import description

if TYPE_CHECKING:
    from .device import Device

MIB = 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """All in KiB."""

    total: int
    free: int
    shared: int
    buffered: int
    available: int
    cached: int


class System:
    """What a device says about itself."""

    def __init__(self, device: Device) -> None:
        self._device = device
        random = device.random
        self._used_share = random.uniform(0.3, 0.55)
        self._load = random.choice((0.03, 0.08, 0.15, 0.3, 0.6))
        self._phase = random.uniform(0, math.tau)

    def memory(self) -> Memory:
        device = self._device
        total = device.model.memory_kib
        swing = math.sin(device.uptime() / 900 + self._phase) * total * 0.02
        shared = 1476 + device.files.tmp.taken // 1024
        used = int(total * self._used_share + swing) + shared
        cached, buffered = total * 15 // 100, total // 120
        free = max(1024, total - used - cached - buffered)
        available = max(512, free + cached * 6 // 10)
        if device.memory_left:
            available = (
                device.memory_left + device.services.stopped_kib() - device.files.tmp.taken // 1024
            )
            available = max(512, available)
        return Memory(total, free, shared, buffered, available, cached)

    def loads(self) -> tuple[float, float, float]:
        now = self._device.uptime()

        def load(period: float) -> float:
            swing = 1 + 0.6 * math.sin(now / period + self._phase)
            boot = math.exp(-now / period) * 0.8
            return round(self._load * swing + boot, 2)

        return load(60), load(300), load(900)

    def board(self) -> dict[str, Any]:
        """Return `ubus call system board`."""
        device, model, release = self._device, self._device.model, self._device.release
        answer: dict[str, Any] = {
            "kernel": release.kernel,
            "hostname": device.hostname,
            "system": model.system,
            "model": model.name,
            "board_name": model.board,
        }
        if release.series >= (21, 2):
            answer["rootfs_type"] = "squashfs"
        answer["release"] = {
            "distribution": "OpenWrt",
            "version": release.version,
            "revision": release.revision,
            "target": model.target,
            "description": description(release),
        }
        if release.builddate:
            answer["release"]["builddate"] = release.builddate
        return answer

    def info(self) -> dict[str, Any]:
        """Return `ubus call system info`: bytes, but KiB for root and tmp."""
        device, memory = self._device, self.memory()
        answer: dict[str, Any] = {
            "localtime": int(device.now()),
            "uptime": int(device.uptime()),
            "load": [int(load * 65536) for load in self.loads()],
            "memory": {
                "total": memory.total * 1024,
                "free": memory.free * 1024,
                "shared": memory.shared * 1024,
                "buffered": memory.buffered * 1024,
                "available": memory.available * 1024,
                "cached": memory.cached * 1024,
            },
        }
        if device.release.series >= (21, 2):
            for name, volume in (("root", device.files.overlay), ("tmp", device.files.tmp)):
                answer[name] = {
                    "total": volume.size // 1024,
                    "free": volume.free // 1024,
                    "used": volume.taken // 1024,
                    "avail": volume.free // 1024,
                }
        answer["swap"] = {"total": 0, "free": 0}
        return answer

    # -- /proc -----------------------------------------------------------------------------

    def proc_uptime(self) -> str:
        uptime = self._device.uptime()
        return f"{uptime:.2f} {uptime * self._device.model.cpus * 0.96:.2f}\n"

    def proc_loadavg(self) -> str:
        one, five, fifteen = self.loads()
        rows = list(self._device.processes)
        last = rows[-1].pid if rows else 1
        return f"{one:.2f} {five:.2f} {fifteen:.2f} 1/{len(rows) + 48} {last}\n"

    def proc_meminfo(self) -> str:
        memory = self.memory()
        rows = {
            "MemTotal": memory.total,
            "MemFree": memory.free,
            "MemAvailable": memory.available,
            "Buffers": memory.buffered,
            "Cached": memory.cached,
            "SwapCached": 0,
            "Active": memory.total // 9,
            "Inactive": memory.total // 7,
            "Shmem": memory.shared,
            "SwapTotal": 0,
            "SwapFree": 0,
            "Slab": memory.total // 6,
        }
        return "".join(f"{name + ':':<15}{value:>8} kB\n" for name, value in rows.items())

    def proc_version(self) -> str:
        release = self._device.release
        return (
            f"Linux version {release.kernel} (builder@buildhost) (mipsel-openwrt-linux-musl-gcc "
            f"(OpenWrt GCC 13.3.0 {release.revision}) 13.3.0, GNU ld (GNU Binutils) 2.42) "
            "#0 SMP Mon Nov  3 10:12:13 2025\n"
        )

    def proc_cpuinfo(self) -> str:
        model = self._device.model
        head = f"system type\t\t: {model.system}\nmachine\t\t\t: {model.name}\n"
        return head + "\n".join(
            f"processor\t\t: {n}\ncpu model\t\t: {model.arch}\nBogoMIPS\t\t: 586.13\n"
            for n in range(model.cpus)
        )

    def proc_mounts(self) -> str:
        return (
            "/dev/root /rom squashfs ro,relatime,errors=continue 0 0\n"
            "proc /proc proc rw,nosuid,nodev,noexec,noatime 0 0\n"
            "sysfs /sys sysfs rw,nosuid,nodev,noexec,noatime 0 0\n"
            "tmpfs /tmp tmpfs rw,nosuid,nodev,noatime 0 0\n"
            "/dev/mtdblock6 /overlay jffs2 rw,noatime 0 0\n"
            "overlayfs:/overlay / overlay rw,noatime,lowerdir=/,upperdir=/overlay/upper 0 0\n"
        )

    # -- busybox ---------------------------------------------------------------------------

    def uptime_line(self) -> str:
        """Return what `uptime` prints."""
        device = self._device
        clock = time.strftime("%H:%M:%S", time.gmtime(device.now()))
        minutes = int(device.uptime()) // 60
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        up = f"{days} day{'s' if days != 1 else ''}, " if days else ""
        up += f"{hours:2d}:{minutes:02d}" if hours else f"{minutes} min"
        one, five, fifteen = self.loads()
        return f" {clock} up {up},  load average: {one:.2f}, {five:.2f}, {fifteen:.2f}\n"

    def free_table(self) -> str:
        """Return what `free` prints."""
        m = self.memory()
        cache = m.cached + m.buffered
        used = m.total - m.free - cache
        return (
            "              total        used        free      shared  buff/cache   available\n"
            f"Mem:    {m.total:11d} {used:11d} {m.free:11d} {m.shared:11d} {cache:11d}"
            f" {m.available:11d}\n"
            f"-/+ buffers/cache: {used:11d} {m.total - used:11d}\n"
            f"Swap:   {0:11d} {0:11d} {0:11d}\n"
        )

    def disks(self) -> list[tuple[str, int, int, int, str]]:
        """Return device, size, used, free in KiB and mount point, in the order of df."""
        overlay, tmp = self._device.files.overlay, self._device.files.tmp
        flash = (overlay.size // 1024, overlay.taken // 1024, overlay.free // 1024)
        ram = (tmp.size // 1024, tmp.taken // 1024, tmp.free // 1024)
        return [
            ("overlayfs:/overlay", *flash, "/"),
            ("/dev/root", 9728, 9728, 0, "/rom"),
            ("/dev/mtdblock6", *flash, "/overlay"),
            ("tmpfs", *ram, "/tmp"),
            ("tmpfs", 512, 0, 512, "/dev"),
        ]
