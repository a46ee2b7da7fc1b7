"""Give templates to devices, behind those they have, under OpenWISP's rules (control.md §1.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
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
from owtui.engine.configs.pairs import read_list
from owtui.engine.configs.subjects import Inputs
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import assigning, configs, ordering
from storage.ordering import Entries, Rule
from storage.rows import DeviceRow

TEMPLATES = Param(
    "templates", "Templates", help="names, separated by commas; later ones override earlier ones"
)


class AssignTemplates(InventoryChange):
    """`+` in the `a` menu. A device without a configuration gets one, with its default ones."""

    id = "assign_templates"
    title = "Assign templates"
    help = "Give templates, behind those that are there"
    letter = "+"
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
        wanted = {id_: _wanted(case, names) for id_, case in found.items()}
        layers = Layers(records, wanted.values())
        inputs = Inputs()
        return {
            id_: _refusal(case, names) or self._judged(inputs, layers, case, wanted[id_])
            for id_, case in found.items()
        }

    def _judged(
        self, inputs: Inputs, layers: Layers, case: Case, wanted: Sequence[UUID]
    ) -> Judgement:
        before = () if case.is_new else case.templates
        if tuple(wanted) == before:
            return Judgement(Verdict.SAME, "has these templates already")
        lines = template_lines(case.rule.entries, before, wanted)
        after = layers.put(case.loaded.subject, wanted)
        reason = FIRST if case.is_new else ""
        return self._outlook.judge(inputs, case.before, after, lines, reason)

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
        return written(records, found, {id_: _wanted(one, names) for id_, one in found.items()})


def written(
    records: Records, found: Mapping[UUID, Case], wanted: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, Outcome]:
    """Make these the lists of templates of devices."""
    ids = configs.ensure_all(records.session, found)
    assigning.put(records.session, {ids[id_]: after for id_, after in wanted.items()})
    outcomes = {}
    for id_, case in found.items():
        entries = case.rule.entries
        before = () if case.is_new else case.templates
        named = ", ".join(entries[one].name for one in wanted[id_])
        outcomes[id_] = Outcome(
            changed=True,
            diff="\n".join(template_lines(entries, before, wanted[id_])),
            note=f"templates: {named or 'none'}",
        )
    return outcomes


def names_of(params: Mapping[str, Any], entries: Entries | None = None) -> list[str]:
    """The templates that are named. Raises InputError for none, and for one that nobody has."""
    names = read_list(params["templates"])
    if not names:
        raise InputError("No template is named.", "`owtui templates` lists them.")
    known = {entry.name for entry in entries.values()} if entries is not None else set(names)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else "`owtui templates` lists them."
            raise InputError(f"There is no template “{name}”.", hint)
    return names


def usable(rule: Rule, names: Sequence[str]) -> tuple[list[UUID], list[str]]:
    """The templates of these names that a device may have, and the names of which it has none."""
    mine = {entry.name: id_ for id_, entry in rule.entries.items() if rule.usable(id_)}
    return [mine[name] for name in names if name in mine], [n for n in names if n not in mine]


def _wanted(case: Case, names: Sequence[str]) -> list[UUID]:
    ids, _ = usable(case.rule, names)
    return case.rule.reset([*case.templates, *ids])


def _refusal(case: Case, names: Sequence[str]) -> Judgement | None:
    ids, foreign = usable(case.rule, names)
    if foreign:
        return Judgement(Verdict.BLOCKED, ordering.foreign(foreign).sentence)
    entries = [case.rule.entries[id_] for id_ in ids if id_ not in case.templates]
    other = [entry.name for entry in entries if entry.backend != case.rule.backend]
    if other:
        return Judgement(Verdict.BLOCKED, ordering.other_backend(other, case.rule.backend).sentence)
    return None


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(AssignTemplates())
