"""The ways to one device that are no action, from every screen that has one: shell, log."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from owtui.console.frame import Frame

    Base = Frame
else:
    Base = object


class Reaching(Base):
    """Mixed into screens that are about one device, or have one under the cursor."""

    def device_id(self) -> UUID | None:
        """The device; None where there is none."""
        raise NotImplementedError

    def action_dev_shell(self) -> None:
        """A shell on the device, in the place of the console."""
        from owtui.console.shelling import open_shell

        device_id = self.device_id()
        if device_id is not None:
            open_shell(self, device_id)

    def action_dev_logs(self) -> None:
        """Follow the log of the device."""
        device_id = self.device_id()
        if device_id is not None:
            open_log(self, device_id)


def open_log(frame: Frame, device_id: UUID) -> None:
    """Follow the log of a device on a screen on top."""
    from owtui.console.screens.log import LogScreen

    row = frame.session.rows.get(device_id)
    if row is not None:
        frame.app.push_screen(LogScreen(frame.session, device_id, row.name))
