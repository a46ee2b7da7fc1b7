"""awk, as far as one-liners go: [/re/ | $N op value] { print expressions }, with -F.

A program beyond that is refused in words, never half understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..shell.call import Call, Refused, program
from .regex import compile_pattern

_RULE = re.compile(
    r"\s*(?P<pattern>[^{}]*?)\s*(?:\{\s*(?P<action>[^{}]*?)\s*;?\s*\})?\s*", re.DOTALL
)
_TOKEN = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|\$(NF|\d+)|(NF|NR)|(\d+)|(,))')
_CONDITION = re.compile(
    r"\s*(\$(?:NF|\d+)|NF|NR)\s*(==|!=|>=|<=|>|<|~)\s*(?:\"([^\"]*)\"|/([^/]*)/|(\d+))\s*"
)


@program("/usr/bin/awk")
async def awk(call: Call) -> int:
    options, operands = call.options("", "Fv")
    if not operands:
        return await call.fail("usage: awk [-F SEP] PROGRAM [FILE]...")
    code, *paths = operands
    rule = _RULE.fullmatch(code)
    if rule is None:
        raise Refused(f"this program is not simulated: {code}")
    holds = _condition(rule["pattern"])
    action = "print" if rule["action"] is None else rule["action"]
    if action != "print" and not action.startswith("print "):
        raise Refused(f"only print is simulated, not: {action}")
    separator = options.get("F", " ")
    number = 0
    for path in paths or ["-"]:
        for line in (await call.read(path)).decode("utf-8", "surrogateescape").splitlines():
            number += 1
            fields = line.split() if separator == " " else line.split(separator)
            row = _Row(line, fields, number)
            if holds(row):
                await call.out(_print(action[5:], row) + "\n")
    return 0


class _Row:
    def __init__(self, line: str, fields: list[str], number: int) -> None:
        self.line, self.fields, self.number = line, fields, number

    def value(self, name: str) -> str:
        """Return $N, $NF, NF or NR."""
        if name == "NR":
            return str(self.number)
        if name == "NF":
            return str(len(self.fields))
        index = len(self.fields) if name == "$NF" else int(name[1:])
        if index == 0:
            return self.line
        return self.fields[index - 1] if index <= len(self.fields) else ""


def _condition(text: str) -> Callable[[_Row], bool]:
    if not text:
        return lambda row: True
    slashes = re.fullmatch(r"(!?)/(.*)/", text)
    if slashes:
        search = compile_pattern(slashes[2], extended=True)
        return lambda row: (search.search(row.line) is None) == bool(slashes[1])
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise Refused(f"this pattern is not simulated: {text}")
    name, op, string, regex, number = found.groups()
    if op == "~":
        wanted = compile_pattern(regex if regex is not None else string or "", extended=True)
        return lambda row: wanted.search(row.value(name)) is not None
    return lambda row: _compared(row.value(name), op, string, number)


def _compared(value: str, op: str, string: str | None, number: str | None) -> bool:
    left: float | str = value
    right: float | str = string or ""
    if number is not None:
        digits = re.match(r"\s*-?\d+(?:\.\d+)?", value)
        left, right = float(digits[0]) if digits else 0.0, float(number)
    order = (left > right) - (left < right)  # type: ignore[operator]  # both text or both number
    return {
        "==": order == 0,
        "!=": order != 0,
        ">": order > 0,
        "<": order < 0,
        ">=": order >= 0,
        "<=": order <= 0,
    }[op]


def _print(text: str, row: _Row) -> str:
    if not text.strip():
        return row.line
    out: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Refused(f"this expression is not simulated: {text.strip()}")
        string, field, name, number, comma = token.groups()
        if string is not None:
            string = string.replace('\\"', '"').replace("\\t", "\t").replace("\\n", "\n")
        named = row.value(f"${field}") if field else row.value(name) if name else number
        out.append(" " if comma else string if string is not None else named or "")
        at = token.end()
    return "".join(out)
