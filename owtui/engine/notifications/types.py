"""The types of notifications, by OpenWISP's names (operations.md §8.2): one table.

A type says how serious it is, by which ways it is told unless somebody chose otherwise, and what a
mail about it is called. Those of monitoring follow from the kinds of metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.metrics import METRICS, Metrics
from owtui.engine.notifications.telling import Telling

SUBJECT_LENGTH = 200
LEVELS = ("info", "success", "warning", "error")


@dataclass(frozen=True, slots=True)
class Type:
    """A type. `verb` completes the device's name; `message` is a format of the telling's data.

    word: how a mail's subject begins. web, email: told by these ways unless preferences differ.
    fixed: no preference changes it. sinks: goes to webhook, exec and plug-ins as well
    """

    name: str
    level: str
    verb: str
    message: str = ""
    word: str = ""
    web: bool = True
    email: bool = True
    fixed: bool = False
    sinks: bool = True


class Types:
    """The types by name."""

    def __init__(self, types: tuple[Type, ...] = ()) -> None:
        self._types: dict[str, Type] = {}
        for one in types:
            self.register(one)

    def register(self, one: Type) -> None:
        """Add a type. Raises ValueError for a name that is taken or a level that is none."""
        if one.name in self._types:
            raise ValueError(f"notification type {one.name} is registered already")
        if one.level not in LEVELS:
            raise ValueError(f"{one.level!r} is none of {', '.join(LEVELS)}")
        self._types[one.name] = one

    def unregister(self, name: str) -> None:
        """Take a type away. Raises ValueError where there is none."""
        if self._types.pop(name, None) is None:
            raise ValueError(f"there is no notification type {name}")

    def get(self, name: str, level: str = "info") -> Type:
        """The type. What nobody registered (a plug-in's alert) is told by every way."""
        return self._types.get(name) or Type(name, level, name.replace("_", " "))

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[Type]:
        return iter(self._types.values())


def of_metrics(metrics: Metrics) -> Iterator[Type]:
    """A problem and a recovery for each kind of metric that has words for them."""
    for kind in metrics:
        if kind.problem:
            name = kind.configuration
            yield Type(f"{name}_problem", "warning", kind.problem, word="PROBLEM")
            yield Type(f"{name}_recovery", "info", kind.recovery, word="RECOVERY")


def of_owtui() -> Iterator[Type]:
    """Alerts that OpenWISP does not have, and what the sinks themselves have to say."""
    kinds = {
        "drift": (
            "no longer has the configuration that was applied to it",
            "has the configuration again that was applied to it",
        ),
        "forecast": (
            "is about to go over a threshold",
            "is no longer about to go over a threshold",
        ),
        "links": ("has too many links down", "has its links up again"),
        "series": ("history cannot be kept", "history is kept again"),
    }
    for name, (problem, recovery) in kinds.items():
        yield Type(f"{name}_problem", "warning", problem, word="PROBLEM")
        yield Type(f"{name}_recovery", "info", recovery, word="RECOVERY")
    # Told in the console alone, and whatever is preferred: by the sink that fails it cannot go.
    yield _of_sinks("sink_problem", "error", "cannot be told by a sink")
    yield _of_sinks("sink_recovery", "info", "can be told by a sink again")


def _of_sinks(name: str, level: str, verb: str) -> Type:
    return Type(name, level, verb, email=False, fixed=True, sinks=False)


TYPES = Types(
    (
        Type("generic_message", "info", "", "{description}", email=False, fixed=True),
        Type(
            "config_error",
            "error",
            "encountered an error",
            "The configuration of device {device} has encountered an error: the last working"
            " configuration has been restored from a backup. {reason}",
            word="ERROR",
        ),
        Type(
            "device_registered",
            "success",
            "registered successfully",
            "{condition} device {device} has registered successfully.",
            word="SUCCESS",
        ),
        Type(
            "connection_is_not_working",
            "error",
            "connection is not working",
            "{credentials} connection to device {device} is not working. {reason}",
            word="PROBLEM",
        ),
        Type(
            "connection_is_working",
            "info",
            "connection is working",
            "{credentials} connection to device {device} is working.",
            word="RECOVERY",
        ),
        Type(
            "pending_upgrade_reminder",
            "info",
            "waits for its upgrade",
            "The upgrade of device {device} has been pending since {since}: it is tried again.",
            word="REMINDER",
        ),
        Type(
            "persistent_upgrade_failed",
            "error",
            "was not upgraded",
            "The upgrade of device {device}, tried {tries} times, has failed. {reason}",
            word="ERROR",
        ),
        *of_metrics(METRICS),
        *of_owtui(),
    )
)


def telling(
    type: str,
    at: datetime,
    *,
    organization_id: UUID | None = None,
    device_id: UUID | None = None,
    **data: Any,
) -> Telling:
    """Something to tell, its text made of the type's message. Raises KeyError for missing data."""
    found = TYPES.get(type)
    text = " ".join(found.message.format_map(data).split())
    return Telling(type, found.level, text, at, organization_id, device_id, data=data)


def subject(site: str, type: str, text: str, data: Mapping[str, Any]) -> str:
    """What a mail about one notification is called: `[site] PROBLEM: ap-1 is not reachable`."""
    found = TYPES.get(type)
    said = text
    if data.get("device") and found.verb:
        said = f"{data['device']} {_filled(found.verb, data)}"
    word = f"{found.word}: " if found.word else ""
    return line(f"[{site}] {word}{said}")


def line(text: str) -> str:
    """One line without control characters, cut where a header would be too long."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= SUBJECT_LENGTH else f"{plain[: SUBJECT_LENGTH - 1]}…"


def _filled(verb: str, data: Mapping[str, Any]) -> str:
    try:
        return verb.format_map(data)
    except (KeyError, ValueError, TypeError):  # data of an older program, without the threshold
        return verb.partition(" which ")[0]
