"""The one Selection: what is counted is what is shown is what is executed.

An empty selection stays empty. Marks survive filters, and those that a filter hides are told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from owtui.engine.selection.filter import Filter
from storage.rows import DeviceRow

Origin = Literal["marks", "cursor", "filter", "all", "nothing"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen devices, in the order of the list. `hidden` are chosen but not in sight, `gone` were
    chosen and exist no more; `gone` are not among the ids.
    """

    ids: tuple[UUID, ...] = ()
    names: tuple[str, ...] = ()
    filter: str = ""
    hidden: tuple[UUID, ...] = ()
    gone: tuple[UUID, ...] = ()
    origin: Origin = "nothing"

    def __len__(self) -> int:
        return len(self.ids)

    def __bool__(self) -> bool:
        return bool(self.ids)

    def describe(self) -> str:
        """Say in a few words what is chosen: "12 marked (3 hidden)"."""
        if not self.ids and not self.gone:
            return "nothing selected"
        count = len(self.ids)
        devices = f"{count} device{'' if count == 1 else 's'}"
        said = {
            "marks": f"{count} marked",
            "cursor": self.names[0] if self.names else "",
            "filter": f"{devices} match {self.filter}"
            if count != 1
            else f"1 device matches {self.filter}",
            "all": f"all {devices}",
            "nothing": "",
        }[self.origin]
        if self.hidden:
            said += f" ({len(self.hidden)} hidden)"
        if self.gone:
            said += f"{', ' if said else ''}{len(self.gone)} no longer there"
        return said


def select(
    rows: Sequence[DeviceRow],
    now: datetime,
    *,
    filter: Filter | None = None,
    marks: Collection[UUID] = (),
    cursor: UUID | None = None,
    everything: bool = False,
) -> Selection:
    """Choose from `rows`, which are all devices: the marks, else the cursor, else the filter.

    Without any of them nothing is chosen, unless `everything` says so aloud. An empty filter is no
    filter.
    """
    text = str(filter) if filter is not None else ""
    seen = rows if filter is None else filter.choose(rows, now)
    if marks or cursor is not None:
        wanted = list(marks) or [id for id in (cursor,) if id is not None]
        asked = set(wanted)
        chosen = [row for row in rows if row.id in asked]
        visible = {row.id for row in seen}
        hidden = tuple(row.id for row in chosen if row.id not in visible) if marks else ()
        found = {row.id for row in chosen}
        gone = tuple(id for id in wanted if id not in found)
        return _made(chosen, text, "marks" if marks else "cursor", hidden, gone)
    if filter is not None and not filter.is_empty:
        return _made(seen, text, "filter")
    return _made(rows, "", "all") if everything else Selection()


def _made(
    rows: Sequence[DeviceRow],
    filter: str,
    origin: Origin,
    hidden: tuple[UUID, ...] = (),
    gone: tuple[UUID, ...] = (),
) -> Selection:
    ids = tuple(row.id for row in rows)
    return Selection(ids, tuple(row.name for row in rows), filter, hidden, gone, origin)
