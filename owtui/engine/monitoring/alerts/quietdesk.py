"""Quiet times as people make and remove them, audited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import AlertChanged
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.engine.monitoring.alerts import words
from owtui.engine.monitoring.alerts.quiet import FOREVER, Quiet, Views, check
from owtui.engine.selection import FilterError, parse
from owtui.operator import Operator
from storage import quiet
from storage.db import Database


class QuietDesk:
    """Lists, adds and removes quiet times; one that is to differ is removed and made anew."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        operator: Operator,
        bus: Bus,
        views: Views | None,
        present: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._operator = operator
        self._bus = bus
        self._views = views
        self._present = present

    async def rows(self) -> list[dict[str, Any]]:
        """All of them: the fields of `Quiet`, and how they stand now.

        active; until: when it ends, where it lasts; next: when it begins, where it does not;
        devices: how many it covers, None where its filter names what is gone
        """
        found = await self._database.aread(lambda s: [Quiet.of(row) for row in quiet.rows(s)])
        return [self._told(one, self._present()) for one in found]

    async def add(self, one: Quiet) -> Quiet:
        """Keep one. Raises InputError, FilterError, RuleError."""
        made = replace(one, operator=self._operator.name)
        check(made, words.kinds(), self._views)
        made = replace(made, filter=str(parse(made.filter, self._views)))

        def write(session: Session) -> Quiet:
            kept = Quiet.of(quiet.add(session, made.row()))
            note(session, self._operator, "add_quiet_time", _detail(kept))
            return kept

        kept = await self._database.awrite(write)
        self._bus.publish(AlertChanged("*"))
        return kept

    async def remove(self, which: UUID | str) -> Quiet:
        """Remove one by name or id; what is still wrong is told then. Raises MissingError."""

        def write(session: Session) -> Quiet:
            gone = Quiet.of(quiet.remove(session, which))
            note(session, self._operator, "remove_quiet_time", _detail(gone))
            return gone

        gone = await self._database.awrite(write)
        self._bus.publish(AlertChanged("*"))
        return gone

    def _told(self, one: Quiet, at: datetime) -> dict[str, Any]:
        until = one.until(at)
        try:
            count = len(parse(one.filter, self._views).choose(self._fleet.rows.values(), at))
        except FilterError:
            count = None
        forever = until is not None and until == FOREVER
        return {
            **asdict(one),
            "active": until is not None,
            "until": None if forever else until,
            "next": one.following(at) if until is None else None,
            "devices": count,
        }


def _detail(one: Quiet) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.name,
        "mode": one.mode,
        "filter": one.filter,
        "kinds": list(one.kinds),
    }
    if one.weekly:
        told |= {"weekdays": list(one.weekdays), "at": one.at, "timezone": one.timezone}
    return told
