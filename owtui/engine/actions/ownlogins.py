"""What we keep to log in to a device: looked up and replaced by the actions that change it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Task
from owtui.engine.targets import login as as_login
from owtui.engine.transport.base import Login
from owtui.errors import AuthError, DeniedError
from storage import credentials
from storage.errors import MissingError
from storage.logins import Draft
from storage.logins import Login as Kept
from storage.secrets import Secret, Vault
from storage.tables import Credentials


async def kept_logins(task: Task) -> list[Kept]:
    """The enabled logins of a device, in the order they are tried."""

    def read(session: Session) -> list[Kept]:
        return credentials.logins(session, task.vault, [task.device_id])[task.device_id]

    return list(await task.transact(read))


def variant(kept: list[Kept], kind: str, username: str, secret: Secret) -> Login:
    """The way the device is reached now, with another credential. Raises AuthError for none."""
    if not kept:
        raise AuthError("Device has no credentials assigned.")
    return replace(
        as_login(kept[0]),
        connection_id=None,
        kind=kind,
        username=username,
        secret=secret,
        passphrase=None,
    )


async def is_accepted(task: Task, login: Login) -> bool:
    """Whether a fresh connection with this login alone is let in."""
    try:
        async with task.login(login):
            return True
    except (AuthError, DeniedError):
        return False


def ensure_credentials(session: Session, vault: Vault, draft: Draft) -> Credentials:
    """The credentials of that name and owner, made when there are none."""
    try:
        found = credentials.by_name(session, draft.name, draft.organization_id)
        if found.organization_id == draft.organization_id:
            return found
    except MissingError:
        pass
    return credentials.create(session, vault, draft)


def move_connection(session: Session, device_id: UUID, connection_id: UUID, to: UUID) -> None:
    """Let one connection of a device use other credentials; its own parameters stay."""
    for connection in credentials.connections(session, device_id):
        if connection.id == connection_id:
            params = dict(connection.params)
            credentials.detach(session, connection_id)
            credentials.attach(session, device_id, to, params=params)
