"""A fleet: many hosts in one process, started together, with an inventory of them all."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from .acls import KINDS
from .census import MAX_DEVICES, SHAPES, Plan, enrol, fleet_password
from .clock import Clock
from .device import Device, Effects
from .errors import FleetError
from .faults import Fault, faults_for, make_fault
from .host import Host
from .identity import Identity, first_host_secret
from .inventory import FleetMember, row, write
from .models import MODELS
from .shell.call import PROGRAMS
from .sshd import SshShelf, ed25519_key, public_line
from .tls import self_signed

_SPARE_FILES = 200


@dataclass(frozen=True, slots=True)
class FleetSpec:
    """What a fleet is like. Ports: base + index, or 0 for any free one.

    `speed` scales every wait a device makes by itself (boot_s, reload): 0.05 for tests.
    `luci` is one of acls.KINDS: what an rpcd session may do. `factory` names devices without a
    password.
    """

    devices: int = 1
    seed: int = 7
    ssh_port: int = 0
    http_port: int = 0
    shape: str = "tree"
    faults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    speed: float = 1.0
    boot_s: float = 8.0
    luci: str = "luci"
    https: bool = False
    organization: str = "lab"
    factory: Sequence[str] = ()
    clock: Clock = field(default_factory=Clock)

    def check(self) -> None:
        """Raise FleetError for a fleet that cannot be."""
        if not 1 <= self.devices <= MAX_DEVICES:
            raise FleetError(f"A fleet has 1 to {MAX_DEVICES} devices, not {self.devices}.")
        if self.shape not in SHAPES:
            raise FleetError(f"Unknown shape {self.shape!r}: take one of {', '.join(SHAPES)}.")
        if self.luci not in KINDS:
            raise FleetError(f"Unknown kind of LuCI {self.luci!r}: take {', '.join(KINDS)}.")
        for base in (self.ssh_port, self.http_port):
            if base and not 1 <= base <= 65536 - self.devices:
                raise FleetError(f"{self.devices} ports from {base} on do not fit below 65536.")


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """A device of a running fleet, as a test or a demonstration handles it."""

    host: Host
    user: str = "root"

    @property
    def identity(self) -> Identity:
        return self.host.spec

    @property
    def name(self) -> str:
        return self.host.spec.name

    @property
    def address(self) -> str:
        return self.host.spec.address

    @property
    def port(self) -> int:
        return self.host.ssh_port

    @property
    def http_port(self) -> int:
        return self.host.http_port

    @property
    def password(self) -> str:
        """Root's password when the fleet began."""
        return self.host.spec.password

    @property
    def device(self) -> Device:
        """The router itself: files, configuration, processes."""
        return self.host.device

    @property
    def effects(self) -> Effects:
        """What really happened on it."""
        return self.host.device.effects

    @property
    def host_key(self) -> str:
        """The public host key the device was born with, `algorithm base64`."""
        if MODELS[self.identity.model].rsa_host_key_only:
            return public_line(self.host.shelf.rsa_key)
        return public_line(ed25519_key(first_host_secret(self.identity)))

    async def fault(self, **values: Any) -> None:
        """Set faults (the keys of `Fault`); without any, mend the device."""
        fault = make_fault(values, self.name, self.host.faults.fault) if values else Fault()
        await self.host.set_fault(fault)

    async def power_cycle(self) -> None:
        """Cut its power; returns when it is back."""
        await self.host.power_cycle()

    def cut(self) -> None:
        """Break its connections now."""
        self.host.cut()


