"""Credentials and the connections that put them on devices, OpenWISP's auto-add included.

Secrets go in and out through a Vault; what is listed never holds one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select
from sqlmodel import Session

from storage import revisions
from storage.core import CREDENTIALS, DEVICE, DEVICE_CONNECTION, among, insert_into
from storage.errors import MissingError, RuleError
from storage.logins import DEFAULT_PORT, Draft, Login, check, check_port, opened
from storage.rules import storable
from storage.secrets import Secret, Vault
from storage.tables import Credentials, Device, DeviceConnection

CHUNK = 500

MISMATCH = "The organization of these credentials doesn't match the organization of the device"

# Enabled first; of those the known-working, then the untried, then the failed (acceptance 15).
WORKING_FIRST = (
    DEVICE_CONNECTION.c.enabled.desc(),
    case(
        (DEVICE_CONNECTION.c.is_working.is_(True), 0),
        (DEVICE_CONNECTION.c.is_working.is_(None), 1),
        else_=2,
    ),
    DEVICE_CONNECTION.c.created,
    DEVICE_CONNECTION.c.id,
)

# What a Login is made of, as columns: objects of the tables cost a fan-out 0.2 ms a device.
_OF_A_LOGIN = (
    DEVICE_CONNECTION.c.id.label("connection_id"),
    DEVICE_CONNECTION.c.device_id,
    DEVICE_CONNECTION.c.is_working,
    DEVICE_CONNECTION.c.params.label("own_params"),
    CREDENTIALS.c.id.label("credentials_id"),
    CREDENTIALS.c.name,
    CREDENTIALS.c.connector,
    CREDENTIALS.c.kind,
    CREDENTIALS.c.params,
    CREDENTIALS.c.sealed,
)


def rows(session: Session, organization_id: UUID | None = None) -> list[Credentials]:
    """All, or those an organization may use (its own and the shared ones); by name."""
    query = select(Credentials).order_by(CREDENTIALS.c.name, CREDENTIALS.c.id)
    if organization_id is not None:
        columns = CREDENTIALS.c.organization_id
        query = query.where(or_(columns == organization_id, columns.is_(None)))
    return list(session.scalars(query))


def device_counts(session: Session) -> dict[UUID, int]:
    """How many devices use each login; those that none uses are left out."""
    columns = DEVICE_CONNECTION.c
    query = select(columns.credentials_id, func.count()).group_by(columns.credentials_id)
    return {row[0]: row[1] for row in session.execute(query)}


def get(session: Session, credentials_id: UUID) -> Credentials:
    """Raises MissingError."""
    found = session.get(Credentials, credentials_id)
    if found is None:
        raise MissingError("There are no such credentials any more.")
    return found


def by_name(session: Session, name: str, organization_id: UUID | None = None) -> Credentials:
    """The organization's own of that name, else the shared one. Raises MissingError."""
    usable = [row for row in rows(session, organization_id) if row.name == name.strip()]
    own = [row for row in usable if row.organization_id == organization_id]
    if not usable:
        raise MissingError(
            f"There are no credentials {name}.",
            "`owtui credentials` lists them; a device uses its organization's and shared ones.",
        )
    return (own or usable)[0]


def create(session: Session, vault: Vault, draft: Draft) -> Credentials:
    """Keep a login; with `auto_add` it is put on every device it may serve."""
    made = Credentials(name="")
    _fill(session, vault, made, check(draft))
    session.add(made)
    session.flush()
    if made.auto_add:
        attach_everywhere(session, made)
    revisions.touch(session, revisions.CREDENTIALS)
    return made


