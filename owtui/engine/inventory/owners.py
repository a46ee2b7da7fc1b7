"""Organizations, groups, credentials and saved views, as faces list and change them.

Everything a person changes here is audited in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.fleet import Fleet
from owtui.engine.selection import parse
from owtui.operator import Operator
from storage import assigning, audit, credentials, firmware, organizations, views
from storage.db import Database
from storage.logins import Draft
from storage.rows import DeviceRow
from storage.secrets import Vault
from storage.tables import AuditEntry


class Owners:
    """Who owns devices, and how they may be reached."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        operator: Operator,
        settled: Callable[[], Awaitable[None]] | None = None,
        forget_builds: Callable[[Collection[UUID]], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._operator = operator
        self._settled = settled
        self._forget_builds = forget_builds

    async def rows(self) -> list[dict[str, Any]]:
        """Organizations with how many devices they have; a limit of 0 is unlimited."""

        def read(session: Session) -> list[dict[str, Any]]:
            counts = organizations.device_counts(session)
            return [
                {
                    "id": one.id,
                    "name": one.name,
                    "slug": one.slug,
                    "devices": counts.get(one.id, 0),
                    "limit": one.device_limit,
                }
                for one in organizations.rows(session)
            ]

        return await self._database.aread(read)

    async def add(self, name: str, limit: int = 0) -> None:
        """Make an organization. Raises StorageError."""

        def write(session: Session) -> None:
            organizations.create(session, name, device_limit=limit)
            self._note(session, "add_organization", name)

        await self._database.awrite(write)

    async def remove(self, name: str) -> None:
        """Remove one that has no devices, with its firmware. Raises StorageError."""

        def write(session: Session) -> list[UUID]:
            id_ = organizations.find(session, name).id
            builds = firmware.builds_within(session, organization_id=id_)
            organizations.remove(session, id_)
            self._note(session, "remove_organization", name)
            return builds

        gone = await self._database.awrite(write)
        if gone and self._forget_builds is not None:
            await self._forget_builds(gone)

    async def groups(self) -> list[dict[str, Any]]:
        """Groups with their organization, their devices' number and what they give to these."""
        counts = Counter((row.organization, row.group) for row in self._fleet.rows.values())

        def read(session: Session) -> list[dict[str, Any]]:
            owners = {one.id: one.name for one in organizations.rows(session)}
            known, gives = assigning.entries(session), assigning.of_groups(session)
            return [
                {
                    "id": one.id,
                    "name": one.name,
                    "organization": owners[one.organization_id],
                    "devices": counts[owners[one.organization_id], one.name],
                    "description": one.description,
                    "templates": [known[id_].name for id_ in gives.get(one.id, ())],
                    "guard_window_s": one.guard_window_s,
                    "guard_settle_s": one.guard_settle_s,
                    "meta_data": one.meta_data,
                    "upgrade_window": one.upgrade_window,
                }
                for one in organizations.groups(session)
            ]

        return await self._database.aread(read)

    async def add_group(self, name: str, organization: str = "", description: str = "") -> None:
        """Make a group in an organization, the default one unless named."""

        def write(session: Session) -> None:
            owner = organizations.named(session, organization)
            organizations.create_group(session, owner.id, name, description)
            self._note(session, "add_group", name)

        await self._database.awrite(write)

    async def remove_group(self, name: str, organization: str = "") -> None:
        """Remove a group; its devices stay."""

        def write(session: Session) -> None:
            owner = organizations.named(session, organization)
            organizations.remove_group(session, organizations.group(session, owner.id, name).id)
            self._note(session, "remove_group", name)

        await self._database.awrite(write)
        if self._settled is not None:
            await self._settled()  # its devices lose what it gave them

    async def credentials(self) -> list[dict[str, Any]]:
        """Credentials without their secrets, and how many devices use each."""

        def read(session: Session) -> list[dict[str, Any]]:
            owners = {one.id: one.name for one in organizations.rows(session)}
            used = credentials.device_counts(session)
            return [
                {
                    "id": one.id,
                    "name": one.name,
                    "kind": one.kind,
                    "username": one.params.get("username", ""),
                    "organization": owners.get(one.organization_id, "shared")
                    if one.organization_id
                    else "shared",
                    "devices": used.get(one.id, 0),
                    "auto_add": one.auto_add,
                }
                for one in credentials.rows(session)
            ]

        return await self._database.aread(read)

    async def add_credentials(self, vault: Vault, draft: Draft, organization: str = "") -> None:
        """Keep a login, shared by all organizations unless one is named. Raises StorageError."""

        def write(session: Session) -> None:
            owner = organizations.named(session, organization).id if organization else None
            credentials.create(session, vault, replace(draft, organization_id=owner))
            self._note(session, "add_credentials", draft.name)

        await self._database.awrite(write)

    async def remove_credentials(self, name: str) -> None:
        """Forget a login, on all devices that use it. Raises StorageError."""

        def write(session: Session) -> None:
            credentials.remove(session, credentials.by_name(session, name).id)
            self._note(session, "remove_credentials", name)

        await self._database.awrite(write)

    def _note(self, session: Session, action: str, name: str) -> None:
        note(session, self._operator, action, {"name": name})


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: its filter, its columns (() for the usual) and its order: "cpu", "-cpu"."""

    filter: str
    columns: tuple[str, ...] = ()
    sort: str = ""


class Views:
    """Saved views of the fleet."""

    def __init__(self, database: Database, operator: Operator) -> None:
        self._database = database
        self._operator = operator
        self._saved: dict[str, View] = {}

    async def load(self) -> None:
        """Read the views that `view:NAME` may name."""
        found = await self._database.aread(views.rows)
        self._saved = {one.name: View(one.filter, tuple(one.columns), one.sort) for one in found}

    def get(self, name: str) -> str | None:
        """The filter of a view, None where there is none of that name."""
        view = self._saved.get(name)
        return view.filter if view is not None else None

    def saved(self, name: str) -> View | None:
        """All of a view, None where there is none of that name."""
        return self._saved.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all views, sorted."""
        return tuple(sorted(self._saved))

    async def rows(self) -> list[dict[str, Any]]:
        """All views, by name."""
        found = await self._database.aread(views.rows)
        return [
            {"name": one.name, "filter": one.filter, "columns": one.columns, "sort": one.sort}
            for one in found
        ]

    async def save(
        self, name: str, filter: str, columns: tuple[str, ...] = (), sort: str = ""
    ) -> None:
        """Keep a view. Raises FilterError for what is no filter."""
        text = str(parse(filter, self.get))

        def write(session: Session) -> None:
            views.save(session, name, text, columns=columns, sort=sort)
            note(session, self._operator, "save_view", {"name": name, "filter": text})

        await self._database.awrite(write)

    async def remove(self, name: str) -> None:
        """Forget a view. Raises StorageError."""

        def write(session: Session) -> None:
            views.remove(session, name)
            note(session, self._operator, "remove_view", {"name": name})

        await self._database.awrite(write)


def note(
    session: Session,
    operator: Operator,
    action: str,
    detail: dict[str, Any],
    device: DeviceRow | None = None,
) -> None:
    """Write what a person did to our own records into the audit; `device` is whose it was."""
    entry = AuditEntry(
        operator=operator.name,
        host=operator.host,
        face=operator.face,
        action=action,
        outcome="success",
        device_id=device.id if device else None,
        device_name=device.name if device else "",
        detail=detail,
    )
    audit.write(session, entry)
