"""The table of a chaos run: where each kind of injection ran and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.chaos.judging import Fault, Verdict
from tests.chaos.scenario import ONLY_LAB, ONLY_SIMULATOR, Injection, Place

HEAD = (
    "injection", "place", "count", "too late", "confirmed", "restored", "refused",
    "lost", "half", "disagrees", "left over",
)  # fmt: skip


def table(verdicts: Sequence[Verdict]) -> str:
    """Markdown: a line for each kind and place, and the sums."""
    lines = [f"| {' | '.join(HEAD)} |", f"|---|---|{'---:|' * (len(HEAD) - 2)}"]
    for injection in Injection:
        for place in Place:
            of = [
                v
                for v in verdicts
                if (v.scenario.injection, v.scenario.place) == (injection, place)
            ]
            if of:
                lines.append(_line(injection, place, of))
    for place in Place:
        lines.append(_line("all", place, [v for v in verdicts if v.scenario.place is place]))
    lines.append(_line("all", "both", verdicts))
    return "\n".join(lines)


def _line(what: str, where: str, verdicts: Sequence[Verdict]) -> str:
    ends = Counter(verdict.end for verdict in verdicts)
    late = sum(not verdict.hit for verdict in verdicts)
    cells = [what, where, len(verdicts), late, *(ends[end] for end in HEAD[4:7])]
    cells += [sum(verdict.has(fault) for verdict in verdicts) for fault in Fault]
    return f"| {' | '.join(map(str, cells))} |"


def absent() -> str:
    """What runs at one place only, and why."""
    lines = [f"{injection}: in the lab only ({why})." for injection, why in ONLY_LAB.items()]
    lines += [f"{one}: on the simulator only ({why})." for one, why in ONLY_SIMULATOR.items()]
    return "\n".join(lines)


def faults(verdicts: Iterable[Verdict]) -> str:
    """Each push with a fault: its scenario, what was seen, what the job said."""
    lines = []
    for verdict in verdicts:
        for fault, seen in verdict.faults:
            lines.append(f"{verdict.scenario}\n    {fault}: {seen}\n    the job: {verdict.said}")
    return "\n".join(lines)
