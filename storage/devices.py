"""Devices: found, created and changed under OpenWISP's rules.

Nothing here commits; every change touches its topic. The list is in storage.devicelist,
what the engine learns in storage.states and storage.addresses, the way out of service and back in
storage.service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session

from storage import addresses, assigning, configs, credentials, organizations, revisions, rules
from storage.core import DEVICE, ORGANIZATION, length
from storage.errors import MissingError, RuleError
from storage.tables import Device, DeviceGroup, Organization

# What goes into its rendered configuration, or decides what does.
RENDERED = ("name", "mac_address", "key", "hardware_id", "os", "organization_id", "group_id")


class DeviceFields(TypedDict, total=False):
    """What may be given when a device is made; empty text clears a field."""

    organization_id: UUID
    group_id: UUID | None
    address: str
    mac_address: str | None
    key: str
    hardware_id: str | None
    model: str
    os: str
    system: str
    last_ip: str | None
    management_ip: str | None
    tags: Sequence[str]
    zone: str
    notes: str


class DeviceChanges(DeviceFields, total=False):
    """What may be given when a device is changed."""

    name: str


def get(session: Session, device_id: UUID) -> Device:
    """One device. Raises MissingError."""
    device = session.get(Device, device_id)
    if device is None:
        raise MissingError("There is no such device any more.", "See: owtui devices")
    return device


def by_name(session: Session, name: str, organization_id: UUID | None = None) -> Device:
    """By name (whatever the case) or MAC. Raises MissingError; RuleError when several match."""
    wanted = name.strip()
    matches = or_(
        func.lower(DEVICE.c.name) == wanted.lower(),
        DEVICE.c.mac_address == wanted.replace("-", ":").upper(),
    )
    query = select(Device).where(matches)
    if organization_id is not None:
        query = query.where(DEVICE.c.organization_id == organization_id)
    found = session.scalars(query.limit(2)).all()
    if not found:
        raise MissingError(f"There is no device {wanted}.", "See: owtui devices")
    if len(found) > 1:
        raise RuleError(f"Several organizations have a device {wanted}.", "Name the organization.")
    return found[0]


def create(session: Session, name: str, **fields: Unpack[DeviceFields]) -> Device:
    """Make a device, in the default organization unless told; auto-add credentials are attached.

    Without a key it gets a random one of 32 characters. Raises RuleError with the field.
    """
    organization_id = fields.pop("organization_id", None) or organizations.default(session).id
    device = Device(
        organization_id=organization_id, name=rules.device_name(name), key=rules.new_key()
    )
    _apply(device, fields)
    _check_limit(session, device.organization_id)
    _check_group(session, device)
    _check_unique(session, device)
    session.add(device)
    session.flush()
    addresses.release(session, device)
    credentials.attach_auto_added(session, device)
    _follow_group(session, device, None)
    revisions.touch(session, revisions.DEVICES)
    return device


def update(session: Session, device_id: UUID, **fields: Unpack[DeviceChanges]) -> Device:
    """Change a device. A deactivated one is read-only; a new organization is checked like a new
    device, and a group of the old one is let go of unless another is given."""
    device = get(session, device_id)
    configs.check_active(device)
    before = {name: getattr(device, name) for name in RENDERED}
    moved = fields.get("organization_id", device.organization_id) != device.organization_id
    if moved and "group_id" not in fields:
        fields["group_id"] = None
    with session.no_autoflush:
        _apply(device, fields)
        if moved:
            _check_limit(session, device.organization_id)
        _check_group(session, device)
        _check_unique(session, device)
    session.flush()
    if fields.get("management_ip") or fields.get("last_ip"):
        addresses.release(session, device)
    _follow(session, device, before)
    revisions.touch(session, revisions.DEVICES)
    return device


def _follow(session: Session, device: Device, before: Mapping[str, object]) -> None:
    """What its configuration is made of has changed: templates, variables or values."""
    changed = {name for name in RENDERED if getattr(device, name) != before[name]}
    if not changed:
        return
    config = configs.find(session, device.id)
    if "organization_id" in changed and config is not None:
        assigning.follow_organization(session, config)
    elif "group_id" in changed:
        _follow_group(session, device, before["group_id"])
    if "name" in changed:
        configs.renamed(session, device.id)
    assigning.mark_devices(session, DEVICE.c.id == device.id)


def _follow_group(session: Session, device: Device, before: object) -> None:
    """Take its group's templates; a device without a configuration gets one for them."""
    config = configs.find(session, device.id)
    if config is not None:
        assigning.follow_group(session, config, before if isinstance(before, UUID) else None)
    elif device.group_id is not None and assigning.of_groups(session).get(device.group_id):
        configs.ensure(session, device.id)


