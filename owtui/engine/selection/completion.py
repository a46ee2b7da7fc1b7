"""What may follow in a filter: keys, operators, and values as the devices have them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from owtui import columns
from owtui.columns import Column, Kind
from owtui.engine.selection.nodes import VALUE_SPECIAL, literal, written
from storage.rows import DeviceRow

LIMIT = 30

_TOKEN = re.compile(r"""(?:[^\s|()"\\]|\\.|"(?:[^"\\]|\\.)*"?)*$""")
_TEST = re.compile(
    r"(?P<key>[A-Za-z_][A-Za-z0-9_]*)(?P<op>>=|<=|!=|=|:|>|<)(?P<value>.*)", re.DOTALL
)
_ORDERED = (Kind.NUMBER, Kind.PERCENT, Kind.BYTES, Kind.AGE, Kind.TIME, Kind.VERSION)
_EXAMPLES = {
    Kind.AGE: ("30s", "5m", "1h", "1d"),
    Kind.TIME: ("5m", "1h", "1d", "1w"),
    Kind.PERCENT: ("50", "80", "90"),
    Kind.BYTES: ("1MiB", "4MiB", "16MiB"),
    Kind.FLAG: ("yes", "no"),
}


def completions(
    text: str,
    cursor: int,
    rows: Sequence[DeviceRow],
    now: datetime,
    views: Iterable[str] = (),
) -> list[str]:
    """Complete the word before `cursor`; gives whole texts up to the end of what was completed.

    The most frequent values come first. What stands after the cursor is the caller's to keep.
    """
    before = text[:cursor]
    match = _TOKEN.search(before)
    token = match[0] if match else ""
    head = before[: len(before) - len(token)]
    bang = len(token) - len(token.lstrip("!"))
    head, token = head + token[:bang], token[bang:]
    test = _TEST.match(token)
    if test is None:
        return [head + each for each in _starts(token, rows)]
    stem = head + test["key"] + test["op"]
    if test["key"].lower() == "view":
        return [stem + _value(name) for name in sorted(views) if name.startswith(test["value"])]
    found = columns.column(test["key"].lower())
    if found is None:
        return []
    typed = test["value"].strip('"').casefold()
    values = _values(found, test["op"], rows, now)
    return [stem + _value(v) for v in values if v.casefold().startswith(typed)][:LIMIT]


def _starts(token: str, rows: Sequence[DeviceRow]) -> list[str]:
    if not token or token[0] in "/~":
        return []
    lower = token.lower()
    known = columns.column(lower)
    if known is not None:
        operators = ("=", ":", ">", "<") if known.kind in _ORDERED else ("=", ":")
        return [token + operator for operator in operators]
    keys = [f"{key}=" for key in (*columns.keys(), "view") if key.startswith(lower)]
    names = [_value(row.name) for row in rows if row.name.casefold().startswith(token.casefold())]
    return (keys + names)[:LIMIT]


def _values(column: Column, op: str, rows: Sequence[DeviceRow], now: datetime) -> list[str]:
    if column.kind in _EXAMPLES and (op not in ("=", ":") or column.kind is Kind.FLAG):
        return list(_EXAMPLES[column.kind])
    counted: Counter[str] = Counter()
    for row in rows:
        value = column.get(row, now)
        if isinstance(value, tuple):
            counted.update(value)
        elif value is not None and value != "":
            counted[str(value) if isinstance(value, str) else column.text(value)] += 1
    return [value for value, _ in counted.most_common()]


def _value(text: str) -> str:
    return written(literal(text), VALUE_SPECIAL)
