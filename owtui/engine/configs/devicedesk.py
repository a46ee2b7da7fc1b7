"""The configuration of one device as a face uses it: read, written, given templates; audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.entries import ConfigText, DeviceEdit, GenerationRow, TemplateRef
from owtui.engine.configs.ledger import Ledger, find_template
from owtui.engine.configs.model import Json
from owtui.engine.configs.templatedesk import Which
from storage import assigning, configs, devices, generations
from storage.configs import Changes
from storage.generations import Applied
from storage.ordering import Rule
from storage.packed import Box
from storage.tables import Config, Device


class DeviceDesk:
    """Everything by the device's id. A device without a configuration gets one when it is written.

    `expected` is the generation that a change began at (0: there was none). Writing raises
    StaleError when another was quicker, RuleError for a deactivated device, and ConfigError for
    what cannot be rendered, unless that is so already.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def get(self, device_id: UUID) -> ConfigText:
        """What it has; generation 0 where that is nothing. Raises MissingError for no device."""
        return await self._ledger.read(lambda session, box: _text(session, box, device_id))

    async def set_config(
        self, device_id: UUID, config: Json, *, expected: int | None = None
    ) -> ConfigText:
        """Make this NetJSON the device's own."""
        return await self._edit(device_id, Changes(config=config), expected)

    async def change(
        self, device_id: UUID, *, expected: int | None = None, **fields: Any
    ) -> ConfigText:
        """Change several parts at once, by the names of storage.configs.Changes."""
        return await self._edit(device_id, Changes(**fields), expected)

    async def set_verbatim(
        self, device_id: UUID, verbatim: Mapping[str, str], *, expected: int | None = None
    ) -> ConfigText:
        """Make this UCI text, by package, what is added to what is rendered."""
        return await self._edit(device_id, Changes(verbatim=verbatim), expected)

    async def adopt(
        self,
        device_id: UUID,
        config: Json,
        verbatim: Mapping[str, str],
        *,
        expected: int | None = None,
    ) -> ConfigText:
        """Both at once, as they were read from the device."""
        return await self._edit(device_id, Changes(config=config, verbatim=verbatim), expected)

    async def set_backend(
        self, device_id: UUID, backend: str, *, expected: int | None = None
    ) -> ConfigText:
        """Change what renders it; the templates that its group has for that come along."""
        return await self._edit(device_id, Changes(backend=backend), expected)

    async def set_merge(
        self, device_id: UUID, merge: bool, *, expected: int | None = None
    ) -> ConfigText:
        """Keep what is on the device beside ours, or replace whole packages."""
        return await self._edit(device_id, Changes(merge=merge), expected)

    async def set_unmanaged(
        self, device_id: UUID, unmanaged: Sequence[str], *, expected: int | None = None
    ) -> ConfigText:
        """UCI packages, sections ("network.loopback") or paths that are never written."""
        return await self._edit(device_id, Changes(unmanaged=unmanaged), expected)

    async def set_templates(
        self, device_id: UUID, templates: Sequence[Which], *, expected: int | None = None
    ) -> ConfigText:
        """Make this the list of templates, in this order; required ones stay, first."""

        ids = await self._found(device_id, templates)
        return await self._edit(device_id, Changes(templates=ids), expected)

    async def add_templates(self, device_id: UUID, templates: Sequence[Which]) -> ConfigText:
        """Put templates behind those that it has."""
        wanted = await self._found(device_id, templates)
        there = [one.id for one in (await self.get(device_id)).templates]
        await self._ledger.prove(DeviceEdit(device_id, templates=[*there, *wanted]))

        def write(session: Session, box: Box) -> ConfigText:
            configs.check_active(devices.get(session, device_id))
            assigning.add(session, configs.ensure(session, device_id), wanted)
            self._note(session, device_id, {"templates added": _names(session, wanted)})
            return _text(session, box, device_id)

        return await self._ledger.write(write)

    async def take_templates(self, device_id: UUID, templates: Sequence[Which]) -> ConfigText:
        """Take templates off it. Raises RuleError for required ones."""
        gone = await self._found(device_id, templates)

        def write(session: Session, box: Box) -> ConfigText:
            configs.check_active(devices.get(session, device_id))
            assigning.take(session, configs.get(session, device_id), gone)
            self._note(session, device_id, {"templates taken off": _names(session, gone)})
            return _text(session, box, device_id)

        return await self._ledger.write(write)

    async def history(self, device_id: UUID) -> list[GenerationRow]:
        """What was applied to it, newest first."""

        def read(session: Session) -> list[GenerationRow]:
            return [
                GenerationRow(
                    one.number,
                    one.created,
                    one.operator,
                    one.host,
                    one.note,
                    one.kind,
                    one.checksum,
                    one.job_id,
                )
                for one in generations.rows(session, device_id)
            ]

        return await self._ledger.database.aread(read)

    async def applied(self, device_id: UUID, number: int) -> Applied:
        """The archive of a generation and what it was rendered from. Raises MissingError."""

        def read(session: Session, box: Box) -> Applied:
            return generations.opened(box, generations.get(session, device_id, number))

        return await self._ledger.read(read)

    async def _found(self, device_id: UUID, templates: Sequence[Which]) -> list[UUID]:
        return await self._ledger.database.aread(
            lambda session: _ids(session, device_id, templates)
        )

    async def _edit(self, device_id: UUID, changes: Changes, expected: int | None) -> ConfigText:
        await self._ledger.prove(
            DeviceEdit(
                device_id,
                config=changes.config,
                verbatim=changes.verbatim,
                backend=changes.backend,
                templates=changes.templates,
            )
        )

        def write(session: Session, box: Box) -> ConfigText:
            config = configs.edit(session, box, device_id, changes, expected=expected)
            detail = {"changed": changes.names, "generation": config.generation}
            self._note(session, device_id, detail)
            return _text(session, box, device_id)

        return await self._ledger.write(write)

    def _note(self, session: Session, device_id: UUID, detail: dict[str, Any]) -> None:
        self._ledger.note(session, "edit_config", detail, device_id)


