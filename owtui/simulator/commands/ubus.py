"""The ubus command and jsonfilter."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from ..bus.core import INVALID_ARGUMENT, NOT_FOUND, TEXTS, UbusError
from ..jsontext import compact, indented
from ..shell.call import Call, Refused, program

_USAGE = """\
Usage: ubus [<options>] <command> [arguments...]
Options:
 -s <socket>:		Set the unix domain socket to connect to
 -t <timeout>:		Set the timeout (in seconds) for a command to complete
 -S:			Use simplified output (for scripts)
 -v:			More verbose output

Commands:
 - list [<path>]			List objects
 - call <path> <method> [<message>]	Call an object method
 - wait_for <object> [<object>...]	Wait for multiple objects to appear on ubus

"""


@program("/bin/ubus")
async def ubus(call: Call) -> int:
    options, words = call.options("Sv", "ts")
    command, *rest = words or [""]
    if command == "list":
        return await _list(call, rest[0] if rest else "", "v" in options)
    if command == "wait_for":
        return await _wait_for(call, rest, float(options.get("t", "30")))
    if command != "call" or len(rest) < 2:
        await call.err(_USAGE)
        return 254
    try:
        args = json.loads(rest[2]) if len(rest) > 2 else {}
        if not isinstance(args, dict):
            raise UbusError(INVALID_ARGUMENT)
        answer = await call.device.bus.call(rest[0], rest[1], args)
    except ValueError:
        return await _failed(call, rest, INVALID_ARGUMENT, "S" in options)
    except UbusError as error:
        return await _failed(call, rest, error.code, "S" in options)
    if answer is not None:
        show = compact if "S" in options else indented
        await call.out(show(answer) + "\n")
    return 0


# ubus exits with the negated status unless its stderr is a terminal or -S silences it (cli.c).
async def _failed(call: Call, words: list[str], code: int, quiet: bool) -> int:
    if call.device.release.series < (22, 3):
        if not quiet:
            await call.err(f"Command failed: {TEXTS[code]}\n")
        return code
    if quiet:
        return code
    await call.err(f"Command failed: ubus call {' '.join(words)} ({TEXTS[code]})\n")
    return 256 - code


async def _list(call: Call, pattern: str, verbose: bool) -> int:
    star = pattern.endswith("*")
    found = {
        name: methods
        for name, methods in call.device.bus.objects().items()
        if not pattern or name == pattern or (star and name.startswith(pattern[:-1]))
    }
    for name, methods in found.items():
        if not verbose:
            await call.out(name + "\n")
            continue
        await call.out(f"'{name}' @{abs(hash(name)) & 0xFFFFFFFF:08x}\n")
        for method, spec in methods.items():
            await call.out(f'\t"{method}":{compact(dict(spec.parameters))}\n')
    if pattern and not found:
        await call.err(f"Command failed: {TEXTS[NOT_FOUND]}\n")
        return NOT_FOUND
    return 0


async def _wait_for(call: Call, names: list[str], timeout: float) -> int:
    deadline = call.device.clock.monotonic() + timeout
    while set(names) - call.device.bus.objects().keys():
        if call.device.clock.monotonic() >= deadline:
            return 7
        await call.device.clock.sleep(0.1)
    return 0


@program("/usr/bin/jsonfilter")
async def jsonfilter(call: Call) -> int:
    options, _ = call.options("aq", "iesl")
    expressions = [a for f, a in pairwise(call.args) if f == "-e"]
    if "s" in options:
        text = options["s"]
    else:
        data = await call.read(options.get("i", "-"))
        text = data.decode("utf-8", "surrogateescape")
    try:
        document = json.loads(text)
    except ValueError:
        await call.err("Failed to parse json data: unexpected end of data\n")
        return 126
    status = 0
    for expression in expressions:
        name, _, path = (
            expression.rpartition("=") if re.match(r"\w+=@", expression) else ("", "", expression)
        )
        found = select(document, path)
        status = status or int(not found)
        for value in found:
            text = _shown(value)
            await call.out(f"export {name}='{text}'; " if name else text + "\n")
    return status


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        spaced = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
        return re.sub(r"^([\[{])(?=.)|(?<=.)([\]}])$", r"\1 \2", spaced).strip()
    return "" if value is None else str(value)


_STEP = re.compile(
    r"\.(?P<name>\*|[A-Za-z_][\w-]*)|\[(?:(?P<index>-?\d+|\*)|['\"](?P<key>[^'\"]*)['\"]"
    r"|@\.(?P<field>[\w-]+)=['\"]?(?P<value>[^'\"\]]*)['\"]?)\]"
)


def select(document: Any, path: str) -> list[Any]:
    """Return what a path such as @.a.b[0], @["x"][*] or @.list[@.key="v"].name selects."""
    if not path.startswith(("@", "$")):
        raise Refused(f"Syntax error: {path}")
    found, at = [document], 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise Refused(f"only paths of names, indexes and equality are simulated: {path}")
        found = [child for value in found for child in _children(value, step)]
        at = step.end()
    return found


def _children(value: Any, step: re.Match[str]) -> list[Any]:
    name = step["name"] if step["name"] is not None else step["key"]
    rows = (
        list(value.values())
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else []
    )
    if name == "*" or step["index"] == "*":
        return rows
    if step["field"] is not None:
        wanted = step["value"]
        return [r for r in rows if isinstance(r, dict) and _shown(r.get(step["field"])) == wanted]
    if step["index"] is not None:
        index = int(step["index"])
        inside = isinstance(value, list) and -len(value) <= index < len(value)
        return [value[index]] if inside else []
    return [value[name]] if isinstance(value, dict) and name in value else []
