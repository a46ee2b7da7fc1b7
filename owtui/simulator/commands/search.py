"""grep and find."""

from __future__ import annotations

import posixpath
import re

from ..shell import glob
from ..shell.call import Call, Refused, program
from .regex import compile_pattern


@program("/bin/grep", "/bin/egrep", "/bin/fgrep")
async def grep(call: Call) -> int:
    options, operands = call.options("qivclnoEFwxhHsrRL", "emAB")
    pattern = options["e"] if "e" in options else operands.pop(0) if operands else ""
    extended = "E" in options or call.name == "egrep"
    fixed = "F" in options or call.name == "fgrep"
    search = compile_pattern(pattern, extended, fixed, options.keys())
    paths = operands or ["-"]
    if options.keys() & {"r", "R"}:
        roots = [call.files.resolve(p, call.shell.cwd) for p in operands or ["."]]
        paths = [p for r in roots for p, n in call.files.walk(r) if not n.is_dir]
    named = (len(paths) > 1 and "h" not in options) or "H" in options
    hits = status = 0
    for path in paths:
        try:
            text = (await call.read(path)).decode("utf-8", "surrogateescape")
        except OSError as error:
            status = 2
            if "s" not in options:
                await call.fail(f"{path}: {error.strerror}")
            continue
        found = _matching(text, search, options)
        hits += len(found)
        if "q" in options and found:
            return 0
        await call.out(_report(path, found, options, search, named))
    return status or int(not hits)


def _matching(text: str, search: re.Pattern[str], options: dict[str, str]) -> list[tuple[int, str]]:
    wanted = "v" not in options
    found = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if (search.search(line) is not None) == wanted
    ]
    return found[: int(options["m"])] if options.get("m", "").isdigit() else found


def _report(
    path: str,
    found: list[tuple[int, str]],
    options: dict[str, str],
    search: re.Pattern[str],
    named: bool,
) -> str:
    lead = f"{path}:" if named else ""
    if "q" in options:
        return ""
    if "c" in options:
        return f"{lead}{len(found)}\n"
    if "l" in options:
        return f"{path}\n" if found else ""
    if "L" in options:
        return "" if found else f"{path}\n"
    rows: list[str] = []
    for number, line in found:
        place = f"{lead}{number}:" if "n" in options else lead
        texts = (m[0] for m in search.finditer(line)) if "o" in options else (line,)
        rows += [f"{place}{text}\n" for text in texts]
    return "".join(rows)


@program("/usr/bin/find")
async def find(call: Call) -> int:
    args = list(call.args)
    roots: list[str] = []
    while args and not args[0].startswith(("-", "!")):
        roots.append(args.pop(0))
    tests: dict[str, str] = {}
    while args:
        name = args.pop(0)
        if name == "-print":
            continue
        if name not in ("-name", "-type", "-maxdepth", "-path") or not args:
            raise Refused(f"{name} is not simulated")
        tests[name] = args.pop(0)
    status = 0
    for root in roots or ["."]:
        where = call.files.resolve(root, call.shell.cwd)
        if call.files.find(where) is None:
            status = await call.fail(f"{root}: No such file or directory")
            continue
        for path, node in call.files.walk(where):
            below = path[len(where) :].strip("/")
            depth = len(below.split("/")) if below else 0
            kind = "d" if node.is_dir else "l" if node.is_link else "f"
            shown = posixpath.join(root, below) if below else root
            if (
                depth <= int(tests.get("-maxdepth", "99"))
                and tests.get("-type", kind) == kind
                and glob.matches(tests.get("-name", "*"), posixpath.basename(path))
                and glob.matches(tests.get("-path", "*"), shown)
            ):
                await call.out(shown + "\n")
    return status