def _ids(session: Session, device_id: UUID, templates: Sequence[Which]) -> list[UUID]:
    """Templates by id or name; by name those that the device's organization may use."""
    owner = str(devices.get(session, device_id).organization_id)
    return [find_template(session, which, owner).id for which in templates]


def _names(session: Session, ids: Sequence[UUID]) -> list[str]:
    known = assigning.entries(session)
    return [known[id_].name for id_ in ids]


def _text(session: Session, box: Box, device_id: UUID) -> ConfigText:
    device = devices.get(session, device_id)
    config = configs.find(session, device_id)
    if config is None:
        return ConfigText(device_id, device.name)
    own = configs.content(box, config)
    return ConfigText(
        device_id=device_id,
        device=device.name,
        generation=config.generation,
        backend=config.backend,
        status=config.status,
        error_reason=config.error_reason,
        checksum=config.checksum,
        applied_checksum=config.applied_checksum,
        applied_at=config.applied_at,
        broken=config.broken,
        current=config.computed == config.changes,
        merge=config.merge,
        unmanaged=tuple(config.unmanaged),
        templates=_refs(session, device, config),
        config=own.config,
        context=own.context,
        verbatim=own.verbatim,
    )


def _refs(session: Session, device: Device, config: Config) -> tuple[TemplateRef, ...]:
    group = assigning.of_groups(session).get(device.group_id, ()) if device.group_id else ()
    rule = Rule(assigning.entries(session), device.organization_id, config.backend, group)
    ids = assigning.of_config(session, config.id)
    known = [rule.entries[id_] for id_ in ids]
    return tuple(
        TemplateRef(one.id, one.name, rule.origin(one.id), one.generation) for one in known
    )
