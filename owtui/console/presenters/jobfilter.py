"""The filter of jobs: words, `state=failed`, `action=reboot`, `failed>0`, `!not`; pure.

As in the filter of devices a space is AND, case does not matter, and `*` and `?` stand for
anything; a comma between values is OR.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from operator import ge, gt, le, lt
from typing import Any

from owtui.errors import InputError

Job = Mapping[str, Any]

# a key of the filter: the job's key by the contract of `owtui jobs --json`
KEYS = {
    **dict.fromkeys(("state", "action", "title"), ""),
    "who": "operator",
    "job": "number",
    "ok": "ok",
    "failed": "failed",
    "skipped": "skipped",
    "devices": "devices",
}
NUMBERS = frozenset({"job", "ok", "failed", "skipped", "devices"})
STATES = ("queued", "running", "paused", "success", "failed", "cancelled")
FAULTS = "!state=queued,running,success"
_TEST = re.compile(r"([A-Za-z_]+)(>=|<=|=|>|<)(.*)\Z")
_ORDERS: dict[str, Callable[[float, float], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le}


@dataclass(frozen=True, slots=True)
class JobFilter:
    """A filter as it was typed, with single spaces, and what it lets through."""

    text: str
    tests: tuple[Callable[[Job], bool], ...]

    def choose(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs that pass, in their order."""
        return [job for job in jobs if all(test(job) for test in self.tests)]


def parse(text: str) -> JobFilter:
    """Read a filter. Raises InputError."""
    words = text.split()
    return JobFilter(" ".join(words), tuple(map(_test, words)))


def completions(text: str, jobs: Iterable[Job]) -> list[str]:
    """What may stand for the last word of a text: keys, and the values that there are."""
    word = text[text.rfind(" ") + 1 :]
    negated = word[: len(word) - len(word.lstrip("!"))]
    key, equals, typed = word.removeprefix(negated).partition("=")
    if not equals:
        return [f"{negated}{name}=" for name in KEYS if name.startswith(key.lower())]
    head, comma, _ = typed.rpartition(",")
    start = f"{negated}{key}={head}{comma}"
    if key == "state":
        return [start + state for state in STATES]
    if key in NUMBERS or key not in KEYS:
        return []
    values = dict.fromkeys(str(_value(job, key)) for job in jobs)
    return [start + value for value in values if " " not in value]


def _test(word: str) -> Callable[[Job], bool]:
    if word.startswith("!"):
        if word == "!":
            raise InputError("Nothing stands behind the “!”.", "Write !state=success.")
        inner = _test(word[1:])
        return lambda job: not inner(job)
    found = _TEST.match(word)
    if found is None:
        wanted = word.casefold()
        return lambda job: wanted in _words(job)
    key, sign, value = found[1].lower(), found[2], found[3]
    if key not in KEYS:
        near = get_close_matches(key, KEYS, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(KEYS)}."
        raise InputError(f"Jobs have no “{key}”.", hint)
    if sign != "=":
        return _compared(key, sign, value)
    patterns = [one.casefold() for one in value.split(",") if one]
    return lambda job: any(fnmatchcase(str(_value(job, key)).casefold(), p) for p in patterns)


def _compared(key: str, sign: str, value: str) -> Callable[[Job], bool]:
    if key not in NUMBERS:
        raise InputError(f"{key} is no number.", f"Write {key}=…")
    try:
        limit = float(value)
    except ValueError:
        raise InputError(f"{key}{sign} needs a number.", f"Write {key}{sign}0.") from None
    order = _ORDERS[sign]
    return lambda job: order(float(_value(job, key)), limit)


def _value(job: Job, key: str) -> Any:
    return job[KEYS[key] or key]


def _words(job: Job) -> str:
    return " ".join(
        str(job[key]) for key in ("number", "title", "action", "state", "operator")
    ).casefold()
