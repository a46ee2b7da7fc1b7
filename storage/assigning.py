"""Which templates a configuration has: given by default, by group and by hand, in OpenWISP's order.

The order itself is storage.ordering's. Nothing here needs the vault, and a thousand configurations
change in a handful of statements. Every change counts in `Config.changes`: whoever renders sees
that the checksum is out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import Session

from storage import ordering, revisions
from storage.configstatus import ACTIVE, Status
from storage.core import (
    CONFIG,
    CONFIG_TEMPLATE,
    DEVICE,
    DEVICE_GROUP,
    GROUP_TEMPLATE,
    TEMPLATE,
    among,
)
from storage.errors import MissingError, RuleError
from storage.ordering import Entries, Entry, Rule
from storage.tables import Config, Device, DeviceGroup, Template

_ENTRIES, _GROUPS = "templates known", "templates of groups"  # in Session.info
REQUIRED = "Required templates cannot be removed from the configuration"


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration with what the order of its templates depends on."""

    config_id: UUID
    backend: str
    organization_id: UUID
    group_id: UUID | None
    status: str


def entries(session: Session) -> Entries:
    """All templates, without what they hold; read once in a transaction, until `forget`."""
    known: Entries | None = session.info.get(_ENTRIES)
    if known is None:
        known = session.info[_ENTRIES] = _read_entries(session)
    return known


def forget(session: Session) -> None:
    """Templates, or what groups give, were changed in this transaction."""
    session.info.pop(_ENTRIES, None)
    session.info.pop(_GROUPS, None)


def _read_entries(session: Session) -> Entries:
    columns = TEMPLATE.c
    query = select(
        columns.id,
        columns.name,
        columns.backend,
        columns.organization_id,
        columns.default,
        columns.required,
        columns.tags,
        columns.generation,
    )
    rows = session.execute(query).all()
    return {row.id: Entry(**{**row._mapping, "tags": tuple(row.tags)}) for row in rows}


def of_config(session: Session, config_id: UUID) -> list[UUID]:
    """The templates of a configuration, in their order."""
    return lists(session, [config_id])[config_id]


