"""Lines of text: wc head tail cut tr sort uniq seq strings hexdump cmp expr."""

from __future__ import annotations

import re
import string

from ..shell.call import Call, Refused, program
from ..shell.syntax import ShellSyntaxError
from .fileops import open_input

_BLOCK = 65536
_CLASSES = {
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "digit": string.digits,
    "alpha": string.ascii_letters,
    "alnum": string.ascii_letters + string.digits,
    "space": " \t\n\r\v\f",
    "punct": string.punctuation,
}


async def contents(call: Call, paths: list[str]) -> list[tuple[str, bytes]]:
    """Return name and bytes of each file, telling those that cannot be opened."""
    found = []
    for path in paths or ["-"]:
        try:
            found.append((path, await call.read(path)))
        except OSError as error:
            await call.fail(f"{path}: {error.strerror}")
    return found


async def joined(call: Call, paths: list[str]) -> str:
    """Return the text of all files, one after another."""
    parts = [data for _, data in await contents(call, paths)]
    return b"".join(parts).decode("utf-8", "surrogateescape")


@program("/usr/bin/wc")
async def wc(call: Call) -> int:
    options, paths = call.options("lwcmL")
    found = await contents(call, paths)
    rows = [
        (
            {"l": data.count(b"\n"), "w": len(data.split()), "c": len(data), "m": len(data)},
            name if paths else "",
        )
        for name, data in found
    ]
    if len(rows) > 1:
        rows.append(({k: sum(r[0][k] for r in rows) for k in "lwcm"}, "total"))
    wanted = [k for k in "lwcm" if k in options] or ["l", "w", "c"]
    for counts, name in rows:
        figures = [str(counts[k]) for k in wanted]
        shown = figures[0] if len(figures) == 1 else " ".join(f"{f:>9}" for f in figures)
        await call.out(f"{shown} {name}".rstrip() + "\n")
    return int(len(found) < len(paths))


def _count(call: Call, default: int = 10) -> tuple[str, int, list[str]]:
    """Read -n N, -c N or -N; returns the kind (n or c), the number as written, the operands."""
    args, paths, kind, number = list(call.args), [], "n", str(default)
    while args:
        arg = args.pop(0)
        if re.fullmatch(r"-\d+", arg):
            number = arg[1:]
        elif arg[:2] in ("-n", "-c"):
            kind = arg[1]
            number = arg[2:] or (args.pop(0) if args else "")
        elif arg not in ("-q", "-f"):
            paths.append(arg)
    if not re.fullmatch(r"[-+]?\d+", number):
        raise Refused(f"invalid number '{number}'")
    return kind, int(number), [number, *paths]


@program("/usr/bin/head")
async def head(call: Call) -> int:
    kind, count, (_, *paths) = _count(call)
    for path in paths or ["-"]:
        try:
            source = open_input(call, path)
        except OSError as error:
            return await call.fail(f"{path}: {error.strerror}")
        if kind == "c":
            while count > 0 and (data := await source.read(min(count, _BLOCK))):
                await call.out(data)
                count -= len(data)
            continue
        lines = 0
        while lines < count and (data := await source.read(_BLOCK)):
            kept = data.splitlines(keepends=True)[: count - lines]
            lines += sum(line.endswith(b"\n") for line in kept)
            await call.out(b"".join(kept))
    return 0


@program("/usr/bin/tail")
async def tail(call: Call) -> int:
    if "-f" in call.args:
        return await _follow(call)
    kind, count, (written, *paths) = _count(call)
    found = await contents(call, paths)
    for _, data in found:
        units = (
            data.splitlines(keepends=True)
            if kind == "n"
            else [data[i : i + 1] for i in range(len(data))]
        )
        from_start = written.startswith("+")
        kept = units[max(0, count - 1) :] if from_start else units[-abs(count) :] if count else []
        await call.out(b"".join(kept))
    return int(len(found) < len(paths))


async def _follow(call: Call) -> int:
    _, count, (_, *paths) = _count(call)
    data = await call.read(paths[0])
    await call.out(b"".join(data.splitlines(keepends=True)[-count:]))
    seen = len(data)
    while True:
        await call.device.clock.sleep(0.2)
        data = await call.read(paths[0])
        await call.out(data[seen:])
        seen = len(data)


@program("/usr/bin/cut")
async def cut(call: Call) -> int:
    options, paths = call.options("sn", "dfcb")
    spec = options.get("f") or options.get("c") or options.get("b")
    if not spec:
        return await call.fail("expected a list of bytes, characters, or fields")
    delimiter = options.get("d", "\t")
    for line in (await joined(call, paths)).splitlines():
        parts = line.split(delimiter) if "f" in options else list(line)
        if "f" in options and delimiter not in line:
            if "s" not in options:
                await call.out(line + "\n")
            continue
        chosen = [parts[i] for i in sorted(_positions(spec, len(parts)))]
        await call.out((delimiter if "f" in options else "").join(chosen) + "\n")
    return 0


def _positions(spec: str, length: int) -> set[int]:
    found: set[int] = set()
    for part in spec.split(","):
        first, dash, last = part.partition("-")
        begin = int(first or "1")
        end = int(last or length) if dash else begin
        found.update(range(begin - 1, min(end, length)))
    return found


