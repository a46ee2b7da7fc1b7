"""What the tests of sealed secrets share: a keyring in a dict, and a login to seal and read."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlmodel import Session

from storage import credentials, job_secrets, revisions
from storage.db import Database
from storage.logins import Draft
from storage.secrets import Secret, Vault
from storage.tables import Credentials, Job

CANARY = "canary-7f3a"
CANARY_JSON = f'{{"password": "{CANARY}"}}'


@dataclass
class MemoryKeyring:
    """A keyring in a dict, with what goes wrong with real ones."""

    entries: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: Exception | None = None
    silent: threading.Event | None = None

    def _act(self) -> None:
        if self.silent is not None:
            self.silent.wait(30)
        if self.broken:
            raise self.broken

    def get_password(self, service: str, username: str) -> str | None:
        self._act()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._act()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._act()
        del self.entries[service, username]


def put(database: Database, vault: Vault, secret: str = CANARY) -> Credentials:
    draft = Draft(f"login {uuid4().hex[:8]}", password=Secret(secret))
    return database.write(lambda s: credentials.create(s, vault, draft))


def take(database: Database, vault: Vault, row: Credentials) -> str:
    def unseal(session: Session) -> Secret:
        sealed = session.get_one(Credentials, row.id).sealed
        assert sealed is not None
        return vault.unseal(session, sealed, f"credentials:{row.id}")

    return database.read(unseal).reveal()


def put_parameter(database: Database, vault: Vault, secret: str) -> UUID:
    """Seal a secret parameter of a new job."""

    def submit(session: Session) -> UUID:
        job = Job(number=revisions.next_number(session, "job-number"), action="change_password")
        session.add(job)
        session.flush()
        return job_secrets.put(session, vault, Secret(secret), job.id)

    return database.write(submit)
