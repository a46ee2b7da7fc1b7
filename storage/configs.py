"""The configuration of each device: its own part, its status, and what it comes to.

Nothing here commits. What people write goes through a Box; what renders says the outcome through
`settle`. Which templates it has is storage.assigning's, going out of service storage.service's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Session

from storage import assigning, configstatus, revisions, rules
from storage.configstatus import Event, Status
from storage.core import CONFIG, CONFIG_ARCHIVE, among, insert_into
from storage.errors import MissingError, RuleError
from storage.packed import Box
from storage.tables import Config, ConfigArchive, Device
from storage.tables.base import now

TABLE, ARCHIVE = "config", "config_archive"


@dataclass(frozen=True, slots=True)
class Content:
    """A device's own part: NetJSON, variables, and UCI text by package that NetJSON cannot say."""

    config: Mapping[str, Any] = field(repr=False, default_factory=dict)
    context: Mapping[str, Any] = field(repr=False, default_factory=dict)
    verbatim: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change of a configuration; None leaves it as it is."""

    config: Mapping[str, Any] | None = field(repr=False, default=None)
    context: Mapping[str, Any] | None = field(repr=False, default=None)
    verbatim: Mapping[str, str] | None = field(repr=False, default=None)
    backend: str | None = None
    merge: bool | None = None
    unmanaged: Sequence[str] | None = None
    templates: Sequence[UUID] | None = None

    @property
    def names(self) -> list[str]:
        """What is changed, without what it is changed to."""
        return [one.name for one in fields(self) if getattr(self, one.name) is not None]


@dataclass(frozen=True, slots=True)
class Computed:
    """What a configuration comes to, as of its `changes`; no checksum: it cannot be rendered.

    `inputs` as in the table. `same`: they are what they were, and so is everything else.
    """

    config_id: UUID
    changes: int
    inputs: str
    checksum: str = ""
    archive: bytes = field(repr=False, default=b"")
    same: bool = False


def find(session: Session, device_id: UUID) -> Config | None:
    """The configuration of a device; None where it has none."""
    return session.scalars(select(Config).where(CONFIG.c.device_id == device_id)).first()


def get(session: Session, device_id: UUID) -> Config:
    """The same. Raises MissingError."""
    config = find(session, device_id)
    if config is None:
        raise MissingError(
            "The device has no configuration.", "Give it a template or a configuration of its own."
        )
    return config


def ensure(session: Session, device_id: UUID, backend: str = rules.BACKENDS[0]) -> Config:
    """The configuration of a device; made, with what it gets by default, where it has none."""
    config = find(session, device_id)
    if config is not None:
        return config
    device = session.get(Device, device_id)
    if device is None:
        raise MissingError("There is no such device any more.", "See: owtui devices")
    config = Config(device_id=device_id, backend=rules.backend(backend))
    session.add(config)
    session.flush()
    assigning.fill(session, config, device)
    revisions.touch(session, revisions.CONFIGS)
    return config


def ensure_all(
    session: Session, device_ids: Collection[UUID], backend: str = rules.BACKENDS[0]
) -> dict[UUID, UUID]:
    """The configurations of devices that there are, by device; made where there is none."""
    columns = CONFIG.c
    query = select(columns.device_id, columns.id)
    there = session.execute(query.where(among(session, columns.device_id, device_ids)))
    found = {row.device_id: row.id for row in there}
    made = [Config(device_id=id_, backend=backend) for id_ in device_ids if id_ not in found]
    if made:
        session.add_all(made)
        session.flush()
        assigning.fill_all(session, [config.id for config in made])
        revisions.touch(session, revisions.CONFIGS)
    return found | {config.device_id: config.id for config in made}


def put_contexts(session: Session, box: Box, contexts: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Make these the variables of devices in service; each has a configuration."""
    condition = among(session, CONFIG.c.device_id, contexts)
    for config in session.scalars(select(Config).where(condition)):
        _put(box, config, Changes(context=contexts[config.device_id]))
        config.generation += 1
    session.flush()
    assigning.mark(session, select(CONFIG.c.id).where(condition))


def check_active(device: Device) -> None:
    """Refuse to change one that is out of service. Raises RuleError."""
    if device.is_deactivated:
        raise RuleError(
            f"{device.name} is deactivated and cannot be changed.", "Activate it first."
        )


def content(box: Box, config: Config) -> Content:
    """What a device has of its own; out of service it has nothing to configure."""
    if config.sealed is None:
        return Content()
    kept = Content(**box.unpack(TABLE, config.id, config.sealed))
    return kept if config.status in configstatus.ACTIVE else Content(context=kept.context)


def edit(
    session: Session,
    box: Box,
    device_id: UUID,
    changes: Changes,
    *,
    expected: int | None = None,
) -> Config:
    """Change the configuration of a device; one without gets one.

    `expected` is the generation the change began at, 0 for none. Raises StaleError when it is
    another one by now, RuleError for a deactivated device and what breaks a rule.
    """
    device = session.get(Device, device_id)
    if device is None:
        raise MissingError("There is no such device any more.", "See: owtui devices")
    check_active(device)
    before = find(session, device_id)
    generation = before.generation if before else 0
    rules.unmoved(generation, expected, f"The configuration of {device.name}")
    config = before or ensure(session, device_id, changes.backend or rules.BACKENDS[0])
    if changes.backend is not None and changes.backend != config.backend:
        config.backend = rules.backend(changes.backend)
        session.flush()
        assigning.follow_backend(session, config)
    if changes.merge is not None:
        config.merge = changes.merge
    if changes.unmanaged is not None:
        config.unmanaged = rules.paths(changes.unmanaged, "unmanaged")
    _put(box, config, changes)
    if changes.templates is not None:
        assigning.assign(session, config, changes.templates)
    if before is not None:
        config.generation += 1
    session.flush()
    assigning.mark(session, select(CONFIG.c.id).where(CONFIG.c.id == config.id))
    return config


