"""Thresholds as people see and set them: of a device, of a group, over the defaults; audited.

A value that is what would hold anyway is stored as nothing, OpenWISP's rule, so that a later
default applies. What would hold is the group's for a device, and the metric's for a group.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.configs.groupdesk import find_group
from owtui.engine.events import AlertChanged
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.engine.monitoring.alerts.entries import ThresholdRow
from owtui.engine.monitoring.metrics import METRICS, Metric, Threshold
from owtui.errors import InputError
from owtui.operator import Operator
from storage import metrics, organizations
from storage.db import Database
from storage.metrics import Setting
from storage.rows import DeviceRow

LONGEST_MIN = 10_080
_ATTRIBUTES = {
    "is_active": "is_active",
    "operator": "operator",
    "threshold": "value",
    "tolerance": "tolerance",
}
FIELDS = tuple(_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose thresholds: a device's, with its group, or a group's; neither is the defaults."""

    name: str = ""
    device: DeviceRow | None = None
    group: tuple[UUID, str] | None = None  # organization, name
    group_id: UUID | None = None


class ThresholdDesk:
    """Thresholds of devices and groups."""

    def __init__(self, database: Database, fleet: Fleet, operator: Operator, bus: Bus) -> None:
        self._database = database
        self._fleet = fleet
        self._operator = operator
        self._bus = bus

    async def rows(
        self, *, device: UUID | None = None, group: str = "", organization: str = ""
    ) -> list[ThresholdRow]:
        """The thresholds that hold for a device or a group, or by default, one a kind; and those
        of its single interfaces and so on, where they differ."""

        def read(session: Session) -> list[ThresholdRow]:
            owner = self._owner(session, device, group, organization)
            return _rows(owner, metrics.settings(session))

        return await self._database.aread(read)

    async def set(
        self,
        kind: str,
        *,
        device: UUID | None = None,
        group: str = "",
        organization: str = "",
        tags: str = "",
        **values: Any,
    ) -> ThresholdRow:
        """Set what is given: is_active, operator, threshold, tolerance (minutes, 0 to 10080).

        None takes a value back, so that what is above holds. Raises InputError, StorageError.
        """
        metric = METRICS.get(kind)
        if metric is None:
            raise InputError(f"There is no metric {kind}.", f"Known: {', '.join(_names())}.")
        _check(values)

        def write(session: Session) -> ThresholdRow:
            owner = self._owner(session, device, group, organization)
            if owner.device is None and owner.group is None:
                raise InputError("Whose threshold?", "Name a device or a group.")
            known = metrics.settings(session)
            above = _layered(metric, _above(owner, known, kind, tags))
            stored = {
                name: None if value == getattr(above, _ATTRIBUTES[name]) else value
                for name, value in values.items()
            }
            metrics.put_setting(
                session,
                kind,
                device_id=owner.device.id if owner.device else None,
                group_id=owner.group_id,
                tags=tags,
                **stored,
            )
            said = {"kind": kind, "owner": owner.name, "tags": tags, **stored}
            note(session, self._operator, "set_threshold", said, owner.device)
            return _row(owner, metric, tags, metrics.settings(session))

        told = await self._database.awrite(write)
        self._bus.publish(AlertChanged("*"))
        return told

    async def reset(
        self,
        kind: str,
        *,
        device: UUID | None = None,
        group: str = "",
        organization: str = "",
        tags: str = "",
    ) -> ThresholdRow:
        """Take back all that was set."""
        whose: dict[str, Any] = {"device": device, "group": group, "organization": organization}
        nothing: dict[str, Any] = dict.fromkeys(FIELDS)
        return await self.set(kind, tags=tags, **whose, **nothing)

    def _owner(self, session: Session, device: UUID | None, group: str, organization: str) -> Owner:
        if device is not None and group:
            raise InputError("A device and a group were named.", "Give one of the two.")
        if device is not None:
            row = self._fleet.rows.get(device)
            if row is None:
                raise InputError("That device is gone.", "`owtui devices` lists them.")
            return Owner(row.name, row, (row.organization_id, row.group) if row.group else None)
        if group:
            found = find_group(session, group, organization)
            whose = organizations.find(session, found.organization_id)
            return Owner(found.name, None, (whose.id, found.name), found.id)
        return Owner()