def _set(text: str) -> str:
    text = re.sub(r"\[:(\w+):\]", lambda m: _CLASSES.get(m[1], ""), text)
    text = re.sub(r"\\([0-7]{1,3})", lambda m: chr(int(m[1], 8)), text)
    text = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), text)
    return re.sub(r"(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), text)


@program("/usr/bin/tr")
async def tr(call: Call) -> int:
    options, sets = call.options("dscC")
    first, second = (_set(s) for s in [*sets, "", ""][:2])
    text = (await call.stdin.read()).decode("utf-8", "surrogateescape")
    inverted = bool(options.keys() & {"c", "C"})
    if "d" in options:
        text = "".join(c for c in text if (c in first) == inverted)
    elif second:
        filled = second + second[-1] * max(0, len(first) - len(second))
        if inverted:
            text = "".join(c if c in first else second[-1] for c in text)
        else:
            text = text.translate(str.maketrans(first, filled[: len(first)]))
    if "s" in options:
        squeezed = second or first
        text = re.sub(rf"([{re.escape(squeezed)}])\1+", r"\1", text)
    await call.out(text)
    return 0


@program("/usr/bin/sort")
async def sort(call: Call) -> int:
    options, paths = call.options("nrubf", "kt")
    lines = (await joined(call, paths)).splitlines()
    field = int(re.split(r"[^\d]", options.get("k", "0"))[0] or "0")

    def key(line: str) -> tuple[float, str]:
        text = line
        if field:
            parts = line.split(options.get("t"))
            text = parts[field - 1] if field <= len(parts) else ""
        number = re.match(r"\s*(-?\d+(?:\.\d+)?)", text)
        return (float(number[1]) if number and "n" in options else 0.0, text)

    lines.sort(key=key, reverse="r" in options)
    if "u" in options:
        lines = list(dict.fromkeys(lines))
    await call.out("".join(line + "\n" for line in lines))
    return 0


@program("/usr/bin/uniq")
async def uniq(call: Call) -> int:
    options, paths = call.options("cdu")
    groups: list[tuple[str, int]] = []
    for line in (await joined(call, paths)).splitlines():
        if groups and groups[-1][0] == line:
            groups[-1] = (line, groups[-1][1] + 1)
        else:
            groups.append((line, 1))
    for line, count in groups:
        if ("d" in options and count < 2) or ("u" in options and count > 1):
            continue
        await call.out(f"{count:7d} {line}\n" if "c" in options else f"{line}\n")
    return 0


@program("/usr/bin/seq")
async def seq(call: Call) -> int:
    numbers = [int(arg) for arg in call.args if re.fullmatch(r"-?\d+", arg)]
    if not 1 <= len(numbers) <= 3:
        return await call.fail("only whole numbers are simulated")
    first, step, last = {
        1: (1, 1, numbers[0]),
        2: (numbers[0], 1, numbers[-1]),
        3: (numbers[0], numbers[1 % len(numbers)], numbers[-1]),
    }[len(numbers)]
    for number in range(first, last + (1 if step > 0 else -1), step or 1):
        await call.out(f"{number}\n")
    return 0


@program("/usr/bin/hexdump")
async def hexdump(call: Call) -> int:
    options, paths = call.options("Cv", "en")
    data = (await contents(call, paths))[0][1]
    if "n" in options:
        data = data[: int(options["n"])]
    if "e" in options:
        await call.out(data.hex())  # the one use scripts make of -e: '1/1 "%02x"'
        return 0
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if "C" in options:
            shown = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
            halves = row[:8].hex(" "), row[8:].hex(" ")
            await call.out(f"{at:08x}  {halves[0]:<23}  {halves[1]:<23}  |{shown}|\n")
        else:
            words = (int.from_bytes(row[i : i + 2], "little") for i in range(0, len(row), 2))
            await call.out(f"{at:07x} " + " ".join(f"{w:04x}" for w in words) + "\n")
    await call.out(f"{len(data):08x}\n" if "C" in options else f"{len(data):07x}\n")
    return 0


@program("/usr/bin/cmp")
async def cmp(call: Call) -> int:
    options, paths = call.options("sl")
    one, two = [data for _, data in await contents(call, paths[:2])]
    if one == two:
        return 0
    if "s" not in options:
        at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None)
        if at is None:
            shorter = paths[0] if len(one) < len(two) else paths[1]
            await call.fail(f"EOF on {shorter}")
        else:
            line = one[:at].count(b"\n") + 1
            await call.out(f"{paths[0]} {paths[1]} differ: char {at + 1}, line {line}\n")
    return 1


@program("/usr/bin/expr")
async def expr(call: Call) -> int:
    args = call.args
    if len(args) == 3 and args[1] in "+-*/%":
        from ..shell.arithmetic import evaluate

        try:
            value = evaluate(" ".join(args), {})
        except ShellSyntaxError:
            return await call.fail("non-numeric argument", 2)
        await call.out(f"{value}\n")
        return int(value == 0)
    return await call.fail("only NUMBER + - * / % NUMBER is simulated", 2)
