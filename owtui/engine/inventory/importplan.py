"""What an import would do, row by row; shown first, then carried out or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from owtui.engine.inventory.draft import Draft, Reading
from storage.logins import Draft as LoginDraft

TOLD = 20  # errors that are listed for people; JSON has them all


class Verdict(StrEnum):
    """What happens to one row."""

    NEW = "new"
    UPDATE = "update"
    SAME = "same"
    SKIP = "skip"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after; a secret is told by what it is, never by itself."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of the file. `owner` is an organization, or the name of one to be made.

    `login` is credentials that exist or the number of a new one in ImportPlan.logins. `fields` are
    clean values for the device, `params` for its connection.
    """

    line: int
    name: str
    verdict: Verdict
    reason: str = ""
    changes: tuple[Change, ...] = ()
    draft: Draft | None = None
    device_id: UUID | None = None
    owner: UUID | str = ""
    group: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    login: UUID | int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    host_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewLogin:
    """Credentials that the import makes; `owner` None is shared by all organizations."""

    draft: LoginDraft
    owner: UUID | str | None = None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The whole import. It holds secrets: show it by `describe` and `as_dict` only."""

    source: str
    reading: Reading = field(repr=False)
    rows: tuple[ImportRow, ...] = ()
    logins: tuple[NewLogin, ...] = ()
    organizations: tuple[str, ...] = ()  # to be made

    @property
    def errors(self) -> tuple[ImportRow, ...]:
        """Rows that cannot be imported."""
        return tuple(row for row in self.rows if row.verdict is Verdict.ERROR)

    @property
    def changing(self) -> tuple[ImportRow, ...]:
        """Rows that make or change a device."""
        return tuple(r for r in self.rows if r.verdict in (Verdict.NEW, Verdict.UPDATE))

    def count(self) -> dict[str, int]:
        """How many rows of each verdict."""
        counted = Counter(row.verdict.value for row in self.rows)
        return {verdict.value: counted[verdict.value] for verdict in Verdict}

    def describe(self) -> Iterator[str]:
        """Say in lines what would happen."""
        counted = ", ".join(f"{number} {what}" for what, number in self.count().items() if number)
        yield f"{self.source}: {counted or 'no devices'}"
        if self.organizations:
            yield f"makes the organizations {', '.join(self.organizations)}"
        for login in self.logins:
            yield f"makes the credentials “{login.draft.name}” ({login.draft.kind})"
        if self.reading.ignored:
            yield f"ignores {', '.join(self.reading.ignored)}"
        skipped = [row for row in self.rows if row.verdict is Verdict.SKIP]
        for row in [*self.errors[:TOLD], *skipped[:TOLD]]:
            where = f"line {row.line}: " if row.line else ""
            name = f"{row.name}: " if row.name and not row.reason.startswith(row.name) else ""
            yield f"{row.verdict.value} {where}{name}{row.reason}"
        hidden = len(self.errors) - TOLD
        if hidden > 0:
            yield f"… and {hidden} more errors"

    def as_dict(self) -> dict[str, Any]:
        """The JSON form; without any secret."""
        return {
            "source": self.source,
            "kind": self.reading.kind,
            **self.count(),
            "organizations": list(self.organizations),
            "credentials": [login.draft.name for login in self.logins],
            "ignored": list(self.reading.ignored),
            "rows": [
                {
                    "line": row.line,
                    "device": row.name,
                    "verdict": row.verdict.value,
                    "reason": row.reason,
                    "changes": [
                        {"field": c.field, "old": c.old, "new": c.new} for c in row.changes
                    ],
                }
                for row in self.rows
            ],
        }
