"""Compare drafts with the inventory: per row new, update, same, skip or error, with the reason.

A device is found by id, else by MAC, else by name within its organization. What a file is silent
about stays as it is; a host key that differs from the trusted one is never taken from a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from owtui.engine.inventory import cleaning
from owtui.engine.inventory.book import Book, KnownDevice
from owtui.engine.inventory.draft import Draft, Reading
from owtui.engine.inventory.importplan import Change, ImportPlan, ImportRow, Verdict
from owtui.engine.inventory.loginbook import LoginBook
from storage import rules
from storage.errors import RuleError
from storage.organizations import DEFAULT, GROUP_NAME_LENGTH, NAME_LENGTH

Owner = UUID | str


def plan_import(reading: Reading, book: Book, source: str = "inventory") -> ImportPlan:
    """Say what importing would do. Pure: nothing is written, nothing is asked."""
    planner = _Planner(book)
    rows = [
        ImportRow(p.line, "", Verdict.ERROR, " ".join(filter(None, (p.sentence, p.hint))))
        for p in reading.problems
    ]
    rows += [planner.row(draft) for draft in reading.drafts]
    rows.sort(key=lambda row: row.line)
    return ImportPlan(
        source=source,
        reading=reading,
        rows=tuple(rows),
        logins=planner.logins.made(),
        organizations=tuple(dict.fromkeys(planner.new_organizations.values())),
    )


class _Skipped(Exception):  # a verdict, not an error
    pass


class _Planner:
    def __init__(self, book: Book) -> None:
        self.new_organizations: dict[str, str] = {}
        self.logins = LoginBook(book.logins)
        self._organizations = {o.id: o for o in book.organizations}
        self._owners: dict[str, UUID] = {}
        for one in book.organizations:
            self._owners |= {str(one.id): one.id, one.slug: one.id, one.name.casefold(): one.id}
        self._ids = {device.id: device for device in book.devices}
        self._names: dict[str, list[KnownDevice]] = {}
        self._macs: dict[str, list[KnownDevice]] = {}
        self._keys = {device.values["key"]: device.id for device in book.devices}
        for device in book.devices:
            self._names.setdefault(device.name.lower(), []).append(device)
            if device.values["mac_address"]:
                self._macs.setdefault(device.values["mac_address"], []).append(device)
        self._taken: dict[tuple[object, ...], int] = {}  # what a row claims → its line

    def row(self, draft: Draft) -> ImportRow:
        """Judge one draft."""
        try:
            if draft.skip:
                raise _Skipped(draft.skip)
            return self._judged(draft)
        except _Skipped as skipped:
            return ImportRow(draft.line, draft.name, Verdict.SKIP, str(skipped))
        except RuleError as problem:
            reason = " ".join(filter(None, (problem.sentence, problem.hint)))
            return ImportRow(draft.line, draft.name, Verdict.ERROR, reason)

    def _judged(self, draft: Draft) -> ImportRow:
        fields = cleaning.fields(draft)
        params = cleaning.params(draft.access)
        host_keys = cleaning.host_keys(draft.host_keys)
        told = self._owner(draft)
        device = self._find(draft, fields, told)
        owner: Owner = told or (device.organization_id if device else self._default())
        group = self._group(draft, owner)
        self._claim(draft.line, owner, fields, device)
        if device is not None and device.values["is_deactivated"]:
            raise _Skipped("It is deactivated: activate it first.")
        login = self.logins.login(draft.access, owner)
        changes = self._changes(device, owner, group, fields)
        changes += self._key_changes(device, host_keys)
        changes += self.logins.changes(device, login, params)
        row = ImportRow(
            line=draft.line,
            name=fields["name"],
            verdict=Verdict.NEW,
            changes=tuple(changes),
            draft=draft,
            owner=owner,
            group=group,
            fields=fields,
            login=login,
            params=params,
            host_keys=host_keys,
        )
        if device is None:
            return row if login is not None else replace(row, reason="It has no login yet.")
        verdict = Verdict.UPDATE if changes else Verdict.SAME
        return replace(row, device_id=device.id, verdict=verdict)

    def _owner(self, draft: Draft) -> Owner | None:
        found = self._known_owner(draft.organization_id) if draft.organization_id else None
        # An export of another inventory has that one's ids: the name beside them decides.
        text = draft.organization or draft.organization_id
        if not text or found is not None:
            return found
        found = self._known_owner(text)
        if found is not None:
            return found
        if not draft.organization or _uuid(text):
            raise RuleError(f"There is no organization with the id {text}.")
        name = rules.text(text, NAME_LENGTH, "organization")
        if not _slug(name) or "\0" in name:
            raise RuleError("An organization needs a name with a letter or a digit.")
        slug = _slug(name)
        return self._owners.get(slug) or self.new_organizations.setdefault(slug, name)

    def _known_owner(self, text: str) -> UUID | None:
        return self._owners.get(text.casefold()) or self._owners.get(text)

    def _default(self) -> Owner:
        return self._owners.get(DEFAULT) or self.new_organizations.setdefault(DEFAULT, DEFAULT)

    def _group(self, draft: Draft, owner: Owner) -> str:
        if draft.group_id:
            known = self._organizations[owner].groups if isinstance(owner, UUID) else {}
            id = _uuid(draft.group_id)
            if id is not None and id in known:
                return known[id]
            if not draft.group:
                raise RuleError("There is no group with this id in its organization.")
        if "\0" in draft.group:
            raise RuleError("The group has a NUL character.")
        return rules.text(draft.group, GROUP_NAME_LENGTH, "group")

    def _find(
        self, draft: Draft, fields: Mapping[str, Any], owner: Owner | None
    ) -> KnownDevice | None:
        id = _uuid(draft.id)
        if id is not None and id in self._ids:
            return self._ids[id]
        mac = fields.get("mac_address")
        by_mac = self._only(self._macs.get(mac, []) if mac else [], owner, "MAC")
        by_name = self._only(self._names.get(fields["name"].lower(), []), owner, "name")
        if by_mac is None and by_name is not None and mac and by_name.values["mac_address"]:
            raise RuleError(
                f"{by_name.name} has another MAC ({by_name.values['mac_address']}).",
                "Give its id to say that this is the same device.",
            )
        return by_mac or by_name

    def _only(self, found: list[KnownDevice], owner: Owner | None, what: str) -> KnownDevice | None:
        if owner is not None:
            found = [device for device in found if device.organization_id == owner]
        if len(found) > 1:
            raise RuleError(f"Several organizations have this {what}.", "Name the organization.")
        return found[0] if found else None

    def _claim(
        self, line: int, owner: Owner, fields: Mapping[str, Any], device: KnownDevice | None
    ) -> None:
        """Nobody else may have its name, MAC, serial number and key: in the file or before it."""
        own = device.id if device else None
        for what in ("name", "mac_address", "hardware_id", "key"):
            value = fields.get(what)
            if not value:
                continue
            self._check_free(what, value, owner, own)
            claim = (what, None if what == "key" else owner, value.lower())
            first = self._taken.setdefault(claim, line)
            if first != line:
                raise RuleError(f"Its {_SAID[what]} is that of line {first} already.")
        if device is not None and self._taken.setdefault(("device", device.id), line) != line:
            raise RuleError(f"Line {self._taken['device', device.id]} is the same device.")

    def _check_free(self, what: str, value: str, owner: Owner, own: UUID | None) -> None:
        if what == "key":
            holders = [self._ids[self._keys[value]]] if value in self._keys else []
        elif what == "name":
            holders = self._names.get(value.lower(), [])
        elif what == "mac_address":
            holders = self._macs.get(value, [])
        else:
            holders = [d for d in self._ids.values() if d.values["hardware_id"] == value]
        for holder in holders:
            if holder.id != own and (what == "key" or holder.organization_id == owner):
                raise RuleError(f"{holder.name} has this {_SAID[what]} already.")

    def _changes(
        self, device: KnownDevice | None, owner: Owner, group: str, fields: Mapping[str, Any]
    ) -> list[Change]:
        if device is None:
            return [Change(name, "", _said(value)) for name, value in fields.items()]
        changes = [
            Change(name, _said(device.values[name]), _said(value))
            for name, value in fields.items()
            if (device.values[name] or "") != (value or "") and name != "name"
        ]
        if fields["name"] != device.name:
            changes.insert(0, Change("name", device.name, fields["name"]))
        if owner != device.organization_id:
            old = self._organizations[device.organization_id].name
            changes.append(Change("organization", old, self._name_of(owner)))
        if group and group != device.group:
            changes.append(Change("group", device.group, group))
        return changes

    def _name_of(self, owner: Owner) -> str:
        return self._organizations[owner].name if isinstance(owner, UUID) else owner

    def _key_changes(self, device: KnownDevice | None, keys: tuple[str, ...]) -> list[Change]:
        trusted = device.host_keys if device else ()
        fresh = [key for key in keys if key not in trusted]
        algorithms = {key.split()[0] for key in trusted}
        for key in fresh:
            if key.split()[0] in algorithms:
                raise RuleError(
                    "Its host key differs from the trusted one.",
                    "accept_host_key takes a new one, after a look at both.",
                )
        return [Change("host_key", "", key.split()[0]) for key in fresh]


_SAID = {"name": "name", "mac_address": "MAC", "hardware_id": "serial number", "key": "key"}


def _said(value: object) -> str:
    return ",".join(value) if isinstance(value, list | tuple) else str(value or "")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")  # as storage.organizations makes it


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
