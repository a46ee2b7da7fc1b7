"""A plan as the confirm screen shows it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owtui import units
from widgets.glyphs import Glyphs
from widgets.planview import Confirm, PlanRow

if TYPE_CHECKING:
    from owtui.engine.jobs.plan import Plan
    from owtui.engine.jobs.plan import PlanRow as Row

_QUESTIONS = {
    "yes": "Type y to start:",
    "count": "Type the number of devices to start:",
    "fleet": "Type the fleet's name to start:",
}


def summary(plan: Plan, glyphs: Glyphs) -> list[str]:
    """What, how many, in which waves, what to know before."""
    counts = plan.as_dict()
    lines = [
        f"will change {counts['changes']}   same {counts['same']}   blocked {counts['blocked']}",
    ]
    if len(plan.waves) > 1 or plan.stop_after:
        arrow = " -> " if glyphs.plot == "ascii" else " → "
        waves = arrow.join(map(str, plan.waves)) or "none"
        stop = f", stop at {plan.stop_after} failures" if plan.stop_after else ""
        order = ", in the order of the topology" if plan.order else ""
        lines.append(f"waves {waves}{order}, {plan.parallel} at once{stop}{_takes(plan)}")
    return [*lines, *plan.notes]


def rows(plan: Plan) -> list[PlanRow]:
    """One row a device: the reason, or what would be run."""
    return [
        PlanRow(
            key=str(row.device_id),
            device=row.device,
            verdict=row.verdict.value,
            text="; ".join(filter(None, (_what(row), row.begins, row.turn))),
        )
        for row in plan.rows
    ]


def confirm(plan: Plan) -> Confirm:
    """What has to be typed; nothing where nothing would change."""
    question = _QUESTIONS.get(plan.confirm.value)
    if question is None or not plan.changing:
        return Confirm("Nothing would change.", None)
    return Confirm(question, plan.expected)


def file_name(plan: Plan) -> str:
    """What a saved plan is called."""
    return f"plan-{plan.action}-{str(plan.id)[:8]}.json"


def detail(plan: Plan, key: str) -> str:
    """One device in full: the reason, the diff, the commands that will run."""
    for row in plan.rows:
        if str(row.device_id) == key:
            parts = [f"{row.device}: {row.verdict.value}", row.reason, row.diff]
            if row.begins:
                parts.insert(1, row.begins)
            if row.turn:
                parts.insert(1, f"turn: {row.turn}")
            if row.commands:
                parts += ["", "will run:", *(f"  {line}" for line in row.commands)]
            return "\n".join(part for part in parts if part is not None)
    return ""


def _what(row: Row) -> str:
    return row.reason or _first(row.diff) or " ; ".join(row.commands)


def _first(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _takes(plan: Plan) -> str:
    return f", about {units.age_text(plan.estimate_s)}" if plan.estimate_s >= 10 else ""
