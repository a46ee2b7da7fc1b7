"""A list whose rows are of devices: Enter opens the one under the cursor, `s` and `l` reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owtui.console.reaching import Reaching
from widgets.rowtable import RowTable

if TYPE_CHECKING:
    from owtui.console.listing import Listing

    class Base(Reaching, Listing):
        """What a screen is that this is mixed into."""
else:
    Base = Reaching

_OF_DEVICE = frozenset({"list_open", "dev_open", "dev_shell", "dev_logs", "list_copy"})


class DeviceRows(Base):
    """Mixed into lists that know the device under their cursor."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be done with a row where there is none."""
        if action in _OF_DEVICE and self.device_id() is None:
            return False
        return super().check_action(action, parameters)

    def action_data_refresh(self) -> None:
        """Read the list again."""
        self.refresh_rows()

    def action_dev_open(self) -> None:
        """Open the device."""
        self.table.action_open()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open the device."""
        message.stop()
        device_id = self.device_id()
        if device_id in self.session.rows and device_id is not None:
            self.console.open_device(device_id)
