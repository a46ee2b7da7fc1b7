"""$((…)): 64-bit integers, by precedence climbing over a closed set of operators."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping

from .syntax import ShellSyntaxError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<op>\|\||&&|<<|>>|<=|>=|==|!=|[-+*/%]=|[-+*/%<>=!~&|^?:()]))"
)
_LEVELS = [
    ["||"],
    ["&&"],
    ["|"],
    ["^"],
    ["&"],
    ["==", "!="],
    ["<", "<=", ">", ">="],
    ["<<", ">>"],
    ["+", "-"],
    ["*", "/", "%"],
]
_RANK = {op: rank for rank, ops in enumerate(_LEVELS) for op in ops}


def _divide(left: int, right: int) -> int:
    if right == 0:
        raise ShellSyntaxError("divide by zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: int(bool(a) or bool(b)),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": lambda a, b: a - _divide(a, b) * b,
}


def evaluate(text: str, variables: MutableMapping[str, str]) -> int:
    """Return the value; assignments change `variables`. Raises ShellSyntaxError."""
    sums = _Sums(text, variables)
    value = sums.ternary() if sums.tokens else 0
    if sums.tokens:
        raise ShellSyntaxError("arithmetic syntax error")
    return value


def _wrap(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


class _Sums:
    def __init__(self, text: str, variables: MutableMapping[str, str]) -> None:
        self.variables = variables
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or len(self.tokens) > 500:
                raise ShellSyntaxError("arithmetic syntax error")
            self.tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
            at = match.end()

    def _next(self) -> str:
        return self.tokens[0][1] if self.tokens else ""

    def _accept(self, text: str) -> bool:
        if self._next() != text:
            return False
        self.tokens.pop(0)
        return True

    def ternary(self) -> int:
        condition = self._binary(0)
        if not self._accept("?"):
            return condition
        first = self.ternary()
        if not self._accept(":"):
            raise ShellSyntaxError("malformed ?: operator")
        second = self.ternary()
        return first if condition else second

    def _binary(self, rank: int) -> int:
        left = self._unary()
        while (op := self._next()) in _RANK and _RANK[op] >= rank:
            self.tokens.pop(0)
            left = _wrap(_OPERATIONS[op](left, self._binary(_RANK[op] + 1)))
        return left

    def _unary(self) -> int:
        if not self.tokens:
            raise ShellSyntaxError("arithmetic syntax error")
        kind, token = self.tokens.pop(0)
        if kind == "number":
            octal = token.startswith("0") and token.isdigit() and set(token) <= set("01234567")
            return _wrap(int(token, 8) if octal else int(token, 0))
        if kind == "name":
            return self._variable(token)
        if token == "(":
            value = self.ternary()
            if not self._accept(")"):
                raise ShellSyntaxError("arithmetic syntax error")
            return value
        signs: dict[str, Callable[[int], int]] = {
            "-": lambda v: -v,
            "+": lambda v: v,
            "!": lambda v: int(not v),
            "~": lambda v: ~v,
        }
        if token not in signs:
            raise ShellSyntaxError("arithmetic syntax error")
        return signs[token](self._unary())

    def _variable(self, name: str) -> int:
        held = self.variables.get(name, "").strip()
        value = int(held) if re.fullmatch(r"-?\d+", held) else 0
        op = self._next()
        if op == "=" or (len(op) == 2 and op[1] == "=" and op[0] in "+-*/%"):
            self.tokens.pop(0)
            right = self.ternary()
            value = right if op == "=" else _wrap(_OPERATIONS[op[0]](value, right))
            self.variables[name] = str(value)
        return value
