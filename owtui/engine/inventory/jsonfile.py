"""JSON inventories: a list of objects with the columns of a CSV file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from owtui.engine.inventory import record
from owtui.engine.inventory.draft import Draft, Problem, Reading
from owtui.errors import InputError


def read(text: str) -> Reading:
    """Read `[{…}, …]` or `{"devices": [{…}, …]}`; a problem's line is the device's number."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as problem:
        return _unreadable(problem.lineno, f"This is no JSON: {problem.msg}.")
    except (ValueError, RecursionError):
        return _unreadable(0, "This JSON is nested too deep or has a number too long.")
    if isinstance(data, dict):
        data = data.get("devices")
    if not isinstance(data, list):
        return _unreadable(1, "A list of devices is expected.")
    drafts: list[Draft] = []
    problems: list[Problem] = []
    ignored: dict[str, None] = {}
    for number, each in enumerate(data, 1):
        try:
            drafts.append(_draft(number, each, ignored))
        except InputError as problem:
            problems.append(Problem(number, problem.sentence, problem.hint))
    return Reading("json", tuple(drafts), tuple(problems), tuple(ignored))


def write(records: Iterable[Mapping[str, str]], columns: Iterable[str]) -> str:
    """Write records with these columns; empty ones are left out."""
    names = list(columns)
    data = [{name: each[name] for name in names if each.get(name)} for each in records]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _unreadable(line: int, sentence: str) -> Reading:
    return Reading("json", problems=(Problem(line, sentence),))


def _draft(number: int, each: Any, ignored: dict[str, None]) -> Draft:
    if not isinstance(each, dict):
        raise InputError("Each device is an object.", 'For example: {"name": "ap-1"}')
    values: dict[str, str] = {}
    for (key, value), name in zip(each.items(), record.names(each), strict=True):
        if not name:
            ignored[key] = None
        elif name not in record.READ_ONLY:
            values[name] = _text(name, value)
    return record.draft(number, values)


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    raise InputError(f"{name} has to be a text.")
