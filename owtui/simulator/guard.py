"""The guard of a push, played by its protocol: a script that calls itself owtui's guard is not
interpreted, since what it leans on (procd, flock, the flash) is not here.

Its truth lies in files, as on a router: what is in flash outlives a power cut, what is in /tmp does
not. A marker in /etc/uci-defaults makes the next boot put the old files back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .flash import Flash
from .processes import Process
from .uci import UciError, parse

if TYPE_CHECKING:
    from .device import Device
    from .shell.call import Call

MARK = b"owtui's guard"  # within the head of the script
RAM, FLASH = "/tmp/owtui", "/etc/owtui"
KEPT = f"{FLASH}/guard"
BOOT = "/etc/uci-defaults/00-owtui-guard"
LAST = f"{FLASH}/last"
CONFIG, LINKS = "/etc/config/", "/etc/rc.d"
ACCESS = (
    *(f"{CONFIG}{name}" for name in ("network", "firewall", "wireless", "dropbear", "system")),
    *(f"{CONFIG}{name}" for name in ("uhttpd", "rpcd")),
    *("/etc/passwd", "/etc/shadow", "/etc/dropbear/authorized_keys", "/etc/rc.local"),
)
_REACT_S = 1.5  # from an event to the service that acts, as reload_config has it
_LOOK_S = 0.25
_RESPAWN_S = 1.0  # what the guard asks procd for


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


class Guard:
    """The guard on one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._flash = Flash(device.files)

    # --- what is asked of it ---

    async def run(self, call: Call, args: list[str]) -> int:
        """One call of the script, from the folder that it was unpacked to."""
        verb, id_, *rest = [*args, "", ""]
        try:
            if not re.fullmatch(r"[A-Za-z0-9-]+", id_):
                raise RefusedError("USAGE")
            answer = self._asked(verb, id_, [word for word in rest if word], call.shell.cwd)
        except RefusedError as refusal:
            await call.out(f"{refusal}\n")
            return 1
        await call.out(f"{answer}\n")
        return 0

    def _asked(self, verb: str, id_: str, rest: list[str], folder: str) -> str:
        match verb:
            case "start":
                self._prepare(id_, f"{rest[0]} {rest[1]}", folder, int(rest[0]), rest[2:])
                return self._swap(id_)
            case "stage":
                times, hold, options = f"{rest[0]} {rest[1]}", int(rest[2]), rest[3:]
                self._prepare(id_, times, folder, hold, ["staged", *options])
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
        last = self._flash.text(LAST).replace("# ", "").strip()
        if last.split()[1:2] == [id_]:
            return last
        return f"none {id_}"

    # --- before anything is changed ---

    def _prepare(self, id_: str, times: str, folder: str, seconds: int, options: list[str]) -> None:
        owner = self._owner()
        if owner and owner != id_:
            raise RefusedError(f"PENDING {owner}")
        if (known := self.status(id_)) != f"none {id_}":
            raise RefusedError(known)
        plan = self._plan(folder)
        self._sweep()
        flash = self._flash
        try:
            self._keep(id_, plan, folder)
            flash.write(f"{KEPT}/times", times)
            for option in ("staged", "reboot"):
                if option in options:
                    flash.write(f"{KEPT}/{option}", "")
            flash.copy(f"{folder}/guard", f"{RAM}/guard")
            flash.write(BOOT, f"# confirmed {id_}\n")
        except OSError:
            self._sweep()
            raise RefusedError("NOSPACE") from None
        self._begin(seconds)

    def _plan(self, folder: str) -> list[Entry]:
        for line in self._flash.text(f"{folder}/sums").splitlines():
            wanted, _, name = line.partition("  ")
            if self._flash.sha256(f"{folder}/{name}") != wanted:
                raise RefusedError("UPLOAD")
        lines = self._flash.text(f"{folder}/plan").splitlines()
        if not lines:
            raise RefusedError("UPLOAD")
        plan = [Entry(*line.split(" ", 3)) for line in lines]
        for entry in plan:
            self._check(entry, folder)
        return plan

    def _check(self, entry: Entry, folder: str) -> None:
        self._check_base(entry.old, entry.path)
        if entry.new == "-" or not entry.path.startswith(CONFIG):
            return
        name = entry.path.removeprefix(CONFIG)
        try:
            parse(self._flash.text(f"{folder}/new{entry.path}"), name)
        except UciError:
            raise RefusedError(f"SYNTAX {name}") from None

    def _check_base(self, old: str, path: str) -> None:
        node = self._device.files.find(path, follow=False)
        if node is not None and (node.is_dir or node.is_link):
            raise RefusedError(f"NOTFILE {path}")
        if self._flash.md5(path) != old:
            raise RefusedError(f"CHANGED {path}")
        name = path.removeprefix(CONFIG)
        if path.startswith(CONFIG) and self._device.uci.changes(name):
            raise RefusedError(f"STAGED {name}")

    def _keep(self, id_: str, plan: list[Entry], folder: str) -> None:
        """The old files to flash, the new ones with them; each with its mode."""
        flash, files = self._flash, self._device.files
        manifest = [[entry.old, entry.new, entry.path] for entry in plan]
        touched = {entry.path for entry in plan}
        for path in ACCESS:
            if path not in touched and files.find(path) is not None:
                manifest.append([flash.md5(path), "=", path])
        for old, _, path in manifest:
            if old != "-":
                flash.copy(path, f"{KEPT}/old{path}")
        for entry in plan:
            if entry.new == "-":
                continue
            mode = files.node(entry.path).mode if entry.old != "-" else 0o600
            mode = mode if entry.mode == "-" else int(entry.mode, 8)
            data = files.read(f"{folder}/new{entry.path}")
            flash.write(f"{KEPT}/new{entry.path}", data, mode)
        flash.write(f"{KEPT}/manifest", json.dumps(manifest))
        flash.write(f"{KEPT}/rc.d", json.dumps(files.names(LINKS)))
        for name in ("guard", "services"):
            flash.copy(f"{folder}/{name}", f"{KEPT}/{name}")
        flash.write(f"{KEPT}/folders", json.dumps([]))
        flash.write(f"{KEPT}/restored", f"# restored {id_} unknown\n")

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
        self._device.files.remove(f"{KEPT}/staged")
        self._begin(self._times()[0])
        return self._swap(id_)

    def _swap(self, id_: str) -> str:
        touched, made = [], []
        for _, new, path in self._manifest():
            if new == "=":
                continue
            touched.append(path)
            if new == "-":
                self._flash.drop(path)
            else:
                made += self._flash.folders(path)
                self._flash.rename(f"{KEPT}/new{path}", path)
        self._flash.write(f"{KEPT}/folders", json.dumps(made))
        self._spawn("swap", self._act_and_settle(id_, touched))
        return f"STARTED {id_}"

    async def _act_and_settle(self, id_: str, touched: list[str]) -> int:
        device = self._device
        await device.clock.sleep(_REACT_S * device.speed)
        self._act_on(touched)
        for name, verb in self._services():
            device.serve(name, verb)
        return await self._settle(id_)

    async def _settle(self, id_: str) -> int:
        await self._device.clock.sleep(self._times()[1])
        if self._owner() == id_ and self._ram("state") == "pending":
            self._flash.write(f"{RAM}/state", "applied")
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
        self._device.files.rename(BOOT, LAST)
        self._forget()

    # --- taking it back ---

    async def _watch(self, id_: str, after_s: float = 0.0) -> int:
        await self._device.clock.sleep(after_s)
        while self._owner() == id_ and self._left() > 0:
            await self._device.clock.sleep(_LOOK_S)
        if self._owner() == id_:
            self._restore("deadline")
        return 0

    def at_boot(self) -> None:
        """What /etc/uci-defaults does, before any service has read its configuration."""
        id_ = self._owner()
        if not id_:
            return
        self._flash.copy(f"{KEPT}/guard", f"{RAM}/guard")
        if self._note("reboot") and not self._note("staged"):
            self._device.files.remove(f"{KEPT}/reboot")
            self._begin(self._times()[0])
            self._spawn("settle", self._settle(id_))
            return
        self._restore("reboot", running=False)

    def _restore(self, reason: str, *, running: bool = True) -> None:
        if self._note("staged"):
            self._sweep()
            return
        id_, lost, back = self._owner(), [], []
        for old, new, path in self._manifest():
            now = self._flash.md5(path)
            if now == old and new == "=":
                continue
            if now not in ("-", old, new) and self._save(path, id_):
                lost.append(path)
            if old == "-":
                self._flash.drop(path)
            else:
                self._flash.rename(f"{KEPT}/old{path}", path)
            back.append(path)
        self._put_back_links()
        self._flash.prune(json.loads(self._flash.text(f"{KEPT}/folders") or "[]"))
        record = [f"# restored {id_} {reason}\n", *(f"# lost {path}\n" for path in lost)]
        # On a full flash the one that was written in time, without the reason.
        with contextlib.suppress(OSError):
            self._flash.write(f"{KEPT}/last", "".join(record))
            self._flash.rename(f"{KEPT}/last", f"{KEPT}/restored")
        self._flash.rename(f"{KEPT}/restored", LAST)
        services = self._services()
        self._device.files.remove(BOOT)
        self._forget()
        if running:
            self._spawn("revive", self._revive(back, services))

    def _save(self, path: str, id_: str) -> bool:
        """Keep somebody's work aside, by a second name for it; False where there is no room."""
        try:
            self._flash.copy(path, f"{FLASH}/lost/{id_}{path}")
        except OSError:
            return False
        return True

    def _put_back_links(self) -> None:
        files = self._device.files
        kept = json.loads(self._flash.text(f"{KEPT}/rc.d"))
        for link in kept:
            if not self._flash.has(f"{LINKS}/{link}"):
                files.symlink(f"../init.d/{link[3:]}", f"{LINKS}/{link}")
        named = {name for name, _ in self._services()}
        for link in files.names(LINKS):
            if link not in kept and link[3:] in named:
                files.remove(f"{LINKS}/{link}")

    async def _revive(self, back: list[str], services: list[tuple[str, str]]) -> int:
        device = self._device
        await device.clock.sleep(_REACT_S * device.speed)
        self._act_on(back)
        for name, verb in services:
            enabled = device.services.is_enabled(name)
            device.serve(name, "reload" if verb == "reload" else "restart" if enabled else "stop")
        device.serve("dropbear", "start")
        return 0

    # --- helpers ---

    def _begin(self, seconds: int) -> None:
        self._flash.write(f"{RAM}/state", "pending")
        self._flash.write(f"{RAM}/deadline", str(self._device.uptime() + seconds))
        self._start_watch(self._owner())

    def _start_watch(self, id_: str, after_s: float = 0.0) -> None:
        """A service of procd: one that is killed is there again after a second."""
        process = self._spawn("watch", self._watch(id_, after_s))

        def ended(task: asyncio.Task[Any]) -> None:
            if process.signal and not task.cancelled() and self._owner() == id_:
                self._start_watch(id_, _RESPAWN_S)

        assert process.task is not None
        process.task.add_done_callback(ended)

    def _spawn(self, verb: str, work: Coroutine[Any, Any, int]) -> Process:
        return self._device.processes.spawn(1, f"/bin/sh {RAM}/guard {verb}", work)

    def _owner(self) -> str:
        return self._flash.text(BOOT).removeprefix("# confirmed ").strip()

    def _left(self) -> int:
        until = float(self._ram("deadline") or 0)
        return max(0, round(until - self._device.uptime()))

    def _times(self) -> tuple[int, int]:
        window_s, _, settle_s = self._flash.text(f"{KEPT}/times").partition(" ")
        return int(window_s or 0), int(settle_s or 0)

    def _services(self) -> list[tuple[str, str]]:
        lines = self._flash.text(f"{KEPT}/services").splitlines()
        return [(name, verb) for name, _, verb in (line.partition(" ") for line in lines)]

    def _manifest(self) -> list[tuple[str, str, str]]:
        return [tuple(line) for line in json.loads(self._flash.text(f"{KEPT}/manifest") or "[]")]

    def _note(self, name: str) -> bool:
        return self._flash.has(f"{KEPT}/{name}")

    def _ram(self, name: str) -> str:
        return self._flash.text(f"{RAM}/{name}").strip()

    def _forget(self) -> None:
        for path in (KEPT, f"{RAM}/state", f"{RAM}/deadline"):
            self._flash.drop(path)

    def _sweep(self) -> None:
        self._flash.drop(BOOT)
        self._forget()
