"""Alerts that no metric raises: drift, a history that cannot be kept, forecasts, links.

Each is a state that is compared with what is open, so that nothing depends on having heard an
event: who takes the engine over finds the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.alerts.forecast import Outlook
from owtui.engine.monitoring.alerts.opening import Ending, Opening, Place, place
from owtui.engine.monitoring.alerts.words import DRIFT, FORECAST, LINKS, SERIES
from owtui.errors import Failure
from storage import alerts, topologylinks
from storage.rows import DeviceRow

CAME_TRUE = "it has come true"

MANY = 2
"""One link that is down is told by its devices."""

LINKS_WITHIN = timedelta(days=1)
"""A link that is down for longer is not missed any more."""


class Findings:
    """What is known beside metrics. What is not known, after a start, ends nothing."""

    def __init__(self, links_percent: float = 50.0) -> None:
        self._links_percent = links_percent
        self._trouble: Failure | None = None
        self._series_known = False
        self._outlooks: dict[tuple[UUID, str], Outlook] = {}

    def trouble(self, failure: Failure | None) -> None:
        """Points cannot be kept for this reason, or can be kept again."""
        self._trouble = failure
        self._series_known = True

    def kept(self) -> None:
        """Points came; whether they could be kept is known by now."""
        self._series_known = True

    def foreseen(self, outlooks: Sequence[Outlook]) -> None:
        """Take what was foreseen in the place of what was before, of these subjects."""
        self._outlooks |= {(one.device_id, one.subject): one for one in outlooks}

    def due(
        self, session: Session, rows: Mapping[UUID, DeviceRow], at: datetime
    ) -> tuple[list[Opening], list[Ending]]:
        """What to open and what to end."""
        openings: list[Opening] = []
        endings: list[Ending] = []
        for found, ended in (
            self._drift(session, rows),
            self._series(session),
            self._forecasts(session, rows),
            self._links(session, at),
        ):
            openings += found
            endings += ended
        return openings, endings

    def _drift(
        self, session: Session, rows: Mapping[UUID, DeviceRow]
    ) -> tuple[list[Opening], list[Ending]]:
        drifted = {row.id: row.drift for row in rows.values() if row.drift}
        there = {place(one) for one in alerts.open_of_kind(session, DRIFT)}
        openings = [Opening((id_, DRIFT, ""), what) for id_, what in drifted.items()]
        endings = [Ending(where) for where in there if where[0] in rows and where[0] not in drifted]
        return [one for one in openings if one.place not in there], endings

    def _series(self, session: Session) -> tuple[list[Opening], list[Ending]]:
        where: Place = (None, SERIES, "")
        if self._trouble is not None:
            return [Opening(where, self._trouble.sentence, "critical")], []
        return [], [Ending(where)] if self._series_known else []

    def _links(self, session: Session, at: datetime) -> tuple[list[Opening], list[Ending]]:
        """Topologies with more links down than may be (openwisp-monitoring#55)."""
        there = {place(one) for one in alerts.open_of_kind(session, LINKS)}
        down: dict[Place, str] = {}
        for one in topologylinks.shares(session, at - LINKS_WITHIN) if self._links_percent else ():
            share = 100 * one.down / one.links
            if one.down >= MANY and share > self._links_percent:
                said = f"{one.label}: {one.down} of {one.links} links are down"
                down[None, LINKS, one.label] = said
        openings = [Opening(where, what) for where, what in down.items() if where not in there]
        return openings, [Ending(where) for where in there if where not in down]

    def _forecasts(
        self, session: Session, rows: Mapping[UUID, DeviceRow]
    ) -> tuple[list[Opening], list[Ending]]:
        there = {place(one) for one in alerts.open_of_kind(session, FORECAST)}
        openings, endings = [], []
        for (device_id, subject), one in self._outlooks.items():
            where: Place = (device_id, FORECAST, subject)
            if one.moot:
                if where in there:
                    endings.append(Ending(where, one.moot, tell=False))
            elif one.came_true and where in there:
                endings.append(Ending(where, CAME_TRUE, tell=False))
            elif not one.what and where in there:
                endings.append(Ending(where))
            elif one.what and one.near and not one.came_true and device_id in rows:
                openings.append(Opening(where, one.what))
        return [one for one in openings if one.place not in there], endings
