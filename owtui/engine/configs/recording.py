"""What a confirmed push leaves in our records: a generation, a status, what to expect from now on.

One transaction, safe to repeat: the same job on the same device is one generation.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs import drift, keeping
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.cutoff import Entrance
from owtui.engine.configs.model import Running
from owtui.engine.inventory import reaching
from owtui.engine.openwrt.ubusdoor import moved
from storage import configs, configstatus, devices, generations, jobs
from storage.generations import Applied
from storage.packed import Box
from storage.secrets import Vault

NOTES = {"rollback": "back to generation {number}"}


@dataclass(frozen=True, slots=True)
class Record:
    """Which kind of change it was, of which job.

    `to`: where the device is dialled from now on, over HTTP where `http`
    """

    kind: str
    job_id: UUID
    to: Entrance | None = None
    http: bool = False


def record(session: Session, vault: Vault, aim: Aim, running: Running, what: Record) -> int:
    """Write it; returns the number of the generation. `running` was read after the change."""
    assert aim.rendered is not None
    box = Box(session, vault)
    job = jobs.get(session, what.job_id).job
    leaving = aim.status == configstatus.Status.DEACTIVATING
    made = generations.add(
        session,
        box,
        aim.device_id,
        Applied(aim.rendered.checksum, aim.rendered.archive, aim.source),
        kind="deactivate" if leaving else what.kind,
        operator=job.operator,
        host=job.host,
        job_id=what.job_id,
        note=NOTES.get(what.kind, "").format(number=aim.generation),
    )
    # A file that is ours no longer has been put back: what it was is what it is.
    gone = [path for path in aim.originals if path not in aim.rendered.files]
    generations.drop_originals(session, aim.device_id, gone)
    if configs.find(session, aim.device_id) is not None:
        configs.report(session, aim.device_id, "applied", checksum=aim.rendered.checksum)
    expected = {path: running.files.get(path) for path in aim.rendered.files}
    keeping.applied(session, vault, aim.device_id, running, drift.expectation(expected))
    if what.to is not None:
        _move(session, aim.device_id, what.to, http=what.http)
    return made.number


def _move(session: Session, device_id: UUID, to: Entrance, *, http: bool) -> None:
    device = devices.update(session, device_id, address=to.address)
    changes = {"port": str(to.port)}
    if http:
        urls = [way["http_url"] for way in reaching.ways(session, device_id) if way["http_url"]]
        changes = {"http_url": moved(urls[0], (to.address, to.port))} if urls else {}
    reaching.change(session, device_id, device.organization_id, changes)
