"""Screen 4, Upgrades: the batches of firmware upgrades, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from owtui.console.presenters import upgrades as presenter
from owtui.console.registry import Screens, Spec
from owtui.console.screens.jobs import JobsScreen
from widgets.rowmodel import Row
from widgets.rowtable_layout import Column


def register(screens: Screens) -> None:
    """Take the screen in."""
    screens.add(Spec("upgrades", "Upgrades", UpgradesScreen, "4", "Batches of firmware upgrades"))


class UpgradesScreen(JobsScreen):
    """The jobs that flash devices, whoever submitted them."""

    ACTION: ClassVar[str] = "upgrade"
    COLUMNS: ClassVar[Sequence[Column]] = presenter.COLUMNS
    title_text: ClassVar[str] = "Upgrades"

    def empty(self) -> str:
        """How one begins."""
        names = self.session.keys.names
        return presenter.empty(names("list.mark"), names("act.upgrade"))

    def made(self, jobs: Sequence[dict[str, Any]]) -> list[Row]:
        """A row a batch."""
        return presenter.rows(jobs, self.session.glyphs, self.session.now())
