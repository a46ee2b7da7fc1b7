"""What a change that nobody has saved would do to every device that it can reach. Reads only.

Devices with the same difference are one group, so that a person looks at five differences and not
at a thousand devices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.configs import archive, grouping
from owtui.engine.configs.diff import ConfigDiff, compare
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
from owtui.engine.configs.variables import context_of
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


@dataclass(slots=True)
class Found:
    """What is known so far: a verdict each, and of those that change the difference."""

    rows: list[ImpactRow] = field(default_factory=list)
    diffs: dict[UUID, ConfigDiff] = field(default_factory=dict)
    variables: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def impact(self) -> Impact:
        """All of it, devices by name and differences by how many have them."""
        groups = grouping.group(self.diffs, self.variables)
        differences = tuple(
            Difference(str(at), one.text, one.keys, one.variables)
            for at, one in enumerate(groups, start=1)
        )
        keys = {id_: one.key for one in differences for id_ in one.devices}
        rows = [replace(row, key=keys.get(row.device_id, "")) for row in self.rows]
        return Impact(tuple(sorted(rows, key=lambda row: row.device.casefold())), differences)


class Measure:
    """Renders what devices have and would have, and groups the differences."""

    def __init__(self, render: Render) -> None:
        self._render = render

    async def impact(self, database: Database, vault: Vault, edit: Edit) -> Impact:
        """Every device that the edit can reach. Raises StorageError, InputError."""
        ids, change = await database.aread(lambda s: reach(s, Box(s, vault), edit))
        inputs, layers, found = Inputs(), Layers(), Found()
        for start in range(0, len(ids), PART):
            part = ids[start : start + PART]
            loaded, archives = await database.aread(
                partial(_read, vault=vault, ids=part, layers=layers)
            )
            for one in loaded:
                await asyncio.to_thread(self._judge, inputs, change, one, archives, found)
        return await asyncio.to_thread(found.impact)

    def _judge(
        self,
        inputs: Inputs,
        change: Change,
        loaded: Loaded,
        archives: Mapping[UUID, bytes],
        found: Found,
    ) -> None:
        after = change(loaded.subject)
        row = ImpactRow(loaded.subject.device_id, loaded.subject.name, "same")
        if loaded.is_current and inputs.of(after) == loaded.inputs:
            found.rows.append(row)
            return
        try:
            rendered = self._render(after)
        except InputError as error:
            problems = error.problems if isinstance(error, ConfigError) else ()
            found.rows.append(
                replace(row, verdict="blocked", reason=error.sentence, problems=problems)
            )
            return
        diff = ConfigDiff()
        if not (loaded.is_current and rendered.checksum == loaded.checksum):
            diff = compare(self._files(loaded, archives), rendered.files)
        if diff:
            row = replace(row, verdict="change")
            found.diffs[row.device_id] = diff
            found.variables[row.device_id] = context_of(after)
        found.rows.append(row)

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


def reach(session: Session, box: Box, edit: Edit) -> tuple[list[UUID], Change]:
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
    return reach(session, box, edit)[1](subject)


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
