"""From the records to what is rendered: a thousand devices in six queries.

Templates are unsealed once and shared by the subjects that have them: nobody alters a Layer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui import __version__
from owtui.engine.configs.model import BACKEND, Contexts, Json, Layer, Subject
from owtui.engine.configs.variables import context_of, names
from storage import assigning, templates, variables
from storage.configstatus import ACTIVE
from storage.core import CONFIG, DEVICE, TEMPLATE, among
from storage.packed import Box

KEPT = 1_000  # templates, unsealed


@dataclass(frozen=True, slots=True)
class Loaded:
    """A subject with the state of its configuration; `config_id` None: the device has none."""

    subject: Subject
    group_id: UUID | None
    organization_id: UUID
    config_id: UUID | None = None
    status: str = ""
    generation: int = 0
    checksum: str = ""
    changes: int = 0
    computed: int = 0
    inputs: str = ""
    broken: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the checksum is of this subject."""
        return bool(self.checksum) and self.changes == self.computed and not self.broken


class Layers:
    """Templates that were unsealed lately: the same object for the same content, by whoever loads.

    What renders many devices knows by it what they share.
    """

    def __init__(self) -> None:
        self._kept: dict[bytes, Layer] = {}

    def get(self, box: Box, row: Any) -> Layer:
        """The layer of a row with id, name, generation and sealed."""
        kept = self._kept.get(row.sealed)
        if kept is None or (kept.id, kept.name, kept.generation) != row[:3]:
            content = box.unpack(templates.TABLE, row.id, row.sealed)
            kept = Layer(
                row.id, row.name, content["config"], content["default_values"], row.generation
            )
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[row.sealed] = kept
        return kept


def load(
    session: Session, box: Box, ids: Collection[UUID], known_layers: Layers | None = None
) -> dict[UUID, Loaded]:
    """The subjects of these devices; those that are gone are left out."""
    rows = session.execute(_query().where(among(session, DEVICE.c.id, ids))).all()
    config_ids = [row.config_id for row in rows if row.config_id]
    lists = assigning.lists(session, config_ids)
    used = {id_ for listed in lists.values() for id_ in listed}
    layers = load_layers(session, box, used, known_layers)
    known = variables.everything(session, box)
    return {
        row.id: _loaded(box, row, [layers[id_] for id_ in lists.get(row.config_id, ())], known)
        for row in rows
    }


def load_layers(
    session: Session, box: Box, ids: Collection[UUID], known: Layers | None = None
) -> dict[UUID, Layer]:
    """Templates with what they hold."""
    columns, layers = TEMPLATE.c, known or Layers()
    query = select(columns.id, columns.name, columns.generation, columns.sealed)
    rows = session.execute(query.where(among(session, columns.id, ids)))
    return {row.id: layers.get(box, row) for row in rows}


def _query() -> Any:
    config = CONFIG.c
    return select(
        DEVICE.c.id,
        DEVICE.c.name,
        DEVICE.c.mac_address,
        DEVICE.c.key,
        DEVICE.c.os,
        DEVICE.c.hardware_id,
        DEVICE.c.organization_id,
        DEVICE.c.group_id,
        config.id.label("config_id"),
        config.backend,
        config.status,
        config.generation,
        config.checksum,
        config.changes,
        config.computed,
        config.inputs,
        config.broken,
        config.sealed,
    ).outerjoin(CONFIG, config.device_id == DEVICE.c.id)


def _loaded(box: Box, row: Any, layers: Sequence[Layer], known: variables.Known) -> Loaded:
    own = box.unpack("config", row.config_id, row.sealed) if row.sealed else {}
    active = row.status in ACTIVE
    subject = Subject(
        device_id=row.id,
        name=row.name,
        mac_address=row.mac_address or "",
        key=row.key,
        os=row.os,
        hardware_id=row.hardware_id or "",
        backend=row.backend or BACKEND,
        layers=tuple(layers),
        config=own.get("config", {}) if active else {},
        contexts=Contexts(
            known.global_,
            known.organizations.get(row.organization_id, {}),
            known.groups.get(row.group_id, {}),
            own.get("context", {}),
        ),
        verbatim=own.get("verbatim", {}) if active else {},
    )
    if row.config_id is None:
        return Loaded(subject, row.group_id, row.organization_id)
    return Loaded(
        subject,
        row.group_id,
        row.organization_id,
        row.config_id,
        row.status,
        row.generation,
        row.checksum,
        row.changes,
        row.computed,
        row.inputs,
        row.broken,
    )


class Inputs:
    """Digests all that a rendered configuration depends on: equal inputs, equal files.

    Variables count as far as they are used and with the value that wins, so that an unused one or
    one that the device overrides changes nothing. One object serves many subjects: what a layer
    contributes is looked at once.
    """

    def __init__(self) -> None:
        self._layers: dict[int, tuple[Layer, str, frozenset[str]]] = {}

    def of(self, subject: Subject) -> str:
        """64 hexadecimal digits; others after an update of owtui, which may render otherwise."""
        layers = [self._layer(layer) for layer in subject.layers]
        used = names(subject.config).union(*(found for _, _, found in layers))
        context = context_of(subject)
        parts: list[Any] = [
            __version__,
            subject.backend,
            subject.os,
            subject.name,
            [digest for _, digest, _ in layers],
            subject.config,
            dict(subject.verbatim),
            {name: str(context[name]) for name in sorted(used) if name in context},
        ]
        return digest_of(parts)

    def _layer(self, layer: Layer) -> tuple[Layer, str, frozenset[str]]:
        kept = self._layers.get(id(layer))  # the object is kept beside, so that its id stays its
        if kept is None:
            kept = (layer, digest_of(layer.config), frozenset(names(layer.config)))
            self._layers[id(layer)] = kept
        return kept


def digest_of(value: Any) -> str:
    """A JSON value as 64 hexadecimal digits; the order of keys counts, since it is rendered."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def with_layer(subject: Subject, layer: Layer) -> Subject:
    """The subject with another content of one of its templates."""
    layers = tuple(layer if one.id == layer.id else one for one in subject.layers)
    return replace(subject, layers=layers)


def with_variables(subject: Subject, scope: str, values: Json, unset: Sequence[str]) -> Subject:
    """The subject with variables of a scope (a field of Contexts) set and unset."""
    before: Mapping[str, Any] = getattr(subject.contexts, scope)
    after = {k: v for k, v in {**before, **values}.items() if k not in unset}
    return replace(subject, contexts=replace(subject.contexts, **{scope: after}))
