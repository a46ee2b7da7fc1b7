"""Writes what was seen: the state of each device, and the fields that devices fill themselves.

Model, os and system are the device's to say (OpenWISP's update-info); a MAC is taken only where
none is known, since it is what a device is recognised by.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.ingest import Sighting
from owtui.engine.openwrt.facts import Facts
from storage import devices, states
from storage.devices import DeviceFields
from storage.errors import StorageError
from storage.rows import DeviceRow

_log = logging.getLogger(__name__)


def record(session: Session, batch: Sequence[Sighting], known: Mapping[UUID, DeviceRow]) -> None:
    """Write a batch in one transaction; `known` are the rows as they were."""
    states.save(session, [_state(sighting) for sighting in batch])
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


def _state(sighting: Sighting) -> states.StateUpdate:
    if sighting.failure is not None:
        return states.StateUpdate(
            sighting.device_id,
            status=sighting.status,
            last_attempt=sighting.at,
            failure_kind=sighting.failure.kind.value,
            failure_sentence=sighting.failure.sentence,
        )
    return states.StateUpdate(
        sighting.device_id,
        status=sighting.status,
        last_seen=sighting.at,
        last_attempt=sighting.at,
        failure_kind="",
        failure_sentence="",
        facts=sighting.facts.as_dict() if sighting.facts else None,
        facts_at=sighting.at if sighting.facts else None,
    )
