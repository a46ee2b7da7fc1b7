"""What an edit would change on every device that it is for: equal changes together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual.widget import Widget

from owtui.console.copying import Copy, Copying
from owtui.console.presenters import impact as presenter
from owtui.console.presenters import status
from owtui.console.saving import save_as
from owtui.console.session import Session
from widgets.resultview import ResultView

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import Impact


class ImpactScreen(Copying):
    """Groups of devices with what would change on them; Enter unfolds one, and opens it whole."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "tabs", "list")

    def __init__(self, session: Session, name: str, impact: Impact) -> None:
        super().__init__(session)
        self._of, self._impact = name, impact
        self._groups = {one.key: one for one in presenter.groups(impact)}

    def body(self) -> Iterable[Widget]:
        """The groups beside the devices."""
        yield ResultView(device_columns=presenter.COLUMNS, glyphs=self.session.glyphs)

    @property
    def view(self) -> ResultView:
        """Both tables."""
        return self.query_one(ResultView)

    def on_mount(self) -> None:
        """Fill both."""
        impact, view = self._impact, self.view
        view.update_groups(self._groups.values())
        view.update_devices(presenter.rows(impact, self.session.glyphs))
        can = impact.total - impact.count("blocked")
        view.update_progress(can, impact.total, presenter.counts(impact))
        view.focus()

    def path(self) -> Sequence[str]:
        """Of what."""
        return ("Templates", self._of, "Impact")

    def counts(self) -> Sequence[status.Piece]:
        """In how many ways."""
        changes = sum(one.verdict == "change" for one in self._impact.groups)
        words = f"{changes} different change{'s' * (changes != 1)}"
        return [status.Piece("groups", words, "", 50)]

    # --- keys ---

    def action_nav_tab_next(self) -> None:
        """From the groups to the devices and back."""
        self.view.action_toggle_view()

    def action_nav_tab_previous(self) -> None:
        """The same."""
        self.view.action_toggle_view()

    def copies(self) -> Sequence[Copy]:
        """All of it as text."""
        return [Copy("t", "Text", self._text, "every group with its devices and its diff")]

    def action_list_export(self) -> None:
        """Write all of it to a file; secrets are hidden in it."""

        async def make(kind: str) -> str:
            return self._text()

        what = f"{len(self._groups)} groups"
        save_as(self, "Export the impact", "impact.txt", make, text="As text.", what=what)

    def _text(self) -> str:
        return "\n\n".join(presenter.text(one) for one in self._groups.values()) + "\n"

    def on_result_view_group_opened(self, message: ResultView.GroupOpened) -> None:
        """Show the whole diff of a group."""
        from owtui.console.screens.text import DiffScreen

        group = self._groups[message.key]
        path = ("Templates", self._of, group.title)
        self.app.push_screen(DiffScreen(self.session, path, presenter.text(group)))

    def on_result_view_device_opened(self, message: ResultView.DeviceOpened) -> None:
        """Open the device."""
        self.console.open_device(UUID(message.key))
