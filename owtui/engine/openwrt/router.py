"""The verbs: what owtui can ask of an OpenWrt device, over whichever transport.

`SshRouter` (shell.py) and `UbusRouter` (rpc.py) implement all of them; what a session may not do
raises DeniedError or MissingError with what to install or allow. Actions and polls know only this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from owtui.engine.configs.model import Running
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.sums import Fingerprint, Survey
from owtui.engine.openwrt.uci import Package
from owtui.engine.transport.base import CommandResult, Progress


@dataclass(frozen=True, slots=True)
class Boot:
    """One life of a device: `id` differs after each boot where the kernel tells it."""

    id: str  # /proc/sys/kernel/random/boot_id, "" over plain ubus
    uptime_s: float


class Router(Protocol):
    """A reachable device. Every verb may raise owtui.errors.DeviceError."""

    via: str  # "ssh" | "ubus", for people

    async def facts(self) -> Facts:
        """Read board, release, memory, flash, interfaces, uptime and load in one round trip."""
        ...

    async def survey(self, paths: Sequence[str] = ()) -> Survey:
        """Read the facts and, in the same round trip, the fingerprint of the configuration.

        No fingerprint where it would cost more than that; `fingerprint` may tell it all the same.
        """
        ...

    async def collect(self, paths: Sequence[str] = ()) -> Report:
        """Read facts, fingerprint and the monitoring document in one round trip.

        What a device or a session cannot tell is missing in the document, field by field. Over ubus
        without the right to run commands a second POST asks the radios that are not known yet. No
        fingerprint as with `survey`.
        """
        ...

    async def fingerprint(self, paths: Sequence[str] = ()) -> Fingerprint:
        """Read the checksum of each package of /etc/config and of further paths, nothing else.

        Raises ProtocolError where the device shows no configuration, DeniedError.
        """
        ...

    async def configuration(self, paths: Sequence[str] = ()) -> Running:
        """Read the whole configuration: all packages and further paths, byte for byte.

        What a session may not read is said in `Running.unread` and, where only its values are told,
        in its sum. Raises ProtocolError where the device shows no configuration, DeniedError.
        """
        ...

    async def boot(self) -> Boot:
        """Tell this boot from the last one."""
        ...

    async def uci(self, package: str) -> Package:
        """Read one committed UCI package. Raises MissingError when there is none."""
        ...

    async def read_file(self, path: str) -> bytes:
        """Read a whole file. Raises MissingError, DeniedError."""
        ...

    async def write_file(
        self,
        path: str,
        data: bytes,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> None:
        """Replace a file atomically and prove it by its checksum; see Shell.upload.

        `resume` goes on from what a cut one has left. Over HTTP it goes in one piece, and nothing
        is told of its progress.
        """
        ...

    async def service(self, name: str, verb: str) -> None:
        """start, stop, restart, reload, enable or disable an init script."""
        ...

    async def exec(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command line; a non-zero exit is a result."""
        ...

    async def set_password(self, username: str, password: str) -> None:
        """Change a password; it never meets a command line."""
        ...

    async def reboot(self, boot_id: str = "") -> None:
        """Ask for a reboot; returns when the device accepted it.

        With a boot id it happens within that boot only, where the transport can tell the device.
        """
        ...
