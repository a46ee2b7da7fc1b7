"""Where devices are reached: addresses learned, de-duplicated, and put in the order to try.

`Device.address` is the operator's and never touched here; management_ip and last_ip are learned,
and a learned address belongs to the device that was seen there last.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session

from storage import revisions, rules
from storage.core import DEVICE, among
from storage.db import SHARED_ADDRESSES
from storage.errors import MissingError, RuleError
from storage.tables import Device, now


def learn(
    session: Session,
    device_id: UUID,
    *,
    management_ip: str | None = None,
    last_ip: str | None = None,
) -> Device:
    """Record addresses a device was seen at: None keeps what is known, "" clears it.

    The latest device wins: others with the same management_ip lose theirs, and with the same
    last_ip only if that is private.
    """
    device = session.get(Device, device_id)
    if device is None:
        raise MissingError("There is no such device any more.", "See: owtui devices")
    before = (device.management_ip, device.last_ip)
    if management_ip is not None:
        device.management_ip = rules.ip_address(management_ip, "management_ip")
    if last_ip is not None:
        device.last_ip = rules.ip_address(last_ip, "last_ip")
    if (device.management_ip, device.last_ip) != before:
        session.flush()
        release(session, device)
        revisions.touch(session, revisions.DEVICES)
    return device


def clear_management_ip(session: Session, ids: Collection[UUID]) -> None:
    """Forget the learned management address of devices that became critical (OpenWISP's
    AUTO_CLEAR_MANAGEMENT_IP): somebody else may have it by now.

    Kept where nothing else tells how to reach the device: OpenWISP waits for an agent to announce
    a new one, and without an agent the device would be lost for good.
    """
    held = DEVICE.c.management_ip
    statement = (
        update(DEVICE)
        .where(among(session, DEVICE.c.id, ids), held.is_not(None), held != "")
        .where((DEVICE.c.address != "") & (DEVICE.c.address != held))
        .values(management_ip=None, modified=now())
    )
    if session.execute(statement).rowcount:  # type: ignore[attr-defined]  # of a CursorResult
        revisions.touch(session, revisions.DEVICES)


def release(session: Session, device: Device) -> None:
    """Blank on other devices the learned addresses that are now this one's.

    On those of all organizations, unless the session says that each has addresses of its own
    (OpenWISP's SHARED_MANAGEMENT_IP_ADDRESS_SPACE).
    """
    others = [DEVICE.c.id != device.id]
    if not session.info.get(SHARED_ADDRESSES, True):
        others.append(DEVICE.c.organization_id == device.organization_id)
    taken = {"management_ip": device.management_ip}
    if device.last_ip and rules.is_private(device.last_ip):
        taken["last_ip"] = device.last_ip
    for column, value in taken.items():
        if value:
            session.execute(
                DEVICE.update().where(*others, DEVICE.c[column] == value).values({column: None})
            )


class Addressed(Protocol):
    """What has the addresses of a device: the device, or a row with those columns."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str | None: ...
    @property
    def management_ip(self) -> str | None: ...
    @property
    def last_ip(self) -> str | None: ...


def candidates(device: Addressed, *, management_ip_only: bool = True) -> list[str]:
    """Where to try to reach it, in order. Raises RuleError when nothing is known."""
    candidates = [device.address, device.management_ip]
    if not management_ip_only:
        candidates.append(device.last_ip)
    found = list(dict.fromkeys(candidate for candidate in candidates if candidate))
    if not found:
        raise RuleError(
            "No valid IP addresses to initiate connections found",
            f"Give {device.name} an address.",
            field="address",
        )
    return found
