"""The `/` line over a list of devices: the filter language, with saved views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from owtui.console.filterline import FilterLine
from owtui.console.presenters.fleet import FAULTS

if TYPE_CHECKING:
    from owtui.engine.selection import Filter


class Filtering(FilterLine):
    """A list of devices with a filter line."""

    FAULTS: ClassVar[str] = FAULTS
    _filter: Filter | None = None

    @property
    def filter_text(self) -> str:
        """The filter in force, "" without one."""
        return str(self._filter) if self._filter is not None else ""

    def use_filter(self, text: str) -> None:
        """Filter by a text. Raises FilterError."""
        from owtui.engine.selection import parse

        engine = self.session.bridge.engine
        found = parse(text.removeprefix("@"), engine.views.get if engine is not None else None)
        self._filter = None if found.is_empty else found
        self.apply_filter()
        self.refresh_frame()

    def apply_filter(self) -> None:
        """Choose anew: devices may match now that did not before."""
        if self._filter is None:
            self.table.set_filter(None)
            return
        chosen = self._filter.choose(tuple(self.session.rows.values()), self.session.now())
        self.table.set_filter({str(row.id) for row in chosen})

    def completions(self, text: str) -> Iterable[str]:
        """Keys, names, and values as the devices have them."""
        from owtui.engine.selection import completions

        engine = self.session.bridge.engine
        views = engine.views.names if engine is not None else ()
        rows = tuple(self.session.rows.values())
        found = completions(text, len(text), rows, self.session.now(), views)
        return (line[text.rfind(" ") + 1 :] for line in found)
