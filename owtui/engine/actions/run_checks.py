"""Run the checks of devices now, where the engine is: what they find is kept and judged.

A job, so that whoever holds the engine does it: he alone judges, and it is his network from which
devices are reachable or not. Nothing is changed on them, so it may be done in read-only mode too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owtui.engine.actions.base import Change, Judgement, Outcome, Param, Registrar, Task
from owtui.engine.jobs.plan import Verdict
from owtui.errors import Failure, Kind
from storage.rows import DeviceRow

CHECK = "check"


class RunChecks(Change):
    """Those that are active on a device, or those named."""

    id = "run_checks"
    title = "Run checks"
    help = "Run the active checks now, or those named"
    letter = "h"
    changes = False
    params = (
        Param(
            "types",
            "Which checks",
            required=False,
            default="",
            help="by type with commas between, like ping,iperf3; none: all that are active",
        ),
    )
    steps = (CHECK,)
    step_deadline_s = 900.0
    seconds = 3.0

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse a type that is none, with the nearest."""
        from owtui.engine.monitoring.checks.registry import Checks

        wanted = named(params)
        if wanted:
            known = Checks.load()
            for type_ in wanted:
                known.get(type_)

    def judge(self, row: DeviceRow, params: Mapping[str, Any], known: Any = None) -> Judgement:
        """Whoever is in service can be checked, also without a login."""
        if row.is_deactivated:
            return Judgement(Verdict.BLOCKED, "Device is deactivated.")
        return self.verdict(row, params, known)

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Nothing stands in the way."""
        return Judgement(Verdict.CHANGE, "is checked; nothing is changed on it")

    async def step(self, name: str, task: Task) -> Any:
        """Run them; twice is no more than once, a little later."""
        return await task.checks(named(task.params))

    def outcome(self, task: Task) -> Outcome:
        """A line a check. One that could not find out is a failure; what it found is none."""
        told = task.memo[CHECK]
        output = "".join(f"{one['type']}: {one['text']}\n" for one in told)
        failed = [one for one in told if not one["ok"]]
        if not told:
            return Outcome(changed=False, note="no check is active on it")
        failure = Failure(Kind.UNKNOWN, failed[0]["text"]) if failed else None
        note = ", ".join(one["type"] for one in told)
        return Outcome(changed=False, output=output, note=note, failure=failure)


def named(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The types of checks that the parameters name; () for all that are active."""
    return tuple(filter(None, (one.strip() for one in str(params.get("types") or "").split(","))))


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(RunChecks())
