"""Templates and their generations, under OpenWISP's rules; contents go in and out through a Box.

Nothing here commits; every change touches its topic and says which configurations are to be
computed anew. Who gets which template, and in which order, is storage.assigning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session

from storage import assigning, revisions, rules
from storage.core import CONFIG_TEMPLATE, TEMPLATE, TEMPLATE_GENERATION, length
from storage.errors import MissingError, RuleError
from storage.packed import Box
from storage.tables import Template, TemplateGeneration

TABLE, GENERATION = "template", "template_generation"
VPN_HINT = "VPN servers are not managed yet; a generic template may hold a client's configuration."


@dataclass(frozen=True, slots=True)
class By:
    """Who writes, and why, as generations keep it."""

    operator: str = ""
    host: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """All of a template that people choose. `organization_id` None is shared by all."""

    name: str
    config: Mapping[str, Any] = field(repr=False, default_factory=dict)
    default_values: Mapping[str, Any] = field(repr=False, default_factory=dict)
    organization_id: UUID | None = None
    type: str = "generic"
    backend: str = rules.BACKENDS[0]
    tags: Sequence[str] = ()
    default: bool = False
    required: bool = False
    notes: str = ""


def rows(session: Session, organization_id: UUID | None = None) -> list[Template]:
    """All, or those an organization may use (its own and the shared ones); by name."""
    query = select(Template).order_by(TEMPLATE.c.name, TEMPLATE.c.id)
    if organization_id is not None:
        owner = TEMPLATE.c.organization_id
        query = query.where(or_(owner == organization_id, owner.is_(None)))
    return list(session.scalars(query))


def device_counts(session: Session) -> dict[UUID, int]:
    """How many devices use each template; those that none uses are left out."""
    columns = CONFIG_TEMPLATE.c
    query = select(columns.template_id, func.count()).group_by(columns.template_id)
    return {row[0]: row[1] for row in session.execute(query)}


def get(session: Session, template_id: UUID) -> Template:
    """Raises MissingError."""
    found = session.get(Template, template_id)
    if found is None:
        raise MissingError("There is no such template any more.", "See: owtui templates")
    return found


def by_name(session: Session, name: str, organization_id: UUID | None = None) -> Template:
    """The organization's own of that name, else the shared one; without one, whose it may be.

    Raises MissingError; RuleError when several organizations have one of that name.
    """
    found = [row for row in rows(session, organization_id) if row.name == name.strip()]
    if not found:
        raise MissingError(f"There is no template {name.strip()}.", "See: owtui templates")
    if len(found) > 1:
        raise RuleError(
            f"Several organizations have a template {name.strip()}.", "Name the organization."
        )
    return found[0]


def draft_of(box: Box, template: Template) -> Draft:
    """A template with its content."""
    content = box.unpack(TABLE, template.id, template.sealed)
    return Draft(
        name=template.name,
        config=content["config"],
        default_values=content["default_values"],
        organization_id=template.organization_id,
        type=template.type,
        backend=template.backend,
        tags=tuple(template.tags),
        default=template.default,
        required=template.required,
        notes=template.notes,
    )


def check(draft: Draft) -> Draft:
    """The draft with each field cleaned by its rule. Raises RuleError with the field."""
    name = rules.text(draft.name, length(TEMPLATE.c.name), "name")
    if not name:
        raise RuleError("A template needs a name.", field="name")
    rules.backend(draft.backend)
    if draft.type == "vpn":
        raise RuleError('A VPN must be selected when template type is "VPN"', VPN_HINT, field="vpn")
    if draft.type != "generic":
        raise RuleError(f"The type {draft.type!r} is neither generic nor vpn.", field="type")
    if not isinstance(draft.config, Mapping):
        raise RuleError("The configuration is not a JSON object.", field="config")
    if not draft.config:
        raise RuleError("The configuration field cannot be empty.", field="config")
    return replace(
        draft,
        name=name,
        default_values=rules.variables(draft.default_values, "default_values"),
        tags=rules.tags(list(draft.tags)),
        default=draft.default or draft.required,
        notes=draft.notes.strip(),
    )


def create(session: Session, box: Box, draft: Draft, by: By) -> Template:
    """Make a template; a default or required one goes to the configurations that there are."""
    made = Template(name="", backend="", sealed=b"")
    clean = check(draft)
    check_name(session, made.id, clean)
    _fill(box, made, clean)
    session.add(made)
    session.flush()
    assigning.forget(session)
    _remember(session, box, made, clean, by)
    if made.default:
        assigning.spread(session, made)
    revisions.touch(session, revisions.TEMPLATES)
    return made


def update(
    session: Session,
    box: Box,
    template_id: UUID,
    draft: Draft,
    by: By,
    *,
    expected: int | None = None,
) -> Template:
    """Put a draft in the place of what a template is.

    `expected` is the generation that the draft was made from. Raises StaleError when the template
    has another one by now, RuleError when the change breaks a rule.
    """
    template = get(session, template_id)
    rules.unmoved(template.generation, expected, f"The template {template.name}")
    before, clean = draft_of(box, template), check(draft)
    if clean == replace(before, tags=list(before.tags)):
        return template
    with session.no_autoflush:
        check_name(session, template.id, clean)
        _check_use(session, template, clean)
    rises = (clean.default and not before.default) or (clean.required and not before.required)
    content = (clean.config, clean.default_values) != (before.config, before.default_values)
    template.generation += 1
    _fill(box, template, clean)
    session.flush()
    assigning.forget(session)
    _remember(session, box, template, clean, by)
    if content:
        assigning.mark(session, assigning.users(template_id))
    if rises:
        assigning.spread(session, template)
    revisions.touch(session, revisions.TEMPLATES)
    return template


def clone(
    session: Session,
    box: Box,
    template_id: UUID,
    by: By,
    *,
    organization_id: UUID | None = None,
    shared: bool | None = None,
) -> Template:
    """Copy a template as "X (Clone)"; never a default one, so that no device gets it unasked.

    It stays with its owner unless another organization is given, or `shared` says.
    """
    draft = draft_of(box, get(session, template_id))
    owner = organization_id or (None if shared else draft.organization_id)
    name = _clone_name(session, draft.name)
    copy = replace(draft, name=name, organization_id=owner, default=False)
    return create(session, box, copy, by)


def remove(session: Session, template_id: UUID) -> None:
    """Take a template off all devices and groups and forget it; its generations stay."""
    template = get(session, template_id)
    assigning.mark(session, assigning.users(template_id))
    session.delete(template)
    session.flush()
    assigning.forget(session)
    revisions.touch(session, revisions.TEMPLATES)


def history(session: Session, template_id: UUID) -> list[TemplateGeneration]:
    """What a template has been, newest first; of a removed one as well."""
    columns = TEMPLATE_GENERATION.c
    query = select(TemplateGeneration).where(columns.template_id == template_id)
    return list(session.scalars(query.order_by(columns.number.desc())))


def generation(session: Session, template_id: UUID, number: int) -> TemplateGeneration:
    """One of them. Raises MissingError."""
    columns = TEMPLATE_GENERATION.c
    query = select(TemplateGeneration).where(
        columns.template_id == template_id, columns.number == number
    )
    found = session.scalars(query).first()
    if found is None:
        raise MissingError(f"The template has no generation v{number}.", "Look at its history.")
    return found


def draft_of_generation(box: Box, row: TemplateGeneration) -> Draft:
    """A template as it was then."""
    kept = box.unpack(GENERATION, row.id, row.sealed)
    owner = kept.pop("organization_id")
    return Draft(**kept, organization_id=UUID(owner) if owner else None)


def removed(session: Session) -> list[TemplateGeneration]:
    """The last generation of every template that is gone, by name."""
    columns = TEMPLATE_GENERATION.c
    last = (
        select(columns.template_id, func.max(columns.number).label("number"))
        .where(columns.template_id.not_in(select(TEMPLATE.c.id)))
        .group_by(columns.template_id)
        .subquery()
    )
    same = (columns.template_id == last.c.template_id) & (columns.number == last.c.number)
    return list(session.scalars(select(TemplateGeneration).join(last, same).order_by(columns.name)))


def recover(session: Session, box: Box, template_id: UUID, by: By) -> Template:
    """Bring a removed template back, with its id and history; devices do not get it again unless
    it is a default or required one."""
    if session.get(Template, template_id) is not None:
        raise RuleError("The template was not removed.")
    kept = history(session, template_id)
    if not kept:
        raise MissingError("Nothing is kept of this template.")
    clean = check(draft_of_generation(box, kept[0]))
    made = Template(id=template_id, name="", backend="", sealed=b"", generation=kept[0].number + 1)
    check_name(session, made.id, clean)
    _fill(box, made, clean)
    session.add(made)
    session.flush()
    assigning.forget(session)
    _remember(session, box, made, clean, by)
    if made.default:
        assigning.spread(session, made)
    revisions.touch(session, revisions.TEMPLATES)
    return made


def check_name(session: Session, template_id: UUID | None, draft: Draft) -> None:
    """Unique within its organization; a shared one shares its name with nobody."""
    query = select(TEMPLATE.c.organization_id).where(TEMPLATE.c.name == draft.name)
    if template_id is not None:
        query = query.where(TEMPLATE.c.id != template_id)
    for owner in session.scalars(query):
        if owner == draft.organization_id:
            raise RuleError(
                "Template with this Organization and Name already exists.", field="name"
            )
        if owner is None:
            raise RuleError(
                "There is already another shared template with this name.", field="name"
            )
        if draft.organization_id is None:
            raise RuleError(
                "There is already a template of another organization with this name.", field="name"
            )


def _check_use(session: Session, template: Template, draft: Draft) -> None:
    """What devices and groups use stays usable by them."""
    if draft.backend != template.backend:
        query = select(CONFIG_TEMPLATE.c.config_id).where(
            CONFIG_TEMPLATE.c.template_id == template.id
        )
        if session.scalars(query.limit(1)).first() is not None:
            raise RuleError(
                f"The backend of {template.name} cannot change while devices use it.",
                field="backend",
            )
    if draft.organization_id not in (None, template.organization_id):
        foreign = assigning.foreign_users(session, template.id, draft.organization_id)
        if foreign:
            raise RuleError(
                f"{template.name} is used by {foreign} devices or groups of other organizations.",
                "Take it off them first.",
                field="organization_id",
            )


def _fill(box: Box, row: Template, draft: Draft) -> None:
    row.name, row.type, row.backend = draft.name, draft.type, draft.backend
    row.organization_id, row.tags = draft.organization_id, list(draft.tags)
    row.default, row.required, row.notes = draft.default, draft.required, draft.notes
    content = {"config": draft.config, "default_values": draft.default_values}
    row.sealed = box.pack(TABLE, row.id, content)


def _remember(session: Session, box: Box, template: Template, draft: Draft, by: By) -> None:
    kept = TemplateGeneration(
        template_id=template.id,
        organization_id=template.organization_id,
        name=template.name,
        number=template.generation,
        operator=by.operator,
        host=by.host,
        note=by.note,
        sealed=b"",
    )
    owner = str(draft.organization_id) if draft.organization_id else ""
    kept.sealed = box.pack(GENERATION, kept.id, {**asdict(draft), "organization_id": owner})
    session.add(kept)
    session.flush()


def _clone_name(session: Session, name: str) -> str:
    """The first of "X (Clone)", "X (Clone 2)", … that is free; X is cut where it is too long."""
    taken = set(session.scalars(select(TEMPLATE.c.name)))
    most = length(TEMPLATE.c.name)
    number = 1
    while True:
        ending = " (Clone)" if number == 1 else f" (Clone {number})"
        found = name[: most - len(ending)] + ending
        if found not in taken:
            return found
        number += 1
