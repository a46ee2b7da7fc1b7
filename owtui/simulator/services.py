"""What /etc/init.d holds, and which of it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .processes import Process, ProcessTable


@dataclass(frozen=True, slots=True)
class Unit:
    """An init script: its START and STOP numbers and the daemon it runs, if any."""

    name: str
    start: int | None = None
    stop: int | None = None
    command: str = ""
    user: str = "root"
    size_kib: int = 3004
    instance: str = "instance1"
    procd: bool = True


UNITS = (
    Unit("boot", 10, 90, procd=False),
    Unit("cron", 50),
    Unit("done", 95, procd=False),
    Unit("dnsmasq", 19, command="/usr/sbin/dnsmasq -C /var/etc/dnsmasq.conf.cfg01411c -k"),
    Unit(
        "dropbear",
        19,
        50,
        "/usr/sbin/dropbear -F -P /var/run/dropbear.1.pid -p 22 -K 300 -T 3 -W 262144",
    ),
    Unit("firewall", 19),
    Unit("gpio_switch", 94, 10),
    Unit("led", 96, procd=False),
    Unit("log", 12, 89, "/sbin/logd -S 128", "logd", 2952, "logd"),
    Unit("network", 20, 90, "/sbin/netifd", size_kib=3192),
    Unit("odhcpd", 35, command="/usr/sbin/odhcpd"),
    Unit("packet_steering", 25),
    Unit("rpcd", 12, None, "/sbin/rpcd -s /var/run/ubus/ubus.sock -t 30", size_kib=4568),
    Unit("sysctl", 11, procd=False),
    Unit("sysfixtime", 0, 90, procd=False),
    Unit(
        "sysntpd",
        98,
        None,
        "/usr/sbin/ntpd -n -N -S /usr/sbin/ntpd-hotplug "
        + " ".join(f"-p {n}.openwrt.pool.ntp.org" for n in range(4)),
        size_kib=4092,
    ),
    Unit("system", 10),
    Unit(
        "uhttpd",
        50,
        None,
        "/usr/sbin/uhttpd -f -h /www -r {host} -x /cgi-bin -u /ubus -t 60 -T 30 -k 20 -A 1 "
        "-n 3 -N 100 -R -p 0.0.0.0:80 -p [::]:80 -C /etc/uhttpd.crt -K /etc/uhttpd.key "
        "-s 0.0.0.0:443 -s [::]:443",
        size_kib=8800,
    ),
    Unit("umount", None, 90, procd=False),
    Unit("wpad", 19, command="/usr/sbin/hostapd -s -g /var/run/hostapd/global"),
)
_BY_NAME = {unit.name: unit for unit in UNITS}


@dataclass(slots=True)
class Services:
    """The init scripts of one device; `changed` is told the name of what started or stopped."""

    processes: ProcessTable
    hostname: Callable[[], str]
    present: Callable[[str], bool]
    linked: Callable[[], set[str]]
    changed: Callable[[str], None]
    link: Callable[[str, bool], None]
    running: dict[str, Process] = field(default_factory=dict)

    def units(self) -> Iterable[Unit]:
        return (unit for unit in UNITS if self.present(unit.name))

    def unit(self, name: str) -> Unit | None:
        unit = _BY_NAME.get(name)
        return unit if unit is not None and self.present(name) else None

    def is_enabled(self, name: str) -> bool:
        return name in self.linked()

    def is_running(self, name: str) -> bool:
        process = self.running.get(name)
        return process is not None and self.processes.get(process.pid) is process

    def start(self, name: str) -> None:
        unit = self.unit(name)
        if unit is None or not unit.command or self.is_running(name):
            return
        command = unit.command.format(host=self.hostname())
        self.running[name] = self.processes.daemon(command, unit.user, unit.size_kib)
        self.changed(name)

    def stop(self, name: str) -> None:
        process = self.running.pop(name, None)
        if process is not None:
            self.processes.end(process)
            self.changed(name)

    def stopped_kib(self) -> int:
        """What the services would take that are enabled and do not run."""
        linked = self.linked()
        units = (unit for unit in self.units() if unit.command and unit.name in linked)
        return sum(unit.size_kib for unit in units if not self.is_running(unit.name))

    def enable(self, name: str) -> None:
        self.link(name, True)

    def disable(self, name: str) -> None:
        self.link(name, False)

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def boot(self) -> None:
        """Start what is enabled, in the order of the START numbers."""
        self.running.clear()
        linked = self.linked()
        for unit in sorted(self.units(), key=lambda u: u.start or 0):
            if unit.name in linked:
                self.start(unit.name)

    def listing(self) -> dict[str, Any]:
        """Return what `ubus call rc list` answers."""
        answer: dict[str, Any] = {}
        for unit in sorted(self.units(), key=lambda u: u.name):
            row: dict[str, Any] = {}
            if unit.start is not None:
                row["start"] = unit.start
            if unit.stop is not None:
                row["stop"] = unit.stop
            row["enabled"] = self.is_enabled(unit.name)
            if unit.procd:
                row["running"] = self.is_running(unit.name)
            answer[unit.name] = row
        return answer

    def instances(self) -> dict[str, Any]:
        """Return what `ubus call service list` answers."""
        answer: dict[str, Any] = {}
        for unit in sorted(self.units(), key=lambda u: u.name):
            if not unit.procd:
                continue
            answer[unit.name] = {}
            if unit.command:
                answer[unit.name] = {"instances": {unit.instance: self._instance(unit)}}
        return answer

    def _instance(self, unit: Unit) -> dict[str, Any]:
        running = self.is_running(unit.name)
        row: dict[str, Any] = {"running": running}
        if running:
            row["pid"] = self.running[unit.name].pid
        row["command"] = unit.command.format(host=self.hostname()).split()
        row["term_timeout"] = 5
        row["respawn"] = {"threshold": 3600, "timeout": 5, "retry": 5}
        return row
