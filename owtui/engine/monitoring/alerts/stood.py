"""How an alert stood at a moment, out of its timeline: pure.

The row of an alert is how it stands now; who opened, folded, acknowledged or silenced it when is in
its lines. What no line tells is as the row has it, since it never moved.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.alerts.damping import Told
from storage.tables import Alert, AlertEvent

BEGAN = ("opened", "flapped")
ENDED = ("resolved", "withdrawn")
FOLDS = ("folded", "unfolded")
_CAME_BACK = "; came back"


def stood(alert: Alert, lines: Sequence[AlertEvent], at: datetime) -> Alert | None:
    """A copy of the alert as it was at `at`, None where it was not open. lines: oldest first."""
    past = [one for one in lines if one.at <= at]
    later = [one for one in lines if one.at > at]
    if not _was_open(alert, past, at):
        return None
    copy = Alert(**alert.model_dump())
    copy.resolved_at = None
    for name, value in {
        **_problem(alert, past, later),
        **_people(alert, past, later, at),
        "cause_id": _cause(alert, lines, past),
        "changed_at": _last(past, (*BEGAN, *FOLDS)) or min(alert.changed_at, at),
    }.items():
        setattr(copy, name, value)
    return copy


def _was_open(alert: Alert, past: Sequence[AlertEvent], at: datetime) -> bool:
    turns = [one.kind for one in past if one.kind in (*BEGAN, *ENDED)]
    if turns:
        return turns[-1] in BEGAN
    ended = alert.resolved_at
    return alert.opened_at <= at and (ended is None or ended > at)


def _problem(
    alert: Alert, past: Sequence[AlertEvent], later: Sequence[AlertEvent]
) -> dict[str, Any]:
    """What was wrong, how severe that was, how often it had come back and what was told."""
    came_back = sum(one.kind == "flapped" for one in later)
    what = alert.what
    if came_back and (began := [one for one in past if one.kind in BEGAN]):
        what = began[-1].text.partition(_CAME_BACK)[0]
    weighed = next((one.text for one in later if one.kind == "severity"), "")
    told = [one.kind for one in past if one.kind.startswith("told")]
    if not any(one.kind.startswith("told") for one in later):
        said = alert.told
    else:
        said = (Told.FLAPPING if told and told[-1] == "told-flapping" else Told.NOTHING).value
    return {
        "what": what,
        "severity": weighed.partition(" ")[0] or alert.severity,
        "flaps": max(0, alert.flaps - came_back),
        "told": said,
    }


def _people(
    alert: Alert, past: Sequence[AlertEvent], later: Sequence[AlertEvent], at: datetime
) -> dict[str, Any]:
    """What people had said of it by then."""
    found: dict[str, Any] = {}
    if acks := [one for one in past if one.kind in ("acked", "unacked")]:
        is_acked = acks[-1].kind == "acked"
        found["acked_at"] = acks[-1].at if is_acked else None
        found["acked_by"] = acks[-1].operator if is_acked else ""
    elif _is_told(later, ("acked", "unacked")) or (alert.acked_at and alert.acked_at > at):
        found |= {"acked_at": None, "acked_by": ""}
    silences = [one for one in past if one.kind in ("silenced", "unsilenced")]
    after = [one for one in later if one.kind in ("silenced", "unsilenced")]
    if silences and silences[-1].kind == "silenced" and after:
        # Until when was said in words; it held at most until somebody spoke again.
        found |= {"silenced_until": after[0].at, "silenced_by": silences[-1].operator}
    elif after or (silences and silences[-1].kind == "unsilenced"):
        found |= {"silenced_until": None, "silenced_by": ""}
    notes = ("note", "acked")
    if any(one.kind in notes and one.text for one in later):
        said = [one.text for one in past if one.kind in notes and one.text]
        found["note"] = said[-1] if said else ""
    return found


def _cause(alert: Alert, lines: Sequence[AlertEvent], past: Sequence[AlertEvent]) -> UUID | None:
    """What explained it: the last that did, as far as it was folded then."""
    folds = [one.kind for one in past if one.kind in (*FOLDS, "flapped")]
    if not _is_told(lines, FOLDS):
        return alert.cause_id
    return alert.cause_id if folds and folds[-1] == "folded" else None


def _is_told(lines: Sequence[AlertEvent], kinds: Collection[str]) -> bool:
    return any(one.kind in kinds for one in lines)


def _last(lines: Sequence[AlertEvent], kinds: Collection[str]) -> datetime | None:
    return next((one.at for one in reversed(lines) if one.kind in kinds), None)
