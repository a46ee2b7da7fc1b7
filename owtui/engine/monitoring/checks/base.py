"""What a check is: it asks (network, series) and then reads what was told (pure).

The two are apart so that what is made of an answer can be tested on a file. A check is one module
with a class and a `register`; OpenWISP's five are beside this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from owtui.engine.actions.params import validate
from owtui.engine.monitoring.checks.locks import Locks
from owtui.engine.monitoring.pinger import Pinger
from owtui.engine.monitoring.readings import Reading
from storage.checks import Doors
from storage.rows import DeviceRow
from storage.series import Series
from storage.tables import now

if TYPE_CHECKING:
    from owtui.engine.openwrt.router import Router

DEFAULT_EVERY_S = 300.0
SICK = frozenset({"critical", "unknown"})
"""Statuses in which a device is not asked for what it can only tell when it is well."""


class Later(Exception):
    """The check cannot run now (its server is in use); try again in so many seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"again in {after_s:g} s")
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Means:
    """What checks may use; everything that is not pure is in here.

    polled: whether an engine polls the device, so that its data needs no other watcher.
    router: opens the device. zone: of the wall clock that schedules are written for, None the
    computer's. series: None where no history can be read
    """

    pinger: Pinger
    series: Series | None
    router: Callable[[UUID], AbstractAsyncContextManager[Router]]
    doors: Callable[[UUID], Awaitable[Doors]]
    modified: Callable[[UUID], Awaitable[datetime | None]]
    polled: Callable[[UUID], bool]
    locks: Locks
    present: Callable[[], datetime] = now
    management_ip_only: bool = True
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One run of a check on one device. `params`: complete, defaults filled in."""

    row: DeviceRow
    params: Mapping[str, Any]
    at: datetime  # aware, UTC
    means: Means


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check was told, as plain values (JSON); `note` is for people: how it was found."""

    told: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to. `readings` None: skipped or nothing to write; `note` says how it was
    found (ping: icmp or tcp)."""

    readings: tuple[Reading, ...] | None
    note: str = ""


class Check(ABC):
    """One kind of check. `schema` is the JSON schema of its params, with a `default` each.

    metrics: configurations of what it writes. setting: the name of the setting that says whether
    it runs where nobody said otherwise; where there is none, `active` does.
    """

    type: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }
    metrics: ClassVar[tuple[str, ...]]
    setting: ClassVar[str] = ""
    active: ClassVar[bool] = False
    every_s: ClassVar[float] = DEFAULT_EVERY_S
    deadline_s: ClassVar[float] = 120.0

    @abstractmethod
    async def ask(self, asked: Asked) -> Answer | None:
        """Find out. None: skipped, and nothing is written.

        Raises OwtuiError for what a person has to mend, Later to be tried again soon.
        """

    @abstractmethod
    def read(self, told: Mapping[str, Any], asked: Asked) -> list[Reading] | None:
        """Make values of what was told, without any I/O; None writes nothing."""

    def prove(self, params: Mapping[str, Any]) -> None:
        """Refuse params that cannot be. Raises InputError with a sentence."""
        validate(self.schema, params)

    async def run(self, asked: Asked) -> Result:
        """Ask and read. What takes long is of the time when it ended: old values are not judged."""
        answer = await self.ask(asked)
        if answer is None:
            return Result(None, "skipped")
        found = self.read(answer.told, replace(asked, at=asked.means.present()))
        return Result(None if found is None else tuple(found), answer.note)

    def complete(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The params with the schema's defaults under them."""
        return completed(self.schema, params)


def completed(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in defaults, in objects within, too."""
    found: dict[str, Any] = dict(values)
    for name, part in schema.get("properties", {}).items():
        if part.get("type") == "object":
            found[name] = completed(part, values.get(name) or {})
        elif name not in found and "default" in part:
            found[name] = part["default"]
    return found
