"""The page Config of a device: how it stands, its templates, its own part, variables, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Vertical

from owtui.console.presenters import deviceconfig as presenter
from owtui.console.session import Session
from widgets.dialog import ConfirmDialog
from widgets.pickdialog import Item, PickDialog
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.engine.configs.sheet import DeviceConfig


def show_diff(frame: Frame, device_id: UUID, name: str) -> None:
    """Show what a device should have against what it runs, secrets hidden."""

    async def show() -> None:
        from owtui.console.screens.text import DiffScreen

        look = await frame.session.bench.device_diff(device_id)
        told = [one.sentence for one in look.problems]
        text = "\n".join([*told, *([""] if told else []), look.diff or "They are the same."])
        path = ("Fleet", name, look.against or "Diff")
        frame.app.push_screen(DiffScreen(frame.session, path, text + "\n"))

    frame.ask(show, "diff")


def ignore_drift(frame: Frame, page: ConfigPage, name: str) -> None:
    """Ask whether a device is to be left as it has drifted; it is told again once it moves."""
    if page.config is None:
        return

    async def ignore() -> None:
        packages = await frame.session.bench.ignore_drift(page.device_id)
        await page.read()
        frame.notify(
            f"Ignored until it moves again: {', '.join(packages)}.", timeout=4, markup=False
        )

    def answered(yes: bool | None) -> None:
        if yes:
            frame.ask(ignore, "ignore drift")

    dialog = ConfirmDialog(
        f"Leave {name} as it has drifted?",
        text=f"Not as applied: {page.config.drift}. Nothing is changed on the device; the drift is "
        "no longer counted until the configuration moves again.",
        yes="Ignore it",
        glyphs=frame.session.glyphs,
    )
    frame.app.push_screen(dialog, answered)


class ConfigPage(Vertical):
    """One device's configuration; Enter opens what is under the cursor."""

    DEFAULT_CSS = "ConfigPage { height: 1fr; } ConfigPage RowTable { height: 1fr; }"

    def __init__(self, session: Session, frame: Frame, device_id: UUID) -> None:
        super().__init__(id="config")
        self._session, self._frame, self.device_id = session, frame, device_id
        self.config: DeviceConfig | None = None

    def compose(self) -> ComposeResult:
        """A line over one table."""
        glyphs = self._session.glyphs
        yield StatusLine(glyphs=glyphs, classes="config--status")
        yield RowTable(presenter.COLUMNS, glyphs=glyphs, markable=False, empty_text="Reading it")

    @property
    def has_drift(self) -> bool:
        """Whether it drifted and nobody has left it so."""
        return self.config is not None and bool(self.config.drift) and not self.config.ignored

    @property
    def table(self) -> RowTable:
        """The rows."""
        return self.query_one(RowTable)

    def focus(self, scroll_visible: bool = True) -> ConfigPage:
        """Give the rows the keys."""
        self.table.focus(scroll_visible)
        return self

    async def read(self) -> None:
        """Ask for what is known, and show it."""
        session = self._session
        self.config = await session.bench.device_config(self.device_id)
        if self.is_mounted:
            pieces = presenter.status(self.config, session.now())
            self.query_one(StatusLine).update_pieces(pieces)
            self.table.set_rows(presenter.rows(self.config, session.glyphs))
            self._frame.refresh_keys()

    def on_row_table_opened(self, message: RowTable.Opened) -> None:
        """Open what the row is about."""
        message.stop()
        console, device = self._frame.console, str(self.device_id)
        key = message.key
        if key.startswith("template:"):
            console.open_over("editor", "template", key.partition(":")[2])
        elif key == presenter.OWN:
            console.open_over("editor", "device", device)
        elif key == presenter.VARIABLES:
            console.open_over("variables", "device", device)
        elif key == presenter.HISTORY:
            console.open_over("generations", "device", device)
        elif key == presenter.TEMPLATES:
            self.choose_templates()

    def text(self, name: str) -> str:
        """All of it, to be copied."""
        if self.config is None:
            return ""
        return presenter.text(name, self.config, self._session.now(), self._session.glyphs)

    def choose_templates(self) -> None:
        """Say which templates the device has, in which order; the device itself is not changed."""
        frame, session = self._frame, self._session
        if session.settings.read_only or self.config is None:
            return
        config = self.config

        async def choose() -> None:
            usable = await session.bench.usable_templates(self.device_id)
            known = {one.id: Item(str(one.id), one.name, one.by) for one in config.templates}
            known |= {
                one.id: Item(str(one.id), one.name, f"v{one.generation}")
                for one in usable
                if one.id not in known
            }
            dialog = PickDialog(
                "Templates of the device",
                list(known.values()),
                [str(one.id) for one in config.templates],
                text="A later one overrides an earlier one. Required ones stay, first and by name.",
                glyphs=session.glyphs,
            )
            frame.app.push_screen(dialog, picked)

        async def write(keys: Sequence[str]) -> None:
            await session.bench.set_templates(self.device_id, [UUID(key) for key in keys])
            await self.read()
            frame.notify("Its templates are saved; the device was not changed.", timeout=4)

        def picked(keys: tuple[str, ...] | None) -> None:
            if keys is not None and list(keys) != [str(one.id) for one in config.templates]:
                frame.ask(lambda: write(keys), "templates")

        frame.ask(choose, "templates")
