"""The keys of charts, for every screen that shows a page of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owtui.console.chartpage import ChartPage
from owtui.console.presenters.window import Window
from owtui.console.saving import save_as
from owtui.errors import InputError
from widgets.form import PromptDialog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from owtui.console.frame import Frame
    from owtui.engine.events import Event

    Base = Frame
else:
    Base = object

ACTIONS = frozenset(
    {"chart_zoom_in", "chart_zoom_out", "chart_earlier", "chart_later", "chart_range"}
    | {"list_export", "nav_zoom"}
)


class Charted(Base):
    """Mixed into screens with a ChartPage."""

    @property
    def charts(self) -> ChartPage:
        """The page."""
        return self.query_one(ChartPage)

    def shows_charts(self) -> bool:
        """Whether the page is the one that is seen."""
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of charts are there with the charts."""
        if action in ACTIONS and not (self.is_mounted and self.shows_charts()):
            return False
        return super().check_action(action, parameters)

    def charts_moved(self, events: Sequence[Event] = ()) -> None:
        """Read again what is seen, if something new would be seen."""
        mine = set(map(str, self.charts.device_ids))
        told = not events or any(one.topic == "points" and one.key in mine for one in events)
        if told and self.charts.is_due:
            self.load(self.charts.read, "charts")

    def on_chart_page_changed(self, message: ChartPage.Changed) -> None:
        """Other keys may do something now."""
        message.stop()
        self.refresh_frame()

    def action_chart_zoom_in(self) -> None:
        """A shorter time."""
        self._look_at(self.charts.window.zoomed(True, self.session.now()))

    def action_chart_zoom_out(self) -> None:
        """A longer time."""
        self._look_at(self.charts.window.zoomed(False, self.session.now()))

    def action_chart_earlier(self) -> None:
        """Half of it back."""
        self._look_at(self.charts.window.panned(False, self.session.now()))

    def action_chart_later(self) -> None:
        """Half of it forward."""
        self._look_at(self.charts.window.panned(True, self.session.now()))

    def action_chart_range(self) -> None:
        """Ask for a range by its name, or from when to when."""
        page = self.charts

        def wrong(text: str) -> str:
            try:
                Window.parse(text, self.session.now())
            except InputError as error:
                return f"{error.sentence} {error.hint}"
            return ""

        def chosen(text: str | None) -> None:
            if text:
                self._look_at(Window.parse(text, self.session.now()))

        dialog = PromptDialog(
            "Which time?",
            "Range",
            value=page.window.text,
            text="1h 6h 1d 3d 7d 30d 365d, or START/END like 2026-11-01/2026-11-03 12:00:00.",
            validate=wrong,
            keys=self.session.keys.form(),
            glyphs=self.session.glyphs,
        )
        self.app.push_screen(dialog, chosen)

    def action_list_up(self) -> None:
        """The chart above, where charts are shown."""
        if self.shows_charts():
            self.charts.list.action_line_up()
        else:
            super().action_list_up()

    def action_list_down(self) -> None:
        """The chart below, where charts are shown."""
        if self.shows_charts():
            self.charts.list.action_line_down()
        else:
            super().action_list_down()

    def action_nav_zoom(self) -> None:
        """One chart on the whole page, again to have all."""
        self.charts.zoom_pane()

    def action_list_export(self) -> None:
        """Write the chart under the cursor to a file."""
        chosen = self.charts.chosen
        if chosen is None:
            self.notify("There is no chart to export.", severity="warning")
            return

        async def make(kind: str) -> str:
            return self.charts.csv(kind)

        name = chosen.key.replace(":", "-").replace(" ", "-")
        title = chosen.figure.title
        save_as(
            self,
            f"Export {title}",
            f"{name}.csv",
            make,
            text="CSV, or JSON by the ending: what the chart shows, a line a bar.",
            what=title,
        )

    def _look_at(self, window: Window) -> None:
        if self.charts.look_at(window):
            self.load(self.charts.read, "charts")
