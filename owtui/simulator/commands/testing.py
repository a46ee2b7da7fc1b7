"""test and [ ]."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..shell.call import Call, Refused, program

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}


@program("/usr/bin/test", "/usr/bin/[", "/usr/bin/[[", builtin=True)
async def test(call: Call) -> int:
    args = list(call.args)
    closing = {"[": "]", "[[": "]]"}.get(call.name)
    if closing and (not args or args.pop() != closing):
        await call.shell.complain(f"{call.name}: missing {closing}")
        return 2
    try:
        answer = _Condition(call, args)
        held = answer.any()
        if answer.rest:
            raise Refused(f"{answer.rest[0]}: unknown operand")
    except Refused as refusal:
        await call.shell.complain(str(refusal))
        return 2
    return int(not held)


class _Condition:
    def __init__(self, call: Call, args: list[str]) -> None:
        self.call = call
        self.rest = args

    def any(self) -> bool:
        held = self._all()
        while self.rest[:1] == ["-o"]:
            self.rest.pop(0)
            held = self._all() or held
        return held

    def _all(self) -> bool:
        held = self._one()
        while self.rest[:1] == ["-a"] and len(self.rest) > 1:
            self.rest.pop(0)
            held = self._one() and held
        return held

    def _one(self) -> bool:
        rest = self.rest
        if not rest:
            return False
        if len(rest) >= 3 and (
            rest[1] in _TEXTS or rest[1] in _NUMBERS or rest[1] in ("-nt", "-ot")
        ):
            left, op, right = rest[:3]
            del rest[:3]
            return self._compare(left, op, right)
        if rest[0] == "!":
            rest.pop(0)
            return not self._one()
        if rest[0] == "(":
            rest.pop(0)
            held = self.any()
            if rest[:1] != [")"]:
                raise Refused("closing paren expected")
            rest.pop(0)
            return held
        if len(rest) >= 2 and re.fullmatch(r"-[a-zA-Z]", rest[0]):
            op, value = rest[:2]
            del rest[:2]
            return self._unary(op, value)
        return bool(rest.pop(0))

    def _compare(self, left: str, op: str, right: str) -> bool:
        if op in _TEXTS:
            return _TEXTS[op](left, right)
        if op in ("-nt", "-ot"):
            files, cwd = self.call.files, self.call.shell.cwd
            one, two = files.find(left, cwd), files.find(right, cwd)
            older = one is not None and two is not None and one.mtime < two.mtime
            return older if op == "-ot" else not older and one is not None
        for text in (left, right):
            if not re.fullmatch(r"\s*[-+]?\d+\s*", text):
                raise Refused(f"{text}: out of range" if text else "sh: bad number")
        return _NUMBERS[op](int(left), int(right))

    def _unary(self, op: str, value: str) -> bool:
        if op in ("-n", "-z"):
            return bool(value) == (op == "-n")
        if op == "-t":
            stream = self.call.shell.fds.get(int(value) if value.isdigit() else -1)
            return stream is not None and stream.is_tty
        node = self.call.files.find(value, self.call.shell.cwd, follow=op not in ("-L", "-h"))
        if node is None:
            return False
        checks: dict[str, bool] = {
            "-e": True,
            "-f": not node.is_dir and not node.is_link,
            "-d": node.is_dir,
            "-s": node.is_dir or len(node.data) > 0,
            "-x": bool(node.mode & 0o111),
            "-L": node.is_link,
            "-h": node.is_link,
        }
        return checks.get(op, op in ("-r", "-w", "-O", "-G"))
