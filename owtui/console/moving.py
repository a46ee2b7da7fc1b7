"""What the keys of lists do on screens that are no list: they move what has the focus."""

from __future__ import annotations

from owtui.console.commanding import Commanding
from widgets.lineview import LineView
from widgets.rowtable import RowTable

_ROWS = {
    **{"up": "cursor_up", "down": "cursor_down", "top": "cursor_top", "bottom": "cursor_bottom"},
    **{"page_up": "page_up", "page_down": "page_down"},
}
_LINES = {
    **{"up": "line_up", "down": "line_down", "top": "view_top", "bottom": "view_bottom"},
    **{"page_up": "view_up", "page_down": "view_down"},
}


class Moving(Commanding):
    """Base of all frames. Arrows belong to the widgets; `j k g G` come to the screen, and here."""

    def action_list_up(self) -> None:
        """One row or line up."""
        self._step("up")

    def action_list_down(self) -> None:
        """One row or line down."""
        self._step("down")

    def action_list_page_up(self) -> None:
        """One page up."""
        self._step("page_up")

    def action_list_page_down(self) -> None:
        """One page down."""
        self._step("page_down")

    def action_list_top(self) -> None:
        """The first row or line."""
        self._step("top")

    def action_list_bottom(self) -> None:
        """The last row or line."""
        self._step("bottom")

    def _step(self, word: str) -> None:
        target = self._mover()
        if target is not None:
            name = (_ROWS if isinstance(target, RowTable) else _LINES)[word]
            getattr(target, f"action_{name}")()

    def _mover(self) -> RowTable | LineView | None:
        """The table or text that has the focus, else the first that is seen."""
        if isinstance(self.focused, RowTable | LineView):
            return self.focused
        for one in self.query("RowTable, LineView"):
            seen = all(node.display for node in one.ancestors_with_self if node is not self.app)
            if seen and isinstance(one, RowTable | LineView):
                return one
        return None
