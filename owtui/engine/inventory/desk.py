"""The inventory as a face changes it: add, edit, import, export; each change audited.

Adding one device is an import of one row, so that both have the same rules and the same words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.fleet import Fleet
from owtui.engine.inventory import files, reaching
from owtui.engine.inventory.applying import Imported, apply_import
from owtui.engine.inventory.book import Book
from owtui.engine.inventory.draft import Access, Draft, Reading
from owtui.engine.inventory.export import export
from owtui.engine.inventory.importplan import ImportPlan, ImportRow, Verdict
from owtui.engine.inventory.owners import note
from owtui.engine.inventory.planning import plan_import
from owtui.errors import InputError
from owtui.operator import Operator
from storage import devices, organizations, service
from storage.db import Database
from storage.devices import DeviceFields
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault

# What `devices set` and the console's form may change, by the names a person uses.
FIELDS = ("name", "address", "management_ip", "mac", "group", "tags", "zone", "notes")
EDITABLE = (*FIELDS, "deactivated", *reaching.REACHING)


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads and changes the inventory.

    `forget` drops connections to an edited device; `tell` says which rows are other ones now, since
    the watcher finds nothing new in a fleet that has been renewed already. `settled` renders the
    configurations that a change is felt in.
    """

    database: Database
    vault: Callable[[], Vault]
    fleet: Fleet
    operator: Operator
    forget: Callable[[UUID], Any]
    tell: Callable[[Collection[UUID]], Any] = lambda _ids: None
    settled: Callable[[], Awaitable[None]] | None = None

    async def add(self, draft: Draft) -> DeviceRow:
        """Add one device with its login. Raises InputError, StorageError.

        Other than an import it changes no device that is there and makes neither organization nor
        group: one name is typed wrong more easily than a file.
        """
        plan = await self._plan(Reading(kind="form", drafts=(draft,)), "form")
        if plan.errors:
            raise InputError(f"{draft.name} cannot be added: {plan.errors[0].reason}")
        [row] = plan.rows
        if row.verdict is not Verdict.NEW:
            raise InputError(
                f"There is a device {draft.name} already.", "`owtui devices set` changes it."
            )
        if draft.organization and plan.organizations:
            raise InputError(
                f"There is no organization “{draft.organization}”.",
                f"`owtui organizations add {draft.organization}` makes it.",
            )
        if row.group:
            await self.database.aread(lambda session: _check_group(session, row))
        imported = await self.apply(plan)
        return self.fleet.rows[imported.created[0]]

    async def edit(self, row: DeviceRow, changes: Mapping[str, str]) -> DeviceRow:
        """Change fields of a device, given as text; an empty text clears one."""
        for key in changes.keys() - set(EDITABLE):
            if key == "organization":
                raise InputError(
                    "An organization is not set but moved to.",
                    f"`owtui apply set_organization name={row.name} -p organization=NAME --yes`",
                )
            near = get_close_matches(key, EDITABLE, 1)
            nearest = f"The nearest is {near[0]}. " if near else ""
            raise InputError(
                f"A device has no {key} to set.", f"{nearest}Known: {', '.join(EDITABLE)}."
            )
        switch = _switch(changes.get("deactivated"))
        fields = {key: value for key, value in changes.items() if key in FIELDS}

        def write(session: Session) -> None:
            if switch is False:
                service.activate(session, row.id)
            if fields:
                devices.update(session, row.id, **_fields(session, row, fields))
            reaching.change(session, row.id, row.organization_id, changes)
            if switch:
                service.deactivate(session, row.id)
            detail = {"device": row.name, "changes": dict(changes)}
            note(session, self.operator, "edit_device", detail, row)

        await self.database.awrite(write)
        await self._settle()
        self.forget(row.id)
        self.tell(await self.fleet.refresh({row.id}))
        return self.fleet.rows[row.id]

    async def ways(self, device_id: UUID) -> list[dict[str, Any]]:
        """See reaching.ways."""
        return await self.database.aread(lambda session: reaching.ways(session, device_id))

    async def plan_import(self, file: Path, kind: str | None = None) -> ImportPlan:
        """What importing a file would do; nothing is written."""
        reading = await asyncio.to_thread(files.read, file, kind)
        return await self._plan(reading, file.name)

    async def apply(self, plan: ImportPlan, *, skip_errors: bool = False) -> Imported:
        """Carry an import out: all rows or none, unless errors are skipped aloud."""
        vault = await asyncio.to_thread(self.vault)
        imported = await self.database.awrite(
            lambda session: apply_import(
                session, vault, plan, self.operator, skip_errors=skip_errors
            )
        )
        await self._settle()
        for device_id in imported.updated:
            self.forget(device_id)
        self.tell(await self.fleet.refresh({*imported.created, *imported.updated}))
        return imported

    async def export(self, ids: Collection[UUID], kind: str = "csv") -> str:
        """These devices as text that `plan_import` reads; without secrets."""
        return await self.database.aread(
            lambda session: export(Book.load(session, None), ids, kind)
        )

    async def _settle(self) -> None:
        if self.settled is not None:
            await self.settled()

    async def _plan(self, reading: Reading, source: str) -> ImportPlan:
        vault = await asyncio.to_thread(self.vault)
        return await self.database.aread(
            lambda session: plan_import(reading, Book.load(session, vault), source)
        )


