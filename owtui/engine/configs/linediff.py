"""The difference of two sets of files as lines, without context and without secrets.

Equal differences are equal texts, so that devices can be grouped by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from owtui.engine.configs.model import File, Files
from owtui.engine.configs.secretnames import is_secret
from storage.secrets import HIDDEN

_OPTION = re.compile(r"^(\s*(?:option|list)\s+)(\S+)(\s+)(.*)$")
_PRIVATE = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


def line_diff(before: Files, after: Files) -> str:
    """`--- path` of each file that differs, then its lines with - and +; "" for no difference."""
    return "\n".join(
        line
        for path in sorted(before.keys() | after.keys())
        for line in _file(path, before.get(path), after.get(path))
    )


def _file(path: str, before: File | None, after: File | None) -> Iterator[str]:
    if before == after:
        return
    yield f"--- {path}" if after is not None else f"--- {path} (removed)"
    if before is not None and after is not None and before.mode != after.mode:
        yield f"-mode {before.mode:04o}"
        yield f"+mode {after.mode:04o}"
    if any(one is not None and _PRIVATE.search(one.data) for one in (before, after)):
        yield f"+{HIDDEN} (changed)"
        return
    old, new = _lines(before), _lines(after)
    for _, begin, end, start, stop in _changes(old, new):
        gone, come = old[begin:end], new[start:stop]
        yield from (f"-{_masked(line)}" for line in gone)
        hidden = {_masked(line) for line in gone}
        for line in come:
            shown = _masked(line)
            yield f"+{shown}" + (" (changed)" if shown != line and shown in hidden else "")


def _changes(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    return (code for code in matcher.get_opcodes() if code[0] != "equal")


def _lines(file: File | None) -> list[str]:
    return file.data.decode("utf-8", "replace").splitlines() if file is not None else []


def _masked(line: str) -> str:
    found = _OPTION.match(line)
    if found is None or not is_secret(found[2]):
        return line
    return f"{found[1]}{found[2]}{found[3]}'{HIDDEN}'"
