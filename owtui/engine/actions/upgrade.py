"""Flash devices with the image of a build, watched until they run it and are healthy.

Planned from what was recorded; the device itself has the last word (`sysupgrade --test`). It may be
cancelled until the flash, never after. The steps are engine.firmware's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from owtui.engine.actions.base import Change, Judgement, Outcome, Param, Records, Registrar, Task
from owtui.engine.firmware import httpplan, options, stages
from owtui.engine.jobs.plan import Verdict
from owtui.engine.jobs.state import ResultState
from owtui.errors import DeviceError, Failure, InputError, Kind, OwtuiError
from storage.rows import DeviceRow

if TYPE_CHECKING:
    from sqlmodel import Session

    from owtui.engine.firmware.flashing import Flashing
    from owtui.engine.firmware.supply import Supply
    from owtui.engine.firmware.upgrading import Upgrade as Steps

RETURN_S = 880  # OpenWISP's: 180 s, then 35 attempts 20 s apart

_FATES = {
    Kind.CANCELLED: ResultState.CANCELLED,
    Kind.WRONG_MODEL: ResultState.ABORTED,
    Kind.NO_SPACE: ResultState.ABORTED,
    Kind.CHANGED: ResultState.ABORTED,
    Kind.DENIED: ResultState.ABORTED,
}


class Upgrade(Change):
    """OpenWISP's upgrade operation. `dice`: 0 to 1, spreads retries."""

    id = "upgrade"
    title = "Upgrade firmware"
    help = "Flash devices with the image of a build"
    letter = "U"
    guarded = True
    params: ClassVar[tuple[Param, ...]] = (
        Param("build", "Build", help="category/version, or its id"),
        Param(
            "options",
            "Options of sysupgrade",
            required=False,
            default="",
            help="letters with commas between, like c,F; none: c (keep changed files in /etc)",
        ),
        Param(
            "wait_s",
            "Wait for its return, seconds",
            "int",
            required=False,
            default=RETURN_S,
            help="from the flash on",
        ),
        Param(
            "persistent",
            "Wait for devices that are away",
            "choice",
            required=False,
            default="auto",
            choices=("auto", "yes", "no"),
            help="tried again for as long as it takes; auto: where there are several",
        ),
        Param(
            "at",
            "Not before",
            required=False,
            default="",
            help="01:00 or 2026-11-28T01:00; empty: now",
        ),
    )
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "build": {"type": "string", "minLength": 1},
            "options": {"type": "string"},
            "wait_s": {"type": "integer", "minimum": 30, "maximum": 7200},
            "at": {"type": "string"},
            "persistent": {"enum": ["auto", "yes", "no"]},
        },
        "required": ["build"],
        "additionalProperties": False,
    }
    steps = tuple(stages.STAGES)
    step_deadline_s = 7500.0
    seconds = 240.0
    too_late = stages.TOO_LATE
    windowed = True
    exclusive = True

    def __init__(self, dice: Callable[[], float] = random.random) -> None:
        self._dice = dice

    def heading(self, params: Mapping[str, Any]) -> str:
        """To which build; one that is named by its id says nothing to people."""
        build = str(params["build"])
        return f"Upgrade to {build}" if "/" in build else self.title

    def fix(self, params: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        """`at` as a moment in UTC. Raises InputError; see windows.moment."""
        from owtui.engine.firmware import windows

        text = str(params.get("at") or "")
        return {**params, "at": windows.moment(text, now).isoformat()} if text else params

    def again(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """A retry begins at once."""
        return {name: value for name, value in params.items() if name != "at"}

    def not_before(self, params: Mapping[str, Any]) -> datetime | None:
        """When it is scheduled for."""
        text = str(params.get("at") or "")
        return datetime.fromisoformat(text) if text else None

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse options that sysupgrade has not, or that exclude each other."""
        options.parse(str(params.get("options") or ""))

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """The image of the build for each device. Raises InputError without such a build."""
        from owtui.engine.firmware.supply import supplies

        return supplies(
            records.session, records.vault, rows, str(params["build"]), records.boards()
        )

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Same where it runs the release, blocked where no image is for it."""
        if known is None:
            return Judgement(Verdict.BLOCKED, "There is no such device any more.")
        supply: Supply = known
        facts = row.facts or {}
        if supply.image is None:
            return Judgement(Verdict.BLOCKED, supply.match.reason)
        chosen = options.parse(str(params.get("options") or ""))
        stands_on = supply.image.sha256
        http = facts.get("via") == "ubus" and not supply.key
        if http and (why := httpplan.refusal(facts, chosen, clean=bool(supply.match.clean))):
            return Judgement(Verdict.BLOCKED, why, stands_on=stands_on)
        if supply.match.force and not chosen.get("F"):
            return Judgement(Verdict.BLOCKED, supply.match.force, stands_on=stands_on)
        if supply.match.clean and options.keeps(chosen):
            return Judgement(Verdict.BLOCKED, supply.match.clean, stands_on=stands_on)
        runs, to = str(facts.get("version") or ""), supply.version
        if supply.runs_on(row) or supply.is_noted(row):
            return Judgement(Verdict.SAME, f"runs {to} already", stands_on=stands_on)
        image = supply.image
        reason = f"{runs or '?'} → {to}"
        if not options.keeps(chosen):
            reason = f"{reason}  ! Its configuration is not kept."
        size = stages.mib(image.size)
        commands: tuple[str, ...] = (
            f"put /tmp/{image.file_name} ({size})",
            options.command(chosen, f"/tmp/{image.file_name}"),
        )
        if http:
            reason = f"{reason}  {httpplan.warning(facts, chosen)}"
            commands = httpplan.commands(facts, chosen, size)
        elif facts.get("via") == "ubus":
            reason = f"{reason}  {httpplan.BY_KEY}"
        return Judgement(Verdict.CHANGE, reason, commands=commands, stands_on=stands_on)

    async def step(self, name: str, task: Task) -> Any:
        """One of stages.STAGES; see engine.firmware.upgrading and flashing."""
        if task.memo.get("check", {}).get("needed") is False:
            return await self._not_needed(name, task)
        flashing = await self._flashing(name, task)
        if name == "return":
            return await self._returned(flashing)
        if name == "verify":
            return await self._verified(flashing)
        if name == "flash":
            return await flashing.flash()
        if name == "identity":
            return await self._identified(flashing.upgrade)
        if name == "check":
            return {**await flashing.upgrade.check(), "unwell": await self._unwell(task)}
        done: dict[str, Any] = await getattr(flashing.upgrade, name)()
        return done

    def outcome(self, task: Task) -> Outcome:
        """What it runs now, how long it was away, where its backup is."""
        from owtui.engine.firmware.upgrading import backup_path

        memo, backup = task.memo, backup_path(task)
        if not memo["check"]["needed"]:
            return Outcome(changed=False, note=stages.NOT_NEEDED, output=f"{stages.NOT_NEEDED}\n")
        verified = memo["verify"]
        ran = f"{verified['runs']}, back after {memo['return']['took_s']:.0f} s"
        unsure = [f"could not be checked: {text}" for text in verified.get("unsure", ())]
        note = "; ".join([ran, *unsure[:1]])
        size = memo["backup"]["size"]
        kept = f"backup {backup} ({size} bytes)" if size else memo["backup"]["said"]
        lines = [*_log(memo, ran), *unsure, kept]
        failure = None
        if verified.get("lost"):
            names = ", ".join(verified["lost"])
            failure = Failure(
                Kind.CHANGED,
                f"{task.device} runs {verified['runs']} and has lost {names}.",
                f"Its configuration was saved before: {backup}." if size else stages.NO_BACKUP,
            )
        elif verified["sick"]:
            failure = Failure(
                Kind.UNKNOWN,
                f"{task.device} runs {verified['runs']}, and {verified['sick'][0]}",
                "It was flashed: look at what its checks say.",
            )
        return Outcome(changed=True, note=note, output="\n".join(lines) + "\n", failure=failure)

    def told(self, step: str, text: str) -> str:
        """As people count: "3/7 upload: 11.80 MiB"."""
        return stages.told(step, text)

    def puts_off(self, failure: Failure, params: Mapping[str, Any], devices: int) -> bool:
        """What is away is waited for, where several devices are upgraded or somebody said so."""
        wanted = str(params.get("persistent") or "auto")
        if wanted == "no" or (wanted == "auto" and devices < 2):
            return False
        return failure.kind in stages.RECOVERABLE

    def dice(self) -> float:
        """As it was given."""
        return self._dice()

    def fate(self, failure: Failure) -> ResultState:
        """Cancelled, aborted where the device or its answers refuse it, else failed."""
        return _FATES.get(failure.kind, ResultState.FAILED)

    # --- its parts ---

    async def _flashing(self, name: str, task: Task) -> Flashing:
        from owtui.engine.firmware.aim import Aim
        from owtui.engine.firmware.flashing import Flashing
        from owtui.engine.firmware.supply import aim_of, over, pinned_aim
        from owtui.engine.firmware.upgrading import Upgrade as Steps
        from storage import devicelist

        pinned = task.memo.get("identity", {}).get("image")

        def read(session: Session) -> tuple[Aim, DeviceRow, str]:
            row = devicelist.rows(session, [task.device_id])[0]
            way = over(session, row)
            if pinned:
                return pinned_aim(session, task.images, pinned), row, way
            image_id, by = self._choose(session, task, row)
            return aim_of(session, task.images, UUID(image_id), by), row, way

        aim, row, way = await task.transact(read)
        chosen = options.parse(str(task.params.get("options") or ""))
        steps = Steps(task, aim, chosen, self._dice, row.mac, way)
        if row.is_deactivated and name not in ("flash", "return", "verify"):
            error = DeviceError(stages.DEACTIVATED, "Nothing was flashed.", kind=Kind.CHANGED)
            raise await steps.put_back(error)
        return Flashing(steps, float(task.params["wait_s"]))

    def _choose(self, session: Session, task: Task, row: DeviceRow) -> tuple[str, str]:
        from owtui.engine.firmware.supply import supplies

        build = str(task.params["build"])
        supply = supplies(session, task.vault, [row], build, task.boards())[row.id]
        if supply.image is None:
            raise InputError(f"{task.device}: {supply.match.reason}", "Plan again.")
        return str(supply.image.id), supply.match.by

    async def _identified(self, steps: Steps) -> dict[str, Any]:
        """Who it is; the image is pinned for all later lives of the job."""
        task = steps.task

        from owtui.engine.firmware.supply import note_wanted, pin

        # That image and no other was compared with the board that the device says it has.
        found, aim = await steps.identity(), steps.aim
        await task.transact(lambda s: note_wanted(s, task.device_id, UUID(aim.image_id)))
        return {**found, "image": pin(aim)}

    async def _not_needed(self, name: str, task: Task) -> dict[str, Any]:
        if name == "memory":
            flashing = await self._flashing(name, task)
            await self._note(flashing.upgrade)
        return {}

    async def _returned(self, flashing: Flashing) -> dict[str, Any]:
        """Flashed it is, whether it comes back or not; what never left its boot is not."""
        try:
            return await flashing.come_back()
        except DeviceError as error:
            if error.kind not in (Kind.WRONG_MODEL, Kind.UNKNOWN):
                await self._note(flashing.upgrade)
            raise

    async def _verified(self, flashing: Flashing) -> dict[str, Any]:
        from owtui.engine.firmware.flashing import flashed_kind

        try:
            found = await flashing.runs()
            await self._note(flashing.upgrade)
            return {**found, **await flashing.healthy()}
        except OwtuiError as error:
            error.kind = flashed_kind(error.kind)
            raise

    async def _unwell(self, task: Task) -> list[str]:
        """What is unhealthy before the flash already is no fault of it."""
        from storage import metrics

        known = await task.transact(lambda session: metrics.load(session, [task.device_id]))
        return sorted({one.configuration for one in known if one.healthy is False})

    async def _note(self, steps: Steps) -> None:
        from owtui.engine.firmware.supply import note_installed

        task = steps.task
        at = datetime.fromtimestamp(task.clock(), UTC)
        await task.transact(lambda session: note_installed(session, task.device_id, steps.aim, at))


def _log(memo: Mapping[str, Any], came_to: str) -> list[str]:
    """What OpenWISP's operation would have logged, of one that was flashed."""
    moved = ", ".join(memo["verify"].get("moved", ()))
    return [
        stages.STARTS,
        stages.CHECKSUM_DIFFERS if memo["identity"]["sum"] else stages.NO_CHECKSUM,
        *filter(None, [memo["memory"].get("said")]),
        stages.TEST_PASSED,
        stages.IN_PROGRESS,
        f"{memo['identity']['runs']} → {came_to}",
        *([f"changed by the new release: {moved}"] if moved else []),
        stages.WRITING_CHECKSUM if memo["verify"].get("written", True) else stages.NO_CHECKSUM_FILE,
        stages.COMPLETED,
    ]


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(Upgrade())