def _apply(device: Device, fields: DeviceFields | DeviceChanges) -> None:
    """Set the fields given, each cleaned by its rule. A device never loses its key."""
    for field, value in fields.items():
        if field != "key" or value:
            setattr(device, field, _clean(field, value))


def _clean(field: str, value: object) -> object:
    if field in ("organization_id", "group_id"):
        return value
    if field == "tags":
        return rules.tags(list(value))  # type: ignore[call-overload]  # typed by DeviceFields
    given = str(value or "")
    match field:
        case "name":
            return rules.device_name(given)
        case "mac_address":
            return rules.mac_address(given) if given.strip() else None
        case "key":
            return rules.key(given)
        case "hardware_id":
            return rules.hardware_id(given)
        case "last_ip" | "management_ip":
            return rules.ip_address(given, field)
        case "address":
            return rules.address(given)
        case "notes":
            return given
    return rules.text(given, length(DEVICE.c[field]), field)


def _check_limit(session: Session, organization_id: UUID) -> None:
    """One more device must fit. The row is locked, so that two at once do not both fit."""
    query = select(Organization).where(ORGANIZATION.c.id == organization_id).with_for_update()
    organization = session.scalars(query).first()
    if organization is None:
        raise MissingError("There is no such organization any more.")
    limit = organization.device_limit
    if limit == 0:
        return
    count = select(func.count()).where(DEVICE.c.organization_id == organization_id)
    if limit is None or session.execute(count).scalar_one() >= limit:
        raise RuleError(
            "The maximum amount of allowed devices has been reached "
            f"for organization {organization.name}.",
            field="organization_id",
        )


def _check_group(session: Session, device: Device) -> None:
    if device.group_id is None:
        return
    group = session.get(DeviceGroup, device.group_id)
    if group is None or group.organization_id != device.organization_id:
        raise RuleError(
            "Please ensure that the organization of this Device "
            "and the organization of the related Device Group match.",
            field="group_id",
        )


def _check_unique(session: Session, device: Device) -> None:
    """Name, MAC and serial number within the organization, the key everywhere: one query."""
    columns = DEVICE.c
    within = columns.organization_id == device.organization_id
    same = [columns.key == device.key, within & (func.lower(columns.name) == device.name.lower())]
    if device.mac_address:
        same.append(within & (columns.mac_address == device.mac_address))
    if device.hardware_id:
        same.append(within & (columns.hardware_id == device.hardware_id))
    query = select(columns.name, columns.mac_address, columns.key, columns.hardware_id).where(
        columns.id != device.id, or_(*same)
    )
    for other in session.execute(query):
        if other.key == device.key:
            raise RuleError("Device with this Key already exists.", field="key")
        if other.name.lower() == device.name.lower():
            raise _taken("Name", other.name, "name")
        if device.mac_address and other.mac_address == device.mac_address:
            raise _taken("Mac address", other.name, "mac_address")
        raise _taken("Serial number", other.name, "hardware_id")


def _taken(what: str, by: str, field: str) -> RuleError:
    return RuleError(
        f"Device with this {what} and Organization already exists.", f"It is {by}.", field=field
    )
