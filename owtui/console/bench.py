"""The engine's workbench for configurations, asked from a screen: each call runs on its loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.console.bridge import Bridge

if TYPE_CHECKING:
    from owtui.engine.configs.entries import GenerationRow, TemplateRow
    from owtui.engine.configs.sheet import (
        DeviceConfig,
        Fields,
        Impact,
        Look,
        Scope,
        ScopeKind,
        Sheet,
        Variable,
        What,
    )
    from owtui.engine.configs.source import Kind


class Bench:
    """See engine.configs.workbench; everything raises PROBLEMS."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def open(self, what: What, id_: UUID, kind: Kind) -> Sheet:
        """Read what is to be edited."""
        from owtui.engine.configs import workbench

        return await self._bridge.call(lambda engine: workbench.open_sheet(engine, what, id_, kind))

    async def schema(self) -> Mapping[str, Any]:
        """The JSON schema of configurations."""
        from owtui.engine.configs import workbench

        return await self._bridge.call(lambda engine: asyncio.to_thread(workbench.schema))

    async def look(self, sheet: Sheet, text: str, kind: Kind, device: UUID | None) -> Look:
        """What is wrong with a text, and what it would be on a device."""
        from owtui.engine.configs import workbench

        return await self._bridge.call(
            lambda engine: workbench.look(engine, sheet, text, kind, device)
        )

    async def impact(self, sheet: Sheet, text: str, kind: Kind) -> Impact:
        """What a text would change on all devices that it is for."""
        from owtui.engine.configs import workbench

        return await self._bridge.call(lambda engine: workbench.impact(engine, sheet, text, kind))

    async def save(self, sheet: Sheet, text: str, kind: Kind) -> Sheet:
        """Save a text. Raises an error of the kind CHANGED where another was saved first."""
        from owtui.engine.configs import workbench

        return await self._bridge.call(lambda engine: workbench.save(engine, sheet, text, kind))

    # --- templates ---

    async def templates(self) -> list[TemplateRow]:
        """All of them, by name."""
        from owtui.engine.configs import browse

        return await self._bridge.call(browse.templates)

    async def removed(self) -> list[tuple[UUID, str, GenerationRow]]:
        """Those that are gone and can be brought back: id, name, last generation."""
        from owtui.engine.configs import browse

        return await self._bridge.call(browse.removed)

    async def create(self, fields: Fields) -> UUID:
        """Make one; its configuration is edited next."""
        from owtui.engine.configs import browse

        return await self._bridge.call(lambda engine: browse.create(engine, fields))

    async def set_fields(self, id_: UUID, generation: int, fields: Fields) -> None:
        """Change what lists show of one; `generation` is that of what was seen."""
        from owtui.engine.configs import browse

        await self._bridge.call(lambda e: browse.set_fields(e, id_, generation, fields))

    async def clone(self, id_: UUID) -> UUID:
        """Copy one under another name."""
        from owtui.engine.configs import browse

        return await self._bridge.call(lambda engine: browse.clone(engine, id_))

    async def remove(self, id_: UUID) -> None:
        """Take it off all devices and groups, and forget it but for its history."""
        from owtui.engine.configs import browse

        await self._bridge.call(lambda engine: browse.remove(engine, id_))

    async def recover(self, id_: UUID) -> None:
        """Bring a removed one back."""
        from owtui.engine.configs import browse

        await self._bridge.call(lambda engine: browse.recover(engine, id_))

    async def generations(self, what: What, id_: UUID) -> tuple[str, list[GenerationRow]]:
        """The name of a template or device, and what it was, newest first."""
        from owtui.engine.configs import browse

        return await self._bridge.call(lambda engine: browse.generations(engine, what, id_))

    async def generation(self, what: What, id_: UUID, number: int, kind: Kind) -> Sheet:
        """One of them as text, masked."""
        from owtui.engine.configs import browse

        return await self._bridge.call(
            lambda engine: browse.generation(engine, what, id_, number, kind)
        )

    # --- variables ---

    async def scopes(self) -> list[Scope]:
        """Global, organizations and groups."""
        from owtui.engine.configs import scopes

        return await self._bridge.call(scopes.scopes)

    async def scopes_of(self, device_id: UUID) -> list[Scope]:
        """The scopes that a variable of a device may be set in, the narrowest first."""
        from owtui.engine.configs import scopes

        return await self._bridge.call(lambda engine: scopes.scopes_of(engine, device_id))

    async def variables(self, kind: ScopeKind, id_: UUID | None) -> tuple[str, list[Variable]]:
        """The name of a scope, and its variables with masked values."""
        from owtui.engine.configs import scopes

        return await self._bridge.call(lambda engine: scopes.variables(engine, kind, id_))

    async def value(self, kind: ScopeKind, id_: UUID | None, name: str) -> tuple[Any, bool]:
        """One value to be changed; None for a secret one, which the flag says it is."""
        from owtui.engine.configs import scopes

        return await self._bridge.call(lambda engine: scopes.value(engine, kind, id_, name))

    async def set_value(self, kind: ScopeKind, id_: UUID | None, name: str, value: Any) -> None:
        """Give a variable a value in a scope."""
        from owtui.engine.configs import scopes

        await self._bridge.call(lambda e: scopes.set_value(e, kind, id_, name, value))

    async def remove_value(self, kind: ScopeKind, id_: UUID | None, name: str) -> None:
        """Take it away there."""
        from owtui.engine.configs import scopes

        await self._bridge.call(lambda e: scopes.remove_value(e, kind, id_, name))

    async def set_group_templates(self, id_: UUID, templates: Sequence[UUID]) -> None:
        """Say which templates a group gives, in which order."""
        from owtui.engine.configs import scopes

        await self._bridge.call(lambda e: scopes.set_group_templates(e, id_, templates))

    # --- one device ---

    async def device_config(self, id_: UUID) -> DeviceConfig:
        """What is known of a device's configuration."""
        from owtui.engine.configs import browse

        return await self._bridge.call(lambda engine: browse.device_config(engine, id_))

    async def device_diff(self, id_: UUID) -> Look:
        """What the device should have against what it runs."""
        from owtui.engine.configs import browse

        return await self._bridge.call(lambda engine: browse.device_diff(engine, id_))

    async def ignore_drift(self, id_: UUID) -> tuple[str, ...]:
        """Leave a device as it has drifted until it moves again; returns what drifted. Audited."""
        return await self._bridge.call(lambda e: e.polls.running.ignore(id_, e.operator))

    async def usable_templates(self, id_: UUID) -> list[TemplateRow]:
        """The templates that a device may be given."""
        from owtui.engine.configs import browse

        return await self._bridge.call(lambda engine: browse.usable_templates(engine, id_))

    async def set_templates(self, id_: UUID, templates: Sequence[UUID]) -> None:
        """Say which templates a device has, in which order; required ones stay."""
        from owtui.engine.configs import browse

        await self._bridge.call(lambda engine: browse.set_templates(engine, id_, templates))

    # --- drafts ---

    async def keep_drafts(self, drafts: Sequence[Mapping[str, Any]]) -> bool:
        """Keep edits that are not saved, sealed; False where that did not work."""
        from owtui.engine.configs import draftbox

        return await self._bridge.call(lambda engine: draftbox.keep(engine, drafts))

    async def drafts(self) -> list[dict[str, Any]]:
        """What was kept."""
        from owtui.engine.configs import draftbox

        return await self._bridge.call(draftbox.kept)
