"""What can be wrong with a device, and the file that says so.

A fault file is JSON or TOML: a table for each device name or pattern, its keys those of `Fault`.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import FaultFileError

if TYPE_CHECKING:
    from .host import Host


@dataclass(frozen=True, slots=True)
class Fault:
    """The faults of one device; times in seconds, sizes in bytes, 0 and False mean none."""

    latency_s: float = 0.0
    bandwidth: int = 0  # bytes a second of output
    drop_after_bytes: int = 0  # of output, then the connection is cut
    drop_after_s: float = 0.0  # after a command began, then the connection is cut
    refuse_auth: bool = False
    new_host_key: bool = False  # from the start another key than the inventory says
    new_host_key_on_reboot: bool = False
    full_flash: bool = False
    flap_up_s: float = 0.0
    flap_down_s: float = 0.0
    clock_error_s: float = 0.0
    reboot_every_s: float = 0.0
    unreachable: bool = False  # packets are lost: connecting times out
    refused: bool = False  # ports are closed
    hang_after_login: bool = False  # commands never begin
    memory_left: int = 0  # bytes available while all services run and /tmp is empty
    flash_no_return: bool = False  # after a flash it stays away
    flash_old_release: bool = False  # after a flash it runs what it ran
    flash_new_host_key: bool = False  # after a flash, although its configuration was kept
    upload_cut_bytes: int = 0  # of the first image over HTTP, then the connection is cut
    flash_request_lost: bool = False  # over HTTP: reset before the device reads it
    flash_answer_lost: bool = False  # over HTTP: reset in place of an answer, and it is flashed
    flash_no_http: bool = False  # after a flash its web server does not start
    flash_new_address: bool = False  # after a flash another address of its own network


_TYPES: dict[str, tuple[type, ...]] = {
    f.name: (bool,) if isinstance(f.default, bool) else (int, float) for f in fields(Fault)
}


def make_fault(values: Mapping[str, Any], where: str, base: Fault | None = None) -> Fault:
    """Return a Fault with these keys set; raises FaultFileError naming `where` and the key."""
    for key, value in values.items():
        if key not in _TYPES:
            known = ", ".join(sorted(_TYPES))
            raise FaultFileError(f"{where}: unknown fault {key!r}; known are {known}.")
        boolean = _TYPES[key] == (bool,)
        if not isinstance(value, _TYPES[key]) or (isinstance(value, bool) and not boolean):
            wanted = "true or false" if boolean else "a number"
            raise FaultFileError(f"{where}: {key} must be {wanted}, not {value!r}.")
        if key != "clock_error_s" and isinstance(value, (int, float)) and value < 0:
            raise FaultFileError(f"{where}: {key} must not be negative, not {value!r}.")
    return replace(base or Fault(), **values)


def load_faults(path: Path) -> dict[str, Mapping[str, Any]]:
    """Read a fault file: pattern → keys. Raises FaultFileError with the line or the key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FaultFileError(f"{path}: cannot be read: {error.strerror}.") from None
    try:
        document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except json.JSONDecodeError as error:
        raise FaultFileError(f"{path}, line {error.lineno}: {error.msg}.") from None
    except tomllib.TOMLDecodeError as error:
        raise FaultFileError(f"{path}: {error}.") from None
    if not isinstance(document, dict):
        raise FaultFileError(f"{path}: must hold a table of device names.")
    for pattern, values in document.items():
        if not isinstance(values, dict):
            raise FaultFileError(f"{path}: {pattern} must be a table of faults, not {values!r}.")
        make_fault(values, f"{path}: {pattern}")
    return document


def faults_for(name: str, table: Mapping[str, Mapping[str, Any]]) -> Fault:
    """Return a device's faults: every pattern that fits, later ones over earlier."""
    fault = Fault()
    for pattern, values in table.items():
        if fnmatch.fnmatchcase(name, pattern):
            fault = make_fault(values, pattern, fault)
    return fault


class Faults:
    """A device's faults at work; `fault` may be replaced at any time."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._sent = 0
        self._uploads_cut = 0

    @property
    def refuses_auth(self) -> bool:
        return self.fault.refuse_auth

    async def before_command(self, host: Host) -> None:
        """Wait as a slow or hanging device does; arrange for the connection to be cut."""
        fault = self.fault
        if fault.hang_after_login:
            await asyncio.get_running_loop().create_future()
        if fault.drop_after_s:
            loop = asyncio.get_running_loop()
            loop.call_later(fault.drop_after_s, host.cut)
        if fault.latency_s:
            await host.clock.sleep(fault.latency_s)

    def cuts_upload(self, count: int) -> bool:
        """Whether the connection goes at so many bytes of an image; once in a device's life."""
        most = self.fault.upload_cut_bytes
        if not most or self._uploads_cut or count < most:
            return False
        self._uploads_cut += 1
        return True

    async def before_output(self, host: Host, count: int) -> None:
        """Account for bytes about to be sent; slows them down, or cuts the connection."""
        fault = self.fault
        if fault.bandwidth:
            await host.clock.sleep(count / fault.bandwidth)
        if fault.drop_after_bytes:
            self._sent += count
            if self._sent > fault.drop_after_bytes:
                self._sent = 0
                host.cut()
