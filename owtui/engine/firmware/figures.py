"""What a batch of upgrades came to, in OpenWISP's words and figures; pure (operations.md §6.1).

Operations are the devices that the plan changes: those it leaves alone are none of the batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from owtui.engine.jobs.state import ResultState

IN_PROGRESS, FAILED, CANCELLED, SUCCESS, IDLE = (
    "in-progress",
    "failed",
    "cancelled",
    "success",
    "idle",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """A batch as OpenWISP counts it. Rates are per cent of all operations, two decimals."""

    batch_status: str
    total: int
    completed: int
    success_rate: float
    failed_rate: float
    aborted_rate: float
    cancelled_rate: float

    @property
    def progress_report(self) -> str:
        """ "3 out of 10"."""
        return f"{self.completed} out of {self.total}"

    def as_dict(self) -> dict[str, Any]:
        """The keys of `owtui jobs report` for an upgrade."""
        return {**asdict(self), "progress_report": self.progress_report}


def batch_status(states: Iterable[ResultState]) -> str:
    """Any in progress (or waiting): in-progress; else failed or aborted: failed; else cancelled.

    OpenWISP's docstring has cancelled before failed; its code, which counts, has not. `unknown`
    and what the stop rule skipped count as failed: neither was upgraded.
    """
    found = set(states)
    if not found:
        return IDLE
    if not all(state.is_over for state in found):
        return IN_PROGRESS
    if any(state.is_bad or state is ResultState.SKIPPED for state in found):
        return FAILED
    return CANCELLED if ResultState.CANCELLED in found else SUCCESS


def figures(states: Iterable[ResultState]) -> Figures:
    """Count the operations of a batch."""
    counts = Counter(states)
    total = counts.total()

    def rate(*which: ResultState) -> float:
        return round(sum(counts[one] for one in which) * 100 / total, 2) if total else 0.0

    return Figures(
        batch_status=batch_status(counts),
        total=total,
        completed=sum(number for state, number in counts.items() if state.is_over),
        success_rate=rate(ResultState.SUCCESS),
        failed_rate=rate(ResultState.FAILED, ResultState.UNKNOWN, ResultState.SKIPPED),
        aborted_rate=rate(ResultState.ABORTED),
        cancelled_rate=rate(ResultState.CANCELLED),
    )
