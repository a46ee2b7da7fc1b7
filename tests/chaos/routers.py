"""Devices under chaos, lab and simulated alike: what happens to them, and what they say of
themselves past SSH.
"""

from __future__ import annotations

import asyncio
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from owtui.engine.configs.guard import Answer, Bundle, ProtocolError, Verb, line, parse
from owtui.simulator.fleet import SimulatedDevice
from owtui.simulator.ucistore import read_change
from tests.chaos.scenario import Moment, Phase
from tests.guard.rig import arm
from tests.lab.device import SESSION, LabDevice
from tests.lab.session import ask

BOOT = "/etc/uci-defaults/00-owtui-guard"
KEPT, FLASH, RAM = "/etc/owtui/guard", "/etc/owtui", "/tmp/owtui"
LOOK_S = 0.05
LOGIN_S = 10.0
BACK_S = 60.0
"""A device that can be reached at all is back by then, boot and restore included."""

_HANDS = ThreadPoolExecutor(64, "lab")
"""A lab device dies with the thread that started it, and DBOS replaces the loop's own threads."""

_T = TypeVar("_T")
Tree = dict[str, tuple[int, bytes]]  # path → mode, content or target of the link


async def aside(work: Callable[..., _T], *args: Any) -> _T:
    """Do what blocks on a lab device in a thread that lives as long as the process."""
    return await asyncio.get_running_loop().run_in_executor(_HANDS, work, *args)


@dataclass
class Router(ABC):
    """One device. Its push is under way from `begun` on until `over`: nobody waits in vain."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    # --- where and how to log in ---

    @property
    @abstractmethod
    def login(self) -> tuple[str, int, str]:
        """Address, port and password of root."""

    def connect(
        self, within_s: float = LOGIN_S
    ) -> asyncssh.connection._ACMWrapper[asyncssh.SSHClientConnection]:
        """Log in anew."""
        address, port, password = self.login
        return asyncssh.connect(
            address,
            port,
            username="root",
            password=password,
            client_keys=None,
            known_hosts=None,
            agent_path=None,
            config=None,
            server_host_key_algs=["ssh-ed25519", "rsa-sha2-256"],
            connect_timeout=within_s,
            login_timeout=within_s,
        )

    async def say(self, command: str, input: bytes = b"", within_s: float = 20.0) -> str | None:
        """What a command line prints, over a new connection; None when there is no answer."""
        try:
            async with asyncio.timeout(within_s), self.connect() as ssh:
                return (await ask(ssh, command, input)).text
        except (OSError, asyncssh.Error, TimeoutError, AttributeError):
            return None

    async def ask(self, verb: Verb, id: str) -> Answer | None:
        """What the guard says of a push; None when there is no answer."""
        return self._answer(await self.say(line(verb, id)), id)

    async def send(self, bundle: Bundle) -> Answer | None:
        """Start a push of somebody else."""
        return self._answer(await self.say(bundle.start_line(), bundle.archive()), bundle.id)

    def _answer(self, text: str | None, id: str) -> Answer | None:
        try:
            return None if text is None else parse(text, id, "it")
        except ProtocolError:
            return None

    async def comes_back(self) -> bool:
        """Tell whether a fresh login works within BACK_S."""
        loop = asyncio.get_running_loop()
        until = loop.time() + BACK_S
        while loop.time() < until:
            if await self.say("echo in", within_s=LOGIN_S + 5) == "in\n":
                return True
            await asyncio.sleep(0.5)
        return False

    # --- what it says of itself ---

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Whether there is such a file or folder."""

    @abstractmethod
    def read(self, path: str) -> bytes | None:
        """A file; None where there is none."""

    @abstractmethod
    def tree(self, top: str) -> Tree:
        """Files, folders and links below a folder."""

    @abstractmethod
    def uploading(self) -> bool:
        """Whether there is a folder of an upload."""

    def etc(self) -> Tree:
        """All of /etc but the guard's own."""
        own = (FLASH, "/etc/uci-defaults")
        return {path: node for path, node in self.tree("/etc").items() if not path.startswith(own)}

    def pending(self) -> bool:
        """Whether a boot guard stands for a push that may have moved files."""
        return self.exists(BOOT) and not self.exists(f"{KEPT}/preparing")

    def in_phase(self, phase: Phase) -> bool:
        """Whether the push has come so far."""
        match phase:
            case Phase.BEFORE:
                return True
            case Phase.UPLOADED:
                return self.uploading() or self.exists(BOOT)
            case Phase.PENDING:
                return self.pending()
            case Phase.APPLIED:
                return (self.read(f"{RAM}/state") or b"").startswith(b"applied")
            case Phase.AFTER:
                return self.exists(f"{FLASH}/last") and not self.exists(BOOT)

    async def reaches(self, moment: Moment) -> bool:
        """Wait for a moment; False when the push is over before."""
        await self.begun.wait()
        while not self.in_phase(moment.phase):
            if self.over.is_set():
                return False
            await asyncio.sleep(LOOK_S)
        await asyncio.sleep(moment.after_s)
        return True

    async def quiet(self) -> bool:
        """Wait until nothing of a push is under way; False when that does not come."""
        try:
            async with asyncio.timeout(BACK_S):
                while self.leftovers():  # noqa: ASYNC110  # a router tells nobody
                    await asyncio.sleep(0.2)
        except TimeoutError:
            return False
        return True

    def leftovers(self) -> list[str]:
        """What a push that is over must not leave."""
        found = [
            path for path in (BOOT, KEPT, f"{RAM}/state", f"{RAM}/deadline") if self.exists(path)
        ]
        dotted = [path for path in self.tree("/etc") if "/.owtui-" in path]
        return [*found, *dotted, *(["an upload"] if self.uploading() else []), *self.watchdogs()]

    @abstractmethod
    def watchdogs(self) -> list[str]:
        """The guard's processes or services that run."""

    # --- what happens to it ---

    @abstractmethod
    async def cut(self) -> None:
        """Every client's connection dies."""

    @abstractmethod
    async def unplug(self) -> None:
        """Pull the cable."""

    @abstractmethod
    async def plug(self) -> None:
        """Put it in again."""

    @abstractmethod
    async def power_cycle(self) -> None:
        """Cut the power; returns when it is up again."""

    @abstractmethod
    async def reboot(self) -> None:
        """A service of its own reboots it; returns when it is up again."""

    @abstractmethod
    async def kill_watchdog(self) -> bool:
        """kill -9; False when there is none."""

    @abstractmethod
    async def fill(self) -> None:
        """Leave no room in flash."""

    @abstractmethod
    async def drain(self) -> None:
        """Give the room back."""

    @abstractmethod
    async def edit(self, package: str, note: str, *, commit: bool) -> None:
        """A colleague sets an option of a section of his own."""

    @abstractmethod
    def expire(self) -> None:
        """Let the deadline be over at the next look."""


