"""One simulated router: its files, configuration, processes, network and power.

The files are the truth: passwords are checked against /etc/shadow, keys against
authorized_keys, and a reboot reads /etc/config again. `effects` counts what really happened, so
a test can ask the device itself.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from . import configs, rom
from .bus.core import Bus
from .clock import Clock
from .files import FileTree, Volume, plain
from .guard import Guard
from .identity import Identity, first_host_secret, password_fits, shadow_hash
from .journal import Journal
from .models import MODELS, RELEASES
from .network import Network
from .openfile import Locks
from .proc import computed_files
from .processes import Process, ProcessTable
from .rpcd import Rpcd
from .services import Services
from .shell.call import PROGRAMS, Program
from .system import System
from .uci import Package, UciError, first, parse, show_text
from .ucistore import CONFIG, UciStore
from .wireless import Wireless

if TYPE_CHECKING:
    from .reflash import Reflash

SHADOW = "/etc/shadow"
AUTHORIZED_KEYS = "/etc/dropbear/authorized_keys"
HOST_KEY = "/etc/dropbear/dropbear_ed25519_host_key"
_RSA_HOST_KEY = "/etc/dropbear/dropbear_rsa_host_key"
_FLASH_OVERHEAD = 80 * 1024
_TMP_OVERHEAD = 48 * 1024
_RELOAD_S = 1.5
_PACKAGES = {"network": ("network", "wireless"), "log": ("system",), "sysntpd": ("system",)}
_T = TypeVar("_T")


def _parsed(data: bytes, name: str) -> Package:
    try:
        return parse(data.decode(errors="replace"), name)
    except UciError:
        return Package(name)


@dataclass(slots=True)
class Effects:
    """What happened on a device since it was made; reboots do not clear it."""

    boots: int = 0
    logins: int = 0
    refused_logins: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    password_changes: int = 0
    commits: Counter[str] = field(default_factory=Counter)
    reloads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    upgrades: int = 0

    def table(self) -> dict[str, Any]:
        """Return the counts as plain numbers and tables."""
        found = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: dict(v) if isinstance(v, Counter) else v for name, v in found}


class Device:
    """One router. `reboot` is what its host does when a command asks for one."""

    def __init__(self, identity: Identity, clock: Clock, speed: float = 1.0) -> None:
        self.identity = identity
        self.clock = clock
        self.speed = speed
        self.model = MODELS[identity.model]
        self.release = RELEASES[identity.release]
        self.random = random.Random(identity.seed)
        self.mac = identity.mac
        self.effects = Effects()
        self.clock_error = 0.0
        self.on_reboot: Callable[[], None] = lambda: None
        self.on_upgrade: Callable[[Reflash], None] = lambda flash: None
        self.memory_left = 0  # KiB available while all services run; 0: what the board has
        self.on_service: Callable[[str], None] = lambda name: None
        self.on_boot: list[Callable[[], None]] = []
        self._uptime_at_birth = self.random.uniform(3600, 60 * 86400)
        self._booted = clock.monotonic() - self._uptime_at_birth
        self.boot_id = ""
        self.umask = 0o022
        self._applied: dict[str, bytes] = {}  # each package's file as the services read it
        self._in_force: dict[str, Package] = {}
        self.files = FileTree(
            rom.image(identity.model, self.release, identity.luci),
            Volume(self.model.overlay_kib * 1024, _FLASH_OVERHEAD),
            Volume((self.model.memory_kib // 2 - 1024) * 1024, _TMP_OVERHEAD),
            computed_files(self),
            self.now,
        )
        self.uci = UciStore(self.files)
        self.guard = Guard(self)
        self.locks = Locks()
        self.journal = Journal(self.now, self.uptime)
        self.processes = ProcessTable()
        self.services = Services(
            self.processes,
            lambda: self.hostname,
            lambda name: self.files.find(f"/etc/init.d/{name}") is not None,
            self._linked_services,
            self._service_changed,
            self._link_service,
        )
        self.rpcd = Rpcd(self)
        self.bus = Bus(self)
        self._unbox()
        self.system = System(self)
        self.wireless = Wireless(self)
        self.network = Network(self)
        self.boot(first_time=True)

    @property
    def name(self) -> str:
        return self.identity.name

    # -- time ------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the device's own idea of Unix time."""
        return self.clock.wall() + self.clock_error

    def uptime(self) -> float:
        """Return the seconds since the last boot."""
        return self.clock.monotonic() - self._booted

    # -- power -----------------------------------------------------------------------------

    def _unbox(self) -> None:
        """Write what a configured device has in flash that its image has not."""
        identity = self.identity
        for name, text in configs.factory(self.model, self.release, identity.site()).items():
            self.files.write(f"/etc/config/{name}", text, mode=0o600)
        self.set_password(identity.password, counted=False)
        if identity.authorized_key:
            self.files.write(AUTHORIZED_KEYS, identity.authorized_key + "\n", mode=0o600)
        self.files.write("/etc/board.json", rom.board_text(self.model, self.mac))
        self.new_host_keys()

    def new_host_keys(self) -> None:
        """Make new host keys, as a first boot does."""
        if not self.model.rsa_host_key_only:
            first = self.files.find(HOST_KEY) is None
            secret = first_host_secret(self.identity) if first else self.random.randbytes(32)
            self.files.write(HOST_KEY, secret, mode=0o600)
        self.files.write(_RSA_HOST_KEY, self.random.randbytes(16), mode=0o600)

    def boot(self, first_time: bool = False) -> None:
        """Come up: /tmp is empty, the configuration is read, the enabled services start."""
        if not first_time:
            self._booted = self.clock.monotonic()
        self.boot_id = str(uuid.UUID(bytes=self.random.randbytes(16), version=4))
        self.effects.boots += 1
        self.files.tmp.wipe()
        self.locks.clear()
        self.journal.clear()
        for folder in ("lock", "log", "run", "sysinfo", "lib", "state", "tmp", "etc"):
            self.files.mkdir(f"/tmp/{folder}")
        self.files.tmp.put("/tmp/dhcp.leases", plain(""))  # listed; its text is computed
        self.files.write("/tmp/sysinfo/model", self.model.name + "\n")
        self.files.write("/tmp/sysinfo/board_name", self.model.board + "\n")
        self.guard.at_boot()
        self._in_force.clear()
        self._applied = {name: self._config_file(name) for name in self.uci.names()}
        self.rpcd.forget()
        for pid, user, size, command in ((1, "root", 3016, "procd"), (54, "ubus", 2676, "ubusd")):
            process = Process(pid, 0, f"/sbin/{command}", None, user, size)
            self.processes.pin(process)
        self.journal.kernel(f"Linux version {self.release.kernel} (builder@buildhost)")
        self.journal.kernel(f"SoC Type: {self.model.system}")
        self.services.boot()
        for section in self.network.interfaces() if not first_time else ():
            self.journal.say("netifd", f"Interface '{section.name}' is now up")
        self.journal.say("procd", "- init complete -", "daemon.info")
        for hook in self.on_boot:
            hook()

    def go_down(self) -> list[asyncio.Task[Any]]:
        """Lose power: every process ends; returns their tasks, to be waited for."""
        self.rpcd.forget()
        return self.processes.end_all()

    def reboot(self) -> None:
        """Ask for a reboot; the device goes away within a second."""
        self.on_reboot()

    # -- configuration in force --------------------------------------------------------------

    def _config_file(self, name: str) -> bytes:
        path = f"{CONFIG}/{name}"
        return self.files.read(path) if self.files.find(path) is not None else b""

    def packages_in_force(self) -> list[str]:
        return sorted(self._applied)

    def in_force(self, name: str) -> Package:
        """Return a package as the services last read it; an unreadable one is empty."""
        if name not in self._in_force:
            self._in_force[name] = _parsed(self._applied.get(name, b""), name)
        return self._in_force[name]

    def reload(self, name: str) -> None:
        """Let the services read a package again."""
        self.effects.reloads[name] += 1
        self._applied[name] = self._config_file(name)
        self._in_force.pop(name, None)
        if name == "rpcd":
            self.rpcd.reload()
        self.on_service(name)

    def reload_changed(self) -> list[str]:
        """Do what reload_config does, at once; comments and spacing change nothing."""
        changed = []
        for name in self.uci.names():
            text = self._config_file(name)
            if text == self._applied.get(name):
                continue
            if show_text(_parsed(text, name)) != show_text(self.in_force(name)):
                changed.append(name)
        for name in changed:
            self.reload(name)
        return changed

    def reload_soon(self) -> None:
        """Start reload_config: it returns at once, the services act about 2 s later."""

        async def act() -> int:
            await self.clock.sleep(_RELOAD_S * self.speed)
            self.reload_changed()
            return 0

        self.processes.spawn(1, "/bin/sh /sbin/reload_config", act())

    @property
    def hostname(self) -> str:
        section = self.in_force("system").find("@system[0]")
        return first(section.options.get("hostname"), "OpenWrt") if section else "OpenWrt"

    def serve(self, name: str, verb: str) -> bool:
        """Do what an init script does that changes something; False for another verb."""
        services = self.services
        acts = {
            "start": services.start,
            "stop": services.stop,
            "restart": services.restart,
            "reload": lambda name: None,
            "enable": services.enable,
            "disable": services.disable,
        }
        if verb not in acts or services.unit(name) is None:
            return False
        acts[verb](name)
        if verb in ("start", "restart", "reload"):
            for package in _PACKAGES.get(name, (name,)):
                if package in self.uci.names():
                    self.reload(package)
        return True

    def _linked_services(self) -> set[str]:
        return {link[3:] for link in self.files.names("/etc/rc.d") if link[0] == "S"}

    def _link_service(self, name: str, enabled: bool) -> None:
        for link in self.files.names("/etc/rc.d"):
            if link[3:] == name:
                self.files.remove(f"/etc/rc.d/{link}")
        unit = self.services.unit(name)
        if enabled and unit is not None and unit.start is not None:
            self.files.symlink(f"../init.d/{name}", f"/etc/rc.d/S{unit.start:02d}{name}")

    def _service_changed(self, name: str) -> None:
        if name == "rpcd":
            self.rpcd.forget()
        self.on_service(name)

    # -- access ----------------------------------------------------------------------------

    def password_hash(self) -> str:
        for line in self.files.read(SHADOW).decode(errors="replace").splitlines():
            user, _, rest = line.partition(":")
            if user == "root":
                return rest.partition(":")[0]
        return "!"

    def password_is(self, password: str) -> bool:
        """Tell whether root may log in with a password; any, on a factory device."""
        return password_fits(password, self.password_hash())

    def set_password(self, password: str, counted: bool = True) -> None:
        salt = f"{self.random.getrandbits(48):012x}"
        others = "daemon:*:0:0:99999:7:::\nnobody:*:0:0:99999:7:::\n"
        line = f"root:{shadow_hash(password, salt)}:20000:0:99999:7:::\n"
        self.files.write(SHADOW, line + others, mode=0o600)
        self.effects.password_changes += counted

    def authorized_keys(self) -> str:
        if self.files.find(AUTHORIZED_KEYS) is None:
            return ""
        return self.files.read(AUTHORIZED_KEYS).decode(errors="replace")

    def host_key_bytes(self) -> bytes:
        """Return the secret of the ed25519 host key, b"" where a build has only RSA."""
        node = self.files.find(HOST_KEY)
        return bytes(node.data) if node is not None else b""

    # -- the shell -------------------------------------------------------------------------

    def is_reachable(self) -> bool:
        """Tell whether the network configuration in force lets the manager in."""
        lan = self.in_force("network").find("lan")
        if lan is None or first(lan.options.get("proto")) != "static":
            return False
        if self.identity.lan_address not in (a.ip for a in self.network.addresses(lan)):
            return False
        zones = self.in_force("firewall").typed("zone")
        inputs = {first(z.options.get("name")): first(z.options.get("input")) for z in zones}
        return inputs.get("lan", "REJECT") == "ACCEPT"

    def lets_in_over_ssh(self) -> bool:
        """Tell whether dropbear serves port 22 by its configuration in force."""
        return any(
            first(one.options.get("enable"), "1") != "0"
            and first(one.options.get("Port"), "22") == "22"
            for one in self.in_force("dropbear").typed("dropbear")
        )

    def takes_passwords(self) -> bool:
        """Tell whether dropbear lets root in by a password."""
        asked = ("PasswordAuth", "RootPasswordAuth")
        return all(
            first(one.options.get(name), "on") not in ("off", "0")
            for one in self.in_force("dropbear").typed("dropbear")
            for name in asked
        )

    def fill_flash(self, full: bool) -> None:
        """Leave no room in flash, or the usual room."""
        self.files.overlay.base = self.files.overlay.size if full else _FLASH_OVERHEAD

    async def within(self, work: Awaitable[_T], seconds: float) -> _T:
        """Wait for something at most so long; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            return await work

    def packages(self) -> dict[str, str]:
        return rom.packages(self.release) | dict.fromkeys(self.model.extras, "1-r1")

    def creation_mode(self) -> int:
        return 0o666 & ~self.umask

    def program(self, name: str, cwd: str) -> Program | str | None:
        """Find what a command name runs: a program, the path of a script, or nothing."""
        if "/" not in name:
            return self.installed(name)
        path = self.files.resolve(name, cwd)
        known = PROGRAMS.get(path.rpartition("/")[2])
        if known is not None and known.path == path:
            return self.installed(known.path.rpartition("/")[2])
        if path.startswith("/etc/init.d/") and self.files.find(path) is not None:
            return PROGRAMS["rc.common"]
        node = self.files.find(path)
        return path if node is not None and node.mode & 0o111 and not node.is_dir else None

    def installed(self, name: str) -> Program | None:
        """Return the program of a name, if it or its package is on this device."""
        known = PROGRAMS.get(name)
        here = known is not None and known.package in ("", *self.model.extras)
        return known if here else None
