"""Shell patterns, in which a backslash takes the next character literally."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from ..files import FileTree


def escape(text: str) -> str:
    """Return a pattern that matches exactly `text`."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", text)


def unescape(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern, flags=re.DOTALL)


def has_magic(pattern: str) -> bool:
    """Tell whether a pattern could match more than one text."""
    return re.search(r"(?<!\\)(?:\\\\)*[*?\[]", pattern) is not None


@lru_cache(maxsize=256)
def translate(pattern: str, greedy: bool = True) -> re.Pattern[str]:
    """Return the regular expression of a shell pattern."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        elif char == "*":
            out.append(".*" if greedy else ".*?")
        elif char == "?":
            out.append(".")
        elif char == "[" and (end := pattern.find("]", at + 1)) > 0:
            inner = pattern[at:end].replace("\\", "\\\\").replace("[:", "").replace(":]", "")
            out.append(f"[^{inner[1:]}]" if inner[:1] in "!^" else f"[{inner}]")
            at = end + 1
        else:
            out.append(re.escape(char))
    return re.compile("".join(out), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    try:
        return translate(pattern).fullmatch(text) is not None
    except re.error:
        return False


def paths(pattern: str, files: FileTree, cwd: str) -> list[str]:
    """Return the existing paths a pattern names, sorted, or nothing."""
    found = ["/"] if pattern.startswith("/") else [""]
    for part in (p for p in pattern.split("/") if p):
        step: list[str] = []
        for base in found:
            if not has_magic(part):
                step.append(posixpath.join(base, unescape(part)))
            elif files.is_dir(base or ".", cwd):
                step += [
                    posixpath.join(base, name)
                    for name in files.names(base or ".", cwd)
                    if matches(part, name) and (not name.startswith(".") or part[0] == ".")
                ]
        found = [path for path in step if files.find(path, cwd, follow=False) is not None]
    return sorted(found)


def trim(text: str, pattern: str, op: str) -> str:
    """Return `text` without the prefix (# ##) or suffix (% %%) that matches the pattern."""
    spans = range(len(text) + 1)
    if op == "#":
        cuts = ((text[:n], text[n:]) for n in spans)
    elif op == "##":
        cuts = ((text[:n], text[n:]) for n in reversed(spans))
    elif op == "%":
        cuts = ((text[n:], text[:n]) for n in reversed(spans))
    else:
        cuts = ((text[n:], text[:n]) for n in spans)
    return next((rest for cut, rest in cuts if matches(pattern, cut)), text)
