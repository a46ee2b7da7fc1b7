"""A device's place on the network: its sockets, its power switch and its faults.

The device itself is made when somebody first connects, so that a thousand of them cost little
until they are used.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from .clock import Clock
from .device import Device
from .faults import Fault, Faults
from .httpd import serve
from .identity import Identity
from .reflash import Reflash, install
from .sshd import MAX_UNAUTHENTICATED, SshShelf, accept

if TYPE_CHECKING:
    import ssl

    import asyncssh

_BACKLOG = 128
_FREE_PORT_TRIES = 20
_GOING_DOWN_S = 0.5
_FLASHING_S = 10.0
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


class Host:
    """One device's sockets. Times of the reboot are multiplied by `speed`."""

    def __init__(
        self,
        spec: Identity,
        shelf: SshShelf,
        clock: Clock,
        *,
        speed: float = 1.0,
        boot_s: float = 8.0,
        ports: tuple[int, int] = (0, 0),
        fault: Fault | None = None,
        neighbours: Callable[[str, int], tuple[str, int] | None] = lambda host, port: None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.spec = spec
        self.shelf = shelf
        self.clock = clock
        self.faults = Faults(fault or Fault())
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self.ssh_port, self.http_port = ports
        self._speed = speed
        self._boot_s = boot_s
        self._neighbours = neighbours
        self._tls = tls
        self._unauthenticated: Counter[str] = Counter()
        self._transports: WeakSet[asyncio.Transport] = WeakSet()
        self._ssh: socket.socket | None = None
        self._http: asyncio.Server | None = None
        self._http_writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._rhythm: list[asyncio.Task[Any]] = []
        self._blocked: list[socket.socket] = []
        self._powered = False
        self._reachable = True
        self._changing = asyncio.Lock()

    @cached_property
    def device(self) -> Device:
        """The device; made now if nobody has asked before."""
        device = Device(self.spec, self.clock, self._speed)
        device.on_reboot = self._reboot_asked
        device.on_upgrade = self._upgrade_asked
        device.on_service = self._service_changed
        self._apply(self.faults.fault, device)
        return device

    @property
    def answers(self) -> bool:
        """True while it is on and on the network, for those at the other end of its wires."""
        return self._powered and self._reachable and not self.faults.fault.unreachable

    # -- sockets ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Switch on: listen; raises OSError when a port cannot be had."""
        self._powered = True
        await self._refresh()
        # A device that a fault keeps silent has its ports too: the inventory names them.
        self.ssh_port = self.ssh_port or self._free_port()
        self.http_port = self.http_port or self._free_port()
        self._keep_rhythm()

    def _keep_rhythm(self) -> None:
        """Start what the faults repeat, flapping and reboots, and stop what they no longer do."""
        for task in self._rhythm:
            task.cancel()
        fault = self.faults.fault
        self._rhythm = []
        if fault.flap_up_s and fault.flap_down_s:
            self._rhythm.append(self._spawn(self._flap(), "flapping"))
        if fault.reboot_every_s:
            self._rhythm.append(self._spawn(self._reboot_often(), "reboots"))

    async def stop(self) -> None:
        """Switch off for good and wait until everything has ended."""
        tasks = [*self._tasks, *self._go_down()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, Any], what: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=f"{self.spec.name} {what}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _made(self) -> Device | None:
        """Return the device if it exists already."""
        made: Device | None = self.__dict__.get("device")
        return made

    def _runs(self, service: str) -> bool:
        made = self._made()
        return made is None or made.services.is_running(service)

    async def _refresh(self) -> None:
        """Open and close sockets as power, faults, network and services demand."""
        async with self._changing:
            fault, made = self.faults.fault, self._made()
            cut_off = made is not None and not made.is_reachable()
            lost = fault.unreachable or not self._reachable or cut_off
            on = self._powered and not fault.refused and not lost
            if not (self._powered and lost):
                self._unblock()
            if on and self._runs("dropbear") and (made is None or made.lets_in_over_ssh()):
                self._open_ssh()
            else:
                self._close_ssh()
            if on and self._runs("uhttpd"):
                await self._open_http()
            else:
                self._close_http()
            if self._powered and lost:
                self._block()
            for transport in self._transports:
                if not transport.is_closing():
                    transport.pause_reading() if lost else transport.resume_reading()

    def _bind(self, port: int) -> socket.socket:
        """Return a socket bound to a port, or to any; raises OSError when it cannot be had."""
        tries = 1 if port else _FREE_PORT_TRIES  # among thousands of sockets "any" may collide
        for left in reversed(range(tries)):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((self.spec.address, port))
            except OSError:
                sock.close()
                if not left:
                    raise
            else:
                return sock
        raise AssertionError("unreachable: the last try returns or raises")

    def _free_port(self) -> int:
        with self._bind(0) as sock:
            port: int = sock.getsockname()[1]
            return port

    def _open_ssh(self) -> None:
        if self._ssh is not None:
            return
        self._ssh = self._bind(self.ssh_port)
        self._ssh.listen(_BACKLOG)
        self.ssh_port = self._ssh.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._ssh, self._accept_ssh)

    def _close_ssh(self) -> None:
        if self._ssh is not None:
            asyncio.get_running_loop().remove_reader(self._ssh)
            self._ssh.close()
            self._ssh = None

    async def _open_http(self) -> None:
        if self._http is not None:
            return
        sock = self._bind(self.http_port)
        self.http_port = sock.getsockname()[1]
        self._http = await asyncio.start_server(
            self._accept_http, sock=sock, backlog=_BACKLOG, ssl=self._tls
        )

    def _close_http(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def _block(self) -> None:
        """Let connecting time out: a full backlog of nothing drops the next SYN, as loss does."""
        if self._blocked:
            return
        traps = [self._bind(self.ssh_port), self._bind(self.http_port)]
        self.ssh_port, self.http_port = (trap.getsockname()[1] for trap in traps)
        for trap in traps:
            trap.listen(0)
            self._blocked.append(trap)
            for _ in range(2):
                filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                filler.setblocking(False)
                filler.connect_ex(trap.getsockname())
                self._blocked.append(filler)

    def _unblock(self) -> None:
        for sock in self._blocked:
            sock.close()
        self._blocked.clear()

    # -- connections -----------------------------------------------------------------------

    def _accept_ssh(self) -> None:
        if self._ssh is None:
            return
        try:
            sock, peer = self._ssh.accept()
        except OSError:
            return
        sock.setblocking(False)
        source = peer[0]
        if self._unauthenticated[source] >= MAX_UNAUTHENTICATED:
            sock.close()
            return
        self._unauthenticated[source] += 1
        waiting = [source]

        def released() -> None:
            if waiting:
                self._unauthenticated[waiting.pop()] -= 1

        self._spawn(self._begin_ssh(sock, peer, released), "ssh")

    async def _begin_ssh(
        self, sock: socket.socket, peer: tuple[str, int], released: Callable[[], None]
    ) -> None:
        try:
            if self.faults.fault.latency_s:
                await self.clock.sleep(self.faults.fault.latency_s)
            transport, _ = await accept(self, sock, peer, released)
            self._transports.add(transport)
        except OSError:
            sock.close()
            released()

    async def _accept_http(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._http_writers.add(writer)
        try:
            await serve(self, reader, writer)
        finally:
            self._http_writers.discard(writer)

    def cut(self) -> None:
        """Break every connection, as a pulled cable or a power cut does."""
        for connection in list(self.connections):
            connection.abort()
        for writer in list(self._http_writers):
            writer.transport.abort()

    def reach(self, host: str, port: int) -> tuple[str, int] | None:
        """Return where a forwarded connection really goes; None for anything not simulated."""
        if host in (*LOOPBACK_NAMES, self.spec.address):
            own = {22: self.ssh_port, 80: self.http_port}
            real = own.get(port, port)
            return (self.spec.address, real) if real in own.values() else None
        return self._neighbours(host, port)

    # -- power -----------------------------------------------------------------------------

    def _reboot_asked(self) -> None:
        if self._powered:
            self._spawn(self._reboot(_GOING_DOWN_S), "reboot")

    async def _reboot(self, after_s: float) -> None:
        await self.clock.sleep(after_s * self._speed)
        if not self._powered:
            return
        self._go_down()
        await self.clock.sleep(self._boot_s * self._speed)
        if self.faults.fault.new_host_key_on_reboot:
            self.device.new_host_keys()
        await self._switch_on()

    async def _switch_on(self) -> None:
        self.device.boot()
        self._powered = True
        await self._refresh()

    def _go_down(self) -> list[asyncio.Task[Any]]:
        self._powered = False
        made = self._made()
        ended = made.go_down() if made is not None else []
        self.cut()
        self._close_ssh()
        self._close_http()
        self._unblock()
        return ended

    def _upgrade_asked(self, flash: Reflash) -> None:
        if self._powered:
            self._spawn(self._upgrade(flash), "upgrade")

    async def _upgrade(self, flash: Reflash) -> None:
        """Close all sessions, write the image, boot it; none of it can be stopped."""
        await self.clock.sleep(_GOING_DOWN_S * self._speed)
        if not self._powered:
            return
        self._go_down()
        await self.clock.sleep(_FLASHING_S * self._speed)
        fault = self.faults.fault
        if fault.flash_old_release:
            self.device.effects.upgrades += 1
        else:
            install(self.device, flash)
        if fault.flash_no_return:
            return
        if fault.flash_new_host_key:
            self.device.new_host_keys()
        if fault.flash_new_address:
            self._move()
        await self._switch_on()
        if fault.flash_no_http:
            self.device.services.stop("uhttpd")

    def _move(self) -> None:
        """Take another address of its network, as a lease does that is not renewed in time."""
        network, _, own = self.spec.address.rpartition(".")
        self.spec = replace(self.spec, address=f"{network}.{(int(own) + 127) % 254 + 1}")

    async def power_cycle(self) -> None:
        """Cut the power and wait until the device is back."""
        await self._reboot(0.0)

    async def _reboot_often(self) -> None:
        while True:
            await self.clock.sleep(self.faults.fault.reboot_every_s)
            with contextlib.suppress(OSError):  # its port was taken meanwhile: the next time
                await self._reboot(0.0)

    async def _flap(self) -> None:
        while True:
            await self.clock.sleep(self.faults.fault.flap_up_s)
            self._reachable = False
            await self._refresh()
            await self.clock.sleep(self.faults.fault.flap_down_s)
            self._reachable = True
            await self._refresh()

    # -- faults and services ---------------------------------------------------------------

    def _service_changed(self, name: str) -> None:
        if self._powered:
            self._spawn(self._refresh(), f"{name} changed")

    def _apply(self, fault: Fault, device: Device) -> None:
        device.clock_error = fault.clock_error_s
        device.fill_flash(fault.full_flash)
        device.memory_left = fault.memory_left // 1024
        if fault.new_host_key:
            device.new_host_keys()

    async def set_fault(self, fault: Fault) -> None:
        """Change the faults now."""
        self.faults.fault = fault
        self._reachable = True
        self._keep_rhythm()
        made = self._made()
        if made is not None:
            self._apply(fault, made)
        await self._refresh()
