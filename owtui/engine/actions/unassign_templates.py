"""Take templates off devices; required ones stay (control.md §1.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from owtui.engine.actions.assign_templates import TEMPLATES, names_of, usable, written
from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Records, Registrar
from owtui.engine.actions.outlook import DEACTIVATED, Case, Layers, Outlook, cases, template_lines
from owtui.engine.configs.subjects import Inputs
from owtui.engine.jobs.plan import Verdict
from storage import assigning
from storage.ordering import Rule
from storage.rows import DeviceRow


class UnassignTemplates(InventoryChange):
    """`-` in the `a` menu. What a group or a default gave can be taken off as well."""

    id = "unassign_templates"
    title = "Unassign templates"
    help = "Take templates off devices"
    letter = "-"
    params = (TEMPLATES,)
    seconds = 0.0

    def __init__(self) -> None:
        self._outlook = Outlook()

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse a list of none."""
        names_of(params)

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """The judgement of each device in service."""
        found = cases(records, rows)
        names = names_of(params, assigning.entries(records.session))
        layers = Layers(records, (case.templates for case in found.values()))
        inputs = Inputs()
        return {id_: self._judged(inputs, layers, case, names) for id_, case in found.items()}

    def _judged(
        self, inputs: Inputs, layers: Layers, case: Case, names: Sequence[str]
    ) -> Judgement:
        gone = () if case.is_new else _gone(case.rule, case.templates, names)
        if not gone:
            return Judgement(Verdict.SAME, "has none of these templates")
        required = [case.rule.entries[id_].name for id_ in gone if case.rule.is_required(id_)]
        if required:
            return Judgement(Verdict.BLOCKED, f"{assigning.REQUIRED}: {', '.join(required)}.")
        kept = [id_ for id_ in case.templates if id_ not in gone]
        lines = template_lines(case.rule.entries, case.templates, kept)
        after = layers.put(case.loaded.subject, kept)
        return self._outlook.judge(inputs, case.before, after, lines)

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """As it was recalled."""
        return known if isinstance(known, Judgement) else DEACTIVATED

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write the list; the checksum follows once the job is written."""
        return self.apply_all(records, [row], params, by)[row.id]

    def apply_all(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any], by: str
    ) -> Mapping[UUID, Outcome]:
        """In a handful of statements: they were judged in this transaction."""
        found, names = cases(records, rows), names_of(params)
        kept = {}
        for id_, case in found.items():
            gone = _gone(case.rule, case.templates, names)
            kept[id_] = [one for one in case.templates if one not in gone]
        return written(records, found, kept)


def _gone(rule: Rule, has: Sequence[UUID], names: Sequence[str]) -> tuple[UUID, ...]:
    ids, _ = usable(rule, names)
    return tuple(id_ for id_ in has if id_ in ids)


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(UnassignTemplates())
