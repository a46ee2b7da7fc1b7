"""The checks as people see and set them: on which terms they run, and how they went.

Any process may list and set them; whoever runs the engine takes up what was set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.variabledesk import find_scope
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.engine.monitoring.checking import Checking, Ran
from owtui.engine.monitoring.checks.base import Check
from owtui.engine.monitoring.metrics import METRICS
from owtui.engine.monitoring.terms import merged
from owtui.errors import BlockedError, InputError
from owtui.operator import Operator
from storage import checks as stored
from storage import metrics
from storage.db import Database
from storage.rows import DeviceRow
from storage.series import Key, Point, Series

SHORTEST_S, LONGEST_S = 10, 86_400


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check of a device. `healthy`: how its metrics were judged last, None never; `value` and
    `since` are of when that changed. `result`: how it went last, in words, and `ran_at` when: the
    run of this process, else (of one device) what was kept. `due_in_s`: seconds until its next
    turn, negative where that is overdue; None where another process has the turns.
    """

    device_id: UUID
    device: str
    type: str
    title: str
    active: bool
    every_s: float
    params: Mapping[str, Any]
    origin: str
    healthy: bool | None = None
    value: float | None = None
    since: datetime | None = None
    result: str = ""
    ran_at: datetime | None = None
    due_in_s: float | None = None
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a check; None leaves it. A param of None is the default again."""

    active: bool | None = None
    every_s: int | None = None
    params: Mapping[str, Any] | None = None


class CheckDesk:
    """Lists, sets and runs checks. `ready`: the checking, with what is set now."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        operator: Operator,
        checking: Callable[[], Checking],
        series: Callable[[], Series],
        *,
        read_only: bool = False,
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._operator = operator
        self._checking = checking
        self._series = series
        self._read_only = read_only

    async def rows(self, ids: Collection[UUID]) -> list[CheckRow]:
        """The checks of these devices, in the devices' order, then by type."""
        checking = await self._ready()
        flagged = await self._database.aread(lambda session: metrics.load(session, ids))
        judged: dict[tuple[UUID, str], metrics.Flagged] = {}
        for one in flagged:
            key = (one.device_id, one.configuration)
            if key not in judged or one.healthy is False:
                judged[key] = one
        known = [self._fleet.rows[id_] for id_ in ids if id_ in self._fleet.rows]
        return [_row(checking, row, check, judged) for row in known for check in checking.checks]

    async def of_device(self, device_id: UUID, at: datetime, *, then: bool) -> list[CheckRow]:
        """The same of one device at `at`, with what is kept of runs that other processes made.

        then: `at` is not now, so that what is judged and planned now says nothing.
        """
        found = await self.rows([device_id])
        checking = self._checking()
        kept = {one.type: _keys(device_id, checking.checks.get(one.type)) for one in found}
        keys = [key for keys in kept.values() for key in keys]
        last = await self._series().latest_at(keys, at.timestamp())
        if then:
            blank: dict[str, Any] = {
                "healthy": None,
                "value": None,
                "since": None,
                "result": "",
                "ran_at": None,
            }
            found = [replace(one, **blank, due_in_s=None, is_running=False) for one in found]
        return [
            _with_kept(one, [last[key] for key in kept[one.type] if key in last]) for one in found
        ]

    async def set(self, scope: str, type_: str, wish: Wish) -> str:
        """Say how a check runs on a device or in a group: "NAME", "group:NAME". Audited.

        Returns the scope's name. Raises InputError, StorageError, BlockedError.
        """
        check = self._permitted(type_)
        if wish.every_s is not None and not SHORTEST_S <= wish.every_s <= LONGEST_S:
            raise InputError(
                f"A check cannot run every {wish.every_s} s.",
                f"From {SHORTEST_S} to {LONGEST_S} seconds.",
            )
        given = {name: what for name, what in (wish.params or {}).items() if what is not None}
        _known(check, wish.params or {})
        check.prove(given)
        values: dict[str, Any] = {}
        if wish.active is not None:
            values["is_active"] = wish.active
        if wish.every_s is not None:
            values["interval_s"] = wish.every_s

        def write(session: Session) -> str:
            name, owner, device = self._owner(session, scope)
            before = stored.params(session, check.type, **owner)
            params = {
                key: merged(before.get(key) or {}, what) if isinstance(what, dict) else what
                for key, what in (wish.params or {}).items()
            }
            stored.put(session, check.type, **owner, params=params, **values)
            detail = {"scope": name, "check": check.type, **values, **dict(wish.params or {})}
            note(session, self._operator, "set_check", detail, device)
            return name

        name = await self._database.awrite(write)
        await self._checking().load()
        return name

    async def reset(self, scope: str, type_: str) -> bool:
        """Let a check run there as elsewhere again; whether anything was set. Audited."""
        check = self._permitted(type_)

        def write(session: Session) -> bool:
            name, owner, device = self._owner(session, scope)
            if not stored.reset(session, check.type, **owner):
                return False
            detail = {"scope": name, "check": check.type}
            note(session, self._operator, "reset_check", detail, device)
            return True

        moved = await self._database.awrite(write)
        await self._checking().load()
        return moved

    async def run(
        self,
        ids: Iterable[UUID],
        types: Collection[str] = (),
        each: Callable[[Ran], None] = lambda ran: None,
    ) -> list[Ran]:
        """Run checks now; see Checking.run_now."""
        return await (await self._ready()).run_now(ids, types, each)

    async def _ready(self) -> Checking:
        checking = self._checking()
        await checking.load()
        return checking

    def _permitted(self, type_: str) -> Check:
        if self._read_only:
            raise BlockedError("Nothing is changed in read-only mode.", "Start with --write.")
        return self._checking().checks.get(type_)

    def _owner(self, session: Session, scope: str) -> tuple[str, dict[str, UUID], DeviceRow | None]:
        target = find_scope(session, scope)
        if target.device_id is not None:
            row = self._fleet.rows.get(target.device_id)
            return target.name, {"device_id": target.device_id}, row
        if target.scope is None or target.scope.kind != "group" or target.scope.id is None:
            raise InputError(
                f"Checks are not set for {target.name}.",
                "For a device or group:NAME; for all, in the settings: [checks.TYPE].",
            )
        return target.name, {"group_id": target.scope.id}, None


