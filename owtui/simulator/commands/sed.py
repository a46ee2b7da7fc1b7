"""sed with the commands scripts use on lines: s d p q, with addresses; -n -i -e -E.

Anything else is refused in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..shell.call import Call, Refused, program
from .regex import compile_pattern

_ADDRESS = r"(?:\d+|\$|/(?:\\.|[^/\\])*/)"
_COMMAND = re.compile(
    rf"\s*(?P<first>{_ADDRESS})?(?:,(?P<last>{_ADDRESS}))?\s*(?P<invert>!)?\s*(?P<verb>[sdpqaic])"
)


@dataclass(slots=True)
class Step:
    """One command of a script; `inside` is whether its range has begun."""

    first: str
    last: str
    inverted: bool
    verb: str
    search: re.Pattern[str] | None = None
    replacement: str = ""
    everywhere: bool = False
    prints: bool = False
    inside: bool = False


@program("/bin/sed")
async def sed(call: Call) -> int:
    options, scripts, paths = _arguments(list(call.args))
    extended = bool(options & {"E", "r"})
    if not paths or "i" not in options:
        text = b"".join([await call.read(path) for path in paths or ["-"]])
        await call.out(_edit(_parse(scripts, extended), text, "n" in options))
        return 0
    for path in paths:
        try:
            data = await call.read(path)
        except OSError as error:
            return await call.fail(f"{path}: {error.strerror}")
        call.files.write(
            path, _edit(_parse(scripts, extended), data, "n" in options), call.shell.cwd
        )
    return 0


def _arguments(args: list[str]) -> tuple[set[str], str, list[str]]:
    options: set[str] = set()
    scripts: list[str] = []
    paths: list[str] = []
    while args:
        arg = args.pop(0)
        if arg == "-e" and args:
            scripts.append(args.pop(0))
        elif re.fullmatch(r"-[nirE]+", arg):
            options.update(arg[1:])
        else:
            paths.append(arg)
    if not scripts:
        if not paths:
            raise Refused("no script given")
        scripts.append(paths.pop(0))
    return options, "\n".join(scripts), paths


def _parse(script: str, extended: bool) -> list[Step]:
    steps: list[Step] = []
    at = 0
    while script[at:].strip(" \t\n;"):
        at += len(script[at:]) - len(script[at:].lstrip(" \t\n;"))
        found = _COMMAND.match(script, at)
        if found is None:
            raise Refused(
                f"unsupported command {script[at : at + 20]!r}: s, d, p, q, a, i and c are"
            )
        at = found.end()
        step = Step(found["first"] or "", found["last"] or "", bool(found["invert"]), found["verb"])
        if step.verb == "s":
            at = _substitution(script, at, step, extended)
        elif step.verb in "aic":
            line, _, _ = script[at:].partition("\n")
            at += len(line)
            step.replacement = line.removeprefix("\\").strip()
        steps.append(step)
    return steps


def _substitution(script: str, at: int, step: Step, extended: bool) -> int:
    mark = script[at : at + 1]
    parts: list[str] = []
    at += 1
    for _ in range(2):
        piece = re.compile(rf"((?:\\.|[^\\{re.escape(mark)}])*){re.escape(mark)}", re.DOTALL)
        found = piece.match(script, at)
        if not mark or found is None:
            raise Refused("unmatched '/'")
        parts.append(found[1].replace("\\" + mark, mark))
        at = found.end()
    flags = re.compile(r"[gpiI]*").match(script, at)
    letters = flags[0] if flags else ""
    ignoring = ["i"] if "i" in letters.lower() else []
    step.search = compile_pattern(parts[0], extended, flags=ignoring)
    step.replacement = parts[1]
    step.everywhere, step.prints = "g" in letters, "p" in letters
    return at + len(letters)


def _applies(step: Step, number: int, line: str, last: bool) -> bool:
    def here(address: str) -> bool:
        if address == "$":
            return last
        if address.isdigit():
            return int(address) == number
        return compile_pattern(address[1:-1], False).search(line) is not None

    if not step.first:
        held = True
    elif not step.last:
        held = here(step.first)
    elif step.inside:
        held = True
        step.inside = not here(step.last)
    else:
        held = here(step.first)
        step.inside = held and not (step.last.isdigit() and int(step.last) <= number)
    return held != step.inverted


def _replaced(step: Step, line: str) -> tuple[str, int]:
    def fill(match: re.Match[str]) -> str:
        def one(piece: re.Match[str]) -> str:
            text = piece[0]
            if text == "&":
                return match[0]
            if text[1].isdigit():
                return match[int(text[1])] or ""
            return {"n": "\n", "t": "\t"}.get(text[1], text[1])

        return re.sub(r"\\.|&", one, step.replacement)

    assert step.search is not None
    return step.search.subn(fill, line, count=0 if step.everywhere else 1)


def _edit(steps: list[Step], data: bytes, quiet: bool) -> bytes:
    text = data.decode("utf-8", "surrogateescape")
    lines = text.splitlines(keepends=True)
    out: list[str] = []
    for number, whole in enumerate(lines, 1):
        line, end = whole.rstrip("\n"), "\n" if whole.endswith("\n") else ""
        keep, stop = True, False
        after: list[str] = []
        for step in steps:
            if not _applies(step, number, line, number == len(lines)):
                continue
            if step.verb == "s":
                line, count = _replaced(step, line)
                out += [line + "\n"] if step.prints and count else []
            elif step.verb == "d":
                keep = False
                break
            elif step.verb == "p":
                out.append(line + "\n")
            elif step.verb == "q":
                stop = True
                break
            elif step.verb == "c":
                line = step.replacement
            else:
                (out if step.verb == "i" else after).append(step.replacement + "\n")
        out += [line + end] if keep and not quiet else []
        out += after
        if stop:
            break
    return "".join(out).encode("utf-8", "surrogateescape")
