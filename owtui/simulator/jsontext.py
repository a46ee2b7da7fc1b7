"""JSON as libubox prints it: tabs when indented, no spaces when compact, keys that may repeat.

netifd really answers `"channel": "1", "channel": 1` in one object, so an object may be given as
`Fields`, a tuple of pairs, where a dict could not hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


class Fields(tuple[tuple[str, Any], ...]):
    """A JSON object whose keys may repeat."""

    __slots__ = ()


def compact(value: Any) -> str:
    """Return `value` as `ubus -S` and uhttpd print it."""
    if isinstance(value, Fields):
        return "{" + ",".join(f"{_string(k)}:{compact(v)}" for k, v in value) + "}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(k)}:{compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(compact(v) for v in value) + "]"
    return _scalar(value)


def indented(value: Any, depth: int = 0) -> str:
    """Return `value` as `ubus call` prints it, without the last newline."""
    inner = "\t" * (depth + 1)
    if isinstance(value, Fields):
        return _block("{}", (f"{_string(k)}: {indented(v, depth + 1)}" for k, v in value), inner)
    if isinstance(value, dict):
        pairs = (f"{_string(k)}: {indented(v, depth + 1)}" for k, v in value.items())
        return _block("{}", pairs, inner)
    if isinstance(value, (list, tuple)):
        return _block("[]", (indented(v, depth + 1) for v in value), inner)
    return _scalar(value)


def _block(brackets: str, rows: Iterable[str], inner: str) -> str:
    return f"{brackets[0]}\n{inner}" + f",\n{inner}".join(rows) + f"\n{inner[:-1]}{brackets[1]}"


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return f"{value:f}"
    return json.dumps(value)
