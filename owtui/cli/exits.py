"""Exit codes, the part of the contract that cron reads, and what decides between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

OK, SOME_FAILED, BAD_INPUT, UNREACHABLE, BLOCKED, INTERRUPTED = 0, 1, 2, 3, 4, 130
CODES = (
    (OK, "Ok."),
    (SOME_FAILED, "Some devices failed."),
    (BAD_INPUT, "Bad input: a word, a filter, a setting."),
    (UNREACHABLE, "Nothing was reachable; nothing was started on any device."),
    (BLOCKED, "Blocked: read-only, out of date, or not allowed."),
    (INTERRUPTED, "Interrupted."),
)

# Kinds of failure in which the device was not reached, so that nothing was started on it: to try
# again may help and can do no harm.
AWAY = frozenset({"unreachable", "refused"})
# States of a device that was not meant to run, or was not let.
_LEFT_OUT = frozenset({"skipped", "cancelled", "pending", "in-progress"})


def of_results(results: Sequence[Mapping[str, Any]]) -> int:
    """0 when all went well, 3 when nothing was reached at all, else 1.

    Results are those of the contract: `ok`, `error`, and `state` where there is one.
    """
    ran = [one for one in results if one.get("state") not in _LEFT_OUT]
    failed = [one for one in ran if not one["ok"]]
    if not failed:
        return OK
    kinds = {(one["error"] or {}).get("kind") for one in failed}
    return UNREACHABLE if len(failed) == len(ran) and kinds <= AWAY else SOME_FAILED


def of_job(told: Mapping[str, Any]) -> int:
    """The same for a job's report; one that was cancelled or stopped is not 0."""
    code = of_results(told["results"])
    return SOME_FAILED if code == OK and told["state"] in ("failed", "cancelled") else code


def about(device: str, error: Mapping[str, str]) -> str:
    """A device's failure on one line, its name once, and what to do next."""
    sentence = error["sentence"].removeprefix(f"{device}: ")
    return f"{device}: {sentence} {error['hint']}".rstrip()
