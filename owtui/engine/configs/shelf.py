"""The desk for configurations: what a face asks for, `engine.configs`.

Nothing here reaches a device: that is plan and job alone. Writing returns when checksums and
statuses are right again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.configs import importfile, importing
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.controller import Controller
from owtui.engine.configs.debounce import Debounce
from owtui.engine.configs.devicedesk import DeviceDesk
from owtui.engine.configs.enrolment import Enrolment
from owtui.engine.configs.entries import DeviceEdit, Edit, Impact
from owtui.engine.configs.exporting import KINDS, Export, Exporter
from owtui.engine.configs.groupdesk import GroupDesk
from owtui.engine.configs.impact import Measure, changed
from owtui.engine.configs.importing import ConfigImport
from owtui.engine.configs.ledger import Ledger
from owtui.engine.configs.model import Rendered, Subject
from owtui.engine.configs.outstanding import Outstanding, outstanding
from owtui.engine.configs.prospect import Prospect
from owtui.engine.configs.registering import Policy
from owtui.engine.configs.renderer import Render, Renderer
from owtui.engine.configs.settling import Settler
from owtui.engine.configs.subjects import Loaded, load
from owtui.engine.configs.templatedesk import TemplateDesk
from owtui.engine.configs.variabledesk import VariableDesk
from owtui.engine.events import ConfigModified
from owtui.engine.fleet import Fleet
from owtui.engine.notifications.telling import Tell, nobody
from owtui.operator import Operator
from storage.configstatus import OUT_OF_SERVICE
from storage.db import Database
from storage.errors import MissingError
from storage.packed import Box
from storage.secrets import Vault


class Shelf:
    """Templates, groups, variables and the configurations of devices.

    `tell` says which rows of the fleet are other ones now.
    """

    def __init__(
        self,
        database: Database,
        vault: Callable[[], Vault],
        fleet: Fleet,
        operator: Operator,
        bus: Bus,
        *,
        tell: Callable[[Collection[UUID]], object] = lambda _ids: None,
        told: Tell = nobody,
        policy: Policy | None = None,
        render: Render | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._vault = vault
        self._fleet = fleet
        self._bus = bus
        self._tell = tell
        self._render = render or Renderer()
        self._debounce = Debounce(self._modified, clock=clock, sleep=sleep)
        self._settler = Settler(database, vault, self._render, self._debounce.saw, self._refresh)
        ledger = Ledger(database, vault, fleet, operator, self._settler.settled, self._prove)
        self.templates = TemplateDesk(ledger)
        self.groups = GroupDesk(ledger)
        self.variables = VariableDesk(ledger)
        self.devices = DeviceDesk(ledger)
        self.enrolment = Enrolment(ledger)
        self.controller = Controller(database, vault, self._settler.settled, bus, policy, told)
        self._ledger = ledger

    async def subject(self, device_id: UUID) -> Subject:
        """All that the configuration of a device is made of. Raises MissingError."""
        found = await self.subjects([device_id])
        if device_id not in found:
            raise MissingError("There is no such device any more.", "See: owtui devices")
        return found[device_id]

    async def subjects(self, ids: Collection[UUID]) -> dict[UUID, Subject]:
        """The same for many, in few queries; those that are gone are left out."""
        return {id_: one.subject for id_, one in (await self.loaded(ids)).items()}

    async def loaded(self, ids: Collection[UUID]) -> dict[UUID, Loaded]:
        """Subjects with the state of their configurations."""
        vault = await self._opened()
        return await self._database.aread(lambda session: load(session, Box(session, vault), ids))

    async def render(self, device_id: UUID, edit: Edit | None = None) -> Rendered:
        """What a device should have, as things are or as an edit would make them.

        Raises ConfigError, InputError, StorageError.
        """
        vault = await self._opened()

        def read(session: Session) -> Subject:
            box = Box(session, vault)
            found = load(session, box, [device_id])
            if device_id not in found:
                raise MissingError("There is no such device any more.", "See: owtui devices")
            subject = found[device_id].subject
            return changed(session, box, subject, edit) if edit is not None else subject

        subject = await self._database.aread(read)
        return await asyncio.to_thread(self._render, subject)

    async def impact(self, edit: Edit) -> Impact:
        """What an edit would do to every device that it can reach; nothing is written."""
        await self.settled()  # else all would be rendered twice
        measure = Measure(self._render)
        return await measure.impact(self._database, await self._opened(), edit)

    async def outstanding(self, ids: Sequence[UUID]) -> list[Outstanding]:
        """How devices stand to what they should have, from the record; in the order given."""
        vault = await self._opened()
        return await self._database.aread(
            lambda session: outstanding(session, vault, ids, self._render)
        )

    # --- files fit for git ---

    async def export(self, kinds: Collection[str] = KINDS, *, secrets: bool = False) -> Export:
        """Templates, groups and variables as JSON files; without secrets unless asked for aloud."""

        def write(session: Session, box: Box) -> Export:
            found = Exporter(session, box, secrets=secrets).export(kinds)
            if secrets:
                self._ledger.note(session, "export_secrets", {"files": len(found.files)})
            return found

        return await (self._ledger.write(write) if secrets else self._ledger.read(write))

    async def plan_import(self, path: Path, organization: str = "") -> ConfigImport:
        """What importing a file or a folder would do: ours, or OpenWISP's templates.

        `organization` takes all in, whatever the files say. Raises InputError, StorageError.
        """
        items = await asyncio.to_thread(importfile.read, path)
        return await self._ledger.read(
            lambda session, box: importing.plan(session, box, items, path.name, organization)
        )

    async def apply_import(self, planned: ConfigImport) -> None:
        """Carry an import out: all of it, or nothing. Raises StaleError, StorageError."""

        def write(session: Session, box: Box) -> None:
            by = self._ledger.by(f"import of {planned.source}")
            importing.carry_out(session, box, planned, by)
            detail = {"source": planned.source, **planned.count()}
            self._ledger.note(session, "import_configs", detail)

        await self._ledger.write(write)

    async def prospect(
        self, device_id: UUID, rendered: Rendered | None = None
    ) -> tuple[Aim, Prospect]:
        """What a push would do to a device, by what was recorded of it; nothing is sent.

        rendered: what it would be pushed in the place of what its templates say
        """
        from owtui.engine.configs import preview

        vault, row = await self._opened(), self._fleet.rows.get(device_id)
        if row is None:
            raise MissingError("There is no such device any more.", "See: owtui devices")
        aim, way = await self._database.aread(
            lambda session: preview.read(session, vault, row, self._render)
        )
        return await asyncio.to_thread(preview.judged, aim, way, row, rendered)

    async def settled(self) -> None:
        """Wait until every checksum is of what its device should have now."""
        await self._settler.settled()

    def nudge(self) -> None:
        """Begin to settle, and do not wait; a failure is logged."""
        self._settler.nudge()

    async def close(self) -> None:
        """Stop; what is behind is marked in the database and done by whoever comes next."""
        await self._settler.close()
        await self._debounce.close()

    async def _prove(self, edit: DeviceEdit) -> None:
        """OpenWISP's refusal of what its schema does not allow, with all layers and variables.

        What cannot be rendered already may be mended in steps, and what is out of service has
        nothing to render.
        """
        vault = await self._opened()

        def read(session: Session) -> Subject | None:
            box = Box(session, vault)
            found = load(session, box, [edit.device_id]).get(edit.device_id)
            if found is None or found.broken or found.status in OUT_OF_SERVICE:
                return None
            return changed(session, box, found.subject, edit)

        subject = await self._database.aread(read)
        if subject is not None:
            await asyncio.to_thread(self._render, subject)

    async def _opened(self) -> Vault:
        return await asyncio.to_thread(self._vault)

    def _modified(self, ids: Collection[UUID]) -> None:
        self._bus.publish(*(ConfigModified(str(id_)) for id_ in ids))

    async def _refresh(self, ids: Collection[UUID]) -> None:
        self._tell(await self._fleet.refresh(ids))