def replace(session: Session, vault: Vault, credentials_id: UUID, draft: Draft) -> Credentials:
    """Put a new login in the place of an old one, for all connections that use it.

    Raises RuleError when it would leave devices of another organization with it.
    """
    kept = get(session, credentials_id)
    if draft.organization_id is not None:
        foreign = (
            select(DEVICE_CONNECTION.c.id)
            .join(DEVICE, DEVICE.c.id == DEVICE_CONNECTION.c.device_id)
            .where(
                DEVICE_CONNECTION.c.credentials_id == credentials_id,
                DEVICE.c.organization_id != draft.organization_id,
            )
        )
        if session.execute(foreign.limit(1)).first():
            raise RuleError(MISMATCH, field="organization_id")
    with session.no_autoflush:
        _fill(session, vault, kept, check(draft))
    session.flush()
    if kept.auto_add:
        attach_everywhere(session, kept)
    revisions.touch(session, revisions.CREDENTIALS)
    return kept


def remove(session: Session, credentials_id: UUID) -> None:
    """Remove a login and its connections."""
    session.delete(get(session, credentials_id))
    session.flush()
    revisions.touch(session, revisions.CREDENTIALS, revisions.DEVICES)


def attach(
    session: Session,
    device_id: UUID,
    credentials_id: UUID,
    *,
    params: dict[str, Any] | None = None,
    enabled: bool = True,
) -> DeviceConnection:
    """Put a login on a device, or change how it is used there: `params` and `enabled` hold."""
    device = session.get(Device, device_id)
    if device is None:
        raise MissingError("There is no such device any more.")
    login = get(session, credentials_id)
    if login.organization_id not in (None, device.organization_id):
        raise RuleError(MISMATCH, field="organization_id")
    if params and "port" in params:
        check_port(params["port"])
    query = select(DeviceConnection).where(
        DEVICE_CONNECTION.c.device_id == device_id,
        DEVICE_CONNECTION.c.credentials_id == credentials_id,
    )
    connection = session.scalars(query).first()
    if connection is None:
        connection = DeviceConnection(device_id=device_id, credentials_id=credentials_id)
        session.add(connection)
    connection.enabled = enabled
    if params is not None:
        connection.params = dict(params)
    session.flush()
    revisions.touch(session, revisions.DEVICES)
    return connection


def detach(session: Session, connection_id: UUID) -> None:
    """Take a login off a device; missing is as good as taken."""
    session.execute(DEVICE_CONNECTION.delete().where(DEVICE_CONNECTION.c.id == connection_id))
    revisions.touch(session, revisions.DEVICES)


def attach_auto_added(session: Session, device: Device) -> int:
    """Put the auto-add logins of its organization and the shared ones on a new device."""
    query = select(CREDENTIALS.c.id).where(
        CREDENTIALS.c.auto_add,
        or_(
            CREDENTIALS.c.organization_id == device.organization_id,
            CREDENTIALS.c.organization_id.is_(None),
        ),
    )
    return _connect(session, [(device.id, login) for login in session.scalars(query)])


def attach_everywhere(session: Session, login: Credentials) -> int:
    """Put a login on every device of its organization, or on all if shared; never twice.

    OpenWISP's rule, but for devices without a configuration as well: owtui needs none to log in.
    """
    query = select(DEVICE.c.id)
    if login.organization_id is not None:
        query = query.where(DEVICE.c.organization_id == login.organization_id)
    return _connect(session, [(device_id, login.id) for device_id in session.scalars(query)])


def connections(session: Session, device_id: UUID) -> list[DeviceConnection]:
    """The connections of a device in the order they are tried; disabled ones last."""
    query = select(DeviceConnection).where(DEVICE_CONNECTION.c.device_id == device_id)
    return list(session.scalars(query.order_by(*WORKING_FIRST)))


def logins(session: Session, vault: Vault, ids: Collection[UUID]) -> dict[UUID, list[Login]]:
    """The enabled logins of these devices, unsealed, in the order to try them.

    Every id is a key of the answer; a device without credentials has an empty list.
    """
    found: dict[UUID, list[Login]] = {device_id: [] for device_id in ids}
    parts: dict[UUID, dict[str, Secret]] = {}  # one login serves many devices: unsealed once
    query = (
        select(*_OF_A_LOGIN)
        .join(CREDENTIALS, CREDENTIALS.c.id == DEVICE_CONNECTION.c.credentials_id)
        .where(among(session, DEVICE_CONNECTION.c.device_id, found), DEVICE_CONNECTION.c.enabled)
        .order_by(*WORKING_FIRST)
    )
    for row in session.execute(query):
        if row.credentials_id not in parts:
            parts[row.credentials_id] = _unsealed(session, vault, row)
        found[row.device_id].append(_login(row, parts[row.credentials_id]))
    return found


