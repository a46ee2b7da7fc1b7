"""One upgrade as it is carried out before the flash: who it is, room, backup, upload, test.

Each step looks first and may be cut at any line and begun again. Until the flash a failure that may
be otherwise in a minute is tried again, and whatever ends the upgrade starts the services anew that
it had stopped. What follows the flash is in flashing.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from owtui.engine.actions.base import Task
from owtui.engine.firmware import judging, stages
from owtui.engine.firmware.aim import Aim, Installed, is_installed
from owtui.engine.firmware.options import keeps
from owtui.engine.firmware.way import SSH, Way, opened
from owtui.engine.openwrt import upgrade as verbs
from owtui.engine.openwrt.facts import Facts
from owtui.errors import DeviceError, Kind

T = TypeVar("T")
LOOK_EVERY_S = 5.0  # whether somebody cancelled, while a retry is waited for
RECONNECT_S = 60.0
AIR_S = 5.0  # until Wi-Fi, which goes down a second after we were answered, has let its memory go
BACKUPS = "backups"


class CancelledByUserError(DeviceError):
    """Somebody cancelled the job and nothing was flashed."""

    kind = Kind.CANCELLED


def backup_path(task: Task) -> Path:
    """Where the backup of a device in a job is kept."""
    return task.images.folder.with_name(BACKUPS) / str(task.job_id) / f"{task.device_id}.tgz"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One device and its image. `mac` is what we know of it; `dice` gives 0 to 1 for retries.

    over: by which way it may be upgraded, see way.opened
    """

    task: Task
    aim: Aim
    options: Mapping[str, bool]
    dice: Callable[[], float]
    mac: str = ""
    over: str = SSH

    @property
    def key(self) -> str:
        """How the log of this job is told from that of another."""
        return self.task.job_id.hex[:16]

    # --- the steps before the flash ---

    async def identity(self) -> dict[str, Any]:
        """Make sure that it is the device we mean. Aborted where it says that it is another."""

        async def look(way: Way) -> dict[str, Any]:
            self.task.report(stages.STARTS)
            found = await way.identity()
            facts = await way.facts()
            self._same_device(found, facts)
            forced = self.options.get("F")
            if not forced and facts.board and facts.board not in (self.aim.boards or [facts.board]):
                raise DeviceError(
                    f"{self.task.device} is a {facts.board}; the image is for"
                    f" {', '.join(self.aim.boards)}.",
                    "Choose the image of its board.",
                    kind=Kind.WRONG_MODEL,
                )
            return {
                "sum": found.checksum,
                "runs": f"{facts.version} {facts.revision}".strip(),
                "board": facts.board,
                "way": way.via,
                "other": self._runs_other(facts),
            }

        return await self._early(look)

    def _same_device(self, found: verbs.Identity, facts: Facts) -> None:
        wanted = str(self.task.device_id)
        if found.uuid:
            if judging.same_uuid(found.uuid, wanted):
                return
            said = stages.mismatch(wanted, found.uuid)
        elif found.agent:
            said = stages.NO_UUID
        elif self.mac and facts.macs and self.mac.upper() not in facts.macs:
            # Inventories may know it by its label, by eth0 or by another of its interfaces.
            said = f"Another device answers: its MAC is {facts.mac}, not {self.mac}."
        else:
            return
        raise DeviceError(said, "Look at its address, then plan again.", kind=Kind.CHANGED)

    def _runs_other(self, facts: Facts) -> bool:
        """Whether it certainly runs another release than the image's."""
        runs = Installed(facts.version, facts.revision, facts.board)
        return bool(self.aim.version and runs.version and not is_installed(self.aim, runs))

    async def check(self) -> dict[str, Any]:
        """Compare the checksum that an earlier upgrade left; read the image and prove its own.

        The file outlives a flash that others made, or of which we never saw the end: where the
        device runs another release it proves nothing.
        """
        found = self.task.memo["identity"]["sum"]
        if found == self.aim.sha256 and not self.task.memo["identity"].get("other"):
            return {"needed": False, "said": stages.NOT_NEEDED}
        await self._refuse_cancelled()
        self.task.report(stages.CHECKSUM_DIFFERS if found else stages.NO_CHECKSUM)
        await self._image()

        async def fingerprint(way: Way) -> dict[str, Any]:
            return {"needed": True, "sums": dict(await way.sums())}

        return await self._early(fingerprint)

    async def memory(self) -> dict[str, Any]:
        """Make room in memory; stop services where there is not enough. Aborted without room."""

        async def look(way: Way) -> dict[str, Any]:
            if await way.has(self.aim):
                return {"said": "the image is there already"}
            # What a cut upload has left takes room that the image is to have.
            size, part = self.aim.size, await way.part(self.aim)
            free = self._free(await way.free()) + part
            if judging.fits(size, free):
                return {"free": free}
            self.task.report(stages.too_little(size, free))
            if not way.stops_services:
                raise DeviceError(
                    f"{stages.too_little(size, free)} {stages.NO_STOPPING}",
                    "Reboot it, or give it SSH, then try again.",
                    kind=Kind.NO_SPACE,
                )
            for wifi in (False, True):
                stopped = await way.stop_services(wifi=wifi)
                if wifi:
                    await self.task.sleep(AIR_S)
                free = self._free(await way.free()) + part
                if judging.fits(size, free):
                    said = stages.freed(free)
                    self.task.report(said)
                    return {"free": free, "stopped": list(stopped), "said": said}
            self.task.report(stages.still_too_little(free))
            raise DeviceError(
                f"{stages.too_little(size, free)} {stages.SERVICES_STARTED}",
                "Reboot it, or remove what fills its memory, then try again.",
                kind=Kind.NO_SPACE,
            )

        return await self._early(look)

    def _free(self, free: int | None) -> int:
        if free is None:
            raise DeviceError(
                f"{self.task.device} does not tell how much memory is free.", kind=Kind.PROTOCOL
            )
        return free

    async def backup(self) -> dict[str, Any]:
        """Fetch `sysupgrade -b` into our own folder, readable by us alone."""
        path = backup_path(self.task)

        async def fetch(way: Way) -> dict[str, Any]:
            data = await way.backup()
            if data is None:
                self.task.report(stages.NO_BACKUP)
                return {"size": 0, "said": stages.NO_BACKUP}
            await asyncio.to_thread(_keep, path, data)
            return {"size": len(data)}

        return await self._early(fetch)

    async def upload(self) -> dict[str, Any]:
        """Send the image, or what is not there of it; its checksum is proven on the device."""
        image = await self._image()

        async def send(way: Way) -> dict[str, Any]:
            def tell(sent: int, size: int) -> None:
                self.task.report(stages.sent(sent, size))

            return {"stamp": await way.put(self.aim, image.data, None, tell)}

        return await self._early(send)

    async def test(self) -> dict[str, Any]:
        """Let sysupgrade judge the image. Aborted where it refuses; nothing was changed.

        The boot of this moment is the one in which it is flashed. One that has rebooted since the
        upload gets the image again: for all others that is a look at its checksum.
        """
        image = await self._image()

        async def ask(way: Way) -> dict[str, Any]:
            boot = (await way.standing(self.key, asked=False)).boot_id
            sent = self.task.memo.get("upload", {}).get("stamp")
            stamp = await way.put(self.aim, image.data, sent, None)
            said = await way.test(self.aim, self.options)
            if said:
                await way.clean(self.aim)
                raise DeviceError(
                    f"{self.task.device} refuses the image: {judging.complaint(said)}",
                    "Choose another image; the option F flashes it all the same.",
                    kind=Kind.WRONG_MODEL,
                )
            self.task.report(stages.TEST_PASSED)
            return {"boot": boot, "stamp": stamp}

        return await self._early(ask)

    @property
    def keeps_configuration(self) -> bool:
        """Whether it comes back with its configuration."""
        return keeps(self.options)

    # --- how an early step is done ---

    def way(self) -> AbstractAsyncContextManager[Way]:
        """Open the device by the way that its first step took; `over` says which that may be."""
        return opened(self.task, self.task.memo.get("identity", {}).get("way", self.over))

    async def _early(self, do: Callable[[Way], Awaitable[T]]) -> T:
        """Do it over a connection; again after what may pass; never once somebody cancelled."""
        retry = 0
        try:
            while True:
                await self._refuse_cancelled()
                try:
                    async with self.way() as way:
                        return await do(way)
                except DeviceError as error:
                    if error.kind not in stages.RECOVERABLE:
                        raise
                    retry += 1
                    if retry > stages.RETRIES:
                        raise DeviceError(
                            stages.exhausted(error.sentence), error.hint, kind=error.kind
                        ) from error
                    self.task.report(stages.retried(error.sentence.rstrip(".")))
                    await self._wait(stages.backoff_s(retry, self.dice()))
        except DeviceError as error:
            raise await self.put_back(error) from error

    async def _wait(self, seconds: float) -> None:
        await self.task.forget()
        until = self.task.clock() + seconds
        while (left := until - self.task.clock()) > 0:
            await self._refuse_cancelled()
            await self.task.sleep(min(LOOK_EVERY_S, left))

    async def _refuse_cancelled(self) -> None:
        if await self.task.cancelled():
            raise await self.put_back(
                CancelledByUserError(stages.CANCELLED, "Nothing was flashed.")
            )

    async def put_back(self, error: DeviceError) -> DeviceError:
        """Start what was stopped; the error, which says so where that cannot be done now.

        What ends for good leaves no image in the device's memory. A device of which we do not know
        yet who it is is left alone.
        """
        stopped = self.task.memo.get("memory", {}).get("stopped")
        if getattr(error, "is_put_back", False) or "identity" not in self.task.memo:
            return error
        if error.kind in stages.RECOVERABLE and not stopped:
            return error  # nothing to start, and nobody there to start it
        try:
            async with asyncio.timeout(RECONNECT_S), self.way() as way:
                await way.start_services()
                if error.kind not in stages.RECOVERABLE:
                    await way.clean(self.aim)
        except (DeviceError, TimeoutError):
            if stopped:
                minutes = verbs.RESTART_AFTER_S // 60
                error.hint = f"{error.hint} It starts its services by itself in {minutes} minutes."
        error.is_put_back = True  # type: ignore[attr-defined]  # so that it is done once
        return error

    async def _image(self) -> _Image:
        try:
            found = await asyncio.to_thread(_read, self.aim.path, self.aim.sha256)
        except OSError as error:
            lost = DeviceError(
                f"The image {self.aim.name} cannot be read: {error.strerror}.",
                "Add it to its build again.",
                kind=Kind.MISSING,
            )
            raise await self.put_back(lost) from error
        if found is None:
            altered = DeviceError(
                f"The image {self.aim.name} is no longer what was added.",
                "Its checksum differs: add it to its build again.",
                kind=Kind.CHANGED,
            )
            raise await self.put_back(altered)
        return found


@dataclass(frozen=True)  # no slots: it is referred to weakly
class _Image:
    data: bytes


_held: WeakValueDictionary[str, _Image] = WeakValueDictionary()


def _read(path: Path, sha256: str) -> _Image | None:
    """The bytes, which devices that go at once share; None where they are others than added."""
    if (found := _held.get(sha256)) is not None:
        return found
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        return None
    return _held.setdefault(sha256, _Image(data))


def _keep(path: Path, data: bytes) -> None:
    """Write a backup whole or not at all, for our eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    stage = path.with_suffix(".part")
    stage.unlink(missing_ok=True)
    with os.fdopen(os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    stage.replace(path)
