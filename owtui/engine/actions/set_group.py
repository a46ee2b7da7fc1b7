"""Put devices into a group of their organization, or take them out of theirs.

OpenWISP's rules: device and group are of one organization; deactivated devices are left alone. The
templates that the old group gave go, those of the new one come, and so do its variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Param, Records, Registrar
from owtui.engine.actions.outlook import (
    DEACTIVATED,
    FIRST,
    Case,
    Layers,
    Outlook,
    cases,
    template_lines,
)
from owtui.engine.configs.subjects import Inputs
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import assigning, devices, organizations, variables
from storage.packed import Box
from storage.rows import DeviceRow


class SetGroup(InventoryChange):
    """`g` in the `a` menu; an empty name takes them out."""

    id = "set_group"
    title = "Set group"
    help = "Put devices into a group, with what it gives"
    letter = "g"
    params = (Param("group", "Group", help="its name; empty for none"),)
    seconds = 0.0

    def __init__(self) -> None:
        self._outlook = Outlook()

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """The judgement of each device that would move; None where its organization has no such
        group."""
        name = params["group"].strip()
        session = records.session
        targets = _targets(records, name) if name else {}
        moving = [
            row
            for row in rows
            if row.group != name and (not name or row.organization_id in targets)
        ]
        found, groups = cases(records, moving), assigning.of_groups(session)
        after = {
            id_: _templates(case, groups, targets.get(case.loaded.organization_id))
            for id_, case in found.items()
        }
        layers = Layers(records, (ids for ids in after.values() if ids is not None))
        values = variables.everything(session, Box(session, records.vault)).groups
        inputs = Inputs()

        def judged(row: DeviceRow) -> Judgement:
            case, ids, diff = found[row.id], after[row.id], _diff(row.group, name)
            if ids is None:
                return Judgement(Verdict.CHANGE, diff=diff)
            lines = template_lines(case.rule.entries, () if case.is_new else case.templates, ids)
            target = targets.get(row.organization_id)
            context = values.get(target, {}) if target else {}
            subject = layers.put(case.loaded.subject, ids)
            subject = replace(subject, contexts=replace(subject.contexts, group=context))
            reason = FIRST if case.is_new else ""
            return self._outlook.judge(inputs, case.before, subject, [diff, *lines], reason)

        return {row.id: judged(row) for row in moving if row.id in found}

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Compare with the group it is in."""
        name = params["group"].strip()
        if row.is_deactivated:
            return DEACTIVATED
        if row.group == name:
            return Judgement(Verdict.SAME, "is in this group already" if name else "is in no group")
        if isinstance(known, Judgement):
            return known
        return Judgement(
            Verdict.BLOCKED, f"Its organization {row.organization} has no group “{name}”."
        )

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


def _targets(records: Records, name: str) -> dict[UUID, UUID]:
    """The group of that name of each organization that has one. Raises InputError for none."""
    found = {
        group.organization_id: group.id
        for group in organizations.groups(records.session)
        if group.name == name
    }
    if not found:
        raise InputError(f"There is no group “{name}”.", "`owtui groups` lists them.")
    return found


def _templates(
    case: Case, groups: Mapping[UUID, tuple[UUID, ...]], target: UUID | None
) -> Sequence[UUID] | None:
    """What a device has in another group; None where it has no configuration and gets none.

    As storage.devices does it: the first templates bring a configuration.
    """
    gives = groups.get(target, ()) if target else ()
    rule = replace(case.rule, group=gives)
    if case.is_new:
        return rule.initial() if gives else None
    return rule.regroup(case.templates, case.group)


def _diff(old: str, new: str) -> str:
    lines = [f"-group {old}"] if old else []
    return "\n".join([*lines, f"+group {new}"] if new else lines)


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(SetGroup())
