"""What screens list of templates, generations, variables and devices' configurations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.configs import archive, difftext
from owtui.engine.configs.diff import compare
from owtui.engine.configs.drift import DriftRow
from owtui.engine.configs.entries import (
    ConfigText,
    GenerationRow,
    TemplateDraft,
    TemplateRow,
)
from owtui.engine.configs.model import Problem
from owtui.engine.configs.scopes import name_of
from owtui.engine.configs.sheet import (
    Assigned,
    DeviceConfig,
    Fields,
    Look,
    Sheet,
    What,
)
from owtui.engine.configs.source import Kind, dump
from owtui.engine.configs.workbench import shown_text, veiled
from owtui.errors import InputError, failure_of
from storage.errors import StorageError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine

_EMPTY: dict[str, Any] = {"general": {}}  # a template holds something from the beginning


# --- templates ---


async def templates(engine: Engine) -> list[TemplateRow]:
    """All of them, by name."""
    return await engine.configs.templates.rows()


async def removed(engine: Engine) -> list[tuple[UUID, str, GenerationRow]]:
    """Those that can be brought back: id, name, last generation."""
    return await engine.configs.templates.removed()


async def create(engine: Engine, fields: Fields) -> UUID:
    """Make a template that says nothing yet. Raises StorageError."""
    draft = TemplateDraft(
        name=fields.name,
        config=_EMPTY,
        organization=fields.organization,
        tags=fields.tags,
        default=fields.default,
        required=fields.required,
        notes=fields.notes,
    )
    return (await engine.configs.templates.create(draft)).row.id


async def set_fields(engine: Engine, id_: UUID, generation: int, fields: Fields) -> None:
    """Change what lists show of a template. Raises StaleError, StorageError."""
    await engine.configs.templates.change(
        id_,
        expected=generation,
        name=fields.name,
        organization=fields.organization,
        tags=fields.tags,
        default=fields.default,
        required=fields.required,
        notes=fields.notes,
    )


async def clone(engine: Engine, id_: UUID) -> UUID:
    """Copy a template."""
    return (await engine.configs.templates.clone(id_)).row.id


async def remove(engine: Engine, id_: UUID) -> None:
    """Take a template off all devices and groups."""
    await engine.configs.templates.remove(id_)


async def recover(engine: Engine, id_: UUID) -> None:
    """Bring a removed one back."""
    await engine.configs.templates.recover(id_)


# --- what was ---


async def generations(engine: Engine, what: What, id_: UUID) -> tuple[str, list[GenerationRow]]:
    """The name of a template or device, and what it was, newest first."""
    if what == "template":
        text = await engine.configs.templates.get(id_)
        return text.row.name, await engine.configs.templates.history(id_)
    return name_of(engine, id_), await engine.configs.devices.history(id_)


async def generation(engine: Engine, what: What, id_: UUID, number: int, kind: Kind) -> Sheet:
    """One of them: a template's NetJSON with marks for secrets, a device's files masked."""
    if what == "template":
        draft = await engine.configs.templates.generation(id_, number)
        found = veiled(draft.config)
        text = dump(found.config, kind)
        return Sheet(what, id_, draft.name, text, kind, number, kept=found.kept)
    applied = await engine.configs.devices.applied(id_, number)
    files = archive.unpack(applied.archive)
    return Sheet(what, id_, name_of(engine, id_), shown_text(files), kind, number)


# --- one device ---


async def device_config(engine: Engine, id_: UUID) -> DeviceConfig:
    """What is known of a device's configuration; with the vault closed, what lists tell."""
    shelf = engine.configs
    try:
        own = await shelf.devices.get(id_)
    except StorageError as error:
        row = engine.fleet.rows.get(id_)
        failure = failure_of(error)
        return DeviceConfig(row.config_status if row else "", closed=failure.sentence)
    known = await shelf.variables.resolved(id_)
    history = await shelf.devices.history(id_)
    unset = tuple(one.name for one in known if one.used and not one.origin)
    drift = next(iter(await engine.polls.running.drift([id_])), None)
    return _told(own, unset, history[0] if history else None, drift)


def _told(
    own: ConfigText, unset: tuple[str, ...], last: GenerationRow | None, drift: DriftRow | None
) -> DeviceConfig:
    reason = own.error_reason or ("it cannot be rendered" if own.broken else "")
    return DeviceConfig(
        status=own.status,
        reason=reason,
        backend=own.backend,
        checksum=own.checksum,
        applied_at=own.applied_at,
        drift=_drifted(drift),
        ignored=bool(drift and drift.ignored),
        read_at=drift.read_at if drift else None,
        templates=tuple(
            Assigned(one.id, one.name, one.generation, one.origin, one.origin == "required")
            for one in own.templates
        ),
        own=tuple(own.config),
        verbatim=tuple(own.verbatim),
        unmanaged=own.unmanaged,
        merge=own.merge,
        variables=len(own.context),
        unset=unset,
        last=last,
    )


def _drifted(drift: DriftRow | None) -> str:
    """The packages that are not as they were applied, and who it was, if that is known."""
    if drift is None or not drift.drifted:
        return ""
    who = f" by {drift.who}" if drift.who else ""
    return f"{', '.join(drift.packages)}{who}{' (ignored)' if drift.ignored else ''}"


async def device_diff(engine: Engine, id_: UUID) -> Look:
    """What a device runs against what it should have; what was applied, where it was never read.

    Raises InputError where it cannot be rendered, StorageError.
    """
    shelf = engine.configs
    aim, found = await shelf.prospect(id_)
    if aim.rendered is None:
        raise InputError(f"{aim.name}: {aim.refusal}")
    if aim.running is not None:
        told = [*found.doubts, *([found.refusal] if found.refusal else [])]
        problems = tuple(Problem(one, level="warning") for one in told)
        return Look(problems, diff=found.diff, summary=found.summary, against="runs and should")
    diff = compare(aim.previous, aim.rendered.files)
    problem = Problem("What it runs was never read: this is against what was applied.")
    return Look(
        (problem,), diff=difftext.text(diff), summary=difftext.summary(diff), against="diff"
    )


async def usable_templates(engine: Engine, id_: UUID) -> list[TemplateRow]:
    """The templates that a device may be given."""
    row = engine.fleet.rows.get(id_)
    known = await engine.configs.templates.rows()
    return [one for one in known if row is None or one.organization in ("", row.organization)]


async def set_templates(engine: Engine, id_: UUID, chosen: Sequence[UUID]) -> None:
    """Say which templates a device has, in which order."""
    await engine.configs.devices.set_templates(id_, list(chosen))
