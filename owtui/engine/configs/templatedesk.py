"""Templates as a face uses them: listed, written, cloned, removed, brought back; each audited."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from owtui.engine.configs.entries import GenerationRow, TemplateDraft, TemplateRow, TemplateText
from owtui.engine.configs.ledger import Ledger, find_template
from owtui.engine.configs.model import Problem
from owtui.engine.configs.validate import ConfigError, validate
from storage import organizations, templates
from storage.core import CONFIG, CONFIG_TEMPLATE, GROUP_TEMPLATE
from storage.packed import Box
from storage.tables import Organization, Template
from storage.templates import Draft

Which = UUID | str  # id or name


class TemplateDesk:
    """`organization` names whose template is meant where several have one of that name."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def rows(self, organization: str = "") -> list[TemplateRow]:
        """All, or those an organization may use; by name. The vault may be closed."""

        def read(session: Session) -> list[TemplateRow]:
            owner = organizations.find(session, organization).id if organization else None
            say = Rows(session)
            return [say.row(one) for one in templates.rows(session, owner)]

        return await self._ledger.database.aread(read)

    async def get(self, which: Which, organization: str = "") -> TemplateText:
        """A template with what it holds. Raises StorageError."""

        def read(session: Session, box: Box) -> TemplateText:
            found = find_template(session, which, organization)
            return _text(session, box, found)

        return await self._ledger.read(read)

    async def devices(self, which: Which, organization: str = "") -> tuple[UUID, ...]:
        """The devices that use it."""

        def read(session: Session) -> tuple[UUID, ...]:
            found = find_template(session, which, organization)
            query = select(CONFIG.c.device_id).join(
                CONFIG_TEMPLATE, CONFIG_TEMPLATE.c.config_id == CONFIG.c.id
            )
            return tuple(session.scalars(query.where(CONFIG_TEMPLATE.c.template_id == found.id)))

        return await self._ledger.database.aread(read)

    def problems(self, draft: TemplateDraft) -> tuple[Problem, ...]:
        """What is wrong with the content of a template, with its default values in place."""
        return validate(draft.config, draft.default_values, draft.backend)

    async def create(self, draft: TemplateDraft, note: str = "") -> TemplateText:
        """Make a template. Raises ConfigError, StorageError."""
        await self._check(draft)

        def write(session: Session, box: Box) -> TemplateText:
            fields = _stored(session, draft)
            made = templates.create(session, box, fields, self._ledger.by(note))
            self._ledger.note(session, "add_template", {"name": made.name})
            return _text(session, box, made)

        return await self._ledger.write(write)

    async def edit(
        self,
        which: Which,
        draft: TemplateDraft,
        *,
        expected: int | None = None,
        organization: str = "",
        note: str = "",
    ) -> TemplateText:
        """Put a draft in its place; `expected` is the generation that it was made from.

        Raises StaleError when somebody else was quicker, ConfigError, StorageError.
        """
        await self._check(draft)

        def write(session: Session, box: Box) -> TemplateText:
            found = find_template(session, which, organization)
            by, before = self._ledger.by(note), templates.draft_of(box, found)
            fields = _stored(session, draft)
            kept = templates.update(session, box, found.id, fields, by, expected=expected)
            changed = _changed(before, templates.draft_of(box, kept))
            if changed:
                detail = {"name": kept.name, "generation": kept.generation, "changed": changed}
                self._ledger.note(session, "edit_template", detail)
            return _text(session, box, kept)

        return await self._ledger.write(write)

    async def change(
        self,
        which: Which,
        *,
        expected: int | None = None,
        organization: str = "",
        note: str = "",
        **fields: Any,
    ) -> TemplateText:
        """Change some fields of a template, by the names of TemplateDraft, and leave the rest."""
        found = await self.get(which, organization)
        draft = replace(draft_of(found), **fields)
        wanted = found.row.generation if expected is None else expected
        return await self.edit(found.row.id, draft, expected=wanted, note=note)

    async def clone(
        self, which: Which, *, to: str | None = None, organization: str = ""
    ) -> TemplateText:
        """Copy it as "X (Clone)", for the organization `to` ("": shared), or the same one."""

        def write(session: Session, box: Box) -> TemplateText:
            found = find_template(session, which, organization)
            owner = organizations.find(session, to).id if to else None
            made = templates.clone(
                session,
                box,
                found.id,
                self._ledger.by(f"clone of {found.name} v{found.generation}"),
                organization_id=owner,
                shared=to == "",
            )
            self._ledger.note(session, "clone_template", {"name": found.name, "as": made.name})
            return _text(session, box, made)

        return await self._ledger.write(write)

    async def remove(self, which: Which, organization: str = "") -> None:
        """Take it off all devices and groups; `recover` brings it back."""

        def write(session: Session, box: Box) -> None:
            found = find_template(session, which, organization)
            templates.remove(session, found.id)
            self._ledger.note(session, "remove_template", {"name": found.name})

        await self._ledger.write(write)

    async def history(self, which: Which, organization: str = "") -> list[GenerationRow]:
        """What it was, newest first; by id of a removed one as well."""

        def read(session: Session) -> list[GenerationRow]:
            id_ = which
            if not isinstance(id_, UUID):
                id_ = find_template(session, which, organization).id
            return [
                GenerationRow(one.number, one.created, one.operator, one.host, one.note)
                for one in templates.history(session, id_)
            ]

        return await self._ledger.database.aread(read)

    async def generation(self, which: Which, number: int, organization: str = "") -> TemplateDraft:
        """What it was then; by id of a removed one as well."""

        def read(session: Session, box: Box) -> TemplateDraft:
            id_ = which
            if not isinstance(id_, UUID):
                id_ = find_template(session, which, organization).id
            kept = templates.generation(session, id_, number)
            return _shown(session, templates.draft_of_generation(box, kept))

        return await self._ledger.read(read)

    async def restore(
        self, which: Which, number: int, *, expected: int | None = None, organization: str = ""
    ) -> TemplateText:
        """Make what a template held then its next generation: configuration and default values.

        Its name, flags and tags stay as they are. Raises StaleError, ConfigError, StorageError.
        """
        old = await self.generation(which, number, organization)
        return await self.change(
            which,
            expected=expected,
            organization=organization,
            note=f"v{number} again",
            config=old.config,
            default_values=old.default_values,
        )

    async def removed(self) -> list[tuple[UUID, str, GenerationRow]]:
        """Templates that are gone: id, name and last generation; by name."""

        def read(session: Session) -> list[tuple[UUID, str, GenerationRow]]:
            return [
                (
                    one.template_id,
                    one.name,
                    GenerationRow(one.number, one.created, one.operator, one.host, one.note),
                )
                for one in templates.removed(session)
            ]

        return await self._ledger.database.aread(read)

    async def recover(self, template_id: UUID) -> TemplateText:
        """Bring a removed one back. Raises StorageError."""

        def write(session: Session, box: Box) -> TemplateText:
            made = templates.recover(session, box, template_id, self._ledger.by("recovered"))
            self._ledger.note(session, "recover_template", {"name": made.name})
            return _text(session, box, made)

        return await self._ledger.write(write)

    async def _check(self, draft: TemplateDraft) -> None:
        found = await asyncio.to_thread(self.problems, draft) if draft.config else ()
        if wrong := [problem for problem in found if problem.level == "error"]:
            raise ConfigError(wrong)


