"""Which open alerts are explained by another one, pure.

A device's own alert "is not reachable" explains its others of that sort; what it is behind explains
that it is not reachable. An alert is folded under the last of the chain, so that nothing is folded
under what is folded itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from owtui.engine.monitoring.alerts.uplinks import Down, Through, Uplinks
from owtui.engine.monitoring.alerts.words import DATA, FOLDED_KINDS, PING
from owtui.engine.monitoring.health import Status
from storage.rows import DeviceRow
from storage.tables import Alert

Rows = Mapping[UUID, DeviceRow]


def down(alerts: Iterable[Alert], rows: Rows) -> dict[UUID, Alert]:
    """The alert that says of a device that it is gone: "ping", or any sign where it is critical."""
    found: dict[UUID, Alert] = {}
    for one in alerts:
        if one.device_id is None:
            continue
        if one.kind == PING:
            found[one.device_id] = one
        elif one.kind == DATA and _critical(rows.get(one.device_id)):
            found.setdefault(one.device_id, one)
    return found


def _critical(row: DeviceRow | None) -> bool:
    return row is not None and row.status == Status.CRITICAL


def through(rows: Rows) -> Through:
    """Devices that nothing is known of: never judged, or out of service."""

    def unknown(device_id: UUID) -> bool:
        row = rows.get(device_id)
        return row is None or row.is_deactivated or row.status == Status.UNKNOWN

    return unknown


def causes(alerts: Iterable[Alert], uplinks: Uplinks, rows: Rows) -> dict[UUID, UUID]:
    """What explains each open alert that something explains, by their ids.

    One that is folded already stays so while its cause is open, whatever is known of uplinks now:
    a device that is gone for a day is in no document.
    """
    present = list(alerts)
    gone = down(present, rows)
    found: dict[UUID, UUID] = {}
    open_ids = {one.id for one in present}
    lost = Down(uplinks, {id_: one.opened_at for id_, one in gone.items()}, through(rows))
    for one in present:
        if one.device_id is None or one.kind not in FOLDED_KINDS:
            continue
        own = gone.get(one.device_id)
        if own is not None and own is not one:
            found[one.id] = own.id
            continue
        above = lost.cause(one.device_id)
        if above is not None:
            found[one.id] = gone[above].id
        elif one.cause_id in open_ids and one.cause_id is not None:
            found[one.id] = one.cause_id
    return _shortened(found, {one.id: one.opened_at for one in present})


def _shortened(found: Mapping[UUID, UUID], opened: Mapping[UUID, datetime]) -> dict[UUID, UUID]:
    """Each under the end of its chain; of a ring the first that opened is under nothing."""
    ends: dict[UUID, UUID] = {}
    for start in found:
        trail = [start]
        while (above := found.get(trail[-1])) is not None and above not in trail:
            trail.append(above)
        ring = trail[trail.index(above) :] if above is not None else [trail[-1]]
        end = min(ring, key=lambda one: (opened[one], one))
        if end != start:
            ends[start] = end
    return ends


class Suspicion:
    """Whether something that would explain an alert does not answer either, though not for long
    enough to have an alert of its own.

    silent: since when devices do not answer
    """

    def __init__(
        self,
        uplinks: Uplinks,
        gone: Mapping[UUID, Alert],
        silent: Mapping[UUID, datetime],
        rows: Rows,
    ) -> None:
        self._silent = silent.keys() - gone.keys()
        opened = {**silent, **{id_: one.opened_at for id_, one in gone.items()}}
        self._down = Down(uplinks, opened, through(rows))

    def of(self, alert: Alert) -> bool:
        """Whether its cause is still to be found."""
        if alert.device_id is None or alert.kind not in FOLDED_KINDS:
            return False
        if alert.kind != PING and alert.device_id in self._silent:
            return True
        return self._down.cause(alert.device_id) is not None
