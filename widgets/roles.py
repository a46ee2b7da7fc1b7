"""The few roles a piece of text may play, and their colours from the theme alone.

Data names a role ("critical"), never a colour; each widget includes `role_css` in its DEFAULT_CSS
and `role_classes` in its COMPONENT_CLASSES, so themes with 16 colours or none need no special case.
"""

from __future__ import annotations

ROLES = (
    "ok",
    "problem",
    "critical",
    "unknown",
    "busy",
    "deactivated",
    "muted",
    "strong",
    "accent",
)

_RULES = {
    "ok": "color: $text-success;",
    "problem": "color: $text-warning;",
    "critical": "color: $text-error; text-style: bold;",
    "unknown": "color: $text-muted;",
    "busy": "color: $text-secondary;",
    "deactivated": "text-style: dim;",
    "muted": "color: $text-muted;",
    "strong": "text-style: bold;",
    "accent": "color: $text-accent;",
}


def role_classes() -> set[str]:
    """Name the component class of every role."""
    return {f"role--{role}" for role in ROLES}


def role_css(widget: str) -> str:
    """Write the rules of every role for one widget type."""
    return "\n".join(f"{widget} > .role--{role} {{ {_RULES[role]} }}" for role in ROLES)
