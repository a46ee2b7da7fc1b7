"""An empty inventory on real SQLite, and imports into it from texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui.engine.inventory import files
from owtui.engine.inventory.applying import Imported, apply_import
from owtui.engine.inventory.book import Book
from owtui.engine.inventory.export import export
from owtui.engine.inventory.importplan import ImportPlan
from owtui.engine.inventory.planning import plan_import
from owtui.operator import Operator
from storage import devicelist
from storage.db import Database
from storage.keys import Keys
from storage.rows import DeviceRow
from storage.secrets import Vault

EVA = Operator("eva", "noc", "cli")


@dataclass
class Inventory:
    """A database with the few things that imports are about."""

    database: Database
    vault: Vault
    folder: Path

    def plan(self, text: str, kind: str = "csv") -> ImportPlan:
        reading = files.with_keys(files.parse(text, kind, self.folder), self.folder)
        return self.database.read(lambda s: plan_import(reading, Book.load(s, self.vault), "file"))

    def apply(self, plan: ImportPlan, *, skip_errors: bool = False) -> Imported:
        def write(session: Session) -> Imported:
            return apply_import(session, self.vault, plan, EVA, skip_errors=skip_errors)

        return self.database.write(write)

    def take(self, text: str, kind: str = "csv", *, skip_errors: bool = False) -> Imported:
        return self.apply(self.plan(text, kind), skip_errors=skip_errors)

    def rows(self) -> dict[str, DeviceRow]:
        return {row.name: row for row in self.database.read(devicelist.rows)}

    def book(self) -> Book:
        return self.database.read(lambda s: Book.load(s, self.vault))

    def export(self, kind: str = "csv", ids: list[UUID] | None = None) -> str:
        book = self.book()
        return export(book, ids or [device.id for device in book.devices], kind)


@pytest.fixture
def inventory(sqlite_database: Database, tmp_path: Path) -> Inventory:
    vault = Vault.open(sqlite_database, Keys(tmp_path / "master.key", keyring=lambda: None))
    return Inventory(sqlite_database, vault, tmp_path)
