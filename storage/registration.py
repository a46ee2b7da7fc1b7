"""What devices register with: the shared secret of an organization, and keys made of it.

A secret is made when it is first asked for, sealed, and found again by a keyed hash.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from storage import organizations, revisions, rules
from storage.core import DEVICE, ORGANIZATION
from storage.errors import RuleError
from storage.secrets import Secret, Vault
from storage.tables import Device, Organization

SECRET_LENGTH = 32


def shared_secret(session: Session, vault: Vault, organization_id: UUID) -> Secret | None:
    """The secret of an organization; None while it has none."""
    owner = organizations.find(session, organization_id)
    if owner.sealed is None:
        return None
    return vault.unseal(session, owner.sealed, f"organization:{owner.id}")


def ensure_secret(session: Session, vault: Vault, organization_id: UUID) -> Secret:
    """The same; made where there is none."""
    known = shared_secret(session, vault, organization_id)
    return known or set_secret(session, vault, organization_id)


def set_secret(
    session: Session, vault: Vault, organization_id: UUID, secret: Secret | None = None
) -> Secret:
    """Give an organization another secret, a random one unless told; the old one registers nobody
    any more. Raises RuleError where another organization has it."""
    owner = organizations.find(session, organization_id)
    text = rules.new_key() if secret is None else rules.key(secret.reveal())
    if len(text) > SECRET_LENGTH:
        raise RuleError(
            f"The shared secret is longer than {SECRET_LENGTH} characters.", field="shared_secret"
        )
    fresh = Secret(text)
    digest = vault.digest(session, fresh)
    query = select(ORGANIZATION.c.id).where(
        ORGANIZATION.c.secret_digest == digest, ORGANIZATION.c.id != organization_id
    )
    if session.scalars(query).first() is not None:
        raise RuleError("Another organization has this shared secret.", field="shared_secret")
    owner.sealed = vault.seal(session, fresh, f"organization:{owner.id}")
    owner.secret_digest = digest
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return fresh


def by_secret(session: Session, vault: Vault, secret: Secret) -> Organization | None:
    """The active organization whose secret it is."""
    query = select(Organization).where(
        ORGANIZATION.c.secret_digest == vault.digest(session, secret), ORGANIZATION.c.is_active
    )
    return session.scalars(query).first()


def set_enabled(session: Session, organization_id: UUID, enabled: bool) -> None:
    """Whether devices may register themselves in an organization."""
    organizations.find(session, organization_id).registration_enabled = enabled
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)


def set_active(session: Session, organization_id: UUID, active: bool) -> None:
    """Whether an organization is served at all: agents of an inactive one get no answer."""
    organizations.find(session, organization_id).is_active = active
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)


def known_device(
    session: Session, organization_id: UUID, key: str, mac_address: str, expected_key: str
) -> Device | None:
    """The device that registers again: by its key, in whichever organization.

    One that was added by hand has a key of our own making: it is found by its MAC in the
    organization of the secret, if what it shows is the key that follows from both (`expected_key`).
    Its key is that one from then on.
    """
    found = session.scalars(select(Device).where(DEVICE.c.key == key)).first()
    if found is not None or key != expected_key:
        return found
    query = select(Device).where(
        DEVICE.c.organization_id == organization_id,
        func.upper(DEVICE.c.mac_address) == mac_address.upper(),
    )
    found = session.scalars(query).first()
    if found is not None and not found.is_deactivated:
        found.key = key
        session.flush()
    return found
