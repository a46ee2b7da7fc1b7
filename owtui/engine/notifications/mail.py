"""The words of a mail: one notification, or a batch of them (operations.md §8.3); pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from owtui.engine.notifications import types

DISPLAY_LIMIT = 15


class Told(Protocol):
    """What a mail says of a notification."""

    type: str
    text: str
    at: datetime
    data: dict[str, Any]


def compose(
    site: str,
    told: Sequence[Told],
    *,
    since: datetime | None = None,
    operator: str = "",
    limit: int = DISPLAY_LIMIT,
) -> Mapping[str, str]:
    """Subject and text of a mail about what is unread. `since`: when its batch began.

    One is a mail by itself, also from a batch; the first `limit` of several are shown.
    """
    if len(told) == 1:
        one = told[0]
        subject = types.subject(site, one.type, one.text, one.data)
        return {"subject": subject, "text": f"{_said(one)}\n\n{_footer(operator)}"}
    began = moment(since or min(one.at for one in told))
    title = f"{len(told)} unread notifications since {began}"
    lines = [f"{title}:", "", *(_said(one) for one in told[:limit])]
    if len(told) > limit:
        lines += ["", f"… and {len(told) - limit} more: `owtui notifications --unread` lists them."]
    return {
        "subject": types.line(f"[{site}] {title}"),
        "text": "\n".join([*lines, "", _footer(operator)]),
    }


def moment(at: datetime) -> str:
    """OpenWISP's "%B %-d, %Y, %-I:%M %p %Z", in UTC."""
    utc = at.astimezone(UTC)
    return f"{utc:%B} {utc.day}, {utc:%Y}, {utc.hour % 12 or 12}:{utc:%M} {utc:%p} UTC"


def _said(one: Told) -> str:
    return f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {' '.join(one.text.split())}"


def _footer(operator: str) -> str:
    who = f" --operator {operator}" if operator else " --everybody"
    return (
        "-- \nThe console shows them all: :notifications.\n"
        f"`owtui notifications set{who} --no-email` ends these mails.\n"
    )
