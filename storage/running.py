"""What devices run and what is expected of them, one row a device; snapshots are sealed.

Marks and lists of packages stay in the clear: a list of what drifted works while the vault is
closed. Which packages differ is for the engine to judge; here it is only kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import Session

from storage import revisions, states
from storage.core import DEVICE_RUNNING, among, insert_into
from storage.errors import MissingError
from storage.rules import storable
from storage.secrets import Vault
from storage.tables import DeviceRunning


@dataclass(frozen=True, slots=True)
class Known:
    """What a fingerprint is held against; `further` are the paths it has to ask for."""

    mark: str = ""
    further: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """How a device differs from what is expected of it; no packages: it does not."""

    packages: tuple[str, ...] = ()
    mark: str = ""
    since: datetime | None = None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """A configuration that was read, to be kept; see DeviceRunning for the fields.

    snapshot: what is sealed; None keeps an older one
    """

    device_id: UUID
    read_at: datetime
    mark: str
    sums: Mapping[str, str]
    digests: Mapping[str, str]
    snapshot: bytes | None = field(default=None, repr=False)
    drift: Drift = field(default_factory=Drift)


Shown = dict[UUID, tuple[str, str]]
"""How drift was shown of each device that was written, before and after; "" for none."""


def shown(packages: Sequence[str] | None, mark: str | None, ignored: str | None) -> str:
    """Drift as rows of devices show it: "network, wireless", "" for none and for ignored drift."""
    return ", ".join(packages) if packages and mark != ignored else ""


def known(session: Session, ids: Collection[UUID] | None = None) -> dict[UUID, Known]:
    """What is known of the configurations of all devices, or of these."""
    columns = DEVICE_RUNNING.c
    query = select(columns.device_id, columns.mark, columns.further)
    if ids is not None:
        query = query.where(among(session, columns.device_id, ids))
    return {
        device_id: Known(mark, tuple(further.split("\n")) if further else ())
        for device_id, mark, further in session.execute(query)
    }


def rows(session: Session, ids: Collection[UUID]) -> dict[UUID, DeviceRunning]:
    """The whole rows of these devices, sealed as they are."""
    query = select(DeviceRunning).where(among(session, DEVICE_RUNNING.c.device_id, ids))
    return {row.device_id: row for row in session.scalars(query)}


def snapshots(
    session: Session, vault: Vault, held: Mapping[UUID, DeviceRunning]
) -> dict[UUID, bytes]:
    """What was read of the devices of these rows; without those of which no files are kept.

    Raises SealError.
    """
    sealed = {id_: row.sealed for id_, row in held.items() if row.sealed is not None}
    if not sealed:
        return {}
    unseal = vault.opener(session)
    return {
        id_: unseal(content, f"device_running:{held[id_].id}") for id_, content in sealed.items()
    }


def save(session: Session, vault: Vault | None, observed: Sequence[Observed]) -> Shown:
    """Keep what was read; devices removed meanwhile are left out."""
    changes: Shown = {}
    held = _rows_for(session, [one.device_id for one in observed])
    seal = vault.sealer(session) if vault is not None and held else None
    for one in observed:
        row = held.get(one.device_id)
        if row is None:
            continue
        before = _shown(row)
        row.mark, row.read_at = one.mark, one.read_at
        row.sums, row.digests = storable(dict(one.sums)), storable(dict(one.digests))
        if one.snapshot is not None and seal is not None:
            row.sealed = seal(one.snapshot, f"device_running:{row.id}")
        row.drift, row.drift_mark = storable(list(one.drift.packages)), one.drift.mark
        row.drift_since, row.drift_who = one.drift.since, storable(one.drift.who)[:120]
        if not one.drift.packages:
            row.ignored = ""
        session.add(row)
        changes[one.device_id] = (before, _shown(row))
    if held:
        revisions.touch(session, revisions.STATES)
    return changes


def expect(
    session: Session,
    device_id: UUID,
    sums: Mapping[str, str],
    digests: Mapping[str, str],
    further: Sequence[str],
) -> Shown:
    """Say what a device is to run from now on; it has not drifted until it is read as another.

    sums, digests: of all files that were applied, {} to expect nothing any more
    further: those of the paths that a fingerprint has to ask for
    """
    changes: Shown = {}
    for row in _rows_for(session, [device_id]).values():
        changes[device_id] = (_shown(row), "")
        row.expected, row.expected_digests = dict(sums), dict(digests)
        row.further = "\n".join(further)
        row.drift, row.drift_mark, row.drift_since, row.drift_who = [], "", None, ""
        row.ignored = ""
        session.add(row)
        revisions.touch(session, revisions.STATES)
    return changes


def ignore(session: Session, device_id: UUID) -> tuple[tuple[str, ...], Shown]:
    """Leave a device as it has drifted, until it moves again; returns what drifted first.

    Raises MissingError where it was never read.
    """
    row = _row(session, device_id)
    if row is None:
        raise MissingError(
            "The configuration of this device was never read.", "`owtui facts` looks at it."
        )
    changes: Shown = {device_id: (_shown(row), "")}
    row.ignored = row.drift_mark
    session.add(row)
    revisions.touch(session, revisions.STATES)
    return tuple(row.drift), changes


def _shown(row: DeviceRunning) -> str:
    return shown(row.drift, row.drift_mark, row.ignored)


def _row(session: Session, device_id: UUID) -> DeviceRunning | None:
    return session.scalars(
        select(DeviceRunning).where(DEVICE_RUNNING.c.device_id == device_id)
    ).first()


def _rows_for(session: Session, ids: Collection[UUID]) -> dict[UUID, DeviceRunning]:
    """The rows of these devices, made where there are none yet."""
    held = rows(session, ids)
    missing = states.existing(session, set(ids) - held.keys())
    if not missing:
        return held
    blank = [DeviceRunning(id=uuid4(), device_id=id_).model_dump() for id_ in missing]
    insert = insert_into(session, DEVICE_RUNNING).values(blank)
    # Another process may read the same device at the same moment.
    session.execute(insert.on_conflict_do_nothing(index_elements=["device_id"]))
    return held | rows(session, missing)
