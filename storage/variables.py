"""Variables of everybody, of an organization, of a group: one sealed JSON object a scope.

Those of a device belong to its configuration. Nothing here commits; whatever changes, the
configurations of the scope are marked to be computed anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlmodel import Session

from storage import assigning, revisions, rules
from storage.core import DEVICE, VARIABLES
from storage.errors import MissingError
from storage.packed import Box
from storage.tables import DeviceGroup, Organization, Variables

TABLE = "variables"
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose variables: everybody's (no id), an organization's, a group's."""

    kind: Literal["global", "organization", "group"] = "global"
    id: UUID | None = None


GLOBAL = Scope()


@dataclass(frozen=True, slots=True)
class Known:
    """The variables of all scopes, as a configuration is rendered with them."""

    global_: Values = field(repr=False, default_factory=dict)
    organizations: Mapping[UUID, Values] = field(repr=False, default_factory=dict)
    groups: Mapping[UUID, Values] = field(repr=False, default_factory=dict)


def get(session: Session, box: Box, scope: Scope) -> dict[str, Any]:
    """The variables of a scope; none is as good as no row. Raises MissingError for no owner."""
    row = _row(session, scope)
    return dict(box.unpack(TABLE, row.id, row.sealed)) if row is not None else {}


def everything(session: Session, box: Box) -> Known:
    """All variables but those of devices, in one query."""
    found: dict[str, dict[UUID | None, Values]] = {"global": {}, "organization": {}, "group": {}}
    for row in session.scalars(select(Variables)):
        owner = row.organization_id or row.group_id
        found[row.scope][owner] = box.unpack(TABLE, row.id, row.sealed)
    organizations = {id_: values for id_, values in found["organization"].items() if id_}
    groups = {id_: values for id_, values in found["group"].items() if id_}
    return Known(found["global"].get(None, {}), organizations, groups)


def change(
    session: Session, box: Box, scope: Scope, values: Values, unset: Collection[str] = ()
) -> frozenset[str]:
    """Set these variables and forget those; returns the names whose value is another one now."""
    before = get(session, box, scope)
    after = {**before, **rules.variables(values, "variables")}
    for name in unset:
        after.pop(name, None)
    return _put(session, box, scope, before, after)


def replace(session: Session, box: Box, scope: Scope, values: Values) -> frozenset[str]:
    """Make these all variables of a scope."""
    before = get(session, box, scope)
    return _put(session, box, scope, before, rules.variables(values, "variables"))


def _put(session: Session, box: Box, scope: Scope, before: Values, after: Values) -> frozenset[str]:
    absent = object()
    names = before.keys() | after.keys()
    moved = frozenset(n for n in names if before.get(n, absent) != after.get(n, absent))
    if not moved:
        return moved
    row = _row(session, scope)
    if row is None:
        row = Variables(scope=scope.kind, sealed=b"")
        row.organization_id = scope.id if scope.kind == "organization" else None
        row.group_id = scope.id if scope.kind == "group" else None
    if after:
        row.sealed = box.pack(TABLE, row.id, dict(after))
        session.add(row)
    else:
        session.delete(row)
    session.flush()
    assigning.mark_devices(session, _devices(scope))
    revisions.touch(session, revisions.VARIABLES)
    return moved


def _row(session: Session, scope: Scope) -> Variables | None:
    columns = VARIABLES.c
    if scope.kind == "global":
        return session.scalars(select(Variables).where(columns.scope == "global")).first()
    owner = Organization if scope.kind == "organization" else DeviceGroup
    if session.get(owner, scope.id) is None:
        raise MissingError(f"There is no such {scope.kind} any more.")
    column = columns.organization_id if scope.kind == "organization" else columns.group_id
    return session.scalars(select(Variables).where(column == scope.id)).first()


def _devices(scope: Scope) -> ColumnElement[bool]:
    match scope.kind:
        case "global":
            return true()
        case "organization":
            return DEVICE.c.organization_id == scope.id
    return DEVICE.c.group_id == scope.id