def draft_of(text: TemplateText) -> TemplateDraft:
    """A template as it could be written again."""
    row = text.row
    return TemplateDraft(
        name=row.name,
        config=text.config,
        default_values=text.default_values,
        organization=row.organization,
        type=row.type,
        backend=row.backend,
        tags=row.tags,
        default=row.default,
        required=row.required,
        notes=row.notes,
    )


class Rows:
    """Templates as rows, with the names and counts that a list needs; of one snapshot."""

    def __init__(self, session: Session) -> None:
        self._owners = {one.id: one.name for one in organizations.rows(session)}
        self._devices = templates.device_counts(session)
        query = select(GROUP_TEMPLATE.c.template_id, func.count()).group_by(
            GROUP_TEMPLATE.c.template_id
        )
        self._groups = Counter({row[0]: row[1] for row in session.execute(query)})

    def row(self, one: Template) -> TemplateRow:
        """One of them."""
        return TemplateRow(
            id=one.id,
            name=one.name,
            organization=self._owners[one.organization_id] if one.organization_id else "",
            organization_id=one.organization_id,
            type=one.type,
            backend=one.backend,
            tags=tuple(one.tags),
            default=one.default,
            required=one.required,
            notes=one.notes,
            generation=one.generation,
            devices=self._devices.get(one.id, 0),
            groups=self._groups[one.id],
            modified=one.modified,
        )


def _text(session: Session, box: Box, template: Template) -> TemplateText:
    draft = templates.draft_of(box, template)
    return TemplateText(Rows(session).row(template), draft.config, draft.default_values)


def _stored(session: Session, draft: TemplateDraft) -> Draft:
    owner = organizations.find(session, draft.organization).id if draft.organization else None
    return Draft(
        name=draft.name,
        config=draft.config,
        default_values=draft.default_values,
        organization_id=owner,
        type=draft.type,
        backend=draft.backend,
        tags=tuple(draft.tags),
        default=draft.default,
        required=draft.required,
        notes=draft.notes,
    )


def _shown(session: Session, draft: Draft) -> TemplateDraft:
    owner = session.get(Organization, draft.organization_id) if draft.organization_id else None
    return TemplateDraft(
        name=draft.name,
        config=draft.config,
        default_values=draft.default_values,
        organization=owner.name if owner else "",
        type=draft.type,
        backend=draft.backend,
        tags=tuple(draft.tags),
        default=draft.default,
        required=draft.required,
        notes=draft.notes,
    )


def _changed(before: Draft, after: Draft) -> list[str]:
    """The names of the fields that differ; what they hold may be secret."""
    names = ("name", "organization_id", "backend", "tags", "default", "required", "notes")
    plain = [name for name in names if getattr(before, name) != getattr(after, name)]
    held = [
        name
        for name in ("config", "default_values")
        if getattr(before, name) != getattr(after, name)
    ]
    return [name.removesuffix("_id") for name in plain] + held
