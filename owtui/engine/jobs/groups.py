"""Devices that answered the same, together: what makes a hundred results readable."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.errors import Failure


@dataclass(frozen=True, slots=True)
class Group:
    """One answer and the devices that gave it, in the order of the results."""

    state: ResultState
    output: str
    diff: str
    exit_status: int | None
    error: Failure | None
    devices: tuple[str, ...]


def group(results: Iterable[Result]) -> list[Group]:
    """Group identical answers; the largest group first, then by the first device."""
    found: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        error = _nameless(result)
        key = (result.state, result.output, result.diff, result.exit_status, error)
        found.setdefault(key, []).append(result)
    groups = [
        Group(
            state=same[0].state,
            output=same[0].output,
            diff=same[0].diff,
            exit_status=same[0].exit_status,
            error=same[0].error if len(same) == 1 else _nameless(same[0]),
            devices=tuple(result.device for result in same),
        )
        for same in found.values()
    ]
    return sorted(groups, key=lambda one: (-len(one.devices), one.devices[0]))


def _nameless(result: Result) -> Failure | None:
    """The failure as it reads for any device, so that the name in it keeps no two apart."""
    if result.error is None:
        return None
    name = rf"(?<![\w.=-]){re.escape(result.device)}(?![\w-])"
    sentence = result.error.sentence.removeprefix(f"{result.device}: ")
    return replace(result.error, sentence=re.sub(name, "the device", sentence))
