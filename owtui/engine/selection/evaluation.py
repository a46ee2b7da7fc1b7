"""Turn filter nodes into one closure: everything that can be wrong with a value is told here,
before the first row, and as little as possible is left to do for each row.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from owtui import columns, units
from owtui.columns import Column, Kind
from owtui.engine.selection import regex
from owtui.engine.selection.nodes import (
    And,
    Fuzzy,
    Node,
    Not,
    Or,
    Regex,
    Test,
    View,
    Word,
    is_wild,
    plain,
)
from owtui.engine.selection.parser import FilterError
from storage.rows import DeviceRow

Predicate = Callable[[DeviceRow, datetime], bool]

FUZZY_SCORE = 80.0  # of 100: one wrong letter in five
_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
_NUMBERS = (Kind.NUMBER, Kind.PERCENT, Kind.BYTES)
_AGES = (Kind.AGE, Kind.TIME)
_YES = {"yes": True, "true": True, "1": True, "on": True}
_FLAGS = {**_YES, "no": False, "false": False, "0": False, "off": False, "": False}


def predicate(node: Node) -> Predicate:
    """Compile a node. Raises FilterError for values that make no sense for their key."""
    match node:
        case And(nodes):
            return _all([predicate(each) for each in nodes])
        case Or(nodes):
            return _any([predicate(each) for each in nodes])
        case Not(inner):
            accept = predicate(inner)
            return lambda row, now: not accept(row, now)
        case View(_, inner):
            return predicate(inner)
        case Word(text):
            return _word(text)
        case Fuzzy(text):
            return _fuzzy(plain(text))
        case Regex(pattern, at):
            found = regex.search(pattern, at)
            return lambda row, now: found(_fields(row))
        case Test():
            return _test(node)


def _all(accept: list[Predicate]) -> Predicate:
    if len(accept) == 2:
        one, two = accept
        return lambda row, now: one(row, now) and two(row, now)
    return lambda row, now: all(each(row, now) for each in accept)


def _any(accept: list[Predicate]) -> Predicate:
    return lambda row, now: any(each(row, now) for each in accept)


def _fields(row: DeviceRow) -> tuple[str, ...]:
    """What a bare word looks at."""
    addresses = (row.address, row.management_ip, row.last_ip)
    return (row.name, *addresses, row.mac, row.model, row.os, row.group, *row.tags)


def _word(text: str) -> Predicate:
    if is_wild(text):
        whole = regex.glob(text.casefold(), any_character="[^\\n]")
        search = re.compile(f"^{whole}$", re.MULTILINE).search
        return lambda row, now: search("\n".join(_fields(row)).casefold()) is not None
    needle = plain(text).casefold()
    return lambda row, now: needle in "\n".join(_fields(row)).casefold()


def _fuzzy(text: str) -> Predicate:
    from rapidfuzz.fuzz import partial_ratio  # 20 ms, and only who types ~ pays them

    needle = text.casefold()

    def accept(row: DeviceRow, now: datetime) -> bool:
        return any(
            len(field) >= len(needle) - 1
            and partial_ratio(needle, field.casefold(), score_cutoff=FUZZY_SCORE) > 0
            for field in _fields(row)
            if field
        )

    return accept


def _test(test: Test) -> Predicate:
    found = columns.column(test.key)
    if found is None:
        raise FilterError(f"There is no key “{test.key}”.", test.at)
    if test.op in _COMPARE:
        return _compared(test, found)
    if test.op == ":":
        return _matching(found, f"*{test.value}*" if is_wild(test.value) else test.value, True)
    return _equal(test, found)


def _compared(test: Test, column: Column) -> Predicate:
    literal, kind, get = plain(test.value), column.kind, column.get
    compare = _COMPARE[test.op]
    bound: Any
    if kind in _NUMBERS:
        bound, wanted = units.parse_number(literal), "a number like 80, 1.5k or 16MiB"
    elif kind in _AGES:
        bound, wanted = units.parse_age(literal), "an age like 30s, 5m, 2h or 1d"
    elif kind is Kind.VERSION:
        bound, wanted = units.version_key(literal), "a version like 24.10.1"
    else:
        raise FilterError(
            f"{test.key} has no order, so {test.op} means nothing.", test.at, "Use = or : with it."
        )
    if bound is None:
        raise FilterError(f"{test.key}{test.op} needs {wanted}.", test.value_at)
    measure = _MEASURE.get(kind)

    def accept(row: DeviceRow, now: datetime) -> bool:
        value: Any = get(row, now)
        if value is not None and measure is not None:
            value = measure(value, now)
        return value is not None and compare(value, bound)

    return accept


_MEASURE: dict[Kind, Callable[[Any, datetime], Any]] = {
    Kind.TIME: lambda value, now: (now - value).total_seconds(),
    Kind.VERSION: lambda value, now: units.version_key(value),
}


def _equal(test: Test, column: Column) -> Predicate:
    value, kind, get = test.value, column.kind, column.get
    if value == "" and kind is not Kind.FLAG:
        return lambda row, now: get(row, now) in (None, "", ())
    if is_wild(value):
        return _matching(column, value, False)
    literal = plain(value).casefold()
    if kind is Kind.FLAG:
        flag = _FLAGS.get(literal)
        if flag is None:
            raise FilterError(f"{test.key}= needs yes or no.", test.value_at)
        return lambda row, now: get(row, now) is flag
    if kind is Kind.IP and "/" in literal:
        return _in_network(test, column, literal)
    if kind in (*_NUMBERS, Kind.AGE):
        return _as_shown(test, column)
    return _matching(column, literal, False, ready=True)


def _as_shown(test: Test, column: Column) -> Predicate:
    """Compare numbers by their text: nobody types the fraction that a cell hides."""
    parse = units.parse_age if column.kind is Kind.AGE else units.parse_number
    number = parse(plain(test.value))
    if number is None:
        raise FilterError(f"{test.key}= needs a number.", test.value_at)
    get, shown = column.get, column.text(float(number))

    def accept(row: DeviceRow, now: datetime) -> bool:
        value: Any = get(row, now)
        return value is not None and column.text(float(value)) == shown

    return accept


def _in_network(test: Test, column: Column, literal: str) -> Predicate:
    try:
        network = ip_network(literal, strict=False)
    except ValueError as problem:
        raise FilterError(f"{literal} is no network.", test.value_at) from problem
    get = column.get

    def inside(text: str) -> bool:
        try:
            return ip_address(text) in network
        except ValueError:
            return False

    def accept(row: DeviceRow, now: datetime) -> bool:
        value = get(row, now)
        return any(map(inside, value)) if isinstance(value, tuple) else inside(str(value))

    return accept


def _matching(column: Column, value: str, part: bool, *, ready: bool = False) -> Predicate:
    """Compare texts: whole or in `part`, by wildcards where there are some."""
    get, say = column.get, _texts(column)
    accept: Callable[[str], bool]
    if not ready and is_wild(value):
        full = re.compile(regex.glob(_dashes(column, value.casefold()))).fullmatch
        accept = lambda text: full(text) is not None  # noqa: E731  # one of three shapes
    else:
        needle = _dashes(column, value if ready else plain(value).casefold())
        accept = (lambda text: needle in text) if part else needle.__eq__

    def matches(row: DeviceRow, now: datetime) -> bool:
        held = get(row, now)
        if type(held) is str:
            return accept(held.casefold())
        if isinstance(held, tuple):
            return any(accept(text.casefold()) for text in held)
        return accept(say(held))

    return matches


def _texts(column: Column) -> Callable[[Any], str]:
    return lambda value: "" if value is None else column.text(value).casefold()


def _dashes(column: Column, text: str) -> str:
    return text.replace("-", ":") if column.kind is Kind.MAC else text
