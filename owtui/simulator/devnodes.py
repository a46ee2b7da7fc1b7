"""/dev: null, zero, urandom, full, and the knobs of /proc/sys that take any value."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING

from .streams import Stream

if TYPE_CHECKING:
    from .device import Device

_CHUNK = 4096


class Zeros(Stream):
    """/dev/zero; a read without a size gets one block, since it would never end."""

    async def read(self, size: int = -1) -> bytes:
        await asyncio.sleep(0)  # never ends by itself: let others run
        return bytes(_CHUNK if size < 0 else size)


class Noise(Stream):
    """/dev/urandom, from the device's own seed."""

    def __init__(self, device: Device) -> None:
        self._random = device.random

    async def read(self, size: int = -1) -> bytes:
        await asyncio.sleep(0)
        return self._random.randbytes(_CHUNK if size < 0 else size)


class Full(Stream):
    """/dev/full."""

    async def write(self, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Kmsg(Stream):
    """/dev/kmsg: what is written shows in dmesg."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def write(self, data: bytes) -> None:
        self._device.journal.kernel(data.decode(errors="replace").strip())


def open_device(device: Device, path: str) -> Stream | None:
    """Return the stream of a special file, or None for an ordinary path."""
    if path in ("/dev/null", "/dev/tty", "/dev/console") or path.startswith("/proc/sys/"):
        return Stream()
    if path == "/dev/zero":
        return Zeros()
    if path in ("/dev/urandom", "/dev/random"):
        return Noise(device)
    if path == "/dev/full":
        return Full()
    return Kmsg(device) if path == "/dev/kmsg" else None
