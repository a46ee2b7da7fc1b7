"""Carry an import out, in the one transaction it is given: all rows or none.

The plan is made anew first; if the inventory moved since it was shown, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import Session

from owtui.engine.inventory.book import Book
from owtui.engine.inventory.importplan import ImportPlan, ImportRow, Verdict
from owtui.engine.inventory.planning import plan_import
from owtui.errors import BlockedError, InputError, Kind
from owtui.operator import Operator
from storage import audit, credentials, devices, hostkeys, organizations
from storage.errors import RuleError
from storage.secrets import Vault
from storage.tables import AuditEntry

Owner = UUID | str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it: the devices made and changed, and rows left out with the reason."""

    created: tuple[UUID, ...]
    updated: tuple[UUID, ...]
    left_out: tuple[ImportRow, ...] = ()


def apply_import(
    session: Session,
    vault: Vault,
    plan: ImportPlan,
    operator: Operator,
    *,
    skip_errors: bool = False,
) -> Imported:
    """Write what the plan says. With `skip_errors` bad rows are left out, else nothing is written.

    Raises InputError for bad rows and BlockedError when the inventory is not what it was.
    """
    fresh = plan_import(plan.reading, Book.load(session, vault), plan.source)
    if [_essence(row) for row in fresh.rows] != [_essence(row) for row in plan.rows]:
        raise BlockedError(
            "The inventory changed since this import was planned.",
            "Look at the plan again.",
            kind=Kind.CHANGED,
        )
    if fresh.errors and not skip_errors:
        first = fresh.errors[0]
        raise InputError(
            f"{len(fresh.errors)} of {len(fresh.rows)} rows cannot be imported; "
            f"the first, line {first.line}: {first.reason}",
            "Nothing was imported. Repair the file, or leave those rows out: --skip-errors.",
        )
    return _Writer(session, vault, fresh, operator).run(skip_errors)


def _essence(row: ImportRow) -> tuple[object, ...]:
    return (row.line, row.name, row.verdict, row.device_id, row.changes)


class _Writer:
    def __init__(
        self, session: Session, vault: Vault, plan: ImportPlan, operator: Operator
    ) -> None:
        self._session = session
        self._vault = vault
        self._plan = plan
        self._operator = operator
        self._made: dict[str, UUID] = {}
        self._logins: dict[int, UUID] = {}

    def run(self, skip_errors: bool) -> Imported:
        done: dict[Verdict, list[UUID]] = {Verdict.NEW: [], Verdict.UPDATE: []}
        left_out = list(self._plan.errors)
        notes: list[AuditEntry] = []
        for name in self._plan.organizations:
            self._made[name] = organizations.create(self._session, name).id
        for number, login in enumerate(self._plan.logins):
            owner = None if login.owner is None else self._owner(login.owner)
            draft = replace(login.draft, organization_id=owner)
            self._logins[number] = credentials.create(self._session, self._vault, draft).id
        for row in self._plan.changing:
            try:
                # A savepoint a row costs a tenth of the import; only a row left out needs one.
                with self._session.begin_nested() if skip_errors else nullcontext():
                    device_id = self._write(row)
            except RuleError as problem:
                reason = " ".join(filter(None, (problem.sentence, problem.hint)))
                if not skip_errors:
                    raise InputError(
                        f"Line {row.line}, {row.name}: {reason}", "Nothing was imported."
                    ) from problem
                left_out.append(replace(row, verdict=Verdict.ERROR, reason=reason))
                continue
            done[row.verdict].append(device_id)
            notes.append(self._note(row, device_id))
        audit.write(self._session, *notes)
        return Imported(tuple(done[Verdict.NEW]), tuple(done[Verdict.UPDATE]), tuple(left_out))

    def _owner(self, owner: Owner) -> UUID:
        return owner if isinstance(owner, UUID) else self._made[owner]

    def _write(self, row: ImportRow) -> UUID:
        session, owner = self._session, self._owner(row.owner)
        fields = dict(row.fields, organization_id=owner)
        if row.group:
            fields["group_id"] = organizations.ensure_group(session, owner, row.group).id
        if row.device_id is None:
            device = devices.create(session, **fields)
        else:
            device = devices.update(session, row.device_id, **fields)
        self._connect(row, device.id)
        known = hostkeys.known(session, device.id) if row.device_id and row.host_keys else ()
        for key in sorted(set(row.host_keys) - {key.public for key in known}):
            hostkeys.record(session, device.id, key, by="import")
        return device.id

    def _connect(self, row: ImportRow, device_id: UUID) -> None:
        login = self._logins[row.login] if isinstance(row.login, int) else row.login
        if row.device_id is None and login is not None:
            credentials.attach(self._session, device_id, login, params=dict(row.params))
            return
        held: Mapping[UUID, dict[str, object]] = {
            connection.credentials_id: connection.params
            for connection in credentials.connections(self._session, device_id)
        }
        for id in [login] if login is not None else list(held):
            if id not in held or row.params:
                params = {**held.get(id, {}), **row.params}
                credentials.attach(self._session, device_id, id, params=params)

    def _note(self, row: ImportRow, device_id: UUID) -> AuditEntry:
        return AuditEntry(
            operator=self._operator.name,
            host=self._operator.host,
            face=self._operator.face,
            action="import",
            outcome=row.verdict.value,
            device_id=device_id,
            device_name=row.name,
            detail={
                "source": self._plan.source,
                "changes": {c.field: [c.old, c.new] for c in row.changes},
            },
        )
