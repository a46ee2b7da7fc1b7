"""What each device is to have, and all that is known of it: what a push is planned from.

Read from our own records alone, a thousand devices in a handful of queries.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from owtui.engine.configs import archive, keeping
from owtui.engine.configs.guard import SETTLE_S, WINDOW_S
from owtui.engine.configs.model import File, FileChanges, Files, Rendered, Running
from owtui.engine.configs.renderer import Render
from owtui.engine.configs.subjects import Loaded, load
from owtui.errors import InputError
from storage import generations
from storage.core import CONFIG, CONFIG_GENERATION, CONFIG_ORIGINAL, DEVICE, DEVICE_GROUP, among
from storage.errors import MissingError
from storage.packed import Box
from storage.secrets import Vault
from storage.tables import ConfigGeneration, ConfigOriginal


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a device waits for the confirm, and how long it settles before it takes one."""

    window_s: int = WINDOW_S
    settle_s: int = SETTLE_S


@dataclass(frozen=True, slots=True)
class Aim:
    """One device. `rendered` None: `refusal` says why there is nothing to push.

    `previous` are the files that were applied last, `originals` those from before owtui came,
    `running` what it ran when it was read last. `generation` is that of `rendered` when it is an
    old one that is to come back, 0 for what the templates say now.
    """

    device_id: UUID
    name: str
    rendered: Rendered | None = None
    refusal: str = ""
    status: str = ""
    previous: Files = field(default_factory=dict)
    originals: FileChanges = field(default_factory=dict)
    unmanaged: tuple[str, ...] = ()
    overwrite: bool = False
    timing: Timing = Timing()
    running: Running | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0


def aims(
    session: Session,
    vault: Vault,
    ids: Collection[UUID],
    render: Render,
    *,
    generation: int | None = None,
    job_id: UUID | None = None,
) -> dict[UUID, Aim]:
    """The aims of these devices: what their templates say, or an old generation of each.

    generation: its number; 0 is the one before the newest
    job_id: whose own generation, once it is recorded, does not count as the newest
    """
    box = Box(session, vault)
    loaded = load(session, box, ids)
    modes = _modes(session, ids)
    newest = _newest(session, box, ids)
    originals = _originals(session, box, ids)
    snapshots = keeping.several(session, vault, ids)
    found: dict[UUID, Aim] = {}
    for id_, one in loaded.items():
        applied = newest.get(id_)
        aim = Aim(
            device_id=id_,
            name=one.subject.name,
            status=one.status,
            previous=archive.unpack(applied.archive) if applied else {},
            originals=originals.get(id_, {}),
            running=snapshots.get(id_),
            **modes[id_],
        )
        if generation is None:
            found[id_] = _with_current(aim, one, render)
        else:
            found[id_] = _with_old(session, box, aim, generation, job_id)
    return found


def _with_current(aim: Aim, loaded: Loaded, render: Render) -> Aim:
    if loaded.config_id is None:
        return replace(aim, refusal="It has no configuration: give it a template or its own.")
    try:
        rendered = render(loaded.subject)
    except InputError as error:
        return replace(aim, refusal=error.sentence)
    if rendered.unset:
        names = ", ".join(rendered.unset)
        what = "variable" if len(rendered.unset) == 1 else "variables"
        return replace(aim, refusal=f"Nothing defines the {what} {names}.")
    return replace(aim, rendered=rendered, source=source_of(loaded))


def _with_old(session: Session, box: Box, aim: Aim, number: int, job_id: UUID | None) -> Aim:
    found = generations.rows(session, aim.device_id)
    rows = [row for row in found if job_id is None or row.job_id != job_id]
    if number == 0 and len(rows) < 2:
        return replace(aim, refusal="There is no generation before the one it has.")
    try:
        row = rows[1] if number == 0 else generations.get(session, aim.device_id, number)
    except MissingError as error:
        return replace(aim, refusal=error.sentence)
    old = generations.opened(box, row)
    rendered = Rendered(archive.unpack(old.archive), old.archive, old.checksum)
    return replace(aim, rendered=rendered, source=old.source, generation=row.number)


def source_of(loaded: Loaded) -> dict[str, Any]:
    """What a configuration was rendered from, to be kept with it."""
    subject = loaded.subject
    return {
        "backend": subject.backend,
        "templates": [
            {"id": str(layer.id), "name": layer.name, "generation": layer.generation}
            for layer in subject.layers
        ],
        "config": dict(subject.config),
        "context": dict(subject.contexts.device),
        "verbatim": dict(subject.verbatim),
    }


def _modes(session: Session, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    query = (
        select(
            DEVICE.c.id,
            CONFIG.c.merge,
            CONFIG.c.unmanaged,
            DEVICE_GROUP.c.guard_window_s,
            DEVICE_GROUP.c.guard_settle_s,
        )
        .outerjoin(CONFIG, CONFIG.c.device_id == DEVICE.c.id)
        .outerjoin(DEVICE_GROUP, DEVICE_GROUP.c.id == DEVICE.c.group_id)
        .where(among(session, DEVICE.c.id, ids))
    )
    return {
        row.id: {
            "overwrite": row.merge is False,
            "unmanaged": tuple(row.unmanaged or ()),
            "timing": Timing(row.guard_window_s or WINDOW_S, _or(row.guard_settle_s, SETTLE_S)),
        }
        for row in session.execute(query)
    }


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _newest(session: Session, box: Box, ids: Collection[UUID]) -> dict[UUID, generations.Applied]:
    columns = CONFIG_GENERATION.c
    last = (
        select(columns.device_id, func.max(columns.number).label("number"))
        .where(among(session, columns.device_id, ids))
        .group_by(columns.device_id)
        .subquery()
    )
    query = select(ConfigGeneration).join(
        last, (last.c.device_id == columns.device_id) & (last.c.number == columns.number)
    )
    return {row.device_id: generations.opened(box, row) for row in session.scalars(query)}


def _originals(
    session: Session, box: Box, ids: Collection[UUID]
) -> dict[UUID, dict[str, File | None]]:
    query = select(ConfigOriginal).where(among(session, CONFIG_ORIGINAL.c.device_id, ids))
    found: dict[UUID, dict[str, File | None]] = {}
    for row in session.scalars(query):
        file = None
        if row.sealed is not None:
            file = File(box.unpack_bytes(generations.ORIGINAL, row.id, row.sealed), row.mode)
        found.setdefault(row.device_id, {})[row.path] = file
    return found
