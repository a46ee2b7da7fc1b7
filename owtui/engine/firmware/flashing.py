"""The flash and what follows it: the point of no return, the way back, what it runs then.

Never flashed twice: the device starts one sysupgrade a job and a boot, and a boot that is no
longer the one we looked at is looked at, not flashed. The mark that there is no way back is in our
database before the first byte of it leaves.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from owtui.engine.firmware import judging, stages
from owtui.engine.firmware.aim import Installed, why_not
from owtui.engine.firmware.judging import Fate
from owtui.engine.firmware.upgrading import CancelledByUserError, Upgrade
from owtui.engine.jobs.noreturn import SENT
from owtui.engine.openwrt import upgrade as verbs
from owtui.errors import DeviceError, HostKeyError, Kind

RETURN_S = 180 + 35 * 20
"""OpenWISP waits 180 s and then tries 35 times, 20 s apart; we look from the beginning."""

LOOK_EVERY_S = 5.0
CONNECT_S = 25.0
STARTS_WITHIN_S = 90.0  # OpenWISP's time for the sysupgrade command
START_TRIES = 3
SETTLES_S = 120.0
"""A device that has just come back may drop a connection; it is asked again for so long."""

HEALTHY_WITHIN_S = 180.0

_UNTOUCHED = (Kind.WRONG_MODEL, Kind.NO_SPACE, Kind.CHANGED, Kind.DENIED, Kind.CANCELLED)
"""What ends an upgrade as aborted or cancelled: never said of a device that was flashed."""

_OURS = ("data_collected",)  # tells of our own polls, which may be in no hurry after a flash

_FINAL = (Kind.WRONG_MODEL, Kind.CHANGED)  # refused by sysupgrade, or in another boot


@dataclass(frozen=True, slots=True)
class Flashing:
    """The second half of an upgrade. `return_s`: so long may the device be away."""

    upgrade: Upgrade
    return_s: float = RETURN_S

    # --- flash ---

    async def flash(self) -> dict[str, Any]:
        """Start sysupgrade, once. Aborted where it refuses; CANCELLED where somebody was first."""
        task = self.upgrade.task
        if not await task.pass_return():
            error = CancelledByUserError(stages.CANCELLED, "Nothing was flashed.")
            raise await self.upgrade.put_back(error)
        task.report(f"{stages.IN_PROGRESS} Do not unplug it.")
        at = task.clock()
        tries = 0
        while True:
            try:
                found = await self._ask()
            except DeviceError as error:
                tries += error.kind not in stages.RECOVERABLE
                if tries < START_TRIES and await self._may_ask_again(error, at):
                    continue
                if await task.company.mark() < SENT:
                    raise await self.upgrade.put_back(error) from error
                # It went away, as a device does that flashes: `return` finds out.
                return {"at": at}
            if found or task.clock() - at > STARTS_WITHIN_S:
                return {"at": at}
            await task.sleep(1.0)

    async def _may_ask_again(self, error: DeviceError, at: float) -> bool:
        """Whether the flash may be asked for again: asking is safe, so for a while, at any rate."""
        task = self.upgrade.task
        if isinstance(error, HostKeyError) and await task.company.mark() >= SENT:
            return False
        if isinstance(error, HostKeyError) or error.kind in _FINAL:
            raise await self.upgrade.put_back(error)
        if task.clock() - at > STARTS_WITHIN_S:
            return False
        await task.forget()
        await task.sleep(LOOK_EVERY_S)
        return True

    async def _ask(self) -> bool:
        """One look at the device, and the start where none was; True once it is on its way.

        False: ask again in a moment. Raises what ends the upgrade, and DeviceErrors of the way.
        """
        try:
            async with asyncio.timeout(CONNECT_S + verbs.START_S):
                return await self._look_or_start()
        except TimeoutError as error:
            raise DeviceError(
                f"{self.upgrade.task.device} does not answer.", kind=Kind.TIMEOUT
            ) from error

    async def _look_or_start(self) -> bool:
        upgrade, boot = self.upgrade, self._boot
        async with upgrade.way() as way:
            asked = await upgrade.task.company.mark() >= SENT
            found = await way.standing(upgrade.key, asked=asked)
            if way.is_other_boot(boot, found):
                if asked:
                    return True
                raise DeviceError(
                    f"{upgrade.task.device} rebooted before it was flashed.",
                    "Nothing was flashed: plan again.",
                    kind=Kind.CHANGED,
                )
            flash = judging.judge_log(found.log)
            if flash.fate is Fate.REFUSED:
                raise self._refused(flash.said)
            if flash.fate is Fate.RUNNING:
                return not way.keeps_log or judging.POINT_OF_NO_RETURN in flash.said
            await way.check_image(upgrade.aim, upgrade.task.memo["test"].get("stamp"))
            await upgrade.task.company.note(SENT)
            said = await way.start(upgrade.aim, upgrade.options, upgrade.key, boot)
            if said:
                raise self._refused(said)
        return False

    @property
    def _boot(self) -> str:
        return str(self.upgrade.task.memo["test"]["boot"])

    def _refused(self, said: str) -> DeviceError:
        return DeviceError(
            f"{self.upgrade.task.device}: sysupgrade flashed nothing: {judging.complaint(said)}",
            "It runs as before. See what it complains of, then try again.",
            kind=Kind.WRONG_MODEL,
        )

    # --- return ---

    async def come_back(self) -> dict[str, Any]:
        """Wait until it is in another boot, its addresses read anew each time.

        Raises the DeviceError that says why it did not; a host key that changed is never trusted.
        """
        task = self.upgrade.task
        began = task.memo["flash"]["at"]
        last: DeviceError | None = None
        tries = never = 0
        # One look at least: the engine itself may have been away for longer than the device.
        while not tries or task.clock() - began < self.return_s:
            tries += 1
            task.report(f"{task.clock() - began:.0f} s, attempt n.{tries}")
            await task.forget()
            try:
                async with asyncio.timeout(CONNECT_S), self.upgrade.way() as way:
                    found = await way.standing(self.upgrade.key, asked=True)
            except TimeoutError:
                last = DeviceError(f"{task.device} does not answer.", kind=Kind.TIMEOUT)
            except HostKeyError as error:
                last = error
                if not self.upgrade.keeps_configuration:
                    break  # as -n makes one: it is back, and only people can say that it is it
            except DeviceError as error:
                last = error
            else:
                last = None
                if way.is_other_boot(self._boot, found):
                    return {"took_s": task.clock() - began, "tries": tries}
                flash = judging.judge_log(found.log)
                never += flash.fate is Fate.NEVER
                said = flash.said or ("" if flash.fate is Fate.REFUSED else "it was not started")
                if flash.fate is Fate.REFUSED or never >= START_TRIES:
                    raise await self.upgrade.put_back(self._refused(said))
            await task.sleep(LOOK_EVERY_S)
        raise self._away(last)

    def _away(self, last: DeviceError | None) -> DeviceError:
        device = self.upgrade.task.device
        if last is None:
            return DeviceError(
                f"{device} was told to flash and runs as before: it never rebooted.",
                "Look at it: what sysupgrade does there, and its log.",
                kind=Kind.UNKNOWN,
            )
        if isinstance(last, HostKeyError):
            fresh = not self.upgrade.keeps_configuration
            why = "as -n makes one" if fresh else "although its configuration was to be kept"
            return DeviceError(
                f"{device} answers with another host key, {why}; it is not trusted by itself.",
                "Compare the key on site, accept it (accept_host_key), then look at its release.",
                kind=Kind.HOST_KEY,
            )
        hint = "Look at it on site; it may still be at work."
        if not self.upgrade.keeps_configuration:
            hint = "Its configuration was not kept: it has its factory address and no password."
        kind = flashed_kind(last.kind)
        return DeviceError(f"{stages.GIVING_UP}: {last.sentence}", hint, kind=kind)

    # --- verify ---

    async def runs(self) -> dict[str, Any]:
        """Read release, board and configuration; write the checksum file where all is right."""
        task, aim = self.upgrade.task, self.upgrade.aim
        began, wrong = task.clock(), ""
        while True:
            try:
                async with self.upgrade.way() as way:
                    facts = await way.facts()
                    has = Installed(facts.version, facts.revision, facts.board)
                    wrong = why_not(aim, has)
                    if wrong:
                        break
                    sums = await way.sums()
                    task.report(stages.WRITING_CHECKSUM)
                    written = await way.write_checksum(aim.sha256)
                    moved = {**self._moved(sums), "written": written}
                    return {"runs": f"{has.version} {has.revision}".strip(), **moved}
            except HostKeyError:
                raise
            except DeviceError as error:
                if task.clock() - began > SETTLES_S:
                    raise DeviceError(
                        f"{task.device} was flashed and is back, and then: {error.sentence}",
                        error.hint,
                        kind=error.kind,
                    ) from error
                await task.forget()
                await task.sleep(LOOK_EVERY_S)
        raise DeviceError(
            f"{task.device} came back and {wrong}.",
            "The flash did not take: see whether the image is the right one, then try again.",
            kind=Kind.COMMAND,
        )

    def _moved(self, sums: Any) -> dict[str, Any]:
        """Packages that are gone or differ; a new release may migrate some, none may be lost."""
        if not self.upgrade.keeps_configuration:
            return {}
        before = self.upgrade.task.memo["check"]["sums"]
        lost = sorted(path for path in before if path not in sums)
        moved = sorted(path for path, was in before.items() if sums.get(path, was) != was)
        return {"lost": lost, "moved": moved}

    async def healthy(self) -> dict[str, list[str]]:
        """Run the device's checks until each finds out that it is well, for so long at most.

        sick: what those found that had not been so before the flash. unsure: why others could not
        find out, which says nothing of the device.
        """
        task = self.upgrade.task
        before = {*task.memo["check"].get("unwell", ()), *_OURS}
        began = task.clock()
        while True:
            told = await task.checks(())
            unsure = [one["text"] for one in told if not one["ok"]]
            sick = [
                f"{one['type']}: {one['text']}"
                for one in told
                if one["ok"] and not before.issuperset(one.get("bad", ()))
            ]
            if not (sick or unsure) or task.clock() - began > HEALTHY_WITHIN_S:
                return {"sick": sick, "unsure": unsure}
            task.report(f"not healthy yet: {(sick or unsure)[0]}")
            await task.sleep(LOOK_EVERY_S * 2)


def flashed_kind(kind: Kind) -> Kind:
    """The kind of a failure behind the flash: none that says that the device is as it was."""
    return Kind.COMMAND if kind in _UNTOUCHED else kind