def _check(values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(FIELDS)):
        raise InputError(f"A threshold has no {unknown[0]}.", f"Known: {', '.join(FIELDS)}.")
    limits: dict[str, tuple[Callable[[Any], bool], str]] = {
        "is_active": (lambda v: isinstance(v, bool), "yes or no"),
        "operator": (lambda v: v in ("<", ">"), "< or >"),
        "threshold": (_is_number, "a number"),
        "tolerance": (
            lambda v: _is_number(v) and v == int(v) and 0 <= v <= LONGEST_MIN,
            f"minutes from 0 to {LONGEST_MIN}",
        ),
    }
    for name, value in values.items():
        accepts, words = limits[name]
        if value is not None and not accepts(value):
            raise InputError(f"{name} must be {words}, not “{value}”.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _names() -> list[str]:
    return [one.configuration for one in METRICS]


def _layered(metric: Metric, layers: Sequence[Setting]) -> Threshold:
    """The default of a metric with what differs over it, the last layer the nearest."""
    made = metric.alert or Threshold("", math.nan, 0)
    for one in layers:
        given: dict[str, Any] = {at: getattr(one, name) for name, at in _ATTRIBUTES.items()}
        made = replace(made, **{name: v for name, v in given.items() if v is not None})
    return made


def _matching(settings: Sequence[Setting], kind: str, tags: str) -> list[Setting]:
    """What is said of the kind, and then of these tags."""
    wanted = [one for one in settings if one.configuration == kind and one.tags in ("", tags)]
    return sorted(wanted, key=lambda one: one.tags != "")


def _above(owner: Owner, settings: Sequence[Setting], kind: str, tags: str) -> list[Setting]:
    """What holds where the owner itself says nothing of these tags, the nearest last."""
    found = _matching(settings, kind, tags)
    own = [one for one in found if _is_own(owner, one) and one.tags != tags]
    if owner.device is None:
        return own
    return [one for one in found if one.group is not None and one.group == owner.group] + own


def _is_own(owner: Owner, one: Setting) -> bool:
    if owner.device is not None:
        return one.device_id == owner.device.id
    return one.group is not None and one.group == owner.group


def _rows(owner: Owner, settings: Sequence[Setting]) -> list[ThresholdRow]:
    shown = []
    for metric in METRICS:
        known = _matching(settings, metric.configuration, "")
        tagged = {
            one.tags
            for one in settings
            if one.configuration == metric.configuration and one.tags and _is_own(owner, one)
        }
        if metric.alert is not None or any(_is_own(owner, one) for one in known):
            shown.append(_row(owner, metric, "", settings))
        shown += [_row(owner, metric, tags, settings) for tags in sorted(tagged)]
    return shown


def _row(owner: Owner, metric: Metric, tags: str, settings: Sequence[Setting]) -> ThresholdRow:
    above = _above(owner, settings, metric.configuration, tags)
    found = _matching(settings, metric.configuration, tags)
    own = [one for one in found if _is_own(owner, one) and one.tags == tags]
    holds, inherited = _layered(metric, [*above, *own]), _layered(metric, above)
    return ThresholdRow(
        kind=metric.configuration,
        label=metric.label,
        unit=metric.unit,
        owner=owner.name,
        tags=tags,
        is_active=holds.is_active,
        operator=holds.operator,
        threshold=None if math.isnan(holds.value) else holds.value,
        tolerance=holds.tolerance,
        custom=tuple(n for n in FIELDS if own and getattr(own[0], n) is not None),
        inherited=None if math.isnan(inherited.value) else inherited,
    )
