"""Regular expressions that cannot hang: the ways in which one may match are counted first.

Python's matcher backtracks and cannot be interrupted, so nested and ambiguous repeats are refused
by the number of paths they open, and a match that still takes long is told after its first row.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterable
from re import _constants as op  # type: ignore[attr-defined]  # no public parser in the stdlib
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from owtui.engine.selection.nodes import pairs
from owtui.engine.selection.parser import FilterError

LENGTH = 200
SUBJECT = 256  # characters of a field that are looked at
UNBOUNDED = 64  # what `*` counts for
OPTIONAL = 4  # the least that `?` and {1,2} count for: many of them in a row are the worst case
WAYS = UNBOUNDED**3 * OPTIONAL
SLOW_S = 0.25

_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def search(pattern: str, at: int) -> Callable[[Iterable[str]], bool]:
    """Compile a pattern into a search over texts, without regard to case.

    Raises FilterError for a bad or dangerous pattern; the search raises it when a row was slow.
    """
    if len(pattern) > LENGTH:
        raise FilterError(f"The pattern is longer than {LENGTH} characters.", at)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # FutureWarning for "[[": it still means what it meant
            ways = _ways(parser.parse(pattern, re.IGNORECASE))
            find = re.compile(pattern, re.IGNORECASE).search
    except (re.error, OverflowError, RecursionError) as problem:
        raise FilterError(f"The pattern /{pattern}/ is wrong: {problem}.", at) from problem
    if ways > WAYS:
        raise FilterError(
            f"The pattern /{pattern}/ can match in too many ways.",
            at,
            "Use fewer * and +, and none inside another.",
        )

    def found(texts: Iterable[str]) -> bool:
        start = time.thread_time()
        result = any(find(text[:SUBJECT]) is not None for text in texts)
        if time.thread_time() - start > SLOW_S:
            raise FilterError(f"The pattern /{pattern}/ takes too long.", at)
        return result

    return found


def _ways(items: Any) -> float:
    """Count the ways a parsed pattern may match, from above."""
    ways = 1.0
    for code, value in items:
        ways = min(ways * _ways_of(code, value), WAYS + 1.0)
    return ways


def _ways_of(code: Any, value: Any) -> float:
    if code in _REPEATS:
        return _ways_of_repeat(*value)
    if code is op.SUBPATTERN:
        return _ways(value[-1])
    if code is op.BRANCH:
        return sum(_ways(items) for items in value[1])
    if code in (op.ASSERT, op.ASSERT_NOT):
        return _ways(value[1])
    if code is op.ATOMIC_GROUP:
        return _ways(value)
    if code is op.GROUPREF_EXISTS:
        return _ways(value[1]) + _ways(value[2] or ())
    return 1.0


def _ways_of_repeat(least: Any, most: Any, items: Any) -> float:
    times = UNBOUNDED if most == op.MAXREPEAT else min(int(most), SUBJECT)
    inside = _ways(items)
    if inside > 1:
        return float(inside ** min(times, 40))
    if most == op.MAXREPEAT:
        return float(UNBOUNDED)
    return float(max(OPTIONAL, times - int(least))) if most != least else 1.0


def glob(text: str, any_character: str = "[\\s\\S]") -> str:
    """Turn a kept text with wildcards into a pattern that runs in linear time for each start.

    Between two stars the first place that fits is taken for good, as is right for a glob.
    """
    pieces: list[str] = [""]
    for character, literal in pairs(text):
        if literal:
            pieces[-1] += re.escape(character)
        elif character == "?":
            pieces[-1] += any_character
        elif pieces[-1] or len(pieces) == 1:
            pieces.append("")
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    some = f"{any_character}*"
    return first + "".join(f"(?>{some}?{piece})" for piece in middle if piece) + some + last