def lists(session: Session, config_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The templates of many configurations; every id is a key of the answer."""
    found: dict[UUID, list[UUID]] = {id_: [] for id_ in config_ids}
    columns = CONFIG_TEMPLATE.c
    query = select(columns.config_id, columns.template_id).order_by(columns.position)
    for config_id, template_id in session.execute(
        query.where(among(session, columns.config_id, found))
    ):
        found[config_id].append(template_id)
    return found


def of_groups(session: Session) -> Mapping[UUID, tuple[UUID, ...]]:
    """What each group gives, in its order; groups that give nothing are left out."""
    known: Mapping[UUID, tuple[UUID, ...]] | None = session.info.get(_GROUPS)
    if known is None:
        known = session.info[_GROUPS] = _read_groups(session)
    return known


def _read_groups(session: Session) -> Mapping[UUID, tuple[UUID, ...]]:
    columns = GROUP_TEMPLATE.c
    found: dict[UUID, list[UUID]] = {}
    for row in session.execute(select(GROUP_TEMPLATE).order_by(columns.position)):
        found.setdefault(row.group_id, []).append(row.template_id)
    return {group_id: tuple(ids) for group_id, ids in found.items()}


def users(template_id: UUID) -> Select[Any]:
    """The configurations that use a template, as a subquery for `mark`."""
    return select(CONFIG_TEMPLATE.c.config_id).where(CONFIG_TEMPLATE.c.template_id == template_id)


def foreign_users(session: Session, template_id: UUID, organization_id: UUID) -> int:
    """How many configurations and groups of other organizations have a template."""
    devices = (
        select(func.count())
        .select_from(CONFIG_TEMPLATE)
        .join(CONFIG, CONFIG.c.id == CONFIG_TEMPLATE.c.config_id)
        .join(DEVICE, DEVICE.c.id == CONFIG.c.device_id)
        .where(
            CONFIG_TEMPLATE.c.template_id == template_id,
            DEVICE.c.organization_id != organization_id,
        )
    )
    groups = (
        select(func.count())
        .select_from(GROUP_TEMPLATE)
        .join(DEVICE_GROUP, DEVICE_GROUP.c.id == GROUP_TEMPLATE.c.group_id)
        .where(
            GROUP_TEMPLATE.c.template_id == template_id,
            DEVICE_GROUP.c.organization_id != organization_id,
        )
    )
    return sum(int(session.execute(each).scalar_one()) for each in (devices, groups))


def mark(session: Session, config_ids: Select[Any]) -> None:
    """Say that what these configurations come to may be another one now."""
    _mark(session, CONFIG.c.id.in_(config_ids))


def mark_devices(session: Session, condition: ColumnElement[bool]) -> None:
    """The same for the configurations of the devices that fulfil a condition."""
    _mark(session, CONFIG.c.device_id.in_(select(DEVICE.c.id).where(condition)))


def fill(session: Session, config: Config, device: Device) -> None:
    """Give a new configuration its templates: required, default, of the group."""
    group = of_groups(session).get(device.group_id, ()) if device.group_id else ()
    rule = Rule(entries(session), device.organization_id, config.backend, group)
    _write(session, {config.id: rule.initial()})


def fill_all(session: Session, config_ids: Collection[UUID]) -> None:
    """The same for many new configurations."""
    rule = _rules(session)
    places = _places(session, among(session, CONFIG.c.id, config_ids))
    _write(session, {place.config_id: rule(place).initial() for place in places})


def put(session: Session, wanted: Mapping[UUID, Sequence[UUID]]) -> None:
    """Make these the lists of many configurations, by `Config.id`; for lists that were judged."""
    _replace(session, {id_: [*ids] for id_, ids in wanted.items()})


def assign(session: Session, config: Config, wanted: Sequence[UUID]) -> None:
    """Make this the list of templates; required ones stay whatever is wanted.

    Raises RuleError for templates of other organizations or another backend.
    """
    rule = _rule(session, config)
    _check(session, rule, config, wanted)
    _replace(session, {config.id: rule.reset(wanted)})


def add(session: Session, config: Config, new: Iterable[UUID]) -> None:
    """Put templates at the end of a list, in the order given; those there stay where they are."""
    assign(session, config, [*of_config(session, config.id), *new])


def take(session: Session, config: Config, gone: Collection[UUID]) -> None:
    """Take templates off a configuration. Raises RuleError for required ones."""
    rule = _rule(session, config)
    if any(id_ in rule.entries and rule.is_required(id_) for id_ in gone):
        raise RuleError(REQUIRED, "Make the template one that is not required first.")
    kept = [id_ for id_ in of_config(session, config.id) if id_ not in gone]
    _replace(session, {config.id: kept})


def add_tagged(session: Session, config: Config, tags: Collection[str]) -> None:
    """Append what has any of these tags, of any backend: what an agent asks for by itself."""
    rule, wanted = _rule(session, config), set(tags)
    tagged = [id_ for id_, one in rule.entries.items() if wanted & {*one.tags} and rule.usable(id_)]
    tagged.sort(key=lambda id_: rule.entries[id_].name)
    _replace(session, {config.id: [*dict.fromkeys([*of_config(session, config.id), *tagged])]})


def spread(session: Session, template: Template) -> None:
    """Give a default or required template to the configurations that lack it, at its place.

    Those of its backend and organization (all, if it is shared) that are in service. A required one
    moves to its place where it is another.
    """
    rules_ = _rules(session)
    columns = [CONFIG.c.backend == template.backend]
    if template.organization_id is not None:
        columns.append(DEVICE.c.organization_id == template.organization_id)

    def placed(rule: Rule, current: list[UUID]) -> list[UUID]:
        if rule.is_required(template.id):
            current = [id_ for id_ in current if id_ != template.id]
        return rule.insert(current, [template.id])

    _change(session, rules_, _places(session, *columns), placed)


def set_group(session: Session, group_id: UUID, wanted: Sequence[UUID]) -> None:
    """Make this the list of templates that a group gives; its devices follow.

    Raises RuleError for templates of other organizations, and for default ones: every device of
    their backend has those already.
    """
    group = session.get(DeviceGroup, group_id)
    if group is None:
        raise MissingError("There is no such group any more.", "See: owtui groups")
    known = entries(session)
    chosen = [_known(known, id_) for id_ in dict.fromkeys(wanted)]
    others = [e.name for e in chosen if e.organization_id not in (None, group.organization_id)]
    if others:
        raise ordering.foreign(others, "group")
    if default := [entry.name for entry in chosen if entry.default]:
        raise RuleError(
            f"{', '.join(default)}: every device gets it by default, a group cannot give it.",
            field="templates",
        )
    before = of_groups(session).get(group_id, ())
    session.execute(GROUP_TEMPLATE.delete().where(GROUP_TEMPLATE.c.group_id == group_id))
    values = [
        {"group_id": group_id, "template_id": entry.id, "position": at}
        for at, entry in enumerate(chosen)
    ]
    if values:
        session.execute(GROUP_TEMPLATE.insert(), values)
    forget(session)
    places = _places(session, DEVICE.c.group_id == group_id)
    _change(session, _rules(session), places, lambda rule, now: rule.regroup(now, before))
    revisions.touch(session, revisions.TEMPLATES, revisions.ORGANIZATIONS)


def follow_group(session: Session, config: Config, before: UUID | None) -> None:
    """The device is in another group, or in none: `before` is the one it was in."""
    rule = _rule(session, config)
    gave = of_groups(session).get(before, ()) if before else ()
    _replace(session, {config.id: rule.regroup(of_config(session, config.id), gave)})


def follow_backend(session: Session, config: Config) -> None:
    """The configuration has another backend: the group's templates for it replace the others."""
    rule = _rule(session, config)
    kept = rule.regroup(of_config(session, config.id), rule.group)
    # What the group has for this backend was in the group before as well: put in by itself.
    _replace(session, {config.id: rule.insert(kept, rule.of_group)})


def follow_organization(session: Session, config: Config) -> None:
    """The device has moved to another organization: shared templates stay, the others go."""
    rule = _rule(session, config)
    shared = [
        id_ for id_ in of_config(session, config.id) if rule.entries[id_].organization_id is None
    ]
    _replace(session, {config.id: rule.insert(rule.reset(shared), rule.of_group)})


def clear(session: Session, config: Config) -> bool:
    """Take all templates off, required ones too; whether there were any."""
    had = bool(of_config(session, config.id))
    _replace(session, {config.id: []})
    return had


def of_required(session: Session, config: Config) -> frozenset[UUID]:
    """The templates that a configuration must have."""
    return frozenset(_rule(session, config).required)


def _rule(session: Session, config: Config) -> Rule:
    device = session.get_one(Device, config.device_id)
    group = of_groups(session).get(device.group_id, ()) if device.group_id else ()
    return Rule(entries(session), device.organization_id, config.backend, group)


def _rules(session: Session) -> Callable[[Place], Rule]:
    known, groups = entries(session), of_groups(session)
    made: dict[tuple[UUID, str, UUID | None], Rule] = {}

    def rule(place: Place) -> Rule:
        key = (place.organization_id, place.backend, place.group_id)
        if key not in made:
            group = groups.get(place.group_id, ()) if place.group_id else ()
            made[key] = Rule(known, place.organization_id, place.backend, group)
        return made[key]

    return rule


def _places(session: Session, *conditions: ColumnElement[bool]) -> list[Place]:
    """Configurations in service."""
    query = (
        select(
            CONFIG.c.id,
            CONFIG.c.backend,
            DEVICE.c.organization_id,
            DEVICE.c.group_id,
            CONFIG.c.status,
        )
        .join(DEVICE, DEVICE.c.id == CONFIG.c.device_id)
        .where(CONFIG.c.status.in_([*ACTIVE]), *conditions)
    )
    return [Place(*row) for row in session.execute(query)]


def _change(
    session: Session,
    rules_: Callable[[Place], Rule],
    places: Sequence[Place],
    order: Callable[[Rule, list[UUID]], list[UUID]],
) -> None:
    current = lists(session, [place.config_id for place in places])
    _replace(
        session,
        {place.config_id: order(rules_(place), list(current[place.config_id])) for place in places},
        current,
    )


def _replace(
    session: Session,
    wanted: Mapping[UUID, list[UUID]],
    current: Mapping[UUID, list[UUID]] | None = None,
) -> None:
    """Write the lists that differ and mark their configurations."""
    known = lists(session, list(wanted)) if current is None else current
    moved = {id_: ids for id_, ids in wanted.items() if ids != known[id_]}
    if moved:
        columns = CONFIG_TEMPLATE.c
        session.execute(CONFIG_TEMPLATE.delete().where(among(session, columns.config_id, moved)))
        _write(session, moved)
        _mark(session, among(session, CONFIG.c.id, moved))


def _write(session: Session, wanted: Mapping[UUID, list[UUID]]) -> None:
    values = [
        {"config_id": config_id, "template_id": template_id, "position": at}
        for config_id, ids in wanted.items()
        for at, template_id in enumerate(ids)
    ]
    if values:
        session.execute(CONFIG_TEMPLATE.insert(), values)


def _mark(session: Session, condition: ColumnElement[bool]) -> None:
    session.execute(
        CONFIG.update()
        .where(condition, CONFIG.c.status != Status.DEACTIVATED)
        .values(changes=CONFIG.c.changes + 1, modified=CONFIG.c.modified)
    )
    revisions.touch(session, revisions.CONFIGS)


def _check(session: Session, rule: Rule, config: Config, wanted: Sequence[UUID]) -> None:
    """Refuse what the configuration cannot have; what it has already is not asked about."""
    chosen = [_known(rule.entries, id_) for id_ in wanted]
    others = [entry.name for entry in chosen if not rule.usable(entry.id)]
    if others:
        raise ordering.foreign(others)
    there = set(of_config(session, config.id))
    other = [e.name for e in chosen if e.backend != config.backend and e.id not in there]
    if other:
        raise ordering.other_backend(other, config.backend)


def _known(known: Entries, id_: UUID) -> Entry:
    if id_ not in known:
        raise MissingError("A template of the list is not there any more.", "See: owtui templates")
    return known[id_]
