"""JSON as ubus prints it: tabs, a space behind the colon, empty lists over three lines."""

from __future__ import annotations

import json
from typing import Any


def pretty(value: Any, depth: int = 0) -> str:
    """Format as `ubus call` does (libubox blobmsg, indented)."""
    if not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    inner, outer = "\t" * (depth + 1), "\t" * depth
    if isinstance(value, dict):
        marks = "{}"
        items = [f"{json.dumps(k)}: {pretty(v, depth + 1)}" for k, v in value.items()]
    else:
        marks = "[]"
        items = [pretty(item, depth + 1) for item in value]
    body = ",\n".join(inner + item for item in items) or inner
    return f"{marks[0]}\n{body}\n{outer}{marks[1]}"


def plain(value: Any) -> str:
    """Format as `ubus -S call` does: one line without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
