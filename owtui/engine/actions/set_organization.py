"""Move devices to another organization, under its limit and its rules of uniqueness.

The group stays behind when the new organization has none of that name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Param, Records, Registrar
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import devicelist, devices, organizations
from storage.core import CREDENTIALS, DEVICE_CONNECTION
from storage.errors import MissingError
from storage.rows import DeviceRow


class SetOrganization(InventoryChange):
    """All or nothing: one transaction moves every device of the plan."""

    id = "set_organization"
    title = "Set organization"
    help = "Move devices to another organization"
    letter = "o"
    params = (Param("organization", "Organization", help="its name or slug"),)
    seconds = 0.0

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """For each device: where it goes, and the reason why it cannot, if there is one."""
        session = records.session
        target = _find(session, params)
        there = [row for row in devicelist.rows(session) if row.organization_id == target.id]
        names = {row.name.lower(): row.name for row in there}
        macs = {row.mac: row.name for row in there if row.mac}
        room = _room(target.device_limit, len(there))
        tied = _tied(session, target.id)
        known: dict[UUID, Any] = {}
        for row in rows:
            if row.organization_id == target.id:
                known[row.id] = (target.name, "")
                continue
            reason = _refusal(row, target.name, names, macs, room)
            if row.id in tied:
                reason = f"It uses credentials of {row.organization} alone: detach them first."
            known[row.id] = (target.name, reason)
            if not reason:
                room -= 1
                names[row.name.lower()] = row.name
                if row.mac:
                    macs[row.mac] = row.name
        return known

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Blocked with the rule that would break."""
        target, refusal = known
        if row.is_deactivated:
            return Judgement(Verdict.BLOCKED, "Device is deactivated.")
        if row.organization == target:
            return Judgement(Verdict.SAME, "is in this organization already")
        if refusal:
            return Judgement(Verdict.BLOCKED, refusal)
        return Judgement(Verdict.CHANGE, diff=_diff(row.organization, target))

    def base(self, row: DeviceRow) -> str:
        """Its organization, name and MAC."""
        return f"{row.organization_id} {row.name} {row.mac}"

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Move it, with its group where one of that name is there."""
        session = records.session
        target = _find(session, params)
        try:
            group = organizations.group(session, target.id, row.group) if row.group else None
        except MissingError:
            group = None
        devices.update(
            session, row.id, organization_id=target.id, group_id=group.id if group else None
        )
        note = f"in organization {target.name}"
        return Outcome(changed=True, diff=_diff(row.organization, target.name), note=note)


def _find(session: Session, params: Mapping[str, Any]) -> Any:
    try:
        return organizations.find(session, params["organization"])
    except MissingError as error:
        raise InputError(error.sentence, error.hint) from error


def _tied(session: Session, target: UUID) -> set[UUID]:
    """Devices that log in with credentials which neither the target owns nor all share."""
    query = (
        select(DEVICE_CONNECTION.c.device_id)
        .join(CREDENTIALS, CREDENTIALS.c.id == DEVICE_CONNECTION.c.credentials_id)
        .where(CREDENTIALS.c.organization_id.is_not(None), CREDENTIALS.c.organization_id != target)
    )
    return set(session.scalars(query))


def _room(limit: int | None, devices_there: int) -> float:
    """How many more fit: 0 is unlimited, None allows none (OpenWISP's rule)."""
    if limit is None:
        return 0
    return float("inf") if limit == 0 else max(0, limit - devices_there)


def _refusal(
    row: DeviceRow, target: str, names: Mapping[str, str], macs: Mapping[str, str], room: float
) -> str:
    if row.name.lower() in names:
        return f"{target} has a device of this name already."
    if row.mac and row.mac in macs:
        return f"{target} has a device of this MAC already: {macs[row.mac]}."
    if room < 1:
        return f"{target} is at its limit of devices."
    return ""


def _diff(old: str, new: str) -> str:
    return f"-organization {old}\n+organization {new}"


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(SetOrganization())
