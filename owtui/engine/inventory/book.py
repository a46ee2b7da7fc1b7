"""What the inventory holds already, as an import compares with it and an export writes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from storage import credentials, organizations
from storage.core import DEVICE, DEVICE_CONNECTION, DEVICE_GROUP, HOST_KEY
from storage.logins import opened
from storage.secrets import Secret, Vault


@dataclass(frozen=True, slots=True)
class KnownLogin:
    """Credentials of the inventory; secrets are there to compare with and are never shown."""

    id: UUID
    organization_id: UUID | None
    name: str
    kind: str
    params: Mapping[str, Any]
    password: Secret | None = None
    key: Secret | None = None

    @property
    def user(self) -> str:
        """Who logs in."""
        return str(self.params.get("username", "root"))


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device as it is. `connections`: credentials id → parameters, as tried in order of age."""

    id: UUID
    organization_id: UUID
    group: str
    values: Mapping[str, Any]  # the table's columns
    connections: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    host_keys: tuple[str, ...] = ()  # trusted

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.values["name"])


@dataclass(frozen=True, slots=True)
class KnownOrganization:
    """An organization; `groups` are the names of its groups by id."""

    id: UUID
    name: str
    slug: str
    groups: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Book:
    """All of it."""

    organizations: tuple[KnownOrganization, ...] = ()
    devices: tuple[KnownDevice, ...] = ()
    logins: tuple[KnownLogin, ...] = ()

    @classmethod
    def load(
        cls,
        session: Session,
        vault: Vault | None = None,
        ids: Collection[UUID] | None = None,
    ) -> Book:
        """Read the inventory, or some devices of it; without a vault secrets stay sealed."""
        return cls(_organizations(session), _devices(session, ids), _logins(session, vault))


def _organizations(session: Session) -> tuple[KnownOrganization, ...]:
    groups: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for group in organizations.groups(session):
        groups[group.organization_id][group.id] = group.name
    return tuple(
        KnownOrganization(row.id, row.name, row.slug, groups[row.id])
        for row in organizations.rows(session)
    )


def _devices(session: Session, ids: Collection[UUID] | None) -> tuple[KnownDevice, ...]:
    connections: dict[UUID, dict[UUID, Mapping[str, Any]]] = defaultdict(dict)
    columns = DEVICE_CONNECTION.c
    used = select(columns.device_id, columns.credentials_id, columns.params).order_by(
        columns.created, columns.id
    )
    for device_id, credentials_id, params in session.execute(used):
        connections[device_id][credentials_id] = params
    keys: dict[UUID, list[str]] = defaultdict(list)
    trusted = select(HOST_KEY.c.device_id, HOST_KEY.c.public).where(HOST_KEY.c.state == "trusted")
    for device_id, public in session.execute(trusted.order_by(HOST_KEY.c.algorithm)):
        keys[device_id].append(public)
    query = (
        select(DEVICE, DEVICE_GROUP.c.name.label("group_name"))
        .outerjoin(DEVICE_GROUP, DEVICE_GROUP.c.id == DEVICE.c.group_id)
        .order_by(DEVICE.c.name, DEVICE.c.id)
    )
    wanted = None if ids is None else set(ids)
    return tuple(
        KnownDevice(
            id=row["id"],
            organization_id=row["organization_id"],
            group=row["group_name"] or "",
            values=dict(row),
            connections=connections[row["id"]],
            host_keys=tuple(keys[row["id"]]),
        )
        for row in session.execute(query).mappings()
        if wanted is None or row["id"] in wanted
    )


def _logins(session: Session, vault: Vault | None) -> tuple[KnownLogin, ...]:
    found = []
    for row in credentials.rows(session):
        parts: dict[str, Secret] = {}
        if vault is not None and row.sealed is not None:
            parts = opened(vault.unseal(session, row.sealed, f"credentials:{row.id}"))
        found.append(
            KnownLogin(
                id=row.id,
                organization_id=row.organization_id,
                name=row.name,
                kind=row.kind,
                params=row.params,
                password=parts.get("password"),
                key=parts.get("key"),
            )
        )
    return tuple(found)
