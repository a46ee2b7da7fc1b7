"""What the editor of configurations says beside the text: pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING

from widgets.codeedit import Mark
from widgets.oneline import Piece
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.configs.model import Problem
    from owtui.engine.configs.sheet import Impact, Look, Sheet, Variable
    from widgets.glyphs import Glyphs

PAGES = ("Source", "Rendered", "Diff", "Vars")
VARIABLES = (
    Column("name", "NAME", 20, min_width=10, priority=90),
    Column("value", "VALUE", 30, flex=1, min_width=10, priority=80),
    Column("scope", "FROM", 14, min_width=8, priority=70),
)
_ROLES = {"error": "critical", "warning": "problem"}


def tabs(page: int, sheet: Sheet, device: str, key: str) -> list[Piece]:
    """The pages, and the device that the text is previewed as."""
    pages = [
        Piece(name, f"[{name}]" if at == page else name, "strong" if at == page else "muted", 50)
        for at, name in enumerate(PAGES)
    ]
    change = f" ({key} change)" if key and sheet.what == "template" else ""
    what = f"preview as: {device}{change}" if device else "no device uses it yet"
    return [*pages, Piece("device", what, "", 40)]


def name(sheet: Sheet, dirty: bool) -> str:
    """What is edited, with its generation: roof-ap v14, or v14 → draft* once it is changed."""
    return f"{sheet.name} v{sheet.generation}{' → draft*' if dirty else ''}"


def used(sheet: Sheet) -> str:
    """How many devices it is for."""
    count = len(sheet.devices)
    if sheet.what == "device":
        return ""
    return f"used by {count} device{'s' * (count != 1)}" if count else "used by no device"


def marks(problems: Sequence[Problem]) -> list[Mark]:
    """Problems as marks of the editor, at their lines."""
    return [Mark(one.line, _ROLES[one.level], one.sentence) for one in problems]


def problem_lines(
    problems: Sequence[Problem], line: int, key: str, glyphs: Glyphs, most: int = 2
) -> list[list[Piece]]:
    """The problems worth a line each: that of the cursor's line first, then errors, in order."""
    order = sorted(problems, key=lambda one: (one.line != line, one.level != "error", one.line))
    told = []
    for number, one in enumerate(order[:most]):
        role = _ROLES[one.level]
        where = f"line {one.line}: " if one.line else ""
        pieces = [Piece("what", f"{glyphs.state(role)} {where}{one.sentence}", role, 90)]
        more = len(order) - 1
        if number == 0 and more and key:
            pieces.append(Piece("next", f"{key} next problem ({more} more)", "muted", 10))
        told.append(pieces)
    return told


def impact_line(impact: Impact | None, count: int, key: str) -> list[Piece]:
    """What it would change, counted: 24 change, 3 blocked (missing enc), 0 same."""
    lead = Piece("lead", "impact", "strong", 90)
    if not count:
        return [lead, Piece("none", "no device uses it", "muted", 80)]
    if impact is None:
        what = f"{key} looks at" if key else "for"
        return [lead, Piece("unknown", f"{what} {count} device{'s' * (count != 1)}", "muted", 80)]
    why = f" ({impact.blocked_by})" if impact.blocked_by else ""
    changed, blocked = impact.count("change"), impact.count("blocked")
    return [
        lead,
        Piece("change", f"{changed} change", "accent" if changed else "", 85),
        Piece("blocked", f"{blocked} blocked{why}", "problem" if blocked else "", 80),
        Piece("same", f"{impact.count('same')} same", "", 75),
        *([Piece("key", f"{key} shows all of them", "muted", 10)] if key else []),
    ]


def state(look: Look | None, dirty: bool, read_only: bool, glyphs: Glyphs) -> list[Piece]:
    """For the status line: whether it is valid, saved, and that secrets are hidden."""
    errors = sum(one.level == "error" for one in look.problems) if look is not None else 0
    if look is None:
        valid = Piece("valid", "checking", "busy", 60)
    elif errors:
        valid = Piece("valid", f"{errors} error{'s' * (errors != 1)}", "critical", 60)
    else:
        valid = Piece("valid", "valid", "ok", 60)
    saved = Piece("saved", "unsaved", "problem", 70) if dirty else Piece("saved", "saved", "", 70)
    return [valid, *([] if read_only else [saved]), Piece("masked", "secrets hidden", "muted", 20)]


def diff_text(look: Look, sheet: Sheet, device: str, dirty: bool) -> str:
    """The difference with what it is of over it, and its numbers under it."""
    if not look.against:
        return ""
    after = f"{sheet.name} {'draft' if dirty else f'v{sheet.generation}'}"
    return f"--- {device}: {look.against}\n+++ {after}\n{look.diff}\n{look.summary}\n"


def variable_rows(variables: Sequence[Variable], glyphs: Glyphs) -> list[Row]:
    """One row a variable, those without a value first."""
    order = sorted(variables, key=lambda one: (bool(one.scope), one.name))
    rows = []
    for one in order:
        unset = not one.scope
        value = Cell("not set", "critical") if unset else Cell(one.shown)
        scope = Cell(one.scope or glyphs.dash, "" if one.used else "muted")
        rows.append(Row(one.name, (Cell(one.name, "strong" if unset else ""), value, scope)))
    return rows


def unified(before: str, after: str, names: tuple[str, str]) -> str:
    """Two texts as a unified diff, "" where they are the same."""
    lines = unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    return "\n".join(lines)