def draft(
    name: str,
    address: str,
    *,
    user: str = "root",
    password: str | None = None,
    key: Path | None = None,
    agent: bool = False,
    port: int = 22,
    http_url: str = "",
    jump: str = "",
    tags: tuple[str, ...] = (),
    group: str = "",
    organization: str = "",
    zone: str = "",
) -> Draft:
    """A device as a form or `devices add` gives it.

    An empty password is a factory device; with a key it is the key's passphrase.
    """
    login = "key" if key else "agent" if agent else "password" if password else "none"
    return Draft(
        line=1,
        name=name,
        address=address,
        tags=tags,
        group=group,
        organization=organization,
        zone=zone,
        access=Access(
            login=login,
            user=user,
            password=Secret(password) if login == "password" and password else None,
            private_key=private_key(key) if key else None,
            passphrase=Secret(password) if key and password else None,
            port=port,
            http_url=http_url,
            jump=tuple(hop.strip() for hop in jump.split(",") if hop.strip()),
        ),
    )


def private_key(path: Path) -> Secret:
    """The text of a key file. Raises InputError."""
    try:
        return Secret(path.expanduser().read_text("utf-8"))
    except OSError as error:
        raise InputError(f"The key file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"The key file {path} is no text.", "A private key is.") from None


def _check_group(session: Session, row: ImportRow) -> None:
    known = organizations.groups(session, row.owner) if isinstance(row.owner, UUID) else []
    if row.group not in {group.name for group in known}:
        raise InputError(
            f"There is no group “{row.group}” in the organization of {row.name}.",
            "`owtui groups` lists them, `owtui groups add` makes one.",
        )


def _switch(text: str | None) -> bool | None:
    if text is None:
        return None
    if text.casefold() not in ("yes", "no"):
        raise InputError("deactivated is yes or no.")
    return text.casefold() == "yes"


def _fields(session: Session, row: DeviceRow, changes: Mapping[str, str]) -> DeviceFields:
    fields: dict[str, Any] = dict(changes)
    if "mac" in fields:
        fields["mac_address"] = fields.pop("mac") or None
    if "tags" in fields:
        fields["tags"] = [tag.strip() for tag in fields["tags"].split(",") if tag.strip()]
    if "group" in fields:
        name = fields.pop("group")
        fields["group_id"] = (
            organizations.group(session, row.organization_id, name).id if name else None
        )
    typed: DeviceFields = fields  # type: ignore[assignment]  # the keys were checked by name
    return typed
