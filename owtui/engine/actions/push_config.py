"""Put what templates say on devices, guarded: what is not confirmed in time takes itself back.

Planned from what was recorded; the device itself refuses where its files are others by now.
`applied` is what a new connection has read back, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Change, Judgement, Outcome, Param, Records, Registrar, Task
from owtui.engine.jobs.plan import Verdict
from owtui.errors import DeviceError, InputError, Kind
from storage.rows import DeviceRow

LONGEST_S = 3600
WATCH_EVERY_S = 5.0


class PushConfig(Change):
    """OpenWISP's push, and a way back."""

    id = "push_config"
    title = "Push configuration"
    help = "Put on devices what templates say, guarded"
    letter = "c"
    kind: ClassVar[str] = "push"
    params: ClassVar[tuple[Param, ...]] = (
        Param(
            "confirm_within",
            "Confirm within, seconds",
            "int",
            required=False,
            help="then a device takes it back; its group's, else 90",
        ),
        Param(
            "settle",
            "Settle, seconds",
            "int",
            required=False,
            help="before it is confirmed; its group's, else 10",
        ),
        Param(
            "together",
            "All or none",
            "bool",
            required=False,
            default=False,
            help="stage everywhere, apply together, take back all if one fails",
        ),
        Param(
            "address",
            "New address",
            required=False,
            default="",
            help="ADDRESS[:PORT] of one device that moves on purpose",
        ),
        Param(
            "watch",
            "Watch it, seconds",
            "int",
            required=False,
            default=0,
            help="so long it must stay as it is before it counts as done",
        ),
    )
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "confirm_within": {"type": "integer", "minimum": 1, "maximum": LONGEST_S},
            "settle": {"type": "integer", "minimum": 0, "maximum": 600},
            "together": {"type": "boolean"},
            "address": {"type": "string"},
            "watch": {"type": "integer", "minimum": 0, "maximum": LONGEST_S},
        },
        "additionalProperties": False,
    }
    steps = ("look", "push", "keep", "watch")
    step_deadline_s = 2.5 * LONGEST_S
    seconds = 25.0

    def check(self, params: Mapping[str, Any]) -> None:
        """A window must be longer than the time to settle."""
        window_s, settle_s = params.get("confirm_within"), params.get("settle")
        if window_s is not None and (settle_s if settle_s is not None else 10) >= window_s:
            raise InputError(
                f"A window of {window_s} s is over before a device has settled.",
                "Give it longer, or let it settle for less.",
            )

    def together(self, params: Mapping[str, Any]) -> bool:
        """All or none go at once."""
        return bool(params.get("together"))

    def generation(self, params: Mapping[str, Any]) -> int | None:
        """The generation that comes back; None: what the templates say."""
        return None

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """Render each device and judge what a push would do to it."""
        from owtui.engine.configs.aims import aims
        from owtui.engine.configs.bulk import Renderer
        from owtui.engine.configs.prospect import prospect
        from owtui.engine.configs.rpclimits import by_rpcd
        from owtui.engine.configs.ways import ways
        from owtui.engine.openwrt.facts import Facts

        to = params.get("address", "")
        if to and len(rows) != 1:
            raise InputError("A new address is of one device.", "Choose that device alone.")
        session, vault = records.session, records.vault
        found = aims(
            session,
            vault,
            [row.id for row in rows],
            Renderer().render,
            generation=self.generation(params),
        )
        known_ways = ways(
            session,
            vault,
            rows,
            by_rpcd={id_ for id_, aim in found.items() if by_rpcd(aim.running)},
        )
        return {
            row.id: prospect(
                found[row.id],
                known_ways.get(row.id),
                Facts.from_dict(row.facts) if row.facts else None,
                on_purpose=to,
            )
            for row in rows
            if row.id in found
        }

    def judge(self, row: DeviceRow, params: Mapping[str, Any], known: Any = None) -> Judgement:
        """One that is being deactivated gets the empty configuration, and is then left alone."""
        if row.is_deactivated and row.config_status == "deactivating":
            return self.verdict(row, params, known)
        return super().judge(row, params, known)

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Blocked where it would cut us off; doubts are told, changes shown."""
        if known is None:
            return Judgement(Verdict.BLOCKED, "There is no such device any more.")
        if known.refusal:
            return Judgement(Verdict.BLOCKED, known.refusal, known.diff, stands_on=known.digest)
        if not known.changes and row.config_status in ("applied", ""):
            return Judgement(Verdict.SAME, "has it already", stands_on=known.digest)
        if known.by_rpcd and (why := self._too_little(known, params)):
            return Judgement(Verdict.BLOCKED, why, known.diff, stands_on=known.digest)
        reason = known.summary or "has these files already; only the record is put right"
        if known.doubts:
            reason = f"{reason}  ! {' '.join(known.doubts)}"
        commands = tuple(
            f"{'remove' if file is None else 'put'} {path}" for path, file in known.changes.items()
        )
        return Judgement(Verdict.CHANGE, reason, known.diff, commands, known.digest)

    def _too_little(self, known: Any, params: Mapping[str, Any]) -> str:
        """Why rpcd's guard will not do for what is wanted of it, "" when it will."""
        from owtui.engine.configs.rpcguard import WINDOW_LEAST_S
        from owtui.engine.configs.rpclimits import SHORT, TOGETHER

        if self.together(params):
            return TOGETHER
        window_s = params.get("confirm_within")
        return SHORT if (window_s or known.window_s) < WINDOW_LEAST_S else ""

    async def step(self, name: str, task: Task) -> Any:
        """look: as planned? push: guarded; keep: read back and record it; watch: still so?"""
        push = await self._push(task)
        if name == "look":
            return {**await push.look(), "pledge": await _pledge(task, push)}
        if name == "push":
            together = task.params.get("together")
            if not task.memo["look"]["files"] and not await push.is_begun():
                return await push.stand_by() if together else {"fate": "same"}
            return await (push.push_together() if together else push.push())
        if name == "keep":
            return await self._keep(task, push)
        return await _watch(task, push)

    def outcome(self, task: Task) -> Outcome:
        """Say which generation it has now."""
        kept = task.memo["keep"]
        changed = task.memo["push"]["fate"] != "same"
        note = f"generation {kept['generation']}" + (" confirmed" if changed else " was there")
        if how := task.memo["push"].get("note"):
            note = f"generation {kept['generation']} {how}"
        return Outcome(changed=changed, note=note, output=f"{note}\n")

    async def _push(self, task: Task) -> Any:
        from owtui.engine.configs import pledge
        from owtui.engine.configs.aims import Aim, Timing, aims
        from owtui.engine.configs.cutoff.judge import entrance
        from owtui.engine.configs.pushing import Push
        from owtui.engine.configs.render import render
        from owtui.engine.configs.rpclimits import by_rpcd
        from owtui.engine.configs.rpcpush import RpcPush
        from owtui.engine.configs.ways import ways
        from storage import devicelist

        async def load() -> Aim:
            def read(session: Session) -> Aim:
                ids = [task.device_id]
                number = self.generation(task.params)
                found = aims(
                    session, task.vault, ids, render, generation=number, job_id=task.job_id
                )[task.device_id]
                promised = task.memo.get("look", {}).get("pledge")
                return pledge.keep(session, task.vault, promised, found) if promised else found

            aim: Aim = await task.transact(read)
            if aim.rendered is None:
                raise DeviceError(f"{task.device}: {aim.refusal}", kind=Kind.CHANGED)
            return aim

        aim = await load()
        looked = task.memo.get("look")
        # What `look` has found holds for all later lives; polls may have moved our records since.
        http = looked.get("way") == "rpcd" if looked else by_rpcd(aim.running)

        def read_way(session: Session) -> Any:
            rows = devicelist.rows(session, [task.device_id])
            only = [task.device_id] if http else []
            return ways(session, task.vault, rows, by_rpcd=only).get(task.device_id)

        to = None
        if task.params.get("address"):
            to = entrance(task.params["address"], await task.transact(read_way))
        timing: Timing = aim.timing
        window_s, settle_s = task.params.get("confirm_within"), task.params.get("settle")
        window_s = timing.window_s if window_s is None else window_s
        settle_s = timing.settle_s if settle_s is None else settle_s
        if not http:
            return Push(task, load, window_s, settle_s, to)
        digests = {key: looked[key] for key in ("old", "new")} if looked else {}
        return RpcPush(task, load, window_s, settle_s, to, **digests)

    async def _keep(self, task: Task, push: Any) -> dict[str, Any]:
        from owtui.engine.configs.recording import Record, record

        aim, running = await push.read_back_at_last()
        together = bool(task.params.get("together"))
        what = Record(
            kind="all-or-none" if together else self.kind,
            job_id=task.job_id,
            to=push.to,
            http=task.memo["look"].get("way") == "rpcd",
        )
        number = await task.transact(
            lambda session: record(session, task.vault, aim, running, what)
        )
        return {"generation": number}


async def _pledge(task: Task, push: Any) -> str:
    from owtui.engine.configs import pledge

    aim = await push.load()
    made: str = await task.transact(
        lambda session: pledge.make(session, task.vault, task.job_id, aim)
    )
    return made


async def _watch(task: Task, push: Any) -> dict[str, Any]:
    """The gate before the next wave: it must be reachable and unchanged to the end."""
    until = task.clock() + task.params.get("watch", 0)
    while (left := until - task.clock()) > 0:
        task.report(f"{left:.0f} s left")
        await task.sleep(min(WATCH_EVERY_S, left))
    if task.params.get("watch"):
        await push.read_back()
    return {}


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(PushConfig())
