"""echo and printf."""

from __future__ import annotations

import re

from ..shell.call import Call, program

_ESCAPE = re.compile(r"\\(?:([abfnrtv\\e])|0?([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(c))")
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LETTERS |= {"\\": "\\", "e": "\x1b"}
_SPEC = re.compile(r"%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?([diouxXscbfeEgG%])")


def unescape(text: str) -> tuple[str, bool]:
    r"""Resolve backslash escapes; the flag tells that \c asked to stop there."""
    stop = re.search(r"(?<!\\)(?:\\\\)*\\c", text)
    if stop:
        text = text[: stop.end() - 2]

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return _LETTERS[match[1]]
        code = int(match[2], 8) if match[2] else int(match[3], 16)
        return bytes([code & 255]).decode("utf-8", "surrogateescape")

    return _ESCAPE.sub(one, text), stop is not None


@program("/bin/echo", builtin=True)
async def echo(call: Call) -> int:
    args, newline, escapes = list(call.args), True, False
    while args and re.fullmatch(r"-[neE]+", args[0]):
        flags = args.pop(0)
        newline = newline and "n" not in flags
        escapes = "e" in flags or (escapes and "E" not in flags)
    text = " ".join(args)
    if escapes:
        text, stopped = unescape(text)
        newline = newline and not stopped
    await call.out(text + ("\n" if newline else ""))
    return 0


@program("/usr/bin/printf", builtin=True)
async def printf(call: Call) -> int:
    if not call.args:
        await call.err("printf: usage: printf format [arguments ...]\n")
        return 2
    form, *args = call.args
    first = True
    while first or args:
        before = len(args)
        await call.out(_format(form, args))
        first = False
        if len(args) == before:
            break
    return 0


def _format(form: str, args: list[str]) -> str:
    """Fill in one round of the format; takes what it uses from `args`."""
    out: list[str] = []
    at = 0
    for match in _SPEC.finditer(form):
        out.append(unescape(form[at : match.start()])[0])
        at = match.end()
        flags, width, precision, kind = match.groups()
        if kind == "%":
            out.append("%")
            continue
        width = (args.pop(0) if args else "0") if width == "*" else width or ""
        precision = (args.pop(0) if args else "0") if precision == "*" else precision
        point = "" if precision is None else f".{precision}"
        out.append(_fill(flags + str(min(int(width or 0), 4096) or ""), point, kind, args))
    out.append(unescape(form[at:])[0])
    return "".join(out)


def _fill(prefix: str, point: str, kind: str, args: list[str]) -> str:
    value = args.pop(0) if args else ""
    if kind == "b":
        return unescape(value)[0]
    if kind == "s":
        return f"%{prefix}{point}s" % value
    if kind == "c":
        return f"%{prefix}s" % value[:1]
    if value[:1] in "'\"" and value:
        return f"%{prefix}d" % ord(value[1:2] or "\0")
    if kind in "feEgG":
        return f"%{prefix}{point}{kind}" % _float(value)
    return f"%{prefix}{point}{'d' if kind in 'iu' else kind}" % _integer(value)


def _integer(text: str) -> int:
    try:
        return int(text or "0", 0)
    except ValueError:
        digits = re.match(r"-?\d+", text)
        return int(digits[0]) if digits else 0


def _float(text: str) -> float:
    try:
        return float(text or "0")
    except ValueError:
        return 0.0
