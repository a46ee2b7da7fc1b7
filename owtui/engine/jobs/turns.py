"""Put the devices of a plan in the order of a topology: what hangs on another goes before it; pure.

The verdicts stay as they are; only rows, waves and the reason of each turn are new. A canary still
goes alone, and what the topology does not know goes last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from owtui.engine.jobs.plan import Plan, PlanRow
from owtui.engine.jobs.planner import estimate_s
from owtui.errors import InputError

TOPOLOGY = "topology"
"""What `Plan.order` says of a plan that was put in this order."""

NAMES = 5


@dataclass(frozen=True, slots=True)
class Turns:
    """By device its wave and why; `unplaced` says why others have none."""

    placed: Mapping[UUID, tuple[int, str]] = field(default_factory=dict)
    unplaced: Mapping[UUID, str] = field(default_factory=dict)


def arranged(plan: Plan, turns: Turns, seconds: float) -> Plan:
    """The plan in that order; `seconds` is what the action takes on one device.

    Raises InputError for a plan whose devices go at once: it has no waves to put in order.
    """
    if not plan.stop_after:
        raise InputError(
            "This plan has no waves: its devices go at once.",
            "An order is for what goes device by device, such as reboots and pushes.",
        )
    waves: dict[int, list[PlanRow]] = {}
    last = 1 + max((wave for wave, _ in turns.placed.values()), default=0)
    for row in plan.changing:
        wave, why = turns.placed.get(row.device_id, (last, ""))
        why = why or f"last: {turns.unplaced.get(row.device_id, 'it is no node of the topology')}"
        waves.setdefault(wave, []).append(replace(row, turn=why))
    ordered = [waves[wave] for wave in sorted(waves)]
    sizes = [len(rows) for rows in ordered]
    if sizes and sizes[0] > 1:
        sizes[:1] = [1, sizes[0] - 1]  # the canary
    changing = {row.device_id for row in plan.changing}
    rest = [row for row in plan.rows if row.device_id not in changing]
    return replace(
        plan,
        rows=(*(row for rows in ordered for row in rows), *rest),
        waves=tuple(sizes),
        order=TOPOLOGY,
        estimate_s=estimate_s(seconds, sizes, plan.parallel),
        notes=(*plan.notes, *_unknown(waves.get(last, []), turns)),
    )


def _unknown(rows: list[PlanRow], turns: Turns) -> list[str]:
    names = [row.device for row in rows if row.device_id not in turns.placed]
    if not names:
        return []
    told = ", ".join(names[:NAMES]) + (f" and {len(names) - NAMES} more" * (len(names) > NAMES))
    verb = "goes" if len(names) == 1 else "go"
    return [f"Without a place in the topology, {told} {verb} last."]