class Fleet:
    """Simulated devices, running inside `async with`."""

    def __init__(self, spec: FleetSpec) -> None:
        from . import commands  # the vocabulary registers itself; without it nothing runs

        assert commands and PROGRAMS
        spec.check()
        self.spec = spec
        self.password = fleet_password(spec.seed)
        self._shelf = SshShelf()
        self._hosts: list[Host] = []
        self.devices: list[SimulatedDevice] = []
        self._by_address: dict[str, Host] = {}

    @cached_property
    def _key(self) -> Any:
        return ed25519_key(f"operator {self.spec.seed}".encode())

    @property
    def private_key(self) -> str:
        """An OpenSSH private key that every device lets in."""
        return str(self._key.export_private_key("openssh").decode())

    @property
    def public_key(self) -> str:
        return public_line(self._key)

    # -- running ---------------------------------------------------------------------------

    async def __aenter__(self) -> Fleet:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on every address; raises FleetError when it cannot."""
        spec = self.spec
        _raise_file_limit(spec.devices)
        plan = Plan(
            spec.devices,
            spec.seed,
            spec.shape,
            spec.organization,
            self.password,
            f"{self.public_key} owtui",
            spec.luci,
            frozenset(spec.factory),
        )
        tls = self_signed() if spec.https else None
        identities = enrol(plan)
        identities[0].wiring.is_up = lambda index: self._hosts[index].answers
        for identity in identities:
            base = (spec.ssh_port, spec.http_port)
            host = Host(
                identity,
                self._shelf,
                spec.clock,
                speed=spec.speed,
                boot_s=spec.boot_s,
                ports=(base[0] and base[0] + identity.index, base[1] and base[1] + identity.index),
                fault=faults_for(identity.name, spec.faults),
                neighbours=self._reach,
                tls=tls,
            )
            self._hosts.append(host)
            self._by_address[identity.address] = host
            self.devices.append(SimulatedDevice(host))
        try:
            for host in self._hosts:
                await host.start()
        except OSError as error:
            await self.stop()
            raise FleetError(
                f"{host.spec.name} cannot listen on {host.spec.address}: {error.strerror}. "
                "Choose other base ports, or 0 for free ones."
            ) from error

    async def stop(self) -> None:
        """Switch everything off."""
        await asyncio.gather(*(host.stop() for host in self._hosts))

    def _reach(self, address: str, port: int) -> tuple[str, int] | None:
        """Let a device be a jump host to the others of its fleet."""
        host = self._by_address.get(address)
        return host.reach(address, port) if host is not None else None

    def __getitem__(self, name: str) -> SimulatedDevice:
        """Return the device of this name; raises KeyError."""
        for device in self.devices:
            if device.name == name:
                return device
        raise KeyError(name)

    # -- inventory -------------------------------------------------------------------------

    def inventory(self) -> list[dict[str, str]]:
        """Return a row for each device with the columns of `owtui devices import`."""
        scheme = "https" if self.spec.https else "http"
        return [
            row(
                FleetMember(
                    d.identity,
                    d.port,
                    f"{scheme}://{d.address}:{d.http_port}",
                    d.user,
                    d.host_key,
                )
            )
            for d in self.devices
        ]

    def write_inventory(self, path: Path) -> None:
        """Write the inventory as JSON or CSV by the name's ending, readable by its owner only."""
        write(path, self.inventory())

    def write_key(self, path: Path) -> None:
        """Write the private key that every device lets in, readable by its owner only."""
        write(path, self.private_key)


def _raise_file_limit(devices: int) -> None:
    """Make room for the sockets of a fleet; raises FleetError in words when there is none."""
    wanted = devices * 4 + _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise FleetError(
            f"{devices} devices need {wanted} open files and this login may have {hard}. "
            f"Raise the limit (ulimit -Hn {wanted} as root) or take fewer devices."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def serve(
    spec: FleetSpec, inventory_path: Path | None, ready: Callable[[Fleet], None]
) -> None:
    """Run a fleet until cancelled; `ready` is called once all devices listen.

    Raises FleetError, or OSError when the inventory cannot be written.
    """
    async with Fleet(spec) as fleet:
        if inventory_path is not None:
            await asyncio.to_thread(fleet.write_inventory, inventory_path)
        ready(fleet)
        await asyncio.get_running_loop().create_future()
