"""Getting things out of a list of devices: what there is to copy, and a file that always works."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console import tunnelling
from owtui.console.copying import Copy, Copying
from owtui.console.listing import Listing
from owtui.console.presenters import export
from owtui.console.saving import save_as

if TYPE_CHECKING:
    from storage.rows import DeviceRow

_WHAT = (
    ("n", "Name", ""),
    ("a", "Address", ""),
    ("r", "Row", "as the list shows it, tabs between"),
    ("j", "JSON", "all that is recorded"),
)


class Exporting(Copying, Listing):
    """A list whose devices can be copied and written to a file."""

    def _copied(self) -> list[DeviceRow]:
        keys = self.table.marked() or ([self.table.cursor_key] if self.table.cursor_key else [])
        known = self.session.rows
        return [known[UUID(key)] for key in keys if UUID(key) in known]

    def copies(self) -> Sequence[Copy]:
        """The marked devices, or this one, in several shapes."""
        devices, now = self._copied(), self.session.now()
        ids = {device.id for device in devices}
        shapes = [
            Copy(letter, label, partial(export.text, letter, devices, now), note)
            for letter, label, note in _WHAT
            if devices
        ]
        return [*tunnelling.copies(self.session, ids), *shapes]

    def copy_title(self) -> str:
        """Whose."""
        devices = self._copied()
        return f"Copy {devices[0].name}" if len(devices) == 1 else f"Copy {len(devices)} devices"

    def action_list_export(self) -> None:
        """Write what the filter shows to a file."""
        self._ask_where([UUID(key) for key in self.table.order])

    def export(self, filter: str = "") -> None:
        """Write the devices of a filter, else those shown, to a file. Raises FilterError."""
        engine = self.session.bridge.engine
        if filter and engine is not None:
            self._ask_where(engine.select(filter.removeprefix("@")).ids)
        else:
            self.action_list_export()

    def _ask_where(self, ids: tuple[UUID, ...] | list[UUID]) -> None:
        save_as(
            self,
            f"Export {len(ids)} devices",
            "devices.csv",
            lambda kind: self.session.bridge.call(lambda e: e.inventory.export(ids, kind)),
            text="CSV, or JSON by the ending; `owtui devices import` reads it. No secrets.",
            what=f"{len(ids)} devices",
        )