def words(ran: Ran) -> str:
    """How a run went, on one line."""
    if ran.failure is not None:
        return ran.failure.sentence
    if not ran.readings:
        return ran.note or "nothing to write"
    values = [f"{name} {value:g}" for one in ran.readings for name, value in one.values.items()]
    return ", ".join([*values, *([f"by {ran.note}"] if ran.note in ("icmp", "tcp") else [])])


def _known(check: Check, params: Mapping[str, Any]) -> None:
    """Refuse names that the check does not have, also where they are to be taken away."""
    known = check.schema.get("properties", {})
    for name in params:
        if name not in known:
            told = f"It has: {', '.join(sorted(known))}." if known else "It has none."
            raise InputError(f"The check {check.type} has no “{name}”.", told)


def _row(
    checking: Checking,
    row: DeviceRow,
    check: Check,
    judged: Mapping[tuple[UUID, str], metrics.Flagged],
) -> CheckRow:
    terms = checking.terms.of(row, check)
    found = [one for kind in check.metrics if (one := judged.get((row.id, kind)))]
    worst = min(found, key=lambda one: (one.healthy is None, bool(one.healthy)), default=None)
    ran = checking.last.get((row.id, check.type))
    return CheckRow(
        *(row.id, row.name, check.type, check.title),
        active=terms.active and not row.is_deactivated,
        every_s=terms.every_s,
        params=terms.params,
        origin=terms.origin,
        healthy=worst.healthy if worst else None,
        value=worst.value if worst else None,
        since=worst.at if worst else None,
        result=words(ran) if ran else "",
        ran_at=ran.at if ran else None,
        due_in_s=checking.due_in_s(row.id, check.type),
        is_running=checking.is_running(row.id, check.type),
    )


def _keys(device_id: UUID, check: Check) -> list[Key]:
    """The series of what a check writes; those of interfaces have tags, and are none of a check."""
    return [
        Key(device_id, one.key, field)
        for one in METRICS
        if one.configuration in check.metrics
        for field in one.fields
    ]


def _with_kept(one: CheckRow, points: Sequence[Point]) -> CheckRow:
    """With the newest of what is kept, where that is newer than our own run."""
    newest = max((point.time_s for point in points), default=None)
    if newest is None or (one.ran_at is not None and one.ran_at.timestamp() >= newest - 1.0):
        return one
    told = [f"{p.key.field} {p.value:g}" for p in points if p.time_s >= newest - 1.0]
    return replace(one, ran_at=datetime.fromtimestamp(newest, UTC), result=", ".join(told))
