"""The verbs that an upgrade needs of a device, and the way by which they are done.

Over SSH they are command lines (openwrt/upgrade.py); over HTTP they are what a ubus session may do
(httpway.py), which is less. A device is upgraded by one way from its first step to its last.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from owtui.engine.actions.base import Task
from owtui.engine.firmware import judging
from owtui.engine.firmware.aim import Aim
from owtui.engine.firmware.httpway import HttpWay
from owtui.engine.firmware.options import command, flags
from owtui.engine.openwrt import upgrade as verbs
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.upgrade import Identity, Standing
from owtui.engine.transport.base import Progress
from owtui.errors import DeviceError, Kind

SSH, HTTP, EITHER = "ssh", "ubus", "either"
_NO_SSH = (Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT, Kind.AUTH)


class Way(Protocol):
    """One open connection, as an upgrade uses it. Every verb may raise DeviceError.

    stops_services: whether room can be made in its memory
    keeps_log: whether the device tells what sysupgrade of this job has said
    """

    via: str
    stops_services: bool
    keeps_log: bool

    async def facts(self) -> Facts:
        """See Router.facts."""
        ...

    async def identity(self) -> Identity:
        """Who answers; what may not be read is "" and no agent."""
        ...

    async def sums(self) -> Mapping[str, str]:
        """Each package of its configuration by its sum; {} where they may not be read."""
        ...

    async def has(self, aim: Aim) -> bool:
        """Whether the image is there, proved by its checksum; False where that cannot be told."""
        ...

    async def part(self, aim: Aim) -> int:
        """Bytes of the image that a cut upload has left and `put` goes on from."""
        ...

    async def free(self) -> int | None:
        """Memory that is free, in bytes; None: it says nothing of it."""
        ...

    async def stop_services(self, *, wifi: bool) -> tuple[str, ...]:
        """Stop what may be stopped; where `stops_services`."""
        ...

    async def start_services(self) -> None:
        """Start what was stopped."""
        ...

    async def backup(self) -> bytes | None:
        """Its configuration as sysupgrade saves it; None where the session may not have it."""
        ...

    async def put(self, aim: Aim, data: bytes, stamp: Any, progress: Progress | None) -> Any:
        """Send the image unless it is there as `stamp` says, its checksum proved on the device.

        Returns a JSON value by which the same file is known again, None where nothing is needed.
        """
        ...

    async def test(self, aim: Aim, options: Mapping[str, bool]) -> str:
        """Ask sysupgrade whether it takes the image; "" when it does, else its words."""
        ...

    async def clean(self, aim: Aim) -> None:
        """Remove an image that will not be flashed, as far as may be."""
        ...

    async def standing(self, key: str, *, asked: bool) -> Standing:
        """Which boot this is, and the log of this job; `asked`: a start may have left before."""
        ...

    def is_other_boot(self, was: str, found: Standing) -> bool:
        """Whether the device has rebooted since it was in boot `was`."""
        ...

    async def check_image(self, aim: Aim, stamp: Any) -> None:
        """Raise unless the image is still ours, where a later verb does not look itself."""
        ...

    async def start(self, aim: Aim, options: Mapping[str, bool], key: str, boot: str) -> str:
        """Start sysupgrade, detached; what it said where it refused at once, else "".

        Over SSH the device starts it once for a key and a boot, so asking again is safe.
        """
        ...

    async def write_checksum(self, sha256: str) -> bool:
        """Write down which image was installed; False where the session may not."""
        ...


class SshWay:
    """See Way; the command lines of openwrt/upgrade.py."""

    via = SSH
    stops_services = True
    keeps_log = True

    def __init__(self, router: Router) -> None:
        self._router = router

    async def facts(self) -> Facts:
        """See Router.facts."""
        return await self._router.facts()

    async def identity(self) -> Identity:
        """See upgrade.identity."""
        return await verbs.identity(self._router)

    async def sums(self) -> Mapping[str, str]:
        """See Router.fingerprint."""
        return (await self._router.fingerprint()).sums

    async def has(self, aim: Aim) -> bool:
        """See upgrade.has."""
        return await verbs.has(self._router, aim.place, aim.sha256)

    async def part(self, aim: Aim) -> int:
        """See upgrade.part."""
        return await verbs.part(self._router, aim.place, aim.sha256)

    async def free(self) -> int | None:
        """See upgrade.meminfo."""
        return judging.free_bytes(await verbs.meminfo(self._router))

    async def stop_services(self, *, wifi: bool) -> tuple[str, ...]:
        """See upgrade.stop_services."""
        return await verbs.stop_services(self._router, wifi=wifi)

    async def start_services(self) -> None:
        """See upgrade.start_services."""
        await verbs.start_services(self._router)

    async def backup(self) -> bytes | None:
        """See upgrade.backup."""
        return await verbs.backup(self._router)

    async def put(self, aim: Aim, data: bytes, stamp: Any, progress: Progress | None) -> Any:
        """See Router.write_file, which looks at the checksum of what is there, and of a part."""
        await self._router.write_file(aim.place, data, mode=0o600, progress=progress, resume=True)
        return None

    async def test(self, aim: Aim, options: Mapping[str, bool]) -> str:
        """See upgrade.test."""
        return await verbs.test(self._router, aim.place, flags(options))

    async def clean(self, aim: Aim) -> None:
        """See upgrade.clean."""
        await verbs.clean(self._router, aim.place)

    async def standing(self, key: str, *, asked: bool) -> Standing:
        """See upgrade.standing: the device keeps the log, whatever we remember."""
        return await verbs.standing(self._router, key)

    def is_other_boot(self, was: str, found: Standing) -> bool:
        """By the kernel's boot id."""
        return found.boot_id != was

    async def check_image(self, aim: Aim, stamp: Any) -> None:
        """Nothing: sysupgrade and `start` look."""

    async def start(self, aim: Aim, options: Mapping[str, bool], key: str, boot: str) -> str:
        """See upgrade.start; its log tells what became of it."""
        await verbs.start(self._router, command(options, aim.place), aim.place, key, boot)
        return ""

    async def write_checksum(self, sha256: str) -> bool:
        """See upgrade.write_checksum."""
        await verbs.write_checksum(self._router, sha256)
        return True


@asynccontextmanager
async def opened(task: Task, over: str) -> AsyncIterator[Way]:
    """Open a device by SSH, HTTP, or EITHER: SSH where it lets us in, else HTTP.

    A host key that does not fit ends it: a password must not follow an impostor elsewhere.
    """
    async with AsyncExitStack() as stack:
        if over != HTTP:
            try:
                router = await stack.enter_async_context(task.ssh())
            except DeviceError as error:
                if over == SSH or error.kind not in _NO_SSH:
                    raise
            else:
                yield SshWay(router)
                return
        session = await stack.enter_async_context(task.session())
        yield HttpWay(session, task.clock)