class LabRouter(Router):
    """A lab device: the real script. Its files are read through /proc, without a process each."""

    def __init__(self, device: LabDevice) -> None:
        super().__init__()
        self.device = device
        self._root = Path(f"/proc/{device.init_pid}/root")

    @property
    def login(self) -> tuple[str, int, str]:
        return self.device.address, self.device.port, self.device.spec.password or ""

    async def inside(self, command: str) -> int:
        return (await aside(self.device.inside, command)).returncode

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def exists(self, path: str) -> bool:
        return os.path.lexists(self._at(path))

    def read(self, path: str) -> bytes | None:
        try:
            return self._at(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def tree(self, top: str) -> Tree:
        return {path: node for path, node in self._walk(top) if node}

    def _walk(self, folder: str) -> Iterator[tuple[str, tuple[int, bytes] | None]]:
        for entry in sorted(os.scandir(self._at(folder)), key=lambda entry: entry.name):
            path = f"{folder}/{entry.name}"
            try:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISLNK(mode):
                    yield path, (mode, str(Path(entry.path).readlink()).encode())
                elif stat.S_ISDIR(mode):
                    yield path, (mode, b"")
                    yield from self._walk(path)
                else:
                    yield path, (mode, Path(entry.path).read_bytes())
            except FileNotFoundError:  # gone while we looked
                continue

    def uploading(self) -> bool:
        return any(self._at("/tmp").glob("owtui-*"))

    def watchdogs(self) -> list[str]:
        folder = self._at("/tmp/run/lab-procd")
        return [path.name for path in folder.glob("owtui-guard*")]

    async def cut(self) -> None:
        await self.inside(f"kill -9 $(pgrep -f {SESSION})")

    async def unplug(self) -> None:
        await self.inside("kill -STOP $(pidof dropbear)")

    async def plug(self) -> None:
        # The listener comes back as the running configuration has it: it may be shut by now.
        await self.inside(
            f"for p in $(pgrep -f {SESSION}); do kill -CONT $p; done; /etc/init.d/dropbear door"
        )

    async def power_cycle(self) -> None:
        await self.inside("kill -USR2 1")
        await self.booted()

    async def reboot(self) -> None:
        await self.inside("reboot")
        await self.booted()

    async def booted(self) -> None:
        """Wait until a boot that has begun is over."""
        await aside(self.device.wait_down)
        await aside(self.device.wait_boot)

    async def kill_watchdog(self) -> bool:
        return not await self.inside("kill -9 $(cat /var/run/lab-procd/owtui-guard-*/watch/pid)")

    async def fill(self) -> None:
        await self.inside("cat /dev/zero >/root/fill")

    async def drain(self) -> None:
        await self.inside("rm -f /root/fill")

    async def edit(self, package: str, note: str, *, commit: bool) -> None:
        words = f"uci set {package}.colleague=chaos; uci set {package}.colleague.note={note}"
        await self.inside(f"{words}; uci commit {package}" if commit else words)

    def expire(self) -> None:
        self._at(f"{RAM}/deadline").write_text("0\n")

    def arm(self, *steps: int) -> None:
        """Cut the power at the guard's n-th commands that write."""
        arm(self.device, *steps)

    async def disarm(self) -> None:
        """Take the traps of `arm` out."""
        await self.inside(
            "cd /usr/sbin && /bin/busybox rm -f mv cp rm sync mkdir cat ln chmod rmdir"
        )


class SimRouter(Router):
    """A simulated device: it plays the guard by its protocol."""

    def __init__(self, host: SimulatedDevice) -> None:
        super().__init__()
        self.host = host
        self.device = host.device

    @property
    def login(self) -> tuple[str, int, str]:
        return self.host.address, self.host.port, self.host.password

    def exists(self, path: str) -> bool:
        return self.device.files.find(path, follow=False) is not None

    def read(self, path: str) -> bytes | None:
        files = self.device.files
        return files.read(path) if files.find(path) else None

    def tree(self, top: str) -> Tree:
        files = self.device.files  # its own walk looks through all layers for each folder
        below = {path for layer in (files.rom, files.overlay.nodes) for path in layer}
        found = (
            (path, files.find(path, follow=False)) for path in below if path.startswith(f"{top}/")
        )
        return {path: (node.mode, bytes(node.data)) for path, node in found if node}

    def uploading(self) -> bool:
        return any(path.startswith("/tmp/owtui-") for path in self.device.files.tmp.nodes)

    def watchdogs(self) -> list[str]:
        return [one.command for one in self.device.processes if f"{RAM}/guard watch" in one.command]

    async def cut(self) -> None:
        self.host.cut()

    async def unplug(self) -> None:
        await self.host.fault(unreachable=True)

    async def plug(self) -> None:
        await self.host.fault(unreachable=False)

    async def power_cycle(self) -> None:
        await self.host.power_cycle()

    async def reboot(self) -> None:
        boots = self.device.effects.boots
        self.device.reboot()
        while self.device.effects.boots == boots:  # noqa: ASYNC110  # a router tells nobody
            await asyncio.sleep(LOOK_S)

    async def kill_watchdog(self) -> bool:
        found = [one.pid for one in self.device.processes if one.command in self.watchdogs()]
        return all(self.device.processes.kill(pid, 9) for pid in found) and bool(found)

    async def fill(self) -> None:
        self.device.fill_flash(True)

    async def drain(self) -> None:
        self.device.fill_flash(False)

    async def edit(self, package: str, note: str, *, commit: bool) -> None:
        for change in (f"{package}.colleague=chaos", f"{package}.colleague.note={note}"):
            self.device.uci.stage(package, read_change(change))
        if commit:
            self.device.uci.commit(package)

    def expire(self) -> None:
        self.device.files.write(f"{RAM}/deadline", b"0")
