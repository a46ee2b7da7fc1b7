"""Lines of JSON and YAML as parts with a role, one line at a time; free of Textual.

paint(line, language) -> [(start, end, role)]      parts without a role are left out
shown(line)           -> the line with a sign for each character that nobody would see
depth(before, language)          -> spaces at the start of the line behind this one
closes(before, after)            -> whether a bracket opens and closes around a place
"""

from __future__ import annotations

import re

_VARIABLE = r"(?P<variable>\{\{\s*\w*\s*\}\})"
_MARK = r"(?P<mark>•+\d*)"
_WORD = r"(?P<word>(?<![\w.:+-])(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.:+-]))"
_PATTERNS = {
    "json": (
        re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*"?)|' + _WORD),
        re.compile(f"{_VARIABLE}|{_MARK}"),
    ),
    "yaml": (
        re.compile(
            r"^(?P<lead>\s*(?:-\s+)*)(?P<key>\"[^\"]*\"|'[^']*'|[^\s:#'\"{\[-][^:#]*?)(?=\s*:(?:\s|$))"
            r"|(?P<comment>(?:^|(?<=\s))#.*)"
            r"|(?P<text>\"(?:[^\"\\]|\\.)*\"?|'(?:[^']|'')*'?)|" + _WORD
        ),
        re.compile(f"{_VARIABLE}|{_MARK}"),
    ),
}
_ROLES = {"key": "accent", "word": "busy", "variable": "strong", "mark": "muted"} | {
    "comment": "muted"
}
INDENT = 2
_OPENS = {"{": "}", "[": "]"}
_ITEMS = re.compile(r"\s*(?:-\s+)*")
_LONGEST = 2_000  # characters; a line beyond is data that nobody reads by its colours


def paint(line: str, language: str) -> list[tuple[int, int, str]]:
    """Find the parts of a line that play a role; a later part lies over an earlier one."""
    patterns = _PATTERNS.get(language, ())
    if len(line) > _LONGEST:
        return []
    found = []
    for pattern in patterns:
        for part in pattern.finditer(line):
            name = part.lastgroup or ""
            if name in _ROLES:
                found.append((*part.span(name), _ROLES[name]))
    return found


def shown(line: str) -> str:
    """The line as it can be drawn: as many characters, and none that a terminal would obey."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in line)


def depth(before: str, language: str) -> int:
    """Say how deep the next line begins, by what stands before the break."""
    found = _ITEMS.match(before)
    lead = len(before) - len(before.lstrip(" "))
    opened = before.rstrip()[-1:]
    if language == "yaml" and found is not None and ":" in before[found.end() :]:
        lead = found.end()  # the keys of an element stand under its first one
    return lead + INDENT if opened in _OPENS or (language == "yaml" and opened == ":") else lead


def closes(before: str, after: str) -> bool:
    """Whether the bracket that is opened last is closed by what comes next."""
    closing = _OPENS.get(before.rstrip()[-1:])
    return closing is not None and after.startswith(closing)
