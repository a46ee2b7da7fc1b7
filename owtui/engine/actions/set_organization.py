"""Move devices to another organization, under its limit and its rules of uniqueness.

The group stays behind when the new organization has none of that name, and so do templates that are
not shared (control.md §1.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Param, Records, Registrar
from owtui.engine.actions.outlook import Case, Layers, Outlook, cases, template_lines
from owtui.engine.configs.subjects import Inputs
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import assigning, devicelist, devices, organizations, variables
from storage.core import CREDENTIALS, DEVICE_CONNECTION
from storage.errors import MissingError
from storage.packed import Box
from storage.rows import DeviceRow


class SetOrganization(InventoryChange):
    """All or nothing: one transaction moves every device of the plan."""

    id = "set_organization"
    title = "Set organization"
    help = "Move devices to another organization"
    letter = "o"
    params = (Param("organization", "Organization", help="its name or slug"),)
    seconds = 0.0

    def __init__(self) -> None:
        self._outlook = Outlook()

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """For each device: where it goes, why it cannot, and what becomes of its configuration."""
        session = records.session
        target = _find(session, params)
        there = [row for row in devicelist.rows(session) if row.organization_id == target.id]
        names = {row.name.lower(): row.name for row in there}
        macs = {row.mac: row.name for row in there if row.mac}
        room = _room(target.device_limit, len(there))
        tied = _tied(session, target.id)
        known: dict[UUID, Any] = {}
        moving: list[DeviceRow] = []
        for row in rows:
            if row.organization_id == target.id:
                known[row.id] = (target.name, "", None)
                continue
            reason = _refusal(row, target.name, names, macs, room)
            if row.id in tied:
                reason = f"It uses credentials of {row.organization} alone: detach them first."
            known[row.id] = (target.name, reason, None)
            if not reason:
                moving.append(row)
                room -= 1
                names[row.name.lower()] = row.name
                if row.mac:
                    macs[row.mac] = row.name
        for id_, judged in self._configured(records, moving, target.id, target.name).items():
            known[id_] = (target.name, "", judged)
        return known

    def _configured(
        self, records: Records, rows: Sequence[DeviceRow], target: UUID, name: str
    ) -> dict[UUID, Judgement]:
        """What moving does to the configurations of those that have one."""
        found = {id_: one for id_, one in cases(records, rows).items() if not one.is_new}
        if not found:
            return {}
        session = records.session
        named = {one.name: one.id for one in organizations.groups(session, target)}
        groups = assigning.of_groups(session)
        into = {row.id: named.get(row.group) for row in rows}
        after = {
            id_: _templates(case, target, _gives(groups, into[id_])) for id_, case in found.items()
        }
        layers, inputs = Layers(records, after.values()), Inputs()
        values = variables.everything(session, Box(session, records.vault))

        def judged(row: DeviceRow) -> Judgement:
            case, group = found[row.id], into[row.id]
            subject = layers.put(case.loaded.subject, after[row.id])
            contexts = replace(
                subject.contexts,
                organization=values.organizations.get(target, {}),
                group=values.groups.get(group, {}) if group else {},
            )
            lines = template_lines(case.rule.entries, case.templates, after[row.id])
            lines = [_diff(row.organization, name), *lines]
            after_ = replace(subject, contexts=contexts)
            return self._outlook.judge(inputs, case.before, after_, lines)

        return {row.id: judged(row) for row in rows if row.id in found}

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Blocked with the rule that would break."""
        target, refusal, judged = known
        if row.is_deactivated:
            return Judgement(Verdict.BLOCKED, "Device is deactivated.")
        if row.organization == target:
            return Judgement(Verdict.SAME, "is in this organization already")
        if refusal:
            return Judgement(Verdict.BLOCKED, refusal)
        return judged or Judgement(Verdict.CHANGE, diff=_diff(row.organization, target))

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


def _gives(groups: Mapping[UUID, tuple[UUID, ...]], group: UUID | None) -> tuple[UUID, ...]:
    return groups.get(group, ()) if group else ()


def _templates(case: Case, target: UUID, gives: tuple[UUID, ...]) -> list[UUID]:
    """As storage.devices does it: shared ones stay, the organization's own and the group's come."""
    rule = replace(case.rule, organization_id=target, group=gives)
    shared = [id_ for id_ in case.templates if rule.entries[id_].organization_id is None]
    return rule.insert(rule.reset(shared), rule.of_group)


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
