"""The guard of a push, played by its protocol: a script that calls itself owtui's guard is not
interpreted, since what it leans on (procd, flock, the flash) is not here.

Its truth lies in files, as on a router: what is in flash outlives a power cut, what is in /tmp does
not. A marker in /etc/uci-defaults makes the next boot put the old files back.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .files import FileTree
from .uci import UciError, parse

if TYPE_CHECKING:
    from .device import Device
    from .shell.call import Call

MARK = b"owtui's guard"  # within the head of the script
RAM, FLASH = "/tmp/owtui", "/etc/owtui"
KEPT = f"{FLASH}/guard"
BOOT = "/etc/uci-defaults/00-owtui-guard"
LAST = f"{FLASH}/last"
CONFIG = "/etc/config/"
ACCESS = (
    *(f"{CONFIG}{name}" for name in ("network", "firewall", "wireless", "dropbear", "system")),
    *(f"{CONFIG}{name}" for name in ("uhttpd", "rpcd")),
    *("/etc/passwd", "/etc/shadow", "/etc/dropbear/authorized_keys", "/etc/rc.local"),
)
_REACT_S = 1.5  # from an event to the service that acts, as reload_config has it
_LOOK_S = 0.25


class RefusedError(Exception):
    """What the guard says instead of doing it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the plan: the file as it must be now and as it is to be; "-" is absent."""

    old: str
    new: str
    mode: str
    path: str


def is_guard(data: bytes) -> bool:
    """Whether a script is the guard."""
    return MARK in data[:200]


def md5(files: FileTree, path: str) -> str:
    """The sum of a file, "-" where there is none."""
    node = files.find(path)
    if node is None or node.is_dir:
        return "-"
    return hashlib.md5(bytes(node.data), usedforsecurity=False).hexdigest()


class Guard:
    """The guard on one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._files = device.files

    # --- what is asked of it ---

    async def run(self, call: Call, args: list[str]) -> int:
        """One call of the script, from the folder that it was unpacked to."""
        verb, id_, rest = args[0], args[1] if len(args) > 1 else "", args[2:]
        try:
            answer = self._asked(verb, id_, rest, call.shell.cwd)
        except RefusedError as refusal:
            await call.out(f"{refusal}\n")
            return 1
        await call.out(f"{answer}\n")
        return 0

    def _asked(self, verb: str, id_: str, rest: list[str], folder: str) -> str:
        match verb:
            case "start":
                self._prepare(id_, int(rest[0]), int(rest[1]), folder)
                return self._swap(id_)
            case "stage":
                self._prepare(id_, int(rest[0]), int(rest[1]), folder, hold_s=int(rest[2]))
            case "commit":
                return self._commit(id_)
            case "abort":
                if self._owner() == id_ and self._note("staged"):
                    self._sweep()
            case "confirm":
                self._confirm(id_)
            case "restore":
                if self.status(id_).split()[0] in ("pending", "applied"):
                    self._restore((rest or ["request"])[0])
            case "status":
                pass
            case _:
                raise RefusedError("USAGE")
        return self.status(id_)

    def status(self, id_: str) -> str:
        """Where a push is, as the device knows it."""
        if self._owner() == id_:
            if self._note("staged"):
                return f"staged {id_} {self._left()}"
            return f"{self._ram('state') or 'pending'} {id_} {self._left()}"
        last = self._read(LAST).removeprefix("# ").strip()
        if last.split()[1:2] == [id_]:
            return last
        return f"none {id_}"

    # --- before anything is changed ---

    def _prepare(
        self, id_: str, window_s: int, settle_s: int, folder: str, hold_s: int = 0
    ) -> None:
        owner = self._owner()
        if owner and owner != id_:
            raise RefusedError(f"PENDING {owner}")
        if (known := self.status(id_)) != f"none {id_}":
            raise RefusedError(known)
        plan = self._plan(folder)
        self._sweep()
        try:
            self._keep(id_, plan, folder)
            self._write(f"{KEPT}/times", f"{window_s} {settle_s}")
            if hold_s:
                self._write(f"{KEPT}/staged", "yes")
            self._write(f"{RAM}/guard", self._files.read(f"{folder}/guard"))
            self._write(BOOT, f"# confirmed {id_}\n")
        except OSError:
            self._sweep()
            raise RefusedError("NOSPACE") from None
        self._begin(hold_s or window_s)

    def _plan(self, folder: str) -> list[Entry]:
        for line in self._read(f"{folder}/sums").splitlines():
            wanted, _, name = line.partition("  ")
            node = self._files.find(f"{folder}/{name}")
            found = hashlib.sha256(bytes(node.data)).hexdigest() if node else ""
            if found != wanted:
                raise RefusedError("UPLOAD")
        plan = []
        for line in self._read(f"{folder}/plan").splitlines():
            old, new, mode, path = line.split(" ", 3)
            plan.append(Entry(old, new, mode, path))
            self._check(plan[-1], folder)
        if not plan:
            raise RefusedError("UPLOAD")
        return plan

    def _check(self, entry: Entry, folder: str) -> None:
        node = self._files.find(entry.path, follow=False)
        if node is not None and (node.is_dir or node.is_link):
            raise RefusedError(f"NOTFILE {entry.path}")
        self._check_base(entry.old, entry.path)
        if entry.new == "-" or not entry.path.startswith(CONFIG):
            return
        name = entry.path.removeprefix(CONFIG)
        try:
            parse(self._files.read(f"{folder}/new{entry.path}").decode(errors="replace"), name)
        except UciError:
            raise RefusedError(f"SYNTAX {name}") from None

    def _check_base(self, old: str, path: str) -> None:
        if md5(self._files, path) != old:
            raise RefusedError(f"CHANGED {path}")
        name = path.removeprefix(CONFIG)
        if path.startswith(CONFIG) and self._device.uci.changes(name):
            raise RefusedError(f"STAGED {name}")

    def _keep(self, id_: str, plan: list[Entry], folder: str) -> None:
        """The old files to flash, the new ones beside them; each with its mode."""
        manifest = [[entry.old, entry.new, entry.path] for entry in plan]
        touched = {entry.path for entry in plan}
        for path in ACCESS:
            if path not in touched and self._files.find(path) is not None:
                manifest.append([md5(self._files, path), "=", path])
        for old, _, path in manifest:
            if old != "-":
                self._copy(path, f"{KEPT}/old{path}")
        for entry in plan:
            if entry.new == "-":
                continue
            mode = self._files.node(entry.path).mode if entry.old != "-" else 0o600
            mode = mode if entry.mode == "-" else int(entry.mode, 8)
            data = self._files.read(f"{folder}/new{entry.path}")
            self._write(f"{KEPT}/new{entry.path}", data, mode)
        self._write(f"{KEPT}/manifest", json.dumps(manifest))
        self._write(f"{KEPT}/rc.d", json.dumps(self._files.names("/etc/rc.d")))
        self._write(f"{KEPT}/guard", self._files.read(f"{folder}/guard"))

    # --- the swap, and its end ---

    def _commit(self, id_: str) -> str:
        if self._owner() != id_ or not self._note("staged"):
            raise RefusedError(self.status(id_))
        for old, new, path in self._manifest():
            if new != "=":
                try:
                    self._check_base(old, path)
                except RefusedError:
                    self._sweep()
                    raise
        self._files.remove(f"{KEPT}/staged")
        self._begin(self._times()[0])
        return self._swap(id_)

    def _swap(self, id_: str) -> str:
        touched = []
        for _, new, path in self._manifest():
            if new == "=":
                continue
            touched.append(path)
            if new == "-":
                self._files.remove(path)
            else:
                self._folders(path)
                self._files.rename(f"{KEPT}/new{path}", path)
        self._spawn("swap", self._settle(id_, touched))
        return f"STARTED {id_}"

    async def _settle(self, id_: str, touched: list[str]) -> int:
        device = self._device
        await device.clock.sleep(_REACT_S * device.speed)
        self._act_on(touched)
        await device.clock.sleep(self._times()[1])
        if self._owner() == id_ and self._ram("state") == "pending":
            self._write(f"{RAM}/state", "applied")
        return 0

    def _act_on(self, touched: list[str]) -> None:
        for path in touched:
            if path.startswith(CONFIG):
                self._device.reload(path.removeprefix(CONFIG))
        self._device.reload_changed()

    def _confirm(self, id_: str) -> None:
        found = self.status(id_)
        if found.startswith("pending"):
            raise RefusedError(f"NOTYET {id_}")
        if found.startswith("confirmed"):
            return
        if not found.startswith("applied"):
            raise RefusedError(found)
        self._files.rename(BOOT, LAST)
        self._drop(KEPT)
        self._drop(f"{RAM}/state")

    # --- taking it back ---

    async def _watch(self, id_: str) -> int:
        while self._owner() == id_ and self._left() > 0:
            await self._device.clock.sleep(_LOOK_S)
        if self._owner() == id_:
            if self._note("staged"):
                self._sweep()
            else:
                self._restore("deadline")
        return 0

    def at_boot(self) -> None:
        """What /etc/uci-defaults does, before any service has read its configuration."""
        if self._owner():
            self._restore("reboot", running=False)

    def _restore(self, reason: str, *, running: bool = True) -> None:
        id_, lost, back = self._owner(), [], []
        if self._note("staged"):
            self._sweep()
            return
        for old, new, path in self._manifest():
            now = md5(self._files, path)
            if now == old and new == "=":
                continue
            if now not in ("-", old, new):
                lost.append(path)
                self._copy(path, f"{FLASH}/lost/{id_}{path}")
            if old == "-":
                self._drop(path)
            else:
                self._folders(path)
                self._files.rename(f"{KEPT}/old{path}", path)
            back.append(path)
        for link in json.loads(self._read(f"{KEPT}/rc.d")):
            if self._files.find(f"/etc/rc.d/{link}", follow=False) is None:
                self._files.symlink(f"../init.d/{link[3:]}", f"/etc/rc.d/{link}")
        self._write(LAST, "".join([f"# restored {id_} {reason}\n", *(f"lost {p}\n" for p in lost)]))
        self._files.remove(BOOT)
        self._drop(KEPT)
        self._drop(f"{RAM}/state")
        if running:
            self._spawn("revive", self._revive(back))

    async def _revive(self, back: list[str]) -> int:
        device = self._device
        await device.clock.sleep(_REACT_S * device.speed)
        self._act_on(back)
        if not device.services.is_running("dropbear"):
            device.services.start("dropbear")
        return 0

    # --- helpers ---

    def _begin(self, seconds: int) -> None:
        self._write(f"{RAM}/state", "pending")
        self._write(f"{RAM}/deadline", str(self._device.uptime() + seconds))
        self._spawn("watch", self._watch(self._owner()))

    def _spawn(self, verb: str, work: object) -> None:
        command = f"/bin/sh {RAM}/guard {verb}"
        self._device.processes.spawn(1, command, work)  # type: ignore[arg-type]  # a coroutine

    def _owner(self) -> str:
        return self._read(BOOT).removeprefix("# confirmed ").strip()

    def _left(self) -> int:
        until = float(self._ram("deadline") or 0)
        return max(0, round(until - self._device.uptime()))

    def _times(self) -> tuple[int, int]:
        window_s, _, settle_s = self._read(f"{KEPT}/times").partition(" ")
        return int(window_s or 0), int(settle_s or 0)

    def _manifest(self) -> list[tuple[str, str, str]]:
        return [tuple(line) for line in json.loads(self._read(f"{KEPT}/manifest") or "[]")]

    def _note(self, name: str) -> bool:
        return self._files.find(f"{KEPT}/{name}") is not None

    def _ram(self, name: str) -> str:
        return self._read(f"{RAM}/{name}").strip()

    def _read(self, path: str) -> str:
        if self._files.find(path) is None:
            return ""
        return self._files.read(path).decode("utf-8", "surrogateescape")

    def _folders(self, path: str) -> None:
        self._files.mkdir(path.rpartition("/")[0] or "/", parents=True)

    def _write(self, path: str, data: str | bytes, mode: int = 0o600) -> None:
        self._folders(path)
        self._files.write(path, data, mode=mode)

    def _copy(self, path: str, to: str) -> None:
        node = self._files.node(path)
        self._write(to, bytes(node.data), node.mode)

    def _drop(self, path: str) -> None:
        for found, _ in reversed(list(self._files.walk(path))):
            if self._files.find(found, follow=False) is not None:
                self._files.remove(found)

    def _sweep(self) -> None:
        for path in (BOOT, KEPT, f"{RAM}/state", f"{RAM}/deadline"):
            self._drop(path)
