"""The `jsonfilter` command of a lab device: the JSON path of OpenWrt scripts.

Paths are `@` or `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*` and `[@.key="value"]`. Prints a value
a line; nothing and exit 1 when nothing matches.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

STEP = re.compile(
    r"""\.(?P<name>[\w-]+)|\.(?P<each>\*)|\[(?P<all>\*)\]|\[(?P<index>-?\d+)\]"""
    r"""|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]"""
    r"""|\[@\.(?P<field>[\w.-]+)\s*=\s*(?P<mark>['"])(?P<wanted>.*?)(?P=mark)\]"""
)


def select(document: Any, path: str) -> list[Any]:
    """Return all values at the path; ValueError for a path that is none."""
    values, at = [document], 1
    if path[:1] not in ("@", "$"):
        raise ValueError(path)
    while at < len(path):
        step = STEP.match(path, at)
        if not step:
            raise ValueError(path)
        values = [found for value in values for found in _step(value, step)]
        at = step.end()
    return values


def _step(value: Any, step: re.Match[str]) -> Iterator[Any]:
    name = step["name"] or step["key"]
    if step["each"] or step["all"]:
        yield from _children(value)
    elif step["field"]:
        for child in _children(value):
            found = select(child, f"@.{step['field']}") if isinstance(child, dict) else []
            if found and str(found[0]) == step["wanted"]:
                yield child
    elif name is not None:
        if isinstance(value, dict) and name in value:
            yield value[name]
    elif isinstance(value, list) and -len(value) <= int(step["index"]) < len(value):
        yield value[int(step["index"])]


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value:
        return "{ " + ", ".join(f"{json.dumps(k)}: {_inner(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list) and value:
        return "[ " + ", ".join(_inner(v) for v in value) + " ]"
    return {"{}": "{ }", "[]": "[ ]"}.get(json.dumps(value), json.dumps(value))


def _inner(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _shown(value)


def main(arguments: list[str]) -> int:
    """Return the exit code of `jsonfilter <arguments>`."""
    words, source, paths = list(arguments), None, []
    while words:
        flag = words.pop(0)
        if flag == "-s" and words:
            source = words.pop(0)
        elif flag == "-i" and words:
            with open(words.pop(0)) as file:  # noqa: PTH123  # keep the start-up short
                source = file.read()
        elif flag in ("-e", "-t") and words:
            paths.append((words.pop(0), flag))
        elif flag.startswith("-"):
            return 1
        else:
            paths.append((flag, "-e"))
    try:
        document = json.loads(sys.stdin.read() if source is None else source)
    except ValueError:
        print("Failed to parse json data: unexpected character", file=sys.stderr)
        return 126
    missed = False
    for path, flag in paths:
        variable, equals, expression = path.partition("=")
        named = bool(equals) and re.fullmatch(r"\w+", variable) is not None
        found = select(document, expression if named else path)
        missed = missed or not found
        _print(found, flag, variable if named else "")
    return int(missed)


def _print(values: list[Any], flag: str, variable: str) -> None:
    for value in values:
        if flag == "-t":
            print(type(value).__name__)
        elif variable:
            text = _shown(value).replace("'", "'\\''")
            print(f"export {variable}='{text}'; ", end="")
        else:
            print(_shown(value))
