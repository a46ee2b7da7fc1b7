"""Reboot devices and wait until they are back, once each.

A device's boot id, or how long it has been up, tells whether the reboot already happened: a job
that was interrupted looks before it asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owtui.engine.actions.base import Change, Judgement, Outcome, Param, Registrar, Task
from owtui.engine.jobs.plan import Verdict
from owtui.engine.openwrt.router import Boot
from owtui.errors import DeadlineError, DeviceError, HostKeyError, Kind
from storage.rows import DeviceRow

DEADLINE_S = 180
LOOK_EVERY_S = 2.0
CLOCK_SLACK_S = 10.0  # two clocks, two kinds of rounding


class Reboot(Change):
    """OpenWISP's `reboot`; takes no input of its own there."""

    id = "reboot"
    title = "Reboot"
    help = "Reboot devices and wait for their return"
    letter = "r"
    params = (
        Param(
            "wait_s",
            "Wait for its return, seconds",
            "int",
            required=False,
            default=DEADLINE_S,
            help="0: do not wait",
        ),
    )
    schema = {  # noqa: RUF012  # read only
        "type": "object",
        "properties": {"wait_s": {"type": "integer", "minimum": 0, "maximum": 3600}},
        "additionalProperties": False,
    }
    steps = ("look", "reboot", "wait")
    step_deadline_s = 3700.0
    seconds = 60.0

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Every device that can be reached reboots."""
        return Judgement(Verdict.CHANGE, commands=("reboot",))

    async def step(self, name: str, task: Task) -> Any:
        """look: which boot is this; reboot: unless it happened; wait: until it is back."""
        if name == "look":
            async with task.router() as router:
                boot = await router.boot()
            return {"id": boot.id, "uptime_s": boot.uptime_s, "at": task.clock()}
        if name == "reboot":
            return await _reboot(task)
        return await _wait(task)

    def outcome(self, task: Task) -> Outcome:
        """Say how long it was away."""
        away_s = task.memo["wait"]["took_s"]
        note = "asked to reboot" if away_s is None else f"back after {away_s:.0f} s"
        return Outcome(changed=True, note=note, output=f"{note}\n")


async def _reboot(task: Task) -> dict[str, Any]:
    at = task.clock()
    try:
        async with task.router() as router:
            if _is_another_boot(task, await router.boot()):
                return {"at": task.memo["look"]["at"]}
            await router.reboot(task.memo["look"]["id"])
    except HostKeyError:
        raise
    except DeviceError as error:
        # Not there: it may be on its way, asked by the engine that died. `wait` will tell.
        if error.kind not in (Kind.UNREACHABLE, Kind.REFUSED, Kind.LOST, Kind.TIMEOUT):
            raise
        return {"at": at, "silent": error.sentence}
    finally:
        await task.forget()
    return {"at": at}


async def _wait(task: Task) -> dict[str, Any]:
    asked_at = task.memo["reboot"]["at"]
    wait_s = task.params["wait_s"]
    if not wait_s:
        return {"took_s": None}
    last = "it still runs"
    waited = 0.0
    # One look at least: the engine itself may have been away for longer than the device.
    while not waited or waited < wait_s:
        task.report(f"{task.clock() - asked_at:.0f} s")
        await task.sleep(LOOK_EVERY_S)
        waited = task.clock() - asked_at
        try:
            async with task.router() as router:
                boot = await router.boot()
        except HostKeyError:
            raise
        except DeviceError as error:
            last = error.sentence
            await task.forget()
            continue
        if _is_another_boot(task, boot):
            return {"took_s": task.clock() - asked_at}
        last = "it still runs"
    said = task.memo["reboot"].get("silent") or last
    raise DeadlineError(
        f"{task.device} is not back {wait_s} s after the reboot was asked for: {said}",
        "Look at it on site, or give it more time with wait_s.",
    )


def _is_another_boot(task: Task, boot: Boot) -> bool:
    before = task.memo["look"]
    if before["id"] and boot.id:
        return bool(before["id"] != boot.id)
    # Without a boot id: had it not rebooted, it would have been up for longer by now.
    expected_s = before["uptime_s"] + task.clock() - before["at"]
    return bool(boot.uptime_s < expected_s - CLOCK_SLACK_S)


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(Reboot())
