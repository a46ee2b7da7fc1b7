"""Make a plan: pure and quick, from recorded facts whose age it tells.

Read-only mode and blast radius are decided here, so no face and no plug-in can walk round them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from owtui.engine.actions.base import Action, FanOut, InventoryChange, Judgement
from owtui.engine.actions.params import complete
from owtui.engine.jobs.around import NOTHING, Around
from owtui.engine.jobs.plan import Confirm, Plan, PlanRow, Verdict
from owtui.engine.jobs.run import waves
from owtui.errors import BlockedError, InputError
from storage.rows import DeviceRow
from storage.tables import now

COUNT_UP_TO = 20  # above it the fleet's name is typed
PROTECTED = "protect"  # the tag
PARALLEL = 10
STOP_AFTER = 2
OLD_FACTS_S = 600.0
TOGETHER = 40  # all or none; some of the 50 devices that an engine works on stay free


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and by whom a plan is made; everything that is no device and no parameter."""

    operator: str
    fleet: str = "main"
    read_only: bool = False
    filter: str = ""
    parallel: int = PARALLEL
    stop_after: int = STOP_AFTER
    clock: Callable[[], datetime] = now
    new_id: Callable[[], UUID] = uuid4


def make_plan(
    action: Action,
    rows: Sequence[DeviceRow],
    params: Mapping[str, Any],
    setting: Setting,
    known: Mapping[UUID, Any] | None = None,
    around: Around = NOTHING,
) -> Plan:
    """Judge every device and decide waves, stop rule and what must be typed.

    `known` is what `action.recall` read, `around` see there. Raises BlockedError in read-only
    mode and InputError for parameters that cannot be used or an empty selection.
    """
    permit(action, rows, setting)
    values = complete(action, params)
    created = setting.clock()
    judged = tuple(plan_row(action, row, values, (known or {}).get(row.id), around) for row in rows)
    together = action.together(values)
    # What changes nothing can do no harm that a first wave would show.
    staged = action.changes and not (together or isinstance(action, FanOut | InventoryChange))
    plan = Plan(
        id=setting.new_id(),
        action=action.id,
        title=_title(action, values, len(rows)),
        params=values,
        created_by=setting.operator,
        created=created,
        rows=judged,
        parallel=max(1, setting.parallel),
        stop_after=setting.stop_after if staged else 0,
        changes=action.changes,
        fleet=setting.fleet,
        filter=setting.filter,
        notes=_notes(rows, created),
        secrets=action.asks(values),
    )
    number = len(plan.changing)
    plan = replace(plan, notes=plan.notes + around.notes([row.device_id for row in plan.changing]))
    if together:
        _refuse_too_many(number)
        plan = replace(plan, parallel=max(1, number))
    sizes = waves(number, at_once=not staged)
    return replace(
        plan,
        waves=sizes,
        confirm=_confirm(action, rows, plan),
        estimate_s=estimate_s(action.seconds, sizes, plan.parallel),
    )


def permit(action: Action, rows: Sequence[DeviceRow], setting: Setting) -> None:
    """Refuse what may not be done at all, before anything is read."""
    if setting.read_only and action.changes:
        raise BlockedError(
            f"{action.title} is refused: this fleet is opened read-only.",
            "Start with --write, or choose another fleet.",
        )
    if not rows:
        raise InputError("No device is selected.", "Give a filter that matches, or --all.")


def plan_row(
    action: Action,
    row: DeviceRow,
    params: Mapping[str, Any],
    known: Any,
    around: Around = NOTHING,
) -> PlanRow:
    """Judge one device; `base` digests the judgement and what it stands on."""
    judgement = action.judge(row, params, known)
    changes = judgement.verdict is Verdict.CHANGE
    if changes and (why := around.blocked.get(row.id)):
        judgement, changes = Judgement(Verdict.BLOCKED, why), False
    return PlanRow(
        device_id=row.id,
        device=row.name,
        verdict=judgement.verdict,
        reason=judgement.reason,
        diff=judgement.diff,
        commands=judgement.commands,
        base=_base(judgement, action.base(row)),
        begins=around.begins.get(row.id, "") if changes else "",
    )


def estimate_s(seconds: float, sizes: Sequence[int], parallel: int) -> float:
    """Seconds for the whole: each wave in rounds of `parallel`."""
    return seconds * sum(-(-size // parallel) for size in sizes)


def _refuse_too_many(number: int) -> None:
    """Devices that go together each hold one of the engine's hands until all are there."""
    if number > TOGETHER:
        raise InputError(
            f"{number} devices cannot be changed all or none: {TOGETHER} are the most.",
            "Choose fewer, or let them go in waves.",
        )


def _base(judgement: Judgement, stands_on: str) -> str:
    text = json.dumps(
        [
            judgement.verdict,
            judgement.reason,
            judgement.diff,
            judgement.commands,
            judgement.stands_on,
            stands_on,
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _title(action: Action, params: Mapping[str, Any], devices: int) -> str:
    shown = params["command"] if action.id == "run_command" else action.heading(params)
    text = " ".join(str(shown).split())
    if len(text) > 32:  # OpenWISP's length for a command in a list
        text = f"{text[:32]}…"
    return f"{text} on {devices} device{'s' * (devices != 1)}"


def _confirm(action: Action, rows: Sequence[DeviceRow], plan: Plan) -> Confirm:
    changing = {row.device_id for row in plan.changing}
    if not changing or not action.changes:
        return Confirm.NONE
    protected = any(PROTECTED in row.tags for row in rows if row.id in changing)
    if action.guarded or protected or len(changing) > COUNT_UP_TO:
        return Confirm.FLEET
    return Confirm.YES if len(changing) == 1 else Confirm.COUNT


def _notes(rows: Sequence[DeviceRow], at: datetime) -> tuple[str, ...]:
    ages = [(at - row.facts_at).total_seconds() for row in rows if row.facts_at is not None]
    notes = []
    if old := [age for age in ages if age > OLD_FACTS_S]:
        notes.append(f"Facts of {_devices(len(old))} are old, the oldest {_age(max(old))}.")
    if unread := len(rows) - len(ages):
        notes.append(f"Facts of {_devices(unread)} were never read.")
    if protected := sum(PROTECTED in row.tags for row in rows):
        notes.append(f"{_devices(protected)} protected by the tag “{PROTECTED}”.")
    return tuple(notes)


def _devices(number: int) -> str:
    return f"{number} device{'s' * (number != 1)}"


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
