"""Organizations and the groups within them.

Nobody has to make one: what belongs nowhere else belongs to "default".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from storage import assigning, revisions
from storage.core import DEVICE, DEVICE_GROUP, ORGANIZATION
from storage.errors import MissingError, RuleError
from storage.rules import storable, text
from storage.tables import DeviceGroup, Organization

DEFAULT = "default"
NAME_LENGTH = 80
GROUP_NAME_LENGTH = 60
LEAST_WINDOW_S, MOST_WINDOW_S = 20, 3600  # less is no time to come back in


def rows(session: Session) -> list[Organization]:
    """All, by name."""
    return list(session.scalars(select(Organization).order_by(ORGANIZATION.c.name)))


def device_counts(session: Session) -> dict[UUID, int]:
    """How many devices each organization has; those with none are left out."""
    query = select(DEVICE.c.organization_id, func.count()).group_by(DEVICE.c.organization_id)
    return {row[0]: row[1] for row in session.execute(query)}


def find(session: Session, wanted: UUID | str) -> Organization:
    """By id, slug or name, whatever the case. Raises MissingError."""
    try:
        condition = ORGANIZATION.c.id == (wanted if isinstance(wanted, UUID) else UUID(wanted))
    except ValueError:
        lower = str(wanted).strip().lower()
        condition = (ORGANIZATION.c.slug == lower) | (func.lower(ORGANIZATION.c.name) == lower)
    found = session.scalars(select(Organization).where(condition)).first()
    if found is None:
        raise MissingError(f"There is no organization {wanted}.", "See: owtui organizations")
    return found


def default(session: Session) -> Organization:
    """The organization of what belongs nowhere else; made when it is first needed."""
    query = select(Organization).where(ORGANIZATION.c.slug == DEFAULT)
    return session.scalars(query).first() or create(session, DEFAULT)


def named(session: Session, name: str) -> Organization:
    """By name, slug or id; the default one for no name. Raises MissingError."""
    return find(session, name) if name else default(session)


def create(
    session: Session, name: str, *, slug: str = "", device_limit: int | None = 0
) -> Organization:
    """Make one; the slug comes from the name unless given."""
    name = text(name, NAME_LENGTH, "name")
    slug = slug or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not name or not slug:
        raise RuleError("An organization needs a name with a letter or a digit.", field="name")
    clash = (ORGANIZATION.c.slug == slug) | (func.lower(ORGANIZATION.c.name) == name.lower())
    if session.scalars(select(Organization).where(clash)).first() is not None:
        raise RuleError("Organization with this Name already exists.", field="name")
    organization = Organization(name=name, slug=slug, device_limit=device_limit)
    session.add(organization)
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return organization


def set_limit(session: Session, organization_id: UUID, device_limit: int | None) -> Organization:
    """Change how many devices are allowed: 0 any number, None none, never below what is there."""
    organization = find(session, organization_id)
    count = device_counts(session).get(organization_id, 0)
    if count and (device_limit is None or 0 < device_limit < count):
        raise RuleError(
            f"The limit cannot be lower than the {count} devices that {organization.name} has.",
            field="device_limit",
        )
    organization.device_limit = device_limit
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return organization


def remove(session: Session, organization_id: UUID) -> None:
    """Remove one without devices; its groups, credentials and firmware go with it."""
    organization = find(session, organization_id)
    count = device_counts(session).get(organization_id, 0)
    if count:
        raise RuleError(
            f"{organization.name} still has {count} devices.",
            "Move or remove them first.",
        )
    session.delete(organization)
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS, revisions.CREDENTIALS, revisions.FIRMWARE)


def groups(session: Session, organization_id: UUID | None = None) -> list[DeviceGroup]:
    """The groups of one organization, or all; by name."""
    query = select(DeviceGroup).order_by(DEVICE_GROUP.c.name)
    if organization_id is not None:
        query = query.where(DEVICE_GROUP.c.organization_id == organization_id)
    return list(session.scalars(query))


def group(session: Session, organization_id: UUID, name: str) -> DeviceGroup:
    """A group of an organization by its name. Raises MissingError."""
    query = select(DeviceGroup).where(
        DEVICE_GROUP.c.organization_id == organization_id, DEVICE_GROUP.c.name == name.strip()
    )
    found = session.scalars(query).first()
    if found is None:
        raise MissingError(f"There is no group {name} in this organization.")
    return found


def group_by_id(session: Session, group_id: UUID) -> DeviceGroup:
    """Raises MissingError."""
    found = session.get(DeviceGroup, group_id)
    if found is None:
        raise MissingError("There is no such group any more.", "See: owtui groups")
    return found


def group_by_name(session: Session, name: str) -> DeviceGroup:
    """The one group of that name. Raises MissingError; RuleError where several have it."""
    found = [one for one in groups(session) if one.name == name.strip()]
    if not found:
        raise MissingError(f"There is no group {name.strip()}.", "See: owtui groups")
    if len(found) > 1:
        raise RuleError(
            f"Several organizations have a group {name.strip()}.",
            "Name the organization: ORGANIZATION/GROUP.",
        )
    return found[0]


def create_group(
    session: Session, organization_id: UUID, name: str, description: str = ""
) -> DeviceGroup:
    """Make a group. Raises RuleError when the organization has one of that name."""
    name = text(name, GROUP_NAME_LENGTH, "name")
    if not name:
        raise RuleError("A group needs a name.", field="name")
    if any(other.name == name for other in groups(session, organization_id)):
        raise RuleError(
            "Device Group with this Organization and Name already exists.", field="name"
        )
    made = DeviceGroup(organization_id=organization_id, name=name, description=description)
    session.add(made)
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return made


def ensure_group(session: Session, organization_id: UUID, name: str) -> DeviceGroup:
    """The group of that name, made when there is none."""
    try:
        return group(session, organization_id, name)
    except MissingError:
        return create_group(session, organization_id, name)


def describe_group(session: Session, group_id: UUID, description: str) -> DeviceGroup:
    """Say what a group is for."""
    found = group_by_id(session, group_id)
    found.description = storable(description.strip())
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return found


def set_guard(
    session: Session, group_id: UUID, window_s: int | None, settle_s: int | None
) -> DeviceGroup:
    """How long its devices wait for our word after a push, and settle before it; None: as usual."""
    found = group_by_id(session, group_id)
    if window_s is not None and not LEAST_WINDOW_S <= window_s <= MOST_WINDOW_S:
        raise RuleError(
            f"The guard's window is {LEAST_WINDOW_S} to {MOST_WINDOW_S} seconds.",
            field="guard_window_s",
        )
    if settle_s is not None and not 0 <= settle_s <= MOST_WINDOW_S:
        raise RuleError(
            f"A device settles for 0 to {MOST_WINDOW_S} seconds.", field="guard_settle_s"
        )
    found.guard_window_s, found.guard_settle_s = window_s, settle_s
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return found


def set_upgrade_window(session: Session, group_id: UUID, text: str) -> DeviceGroup:
    """When devices of a group may be flashed, as the engine reads it; "" at any time."""
    found = group_by_id(session, group_id)
    found.upgrade_window = text
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return found


def set_meta_data(session: Session, group_id: UUID, data: Mapping[str, Any]) -> DeviceGroup:
    """Keep JSON with a group. Raises RuleError for what is no JSON object."""
    found = group_by_id(session, group_id)
    if not isinstance(data, Mapping):
        raise RuleError("the supplied value is not a JSON object", field="meta_data")
    found.meta_data = dict(data)
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS)
    return found


def remove_group(session: Session, group_id: UUID) -> None:
    """Remove a group; its devices stay, belong to none and lose what it gave them."""
    found = session.get(DeviceGroup, group_id)
    if found is None:
        raise MissingError("The group is already gone.")
    assigning.set_group(session, group_id, [])
    assigning.mark_devices(session, DEVICE.c.group_id == group_id)  # its variables go as well
    session.delete(found)
    session.flush()
    revisions.touch(session, revisions.ORGANIZATIONS, revisions.DEVICES)