def with_keys(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these devices that have an enabled login by key or agent, which SSH alone takes."""
    if not ids:
        return set()
    query = (
        select(DEVICE_CONNECTION.c.device_id)
        .join(CREDENTIALS, CREDENTIALS.c.id == DEVICE_CONNECTION.c.credentials_id)
        .where(among(session, DEVICE_CONNECTION.c.device_id, ids), DEVICE_CONNECTION.c.enabled)
        .where(CREDENTIALS.c.kind.in_(("key", "agent")))
    )
    return set(session.scalars(query))


def failure_reason(session: Session, connection_id: UUID) -> str:
    """Why the last attempt with a connection failed, "" where it did not."""
    connection = session.get(DeviceConnection, connection_id)
    return connection.failure_reason if connection is not None else ""


def record_attempt(
    session: Session, connection_id: UUID, *, working: bool, reason: str, at: datetime
) -> bool | None:
    """Record how a connection went; returns what was known before (None: never tried)."""
    connection = session.get(DeviceConnection, connection_id)
    if connection is None:
        return None
    before = connection.is_working
    connection.is_working = working
    connection.failure_reason = "" if working else storable(reason)
    connection.last_attempt = at
    session.flush()
    if before is not working:
        revisions.touch(session, revisions.STATES)
    return before


def _fill(session: Session, vault: Vault, row: Credentials, draft: Draft) -> None:
    name = draft.name.strip()
    owner = CREDENTIALS.c.organization_id
    same = owner.is_(None) if draft.organization_id is None else owner == draft.organization_id
    clash = select(CREDENTIALS.c.id).where(CREDENTIALS.c.name == name, same)
    if session.scalars(clash.where(CREDENTIALS.c.id != row.id)).first() is not None:
        raise RuleError("Credentials with this Name and Organization already exists.", field="name")
    row.name, row.kind, row.params = name, draft.kind, draft.params
    row.organization_id, row.auto_add = draft.organization_id, draft.auto_add
    content = draft.sealed_text
    row.sealed = vault.seal(session, content, f"credentials:{row.id}") if content else None


def _connect(session: Session, pairs: Sequence[tuple[UUID, UUID]]) -> int:
    """Insert connections that do not exist yet; returns how many."""
    values = [
        DeviceConnection(device_id=device_id, credentials_id=login).model_dump()
        for device_id, login in pairs
    ]
    made = 0
    statement = insert_into(session, DEVICE_CONNECTION).on_conflict_do_nothing(
        index_elements=["device_id", "credentials_id"]
    )
    for start in range(0, len(values), CHUNK):
        chunk = values[start : start + CHUNK]
        made += len(session.execute(statement.returning(DEVICE_CONNECTION.c.id), chunk).all())
    if made:
        revisions.touch(session, revisions.DEVICES)
    return made


def _unsealed(session: Session, vault: Vault, row: Row[Any]) -> dict[str, Secret]:
    if row.sealed is None:
        return {}
    return opened(vault.unseal(session, row.sealed, f"credentials:{row.credentials_id}"))


def _login(row: Row[Any], parts: dict[str, Secret]) -> Login:
    params = {**row.params, **row.own_params}
    return Login(
        connection_id=row.connection_id,
        device_id=row.device_id,
        credentials_id=row.credentials_id,
        name=row.name,
        connector=row.connector,
        kind=row.kind,
        username=str(params.get("username", "root")),
        port=int(params.get("port", DEFAULT_PORT)),
        params=params,
        password=parts.get("password"),
        key=parts.get("key"),
        passphrase=parts.get("passphrase"),
        is_working=row.is_working,
    )
