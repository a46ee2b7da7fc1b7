"""A unified diff to scroll and search: the signs tell, the colour only helps.

DiffView(diff="", ...)     update_diff(diff)     and all of TextView
"""

from __future__ import annotations

from widgets.textview import TextView

_ROLES = (
    ("+++", "strong"),
    ("---", "strong"),
    ("@@", "accent"),
    ("+", "ok"),
    ("-", "critical"),
    ("diff ", "strong"),
    ("\\", "muted"),
)


class DiffView(TextView):
    """A text view that knows the lines of a unified diff."""

    def update_diff(self, diff: str) -> None:
        """Show another diff."""
        self.update_text(diff)

    def _role(self, line: str) -> str:
        for start, role in _ROLES:
            if line.startswith(start):
                return role
        return ""
