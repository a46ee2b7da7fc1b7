"""Which login a row means: one that the inventory has, or a new one that equal rows share."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from owtui.engine.inventory.book import KnownDevice, KnownLogin
from owtui.engine.inventory.draft import Access
from owtui.engine.inventory.importplan import Change, NewLogin
from storage.errors import RuleError
from storage.logins import DEFAULT_PORT, check
from storage.logins import Draft as LoginDraft
from storage.secrets import Secret

Owner = UUID | str
NAME = "import: {user}"


class LoginBook:
    """The logins of one import."""

    def __init__(self, known: Iterable[KnownLogin]) -> None:
        # Compared by digests under a key of this moment: no secret is the key of a dictionary.
        self._salt = secrets.token_bytes(32)
        self._known = {login.id: login for login in known}
        self._by_digest: dict[bytes, list[KnownLogin]] = {}
        for login in self._known.values():
            digest = self._digest(login.kind, login.user, login.password or login.key)
            self._by_digest.setdefault(digest, []).append(login)
        self._new: dict[bytes, int] = {}
        self._drafts: list[LoginDraft] = []
        self._owners: list[set[Owner]] = []

    def login(self, access: Access, owner: Owner) -> UUID | int | None:
        """Give the id of a known login, the number of a new one, or None where none is told.

        Raises RuleError for a login that cannot be one.
        """
        kind = access.login or _kind(access)
        if not kind:
            return self._named(access.credentials, owner) if access.credentials else None
        secret = access.private_key if kind == "key" else access.password
        user = access.user or "root"
        digest = self._digest(kind, user, secret if kind in ("key", "password") else None)
        for login in self._by_digest.get(digest, []):
            if login.organization_id in (None, owner):
                return login.id
        if digest not in self._new:
            self._add(digest, access, kind, user)
        number = self._new[digest]
        self._owners[number].add(owner)
        return number

    def made(self) -> tuple[NewLogin, ...]:
        """The new logins: an organization's own where only one uses it, else shared."""
        names = {login.name.casefold() for login in self._known.values()}
        made = []
        for draft, owners in zip(self._drafts, self._owners, strict=True):
            name, number = draft.name, 1
            while name.casefold() in names:
                number += 1
                name = f"{draft.name[:58]} {number}"
            names.add(name.casefold())
            owner = next(iter(owners)) if len(owners) == 1 else None
            made.append(NewLogin(replace(draft, name=name), owner))
        return tuple(made)

    def changes(
        self, device: KnownDevice | None, login: UUID | int | None, params: Mapping[str, Any]
    ) -> list[Change]:
        """What differs in how the device is reached; secrets are told by their kind."""
        connections = device.connections if device else {}
        if isinstance(login, UUID) and login in connections:
            return self._differing(login, connections[login], params)
        changes = []
        if login is not None:
            changes.append(Change("login", "", self._said(login)))
        elif device is not None:
            for id, held in connections.items():
                changes += self._differing(id, held, params)
            return changes
        return changes + [Change(name, "", _text(value)) for name, value in params.items()]

    def _differing(
        self, login: UUID, held: Mapping[str, Any], params: Mapping[str, Any]
    ) -> list[Change]:
        merged = {"port": DEFAULT_PORT, **self._known[login].params, **held}
        return [
            Change(name, _text(merged.get(name, "")), _text(value))
            for name, value in params.items()
            if merged.get(name) != value
        ]

    def _said(self, login: UUID | int) -> str:
        if isinstance(login, UUID):
            return self._known[login].name
        draft = self._drafts[login]
        return f"{draft.kind} for {draft.username}"

    def _named(self, name: str, owner: Owner) -> UUID:
        usable = [
            login
            for login in self._known.values()
            if login.name == name and login.organization_id in (None, owner)
        ]
        if not usable:
            raise RuleError(
                f"There are no credentials “{name}”.", "`owtui credentials add` makes them."
            )
        return max(usable, key=lambda login: login.organization_id is not None).id

    def _add(self, digest: bytes, access: Access, kind: str, user: str) -> None:
        draft = LoginDraft(
            name=access.credentials or NAME.format(user=user)[:60],
            kind=kind,
            username=user,
            password=access.password if kind == "password" else None,
            key=access.private_key if kind == "key" else None,
            passphrase=access.passphrase if kind == "key" else None,
        )
        if "\0" in draft.name + user:
            raise RuleError("The user name has a NUL character.")
        check(draft)
        self._new[digest] = len(self._drafts)
        self._drafts.append(draft)
        self._owners.append(set())

    def _digest(self, kind: str, user: str, secret: Secret | None) -> bytes:
        text = "\0".join((kind, user, secret.reveal() if secret else ""))
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._salt).digest()


def _kind(access: Access) -> str:
    if access.private_key or access.key_file:
        return "key"
    return "password" if access.password else ""


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
