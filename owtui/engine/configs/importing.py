"""Import of templates, groups and variables: planned first, then all of it or nothing.

What a file leaves out or marks as secret stays what it is here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.importfile import Item
from owtui.engine.configs.masking import secret_name
from owtui.engine.configs.unmasking import unmask
from owtui.engine.configs.validate import validate
from owtui.engine.firmware import windows
from owtui.errors import PROBLEMS
from storage import assigning, organizations, rules, templates, variables
from storage.errors import MissingError, RuleError, StaleError
from storage.packed import Box
from storage.tables import DeviceGroup, Template
from storage.templates import By, Draft
from storage.variables import Scope

Verdict = Literal["new", "update", "same", "error"]


@dataclass(frozen=True, slots=True)
class Row:
    """What an import would do with one item; `changes` names the fields that differ."""

    item: Item = field(repr=False)
    verdict: Verdict
    reason: str = ""
    changes: tuple[str, ...] = ()
    generation: int = 0  # of the template that there is
    write: Callable[[Session, Box, By], None] | None = field(repr=False, default=None)

    @property
    def basis(self) -> tuple[str, int, tuple[str, ...]]:
        """What the verdict stands on: another one makes the plan out of date."""
        return self.verdict, self.generation, self.changes


@dataclass(frozen=True, slots=True)
class ConfigImport:
    """The whole import; it holds secrets: show it by `describe` and `as_dict`."""

    source: str
    rows: tuple[Row, ...] = field(repr=False)
    organization: str = ""

    @property
    def errors(self) -> tuple[Row, ...]:
        """What cannot be imported; one is enough to refuse all."""
        return tuple(row for row in self.rows if row.verdict == "error")

    def count(self) -> dict[str, int]:
        """How many items of each verdict."""
        counted = Counter(row.verdict for row in self.rows)
        return {verdict: counted[verdict] for verdict in ("new", "update", "same", "error")}

    def describe(self) -> Iterator[str]:
        """Say in lines what would happen."""
        counted = ", ".join(f"{number} {what}" for what, number in self.count().items() if number)
        yield f"{self.source}: {counted or 'nothing'}"
        for row in self.rows:
            said = row.reason or ", ".join(row.changes)
            if row.verdict != "same":
                yield f"{row.verdict} {row.item.kind} {row.item.name}" + (
                    f": {said}" if said else ""
                )

    def as_dict(self) -> dict[str, Any]:
        """The JSON form; without any secret."""
        return {
            "source": self.source,
            **self.count(),
            "rows": [
                {
                    "kind": row.item.kind,
                    "name": row.item.name,
                    "organization": row.item.organization,
                    "file": row.item.source,
                    "verdict": row.verdict,
                    "reason": row.reason,
                    "changes": list(row.changes),
                }
                for row in self.rows
            ],
        }


def plan(
    session: Session,
    box: Box,
    items: Sequence[Item],
    source: str,
    organization: str = "",
    *,
    proven: bool = False,
) -> ConfigImport:
    """What importing these items would do; `organization` takes the place of what they say.

    `proven`: their configurations have been found valid.
    """
    planner = _Planner(session, box, {one.name for one in items if one.kind == "template"}, proven)
    rows: list[Row] = []
    seen: set[tuple[str, str, str | None]] = set()
    for item in items:
        given = replace(item, organization=organization) if organization else item
        key = (given.kind, given.name, given.organization)
        if key in seen:
            rows.append(Row(given, "error", "It is there twice."))
            continue
        seen.add(key)
        try:
            rows.append(planner.row(given))
        except PROBLEMS as error:
            rows.append(Row(given, "error", error.sentence))
    return ConfigImport(source, tuple(rows), organization)


def carry_out(session: Session, box: Box, planned: ConfigImport, by: By) -> None:
    """Write what was planned, in one transaction. Raises StaleError, RuleError."""
    if planned.errors:
        first = planned.errors[0]
        raise RuleError(
            f"Nothing was imported: {first.item.kind} {first.item.name}: {first.reason}",
            f"{len(planned.errors)} of {len(planned.rows)} cannot be imported.",
        )
    items = [row.item for row in planned.rows]
    fresh = plan(session, box, items, planned.source, planned.organization, proven=True)
    if [row.basis for row in fresh.rows] != [row.basis for row in planned.rows]:
        raise StaleError("What is here has changed since the import was planned.", "Plan it again.")
    order = ("template", "group", "variables")
    for row in sorted(fresh.rows, key=lambda row: order.index(row.item.kind)):
        if row.write is not None:
            row.write(session, box, by)


class _Planner:
    def __init__(self, session: Session, box: Box, coming: set[str], proven: bool) -> None:
        self._session = session
        self._box = box
        self._proven = proven
        self._coming = coming  # templates of the same import, which groups may name

    def row(self, item: Item) -> Row:
        match item.kind:
            case "template":
                return self._template(item)
            case "group":
                return self._group(item)
        return self._variables(item)

    def _template(self, item: Item) -> Row:
        owner = self._owner(item)
        known = self._known_template(item.name, owner)
        before = templates.draft_of(self._box, known) if known is not None else None
        draft = _draft(item, owner, before)
        clean = templates.check(draft)
        found = () if self._proven else validate(clean.config, clean.default_values, clean.backend)
        if wrong := [one for one in found if one.level == "error"]:
            return Row(item, "error", f"{wrong[0].path}: {wrong[0].sentence}")
        if known is None or before is None:
            templates.check_name(self._session, None, clean)
            return Row(item, "new", write=_creating(clean))
        changes = tuple(_differing(before, clean))
        if not changes:
            return Row(item, "same", generation=known.generation)
        return Row(
            item,
            "update",
            changes=changes,
            generation=known.generation,
            write=_updating(known.id, clean),
        )

    def _known_template(self, name: str, owner: UUID | None) -> Template | None:
        for one in templates.rows(self._session):
            if one.name == name and one.organization_id == owner:
                return one
        return None

    def _group(self, item: Item) -> Row:
        fields = item.fields
        owner = organizations.named(self._session, item.organization or "")
        try:
            known: DeviceGroup | None = organizations.group(self._session, owner.id, item.name)
        except MissingError:
            known = None
        wanted = [str(name) for name in fields.get("templates", [])]
        for name in wanted:
            if name not in self._coming:
                templates.by_name(self._session, name, owner.id)
        windows.parse(fields.get("upgrade_window") or "")
        values = self._merged(fields, Scope("group", known.id) if known is not None else None)
        write = _grouping(owner.id, item, wanted, values)
        if known is None:
            return Row(item, "new", write=write)
        changes = self._group_changes(known, fields, wanted, values)
        if not changes:
            return Row(item, "same")
        return Row(item, "update", changes=changes, write=write)

    def _group_changes(
        self,
        known: DeviceGroup,
        fields: Mapping[str, Any],
        wanted: Sequence[str],
        values: Mapping[str, Any],
    ) -> tuple[str, ...]:
        entries = assigning.entries(self._session)
        given = assigning.of_groups(self._session).get(known.id, ())
        before = variables.get(self._session, self._box, Scope("group", known.id))
        plain = ("guard_window_s", "guard_settle_s", "meta_data", "description", "upgrade_window")
        changes = [n for n in plain if n in fields and fields[n] != getattr(known, n)]
        if "templates" in fields and [entries[id_].name for id_ in given] != list(wanted):
            changes.append("templates")
        return (*changes, *(["variables"] if dict(values) != before else []))

    def _variables(self, item: Item) -> Row:
        scope = variables.GLOBAL
        if item.organization:
            owner = organizations.find(self._session, item.organization)
            scope = Scope("organization", owner.id)
        values = self._merged(item.fields, scope)
        before = variables.get(self._session, self._box, scope)
        if values == before:
            return Row(item, "same")
        moved = sorted(
            name
            for name in values.keys() | before.keys()
            if values.get(name, _ABSENT) != before.get(name, _ABSENT)
        )

        def write(session: Session, box: Box, by: By) -> None:
            variables.replace(session, box, scope, values)

        verdict: Verdict = "update" if before else "new"
        return Row(item, verdict, changes=tuple(moved), write=write)

    def _merged(self, fields: Mapping[str, Any], scope: Scope | None) -> dict[str, Any]:
        """The variables of a file with the secret ones that are known here."""
        before = variables.get(self._session, self._box, scope) if scope is not None else {}
        if "variables" not in fields:
            return before
        given = rules.variables(fields["variables"], "variables")
        kept = {name: value for name, value in before.items() if secret_name(name)}
        return {**kept, **given}

    def _owner(self, item: Item) -> UUID | None:
        if not item.organization:
            return None
        try:
            return organizations.find(self._session, item.organization).id
        except MissingError as error:
            raise RuleError(
                f"There is no organization {item.organization} here; import it into one that "
                "there is."
            ) from error


_ABSENT = object()


def _draft(item: Item, owner: UUID | None, before: Draft | None) -> Draft:
    """The template of an item, with secrets that only we know. Raises InputError for others."""
    fields = item.fields
    config = unmask(fields.get("config") or {}, before.config if before else {})
    values = rules.variables(fields.get("default_values") or {}, "default_values")
    if before is not None and "owtui" in fields:  # ours leave secret values out
        kept = {name: value for name, value in before.default_values.items() if secret_name(name)}
        values = {**kept, **values}
    tags = fields.get("tags") or []
    return Draft(
        name=item.name,
        config=config,
        default_values=values,
        organization_id=owner,
        type=str(fields.get("type") or "generic"),
        backend=str(fields.get("backend") or rules.BACKENDS[0]),
        tags=[str(tag) for tag in (tags.split(",") if isinstance(tags, str) else tags)],
        default=bool(fields.get("default")),
        required=bool(fields.get("required")),
        notes=str(fields.get("notes") or ""),
    )


def _differing(before: Draft, after: Draft) -> Iterator[str]:
    names = ("type", "backend", "default", "required", "notes", "default_values", "config")
    yield from (name for name in names if getattr(before, name) != getattr(after, name))
    if list(before.tags) != list(after.tags):
        yield "tags"


def _creating(draft: Draft) -> Callable[[Session, Box, By], None]:
    def write(session: Session, box: Box, by: By) -> None:
        templates.create(session, box, draft, by)

    return write


def _updating(template_id: UUID, draft: Draft) -> Callable[[Session, Box, By], None]:
    def write(session: Session, box: Box, by: By) -> None:
        templates.update(session, box, template_id, draft, by)

    return write


def _grouping(
    owner: UUID, item: Item, wanted: Sequence[str], values: Mapping[str, Any]
) -> Callable[[Session, Box, By], None]:
    fields = item.fields

    def write(session: Session, box: Box, by: By) -> None:
        group = organizations.ensure_group(session, owner, item.name)
        if "description" in fields:
            group.description = str(fields["description"])
        if "meta_data" in fields:
            organizations.set_meta_data(session, group.id, fields["meta_data"])
        if "upgrade_window" in fields:
            organizations.set_upgrade_window(session, group.id, fields["upgrade_window"])
        window, settle = fields.get("guard_window_s"), fields.get("guard_settle_s")
        organizations.set_guard(
            session,
            group.id,
            group.guard_window_s if "guard_window_s" not in fields else window,
            group.guard_settle_s if "guard_settle_s" not in fields else settle,
        )
        if "templates" in fields:
            ids = [templates.by_name(session, name, owner).id for name in wanted]
            assigning.set_group(session, group.id, ids)
        variables.replace(session, box, Scope("group", group.id), values)

    return write
