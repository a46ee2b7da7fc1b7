"""The configuration of a device on its page: a line of status, and rows that open. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from owtui import units
from owtui.console.presenters.history import local
from widgets.oneline import Piece
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import DeviceConfig
    from widgets.glyphs import Glyphs

COLUMNS = (
    Column("what", "WHAT", 11, priority=95),
    Column("says", "SAYS", 40, flex=1, min_width=16, priority=90),
    Column("generation", "GEN", 5, align="right", priority=80),
    Column("by", "GIVEN BY", 14, min_width=8, priority=70),
)
_ROLES = {"applied": "ok", "modified": "problem", "error": "critical", "deactivating": "busy"} | {
    "deactivated": "deactivated"
}
TEMPLATES, OWN, VARIABLES, HISTORY = "templates", "own", "variables", "history"
_SAYS = {
    "modified": "changed here, not on the device yet",
    "applied": "the device has it",
    "error": "not applied",
    "deactivating": "being taken off",
    "deactivated": "taken off",
}


def status(config: DeviceConfig, now: datetime) -> list[Piece]:
    """How it stands: status with its reason, drift, when it was applied."""
    if not config.status:
        return [Piece("status", "no configuration of ours yet", "muted", 90)]
    role = _ROLES.get(config.status, "")
    says = config.reason or _SAYS.get(config.status, "")
    pieces = [Piece("status", f"{config.status}: {says}", role, 90)]
    if config.drift:
        role = "muted" if config.ignored else "problem"
        pieces.append(Piece("drift", f"drift: {config.drift}", role, 85))
    elif config.read_at is not None:
        age = units.age_text((now - config.read_at).total_seconds())
        pieces.append(Piece("drift", f"no drift, read {age} ago", "ok", 60))
    else:
        pieces.append(Piece("drift", "never read", "muted", 50))
    if config.checksum:
        pieces.append(Piece("sum", f"md5 {config.checksum[:8]}", "muted", 20))
    if not config.merge:
        pieces.append(Piece("merge", "packages are replaced whole", "accent", 40))
    return pieces


def rows(config: DeviceConfig, glyphs: Glyphs) -> list[Row]:
    """Templates in their order, then what is the device's own; Enter opens each."""
    count = len(config.templates)
    said = f"{count}, a later one overrides an earlier one" if count else "none"
    made = [_row(TEMPLATES, TEMPLATES, said)]
    for place, one in enumerate(config.templates, 1):
        made.append(
            _row(f"template:{one.id}", f"{place:>4}", one.name, f"v{one.generation}", one.by)
        )
    made.append(_row(OWN, "own", _own(config)))
    made.append(_row(VARIABLES, VARIABLES, *_variables(config)))
    made.append(_row(HISTORY, HISTORY, _last(config)))
    if config.unmanaged:
        made.append(_row("unmanaged", "unmanaged", ", ".join(config.unmanaged)))
    return made


def _row(key: str, what: str, says: str, generation: str = "", by: str = "", role: str = "") -> Row:
    return Row(key, (Cell(what, "strong" if key == what else ""), Cell(says, role), generation, by))


def _own(config: DeviceConfig) -> str:
    if config.closed:
        return config.closed
    verbatim = [f"UCI of {', '.join(config.verbatim)}"] if config.verbatim else []
    said = [", ".join(config.own)] if config.own else []
    return "; ".join([*said, *verbatim]) or "nothing beside its templates"


def _variables(config: DeviceConfig) -> tuple[str, str, str, str]:
    said = f"{config.variables} set on the device"
    if config.unset:
        return f"{said}; not set: {', '.join(config.unset)}", "", "", "critical"
    return said, "", "", ""


def _last(config: DeviceConfig) -> str:
    one = config.last
    if one is None:
        return "nothing was applied yet"
    by = f" by {one.operator}" if one.operator else ""
    return f"v{one.number} {one.kind} {local(one.at)}{by}"


def text(name: str, config: DeviceConfig, now: datetime, glyphs: Glyphs) -> str:
    """All of it as text, to be copied."""
    lines = [f"{name}: {'; '.join(piece.text for piece in status(config, now))}"]
    for row in rows(config, glyphs):
        cells: Sequence[str] = [row.text(place) for place in range(4)]
        lines.append("\t".join(cells).rstrip())
    return "\n".join(lines) + "\n"
