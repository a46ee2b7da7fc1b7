"""Writes what was seen: the state of each device, and the fields that devices fill themselves.

Model, os and system are the device's to say (OpenWISP's update-info); a MAC is taken only where
none is known, since it is what a device is recognised by.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.ingest import Sighting
from owtui.engine.monitoring.metrics import CRITICAL
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.verdicts import Observation
from owtui.engine.openwrt.facts import Facts
from storage import devices, metrics, states
from storage.devices import DeviceFields
from storage.errors import StorageError
from storage.rows import DeviceRow

_log = logging.getLogger(__name__)


def record(
    session: Session,
    batch: Sequence[Sighting],
    known: Mapping[UUID, DeviceRow],
    statuses: Mapping[UUID, str] | None = None,
) -> None:
    """Write a batch in one transaction; `known` are the rows as they were.

    statuses: of the devices that were judged; of the others, and for a process that only looks, a
        status is what this one look says, unless another metric is known to be unhealthy.
    """
    judged = statuses if statuses is not None else _looked(session, batch)
    states.save(session, [_state(one, judged.get(one.device_id, one.status)) for one in batch])
    for sighting in batch:
        row = known.get(sighting.device_id)
        if row is None or sighting.facts is None:
            continue
        if fields := told(row, sighting.facts):
            _fill(session, row, fields)


def told(row: DeviceRow, facts: Facts) -> DeviceFields:
    """The fields of a device that its own facts change."""
    fields: DeviceFields = {}
    if facts.model and facts.model[:64] != row.model:
        fields["model"] = facts.model[:64]
    if facts.description and facts.description[:128] != row.os:
        fields["os"] = facts.description[:128]
    if facts.system and facts.system[:128] != row.system:
        fields["system"] = facts.system[:128]
    if facts.mac and not row.mac:
        fields["mac_address"] = facts.mac
    return fields


def _fill(session: Session, row: DeviceRow, fields: DeviceFields) -> None:
    try:
        with session.begin_nested():  # what it refuses must not stay behind, half set
            devices.update(session, row.id, **fields)
    except StorageError as error:
        # Two rows for one router, or cloned routers: the second keeps no MAC until one is removed,
        # and is told what it is all the same.
        _log.warning("%s: %s", row.name, error)
        if fields.pop("mac_address", None) and fields:
            _fill(session, row, fields)


def observed(sighting: Sighting, *, counts: bool = True) -> list[Observation]:
    """What a sighting tells the monitor: whether it brought data, and the documents.

    counts: the check "data collected" is on for the device
    """
    found = [
        Observation(one.device_id, one.at, document=one.document, current=False)
        for one in sighting.earlier
    ]
    brought = float(sighting.failure is None)
    data = Reading("data_collected", sighting.at.timestamp(), {"data_collected": brought})
    told = (data,) if counts else ()
    readings = (*told, *_state_of(sighting), *sighting.readings)
    return [*found, Observation(sighting.device_id, sighting.at, readings, sighting.document)]


def _state_of(sighting: Sighting) -> tuple[Reading, ...]:
    """What time travel shows of a device beside its metrics."""
    facts = sighting.facts
    if facts is None:
        return ()
    values = {"uptime": facts.uptime_s}
    if facts.clients is not None:
        values["clients"] = float(facts.clients)
    return (Reading("state", sighting.at.timestamp(), values),)


def _looked(session: Session, batch: Sequence[Sighting]) -> dict[UUID, str]:
    """The statuses that one look gives with the recorded judgement of the other metrics."""
    ok = {one.device_id for one in batch if one.status == Status.OK}
    flags = metrics.load(session, ok) if ok else []
    sick = {
        one.device_id for one in flags if one.healthy is False and one.configuration not in CRITICAL
    }
    return dict.fromkeys(sick, Status.PROBLEM.value)


def _state(sighting: Sighting, status: str) -> states.StateUpdate:
    if sighting.failure is not None:
        return states.StateUpdate(
            sighting.device_id,
            status=status,
            last_attempt=sighting.at,
            failure_kind=sighting.failure.kind.value,
            failure_sentence=sighting.failure.sentence,
        )
    return states.StateUpdate(
        sighting.device_id,
        status=status,
        last_seen=sighting.at,
        last_attempt=sighting.at,
        failure_kind="",
        failure_sentence="",
        facts=sighting.facts.as_dict() if sighting.facts else None,
        facts_at=sighting.at if sighting.facts else None,
    )
