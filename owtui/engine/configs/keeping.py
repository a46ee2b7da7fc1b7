"""Writes what devices run, within a transaction: judged there, so that no push comes in between.

A device on which a job is changing something is left out: half of a push is no drift. Its
fingerprint still differs from the record then, so that it is read again with its next poll.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.configs import drift
from owtui.engine.configs.drift import Expectation
from owtui.engine.configs.model import Running
from owtui.engine.configs.snapshots import pack, unpack
from owtui.engine.openwrt.sums import Fingerprint
from storage import running as store
from storage.core import HOST_KEY, JOB, JOB_RESULT, among
from storage.running import Drift, Observed, Shown
from storage.secrets import Vault
from storage.tables import DeviceRunning


@dataclass(frozen=True, slots=True)
class Read:
    """A configuration that was read, not yet written.

    seen: the fingerprint that made us read it, None where somebody asked
    since, who: of a drift that begins with it
    unsettled: a job was changing the device when it was read
    """

    device_id: UUID
    running: Running
    seen: Fingerprint | None = None
    since: datetime | None = None
    who: str = ""
    unsettled: bool = False


def record(session: Session, vault: Vault | None, batch: Sequence[Read]) -> Shown:
    """Write what was read; returns how drift was shown of what was written, before and after.

    Left out are devices on which a job is or was at work, and what is older than what is recorded.
    Without a vault no files are kept.
    """
    ids = {read.device_id for read in batch}
    busy, held = changing(session, ids), store.rows(session, ids)
    fresh = [
        read
        for read in batch
        if not (read.unsettled or read.device_id in busy)
        and not _is_old(held.get(read.device_id), read)
    ]
    observed = [_observed(read, held.get(read.device_id), vault) for read in fresh]
    return store.save(session, vault, observed)


def applied(
    session: Session, vault: Vault | None, device_id: UUID, running: Running, files: Expectation
) -> Shown:
    """Write what a device runs after something was applied, and that it is to stay like that.

    Returns how its drift was shown before and is now; RunningBook.tell passes that on.

    running: read after the change; files: of all files that owtui answers for on this device
    """
    before = store.expect(session, device_id, files.sums, files.digests, files.further)
    read = Read(device_id, running)
    held = store.rows(session, [device_id]).get(device_id)
    after = store.save(session, vault, [_observed(read, held, vault)])
    return {id_: (before[id_][0], now) for id_, (_, now) in after.items()}


def expect(session: Session, device_id: UUID, files: Expectation) -> Shown:
    """Say what a device is to run; an empty expectation says that nothing is expected."""
    return store.expect(session, device_id, files.sums, files.digests, files.further)


def expected(row: DeviceRunning | None) -> Expectation:
    """What a device is expected to run, as its row has it."""
    return Expectation(row.expected, row.expected_digests) if row else Expectation()


def running(session: Session, vault: Vault, device_id: UUID) -> Running | None:
    """What a device ran when it was read last; None when it never was. Raises SealError."""
    return several(session, vault, [device_id]).get(device_id)


def several(session: Session, vault: Vault, ids: Collection[UUID]) -> dict[UUID, Running]:
    """The same of many; those that were never read are not in it. Raises SealError."""
    rows = store.rows(session, ids)
    kept = store.snapshots(session, vault, rows)
    return {
        id_: unpack(content, rows[id_].sums, rows[id_].read_at) for id_, content in kept.items()
    }


def changing(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these devices a job is changing at this moment."""
    query = (
        select(JOB_RESULT.c.device_id)
        .join(JOB, JOB.c.id == JOB_RESULT.c.job_id)
        .where(
            JOB.c.changes,
            JOB_RESULT.c.state == "in-progress",
            among(session, JOB_RESULT.c.device_id, ids),
        )
    )
    return set(session.scalars(query))


def met_anew(session: Session, device_id: UUID, since: datetime | None) -> bool:
    """Whether a host key of this device was trusted after it was read last."""
    if since is None:
        return False
    keys = HOST_KEY.c
    query = select(keys.id).where(
        keys.device_id == device_id, keys.state == "trusted", keys.created > since
    )
    return session.execute(query.limit(1)).first() is not None


def judged(row: DeviceRunning | None, read: Read) -> Drift:
    """How a device has drifted, going by its row; a drift that goes on keeps its beginning."""
    moved = drift.differing(expected(row), read.running)
    if row is None or not moved:
        return Drift()
    packages, mark = drift.names(moved), drift.mark(moved)
    if row.drift:
        return Drift(packages, mark, row.drift_since, row.drift_who)
    return Drift(packages, mark, read.since or read.running.read_at, read.who)


def _is_old(row: DeviceRunning | None, read: Read) -> bool:
    at = read.running.read_at
    return row is not None and row.read_at is not None and at is not None and at < row.read_at


def _observed(read: Read, row: DeviceRunning | None, vault: Vault | None) -> Observed:
    assert read.running.read_at is not None  # both routers tell it
    return Observed(
        read.device_id,
        read.running.read_at,
        drift.mark_to_keep(read.seen, read.running),
        read.running.sums,
        drift.digests_of(read.running),
        pack(read.running) if vault is not None else None,
        judged(row, read),
    )
