"""What a change that nobody has saved would do to every device that it can reach. Reads only.

Devices with the same difference are one group, so that a person looks at five differences and not
at a thousand devices.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.configs import archive
from owtui.engine.configs.entries import (
    DeviceEdit,
    Difference,
    Edit,
    Impact,
    ImpactRow,
    TemplateEdit,
    VariablesEdit,
)
from owtui.engine.configs.model import Files, Layer, Subject
from owtui.engine.configs.renderer import Render
from owtui.engine.configs.subjects import (
    Inputs,
    Layers,
    Loaded,
    load,
    load_layers,
    with_layer,
    with_variables,
)
from owtui.engine.configs.validate import ConfigError
from owtui.engine.configs.variabledesk import find_scope
from owtui.errors import InputError
from storage import assigning, configs
from storage.core import CONFIG, CONFIG_ARCHIVE, CONFIG_TEMPLATE, DEVICE, among
from storage.db import Database
from storage.errors import MissingError
from storage.ordering import Rule
from storage.packed import Box
from storage.secrets import Vault

PART = 50
Change = Callable[[Subject], Subject]
Differ = Callable[[Files, Files], str]  # masked text; equal for equal differences


class Measure:
    """Renders what devices have and would have, and groups the differences."""

    def __init__(self, render: Render, differ: Differ) -> None:
        self._render = render
        self._differ = differ

    async def impact(self, database: Database, vault: Vault, edit: Edit) -> Impact:
        """Every device that the edit can reach, by name. Raises StorageError, InputError."""
        ids, change = await database.aread(lambda s: reach(s, Box(s, vault), edit))
        inputs, layers = Inputs(), Layers()
        rows, texts = list[ImpactRow](), dict[str, str]()
        for start in range(0, len(ids), PART):
            part = ids[start : start + PART]
            found = await database.aread(partial(_read, vault=vault, ids=part, layers=layers))
            rows += await asyncio.to_thread(self._judge, inputs, change, found, texts)
        rows.sort(key=lambda row: row.device.casefold())
        return Impact(tuple(rows), _differences(rows, texts))

    def _judge(
        self,
        inputs: Inputs,
        change: Mapping[UUID, Change] | Change,
        found: tuple[Sequence[Loaded], Mapping[UUID, bytes]],
        texts: dict[str, str],
    ) -> list[ImpactRow]:
        loaded, archives = found
        rows = []
        for one in loaded:
            of_one = change[one.subject.device_id] if isinstance(change, Mapping) else change
            after = of_one(one.subject)
            rows.append(self._row(inputs, one, after, archives, texts))
        return rows

    def _row(
        self,
        inputs: Inputs,
        loaded: Loaded,
        after: Subject,
        archives: Mapping[UUID, bytes],
        texts: dict[str, str],
    ) -> ImpactRow:
        id_, name = loaded.subject.device_id, loaded.subject.name
        if loaded.is_current and inputs.of(after) == loaded.inputs:
            return ImpactRow(id_, name, "same")
        try:
            rendered = self._render(after)
        except ConfigError as error:
            return ImpactRow(id_, name, "blocked", error.sentence, problems=error.problems)
        except InputError as error:
            return ImpactRow(id_, name, "blocked", error.sentence)
        if loaded.is_current and rendered.checksum == loaded.checksum:
            return ImpactRow(id_, name, "same")
        text = self._differ(self._files(loaded, archives), rendered.files)
        if not text:
            return ImpactRow(id_, name, "same")
        key = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        texts[key] = text
        return ImpactRow(id_, name, "change", key=key)

    def _files(self, loaded: Loaded, archives: Mapping[UUID, bytes]) -> Files:
        """What the device should have now; nothing where that cannot be rendered."""
        if loaded.config_id is None:
            return {}
        if loaded.is_current and loaded.config_id in archives:
            return archive.unpack(archives[loaded.config_id])
        try:
            return self._render(loaded.subject).files
        except InputError:
            return {}


def reach(session: Session, box: Box, edit: Edit) -> tuple[list[UUID], Any]:
    """The devices that an edit can reach, and what it makes of their subjects."""
    match edit:
        case TemplateEdit():
            return _of_template(session, box, edit)
        case DeviceEdit():
            return [edit.device_id], _own(session, box, edit)
        case VariablesEdit():
            return _of_variables(session, edit)


def changed(session: Session, box: Box, subject: Subject, edit: Edit) -> Subject:
    """The subject as an edit would make it."""
    return reach(session, box, edit)[1](subject)  # type: ignore[no-any-return]  # a Change


def _of_template(session: Session, box: Box, edit: TemplateEdit) -> tuple[list[UUID], Change]:
    layers = load_layers(session, box, [edit.template_id])
    if edit.template_id not in layers:
        raise MissingError("There is no such template any more.", "See: owtui templates")
    layer = replace(
        layers[edit.template_id], config=edit.config, default_values=edit.default_values
    )
    query = (
        select(CONFIG.c.device_id)
        .join(CONFIG_TEMPLATE, CONFIG_TEMPLATE.c.config_id == CONFIG.c.id)
        .where(CONFIG_TEMPLATE.c.template_id == edit.template_id)
    )
    return list(session.scalars(query)), lambda subject: with_layer(subject, layer)


def _of_variables(session: Session, edit: VariablesEdit) -> tuple[list[UUID], Change]:
    target = find_scope(session, edit.scope)
    query = select(CONFIG.c.device_id).join(DEVICE, DEVICE.c.id == CONFIG.c.device_id)
    field = "device"
    if target.scope is None:
        query = query.where(DEVICE.c.id == target.device_id)
    elif target.scope.kind == "organization":
        query, field = query.where(DEVICE.c.organization_id == target.scope.id), "organization"
    elif target.scope.kind == "group":
        query, field = query.where(DEVICE.c.group_id == target.scope.id), "group"
    else:
        field = "global_"
    ids = list(session.scalars(query))
    return ids, lambda subject: with_variables(subject, field, edit.values, edit.unset)


def _own(session: Session, box: Box, edit: DeviceEdit) -> Change:
    loaded = load(session, box, [edit.device_id]).get(edit.device_id)
    if loaded is None:
        raise MissingError("There is no such device any more.", "See: owtui devices")
    backend = edit.backend or loaded.subject.backend
    group = assigning.of_groups(session).get(loaded.group_id, ()) if loaded.group_id else ()
    rule = Rule(assigning.entries(session), loaded.organization_id, backend, group)
    ids: Sequence[UUID] | None = None
    if edit.templates is not None:
        ids = rule.reset(edit.templates)
    elif loaded.config_id is None:
        ids = rule.initial()  # it gets them with its first configuration
    known = load_layers(session, box, ids or ())
    layers = tuple(known[id_] for id_ in ids) if ids is not None else None

    def change(subject: Subject) -> Subject:
        return _with_own(replace(subject, backend=backend), edit, layers)

    return change


def _with_own(subject: Subject, edit: DeviceEdit, layers: tuple[Layer, ...] | None) -> Subject:
    device = subject.contexts.device if edit.context is None else edit.context
    return replace(
        subject,
        config=subject.config if edit.config is None else edit.config,
        verbatim=subject.verbatim if edit.verbatim is None else edit.verbatim,
        layers=subject.layers if layers is None else layers,
        contexts=replace(subject.contexts, device=device),
    )


def _read(
    session: Session, *, vault: Vault, ids: Collection[UUID], layers: Layers
) -> tuple[list[Loaded], dict[UUID, bytes]]:
    """Subjects, and the archives of their configurations."""
    box = Box(session, vault)
    found = list(load(session, box, ids, layers).values())
    columns = CONFIG_ARCHIVE.c
    wanted = [one.config_id for one in found if one.config_id and one.is_current]
    query = select(columns.id, columns.config_id, columns.sealed)
    archives = {
        row.config_id: box.unpack_bytes(configs.ARCHIVE, row.id, row.sealed)
        for row in session.execute(query.where(among(session, columns.config_id, wanted)))
    }
    return found, archives


def _differences(rows: Sequence[ImpactRow], texts: Mapping[str, str]) -> tuple[Difference, ...]:
    groups: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        if row.verdict == "change":
            groups[row.key].append(row.device_id)
    ordered = sorted(groups, key=lambda key: (-len(groups[key]), key))
    return tuple(Difference(key, texts[key], tuple(groups[key])) for key in ordered)