def report(
    session: Session,
    device_id: UUID,
    word: str,
    reason: str = "",
    *,
    checksum: str = "",
    at: datetime | None = None,
) -> Config:
    """Take in what a device says of its configuration, or what we have seen on it ourselves.

    `word` is a status, `checksum` that of what was applied, where it is known: if it is not what
    the device should have by now, the status stays modified. Raises RuleError for no status.
    """
    config = get(session, device_id)
    event = configstatus.reported(word)
    if event is None:
        raise RuleError(f"There is no status {word!r}.", field="status")
    before = Status(config.status)
    if event is Event.REPORTED_APPLIED and before in configstatus.ACTIVE:
        config.applied_checksum = checksum or config.checksum
        config.applied_at = at or now()
        if config.applied_checksum != config.checksum:
            event = Event.REPORTED_MODIFIED
    config.status = configstatus.after(before, event)
    config.error_reason = configstatus.reason(reason) if config.status == Status.ERROR else ""
    if config.status == Status.DEACTIVATED and before is Status.DEACTIVATING:
        session.get_one(Device, device_id).management_ip = None
        config.applied_checksum, config.applied_at = config.checksum, at or now()
    session.flush()
    revisions.touch(session, revisions.CONFIGS, revisions.DEVICES)
    return config


def renamed(session: Session, device_id: UUID) -> None:
    """The device has another name: its configuration is another one, whatever the checksum says."""
    config = find(session, device_id)
    if config is not None:
        config.status = configstatus.after(Status(config.status), Event.RENAMED)
        session.flush()


def out_of_date(session: Session) -> list[UUID]:
    """The devices whose checksum is not of what they should have now; oldest change first."""
    query = select(CONFIG.c.device_id).where(
        CONFIG.c.computed < CONFIG.c.changes, CONFIG.c.status != Status.DEACTIVATED
    )
    return list(session.scalars(query.order_by(CONFIG.c.modified, CONFIG.c.id)))


def settle(session: Session, box: Box, outcomes: Sequence[Computed]) -> list[UUID]:
    """Record what configurations come to; returns the devices that are to get another one.

    What changed again since it was rendered is left for the next round. A configuration that was
    just made is not among those returned.
    """
    known = {one.config_id: one for one in outcomes}
    columns = CONFIG.c
    query = select(
        columns.id,
        columns.device_id,
        columns.status,
        columns.checksum,
        columns.changes,
        columns.computed,
        columns.broken,
    ).where(among(session, columns.id, known))
    values, archives, moved = [], [], []
    for row in session.execute(query.with_for_update()):
        new = known[row.id]
        if new.changes != row.changes:
            continue
        checksum = new.checksum or row.checksum
        differs = checksum != row.checksum
        event = Event.CHANGED if differs and row.checksum else Event.SAME
        status = configstatus.after(Status(row.status), event)
        values.append(
            {
                "row": row.id,
                "new_checksum": checksum,
                "new_status": status.value,
                "new_computed": row.changes,
                "new_inputs": new.inputs,
                "new_broken": row.broken if new.same else not new.checksum,
            }
        )
        if differs:
            archives.append(new)
            if row.computed:
                moved.append(row.device_id)
    if values:
        session.connection().execute(_SETTLE, values)
        _keep(session, box, archives)
        revisions.touch(session, revisions.CONFIGS)
    return moved


_SETTLE = (
    CONFIG.update()
    .where(CONFIG.c.id == bindparam("row"))
    .values(
        checksum=bindparam("new_checksum"),
        status=bindparam("new_status"),
        computed=bindparam("new_computed"),
        broken=bindparam("new_broken"),
        inputs=bindparam("new_inputs"),
        modified=CONFIG.c.modified,
    )
)


def archive(session: Session, box: Box, config: Config) -> bytes:
    """The tar.gz whose md5 is the checksum of a configuration. Raises MissingError."""
    query = select(ConfigArchive).where(CONFIG_ARCHIVE.c.config_id == config.id)
    kept = session.scalars(query).first()
    if kept is None:
        raise MissingError("The configuration has not been rendered yet.")
    return box.unpack_bytes(ARCHIVE, kept.id, kept.sealed)


def _put(box: Box, config: Config, changes: Changes) -> None:
    """Seal the device's own part where it changes."""
    given = (changes.config, changes.context, changes.verbatim)
    if all(part is None for part in given):
        return
    now_ = content(box, config)
    parts = {
        "config": dict(now_.config if changes.config is None else changes.config),
        "context": now_.context
        if changes.context is None
        else rules.variables(changes.context, "context"),
        "verbatim": dict(now_.verbatim if changes.verbatim is None else changes.verbatim),
    }
    config.own = bool(parts["config"] or parts["verbatim"])
    config.sealed = box.pack(TABLE, config.id, parts) if any(parts.values()) else None


def _keep(session: Session, box: Box, outcomes: Collection[Computed]) -> None:
    """Put archives in the place of those that were kept."""
    if not outcomes:
        return
    ids = [one.config_id for one in outcomes]
    session.execute(CONFIG_ARCHIVE.delete().where(among(session, CONFIG_ARCHIVE.c.config_id, ids)))
    values = []
    for one in outcomes:
        row = ConfigArchive(config_id=one.config_id, checksum=one.checksum, sealed=b"")
        row.sealed = box.pack_bytes(ARCHIVE, row.id, one.archive)
        values.append(row.model_dump())
    session.execute(insert_into(session, CONFIG_ARCHIVE), values)
