"""Put devices into a group of their organization, or take them out of theirs.

OpenWISP's rules: device and group are of one organization; deactivated devices are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Param, Records, Registrar
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import devices, organizations
from storage.rows import DeviceRow


class SetGroup(InventoryChange):
    """`g` in the `a` menu; an empty name takes them out."""

    id = "set_group"
    title = "Set group"
    help = "Put devices into a group of their organization"
    letter = "g"
    params = (Param("group", "Group", help="its name; empty for none"),)
    seconds = 0.0

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """Find the group of that name in each device's organization."""
        name = params["group"].strip()
        if not name:
            return {}
        by_organization = {
            group.organization_id: str(group.id)
            for group in organizations.groups(records.session)
            if group.name == name
        }
        if not by_organization:
            raise InputError(f"There is no group “{name}”.", "`owtui groups` lists them.")
        return {row.id: by_organization.get(row.organization_id) for row in rows}

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Compare with the group it is in."""
        name = params["group"].strip()
        if row.is_deactivated:
            return Judgement(Verdict.BLOCKED, "Device is deactivated.")
        if name and known is None:
            return Judgement(
                Verdict.BLOCKED, f"Its organization {row.organization} has no group “{name}”."
            )
        if row.group == name:
            return Judgement(Verdict.SAME, "is in this group already" if name else "is in no group")
        return Judgement(Verdict.CHANGE, diff=_diff(row.group, name))

    def base(self, row: DeviceRow) -> str:
        """Its group and organization."""
        return f"{row.organization_id} {row.group}"

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write it."""
        name = params["group"].strip()
        session = records.session
        group = organizations.group(session, row.organization_id, name) if name else None
        devices.update(session, row.id, group_id=group.id if group else None)
        note = f"in group {name}" if name else "in no group"
        return Outcome(changed=True, diff=_diff(row.group, name), note=note)


def _diff(old: str, new: str) -> str:
    lines = [f"-group {old}"] if old else []
    return "\n".join([*lines, f"+group {new}"] if new else lines)


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(SetGroup())
