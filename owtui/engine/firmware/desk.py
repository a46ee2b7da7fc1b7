"""The desk for firmware: the library of images, and where devices stand; audited.

It reads and writes the tables and the files beside them, so that it works in every process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from owtui.engine.firmware import editing, intake, library, naming, signature
from owtui.engine.firmware.boards import Boards
from owtui.engine.firmware.compats import Compats
from owtui.engine.firmware.concerned import Concerned, concerned
from owtui.engine.firmware.entries import (
    BuildDraft,
    BuildRow,
    CategoryRow,
    ImageRow,
    Inspected,
    OverviewRow,
)
from owtui.engine.firmware.intake import Gate
from owtui.engine.firmware.library import Library
from owtui.engine.firmware.matching import FIRST_COMPAT, Match, match
from owtui.engine.firmware.standing import category_of, known, overview, recognised
from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.errors import BlockedError, InputError
from owtui.operator import Operator
from owtui.settings import Settings
from storage import firmware
from storage.db import Database
from storage.firmware import Assigned
from storage.rows import DeviceRow
from storage.secrets import Vault
from storage.tables import FirmwareImage, now


class FirmwareDesk:
    """Lists and changes firmware. Everything raises StorageError; what writes raises BlockedError
    in read-only mode. `store` holds the files."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        operator: Operator,
        vault: Callable[[], Vault],
        store: FirmwareStore,
        settings: Settings,
        *,
        present: Callable[[], datetime] = now,
    ) -> None:
        self.store = store
        self._database = database
        self._fleet = fleet
        self._operator = operator
        self._compats = Compats(database, vault)
        self._settings = settings
        self._present = present

    @cached_property
    def boards(self) -> Boards:
        """The board map. Raises InputError for a file that is none."""
        return Boards.load(self._settings.firmware_boards)

    # -- asking ---------------------------------------------------------------------------------

    async def library(self) -> Library:
        """All there is, as values; what the rules in `standing` and `matching` are asked with."""
        return await self._database.aread(library.load)

    async def categories(self) -> list[CategoryRow]:
        """All, by name."""
        return list((await self.library()).categories.values())

    async def builds(self, category_id: UUID | None = None) -> list[BuildRow]:
        """Those of a category, or all; the oldest of a category first."""
        found = (await self.library()).builds.values()
        return [one for one in found if category_id in (None, one.category_id)]

    async def builds_for(self, ids: Collection[UUID]) -> list[BuildRow]:
        """Those that any of these devices may get: its organization's, and those of all."""
        rows = [self._fleet.rows[id_] for id_ in ids if id_ in self._fleet.rows]
        owners, held = {row.organization_id for row in rows}, await self.library()
        return [b for b in held.builds.values() if any(held.is_for(b.id, o) for o in owners)]

    async def images(self, build_id: UUID | None = None) -> list[ImageRow]:
        """Those of a build, or all; by type."""
        found = (await self.library()).images.values()
        wanted = [one for one in found if build_id in (None, one.build_id)]
        return await asyncio.to_thread(editing.with_trouble, self.store, wanted)

    async def find_category(self, name: str) -> CategoryRow:
        """See `naming.category`."""
        return naming.category(await self.library(), name)

    async def find_build(self, name: str) -> BuildRow:
        """See `naming.build`."""
        return naming.build(await self.library(), name)

    async def find_image(self, name: str) -> ImageRow:
        """See `naming.image`."""
        found = naming.image(await self.library(), name)
        [told] = await asyncio.to_thread(editing.with_trouble, self.store, [found])
        return told

    async def file(self, image_id: UUID) -> Path:
        """The file of an image, proved to be the one that was added. Raises LostFileError."""
        row = await self._image(image_id)
        return await asyncio.to_thread(self.store.proved, row.build_id, row.file_name, row.sha256)

    async def inspect(self, path: Path, build_id: UUID | None = None, **told: Any) -> Inspected:
        """Look at a file without taking it; see `intake.inspect`. Raises InputError."""
        build = (await self.library()).builds.get(build_id) if build_id else None
        return await asyncio.to_thread(
            lambda: intake.inspect(path, self._gate(), self._present(), build=build, **told)
        )

    async def match(self, device_id: UUID, build_id: UUID | None = None) -> Match:
        """The image of a build for a device, or of the newest build of its category; or why there
        is none."""
        held = await self.library()
        row = self._device(device_id)
        if build_id is None:
            category, reason = category_of(row, held, self.boards)
            newest = held.newest(category.id) if category else None
            if newest is None:
                return Match(reason=reason or "Its category has no build.")
            build_id = newest.id
        if not held.is_for(build_id, row.organization_id):
            return Match(reason="The build belongs to another organization.")
        found = await self._compats.of([device_id])
        device = known(row, found.get(device_id, FIRST_COMPAT))
        return match(device, held.candidates(build_id), self.boards)

    async def concerned(self, build: str) -> Concerned:
        """Whom a build is for, by name or id; see `concerned.concerned`. Raises InputError."""
        held = await self.library()
        found = naming.build(held, build)
        rows = sorted(self._fleet.rows.values(), key=lambda row: row.name.casefold())
        return await asyncio.to_thread(concerned, rows, held, found, self.boards)

    async def overview(self, ids: Collection[UUID]) -> list[OverviewRow]:
        """Where these devices stand, by name."""
        held = await self.library()
        rows = [self._fleet.rows[id_] for id_ in ids if id_ in self._fleet.rows]
        rows.sort(key=lambda row: row.name.casefold())
        # Configurations are sealed: only where an image asks for another one are they opened.
        other = any(one.compat_version != FIRST_COMPAT for one in held.images.values())
        found = await self._compats.of([row.id for row in rows]) if other else {}

        def judge() -> list[OverviewRow]:
            tell = lambda id_: found.get(id_, FIRST_COMPAT)  # noqa: E731  # a Compat
            return [overview(row, held, self.boards, tell) for row in rows]

        return await asyncio.to_thread(judge)

    # -- changing -------------------------------------------------------------------------------

    async def add_category(
        self, name: str, *, description: str = "", organization: str = ""
    ) -> CategoryRow:
        """Make a category; without an organization it is shared by all. Raises StorageError."""
        self._permit()

        def write(session: Session) -> UUID:
            row = editing.new_category(session, name, description, organization)
            self._note(session, "add_firmware_category", {"category": row.name})
            return row.id

        id_, held = await self._written(write)
        return held.categories[id_]

    async def change_category(self, category_id: UUID, **wish: str) -> CategoryRow:
        """Set name, description or organization. Raises InputError, StorageError."""
        self._permit()

        def write(session: Session) -> UUID:
            row = editing.change_category(session, category_id, wish)
            self._note(session, "change_firmware_category", {"category": row.name, **wish})
            return row.id

        id_, held = await self._written(write)
        return held.categories[id_]

    async def remove_category(self, category_id: UUID) -> None:
        """Remove a category with builds, images and files."""
        self._permit()

        def write(session: Session) -> list[UUID]:
            row = firmware.category(session, category_id)
            builds = firmware.builds_within(session, category_id=category_id)
            firmware.remove(session, row)
            self._note(session, "remove_firmware_category", {"category": row.name})
            return builds

        await self.forget(await self._database.awrite(write))

    async def add_build(self, category_id: UUID, draft: BuildDraft) -> BuildRow:
        """Make a build. Raises StorageError."""
        self._permit()

        def write(session: Session) -> UUID:
            row = editing.new_build(session, category_id, draft)
            self._note(session, "add_firmware_build", {"build": row.version, "os": row.os})
            return row.id

        id_, held = await self._written(write)
        return held.builds[id_]

    async def change_build(self, build_id: UUID, **wish: Any) -> BuildRow:
        """Set what `BuildDraft` names. Raises InputError, StorageError."""
        self._permit()

        def write(session: Session) -> UUID:
            row = editing.change_build(session, build_id, wish)
            told = {key: str(value) for key, value in wish.items()}
            self._note(session, "change_firmware_build", {"build": row.version, **told})
            return row.id

        await self._written(write)
        await self.recognise()
        return (await self.library()).builds[build_id]

    async def remove_build(self, build_id: UUID) -> None:
        """Remove a build with images and files."""
        self._permit()

        def write(session: Session) -> list[UUID]:
            row = firmware.build(session, build_id)
            firmware.remove(session, row)
            self._note(session, "remove_firmware_build", {"build": row.version})
            return [build_id]

        await self.forget(await self._database.awrite(write))

    async def add_image(
        self,
        build_id: UUID,
        path: Path,
        *,
        force: str = "",
        name: str = "",
        type: str = "",
        boards: Sequence[str] = (),
    ) -> ImageRow:
        """Take a file into a build.

        force: why it is taken although something is wrong with it; kept with it and in the audit
        name, type, boards: see `intake.inspect`
        Raises ImageError, InputError for what is wrong with it, StorageError, OwtuiError.
        """
        self._permit()
        found = await self.inspect(path, build_id, name=name, type=type, boards=boards)
        if found.objections and not force.strip():
            raise InputError(
                f"{found.file_name} is not taken. {' '.join(found.objections)}",
                "--force REASON takes it all the same, and the reason stays with it.",
            )
        staged = await asyncio.to_thread(self.store.stage, path, found.sha256)
        image_id = uuid4()

        def write(session: Session) -> UUID:
            build = firmware.build(session, build_id)
            row = editing.image_row(image_id, build_id, found, force)
            firmware.save_image(session, row)
            editing.learn_os(session, build, found)
            told = {"image": row.file_name, "build": build.version, "sha256": row.sha256}
            if row.forced:
                told |= {"forced": row.forced, "although": " ".join(found.objections)}
            self._note(session, "add_firmware_image", told)
            # Last, while the build is locked: no row is without its file, whoever dies when.
            self.store.publish(staged, build_id, found.file_name)
            return row.id

        try:
            await self._database.awrite(write)
        except Exception:  # not when cancelled: what is being written goes on, and takes the file
            await asyncio.to_thread(staged.unlink, missing_ok=True)
            await self._drop(build_id, found.file_name)
            raise
        await self.recognise()
        return await self.find_image(str(image_id))

    async def change_image(self, image_id: UUID, **wish: Any) -> ImageRow:
        """Set `type` or `boards` (names and models). Raises InputError, StorageError."""
        self._permit()

        def write(session: Session) -> UUID:
            row = editing.change_image(session, image_id, wish)
            self._note(session, "change_firmware_image", {"image": row.file_name, **wish})
            return row.id

        await self._written(write)
        await self.recognise()
        return await self.find_image(str(image_id))

    async def remove_image(self, image_id: UUID) -> None:
        """Remove an image with its file."""
        self._permit()

        def write(session: Session) -> FirmwareImage:
            row = firmware.image(session, image_id)
            told = FirmwareImage.model_validate(row.model_dump())
            firmware.remove(session, row)
            self._note(session, "remove_firmware_image", {"image": told.file_name})
            return told

        gone = await self._database.awrite(write)
        await self._drop(gone.build_id, gone.file_name)

    async def forget(self, ids: Collection[UUID]) -> None:
        """Delete the files of builds that are gone."""
        for id_ in ids:
            await asyncio.to_thread(self.store.remove_build, id_)

    async def recognise(self, ids: Collection[UUID] | None = None) -> int:
        """Remember of devices that they run an image of the library, where their OS says so and
        nothing else is known; of these or of all. Returns of how many that is new."""
        rows: list[DeviceRow] = [
            row for row in self._fleet.rows.values() if ids is None or row.id in ids
        ]
        boards = self.boards

        def read(session: Session) -> list[Assigned]:
            return recognised(rows, library.load(session), boards)

        found = await self._database.aread(read)
        if found:
            # Judged again where it is written: a device may have got an image meanwhile.
            await self._database.awrite(lambda session: firmware.assign(session, read(session)))
        return len(found)

    # -- within ---------------------------------------------------------------------------------

    async def _drop(self, build_id: UUID, file_name: str) -> None:
        """Delete a file that no image has, not that of another which came meanwhile."""

        def write(session: Session) -> None:
            if not firmware.has_file(session, build_id, file_name):
                self.store.remove(build_id, file_name)

        await self._database.awrite(write)

    async def _written(self, write: Callable[[Session], UUID]) -> tuple[UUID, Library]:
        id_ = await self._database.awrite(write)
        return id_, await self.library()

    async def _image(self, image_id: UUID) -> ImageRow:
        found = (await self.library()).images.get(image_id)
        if found is None:
            raise InputError("There is no such image any more.", "`owtui firmware images`")
        return found

    def _device(self, device_id: UUID) -> DeviceRow:
        row = self._fleet.rows.get(device_id)
        if row is None:
            raise InputError("There is no such device any more.", "`owtui devices` lists them.")
        return row

    def _gate(self) -> Gate:
        keys = signature.keys(self._settings.firmware_keys)
        return Gate(self.boards, keys, self._settings.firmware_max_mib << 20)

    def _permit(self) -> None:
        if self._settings.read_only:
            raise BlockedError("Nothing is changed in read-only mode.", "Start with --write.")

    def _note(self, session: Session, action: str, detail: dict[str, Any]) -> None:
        note(session, self._operator, action, detail)
