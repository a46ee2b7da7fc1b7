"""The status of a configuration: what happens to it, and what it is afterwards. Pure.

OpenWISP's table (control.md §1.6). `applied` comes from proof alone: a report of the device, or our
own look at it over a new connection.
"""

from __future__ import annotations

from enum import StrEnum

REASON_LENGTH = 1024
TRUNCATED = "\n[truncated]"
NO_REASON = "Reason not reported by the device."


class Status(StrEnum):
    """What is known of a device and its configuration."""

    MODIFIED = "modified"  # the device does not have it yet
    APPLIED = "applied"
    ERROR = "error"  # it was tried and the device went back
    DEACTIVATING = "deactivating"  # the empty one is on its way
    DEACTIVATED = "deactivated"


class Event(StrEnum):
    """What may happen to it."""

    CHANGED = "changed"  # the checksum computed anew is another one
    SAME = "same"  # computed anew, and equal
    RENAMED = "renamed"  # the device got another name
    REPORTED_MODIFIED = "reported modified"
    REPORTED_APPLIED = "reported applied"
    REPORTED_ERROR = "reported error"
    REPORTED_OTHER = "reported other"  # deactivating or deactivated, which is not theirs to say
    DEACTIVATED = "deactivated"
    DEACTIVATED_EMPTY = "deactivated empty"  # nothing was configured: there is nothing to remove
    ACTIVATED = "activated"
    ACTIVATED_EMPTY = "activated empty"  # nothing is configured again: the device has just that


ACTIVE = frozenset({Status.MODIFIED, Status.APPLIED, Status.ERROR})
OUT_OF_SERVICE = frozenset({Status.DEACTIVATING, Status.DEACTIVATED})
_REPORTED = frozenset(event for event in Event if event.value.startswith("reported"))

# What an event makes of an active configuration; those left out leave it as it is.
_ACTIVE: dict[Event, Status] = {
    Event.CHANGED: Status.MODIFIED,
    Event.RENAMED: Status.MODIFIED,
    Event.REPORTED_MODIFIED: Status.MODIFIED,
    Event.REPORTED_APPLIED: Status.APPLIED,
    Event.REPORTED_ERROR: Status.ERROR,
    Event.DEACTIVATED: Status.DEACTIVATING,
    Event.DEACTIVATED_EMPTY: Status.DEACTIVATED,
}
_ACTIVATED = {Event.ACTIVATED: Status.MODIFIED, Event.ACTIVATED_EMPTY: Status.APPLIED}
_REPORTS = {
    "modified": Event.REPORTED_MODIFIED,
    "applied": Event.REPORTED_APPLIED,
    "running": Event.REPORTED_APPLIED,  # what agents before 0.6 called it
    "error": Event.REPORTED_ERROR,
    "deactivating": Event.REPORTED_OTHER,
    "deactivated": Event.REPORTED_OTHER,
}


def after(status: Status, event: Event) -> Status:
    """The status that an event leads to; the same one where it does not matter."""
    if status in ACTIVE:
        return _ACTIVE.get(event, status)
    if event in _ACTIVATED:
        return _ACTIVATED[event]
    if status is Status.DEACTIVATING and event in _REPORTED:
        return Status.DEACTIVATED  # whatever it says, it has come for the empty one
    return status


def reported(word: str) -> Event | None:
    """What a device's report-status means; None for a word that is no status."""
    return _REPORTS.get(word)


def reason(text: str) -> str:
    """Why a device went back, as it is kept: OpenWISP's lengths and words."""
    clean = text.strip() or NO_REASON
    if len(clean) > REASON_LENGTH:
        return clean[: REASON_LENGTH - len(TRUNCATED)] + TRUNCATED
    return clean
