"""The plan: what would happen, to which devices, before anything does.

A frozen value, pure to make and to read, saved as JSON (schema 1). It never holds a secret: it only
names the secret parameters, which are given again, sealed, when it is submitted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from owtui.errors import InputError

SCHEMA = 1


class Verdict(StrEnum):
    """What a plan says of one device."""

    CHANGE = "change"
    SAME = "same"
    BLOCKED = "blocked"


class Confirm(StrEnum):
    """How much a person must type, by blast radius."""

    NONE = "none"  # nothing would change
    YES = "yes"  # one device: y
    COUNT = "count"  # 2 to 20 devices: their number
    FLEET = "fleet"  # more, a protected device, or firmware: the fleet's name


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One device of a plan. `base` fingerprints what the verdict was made from; `turn` says why it
    goes when it goes, where an order was asked for; `begins` when the window of its group opens."""

    device_id: UUID
    device: str
    verdict: Verdict
    reason: str = ""
    diff: str = ""
    commands: tuple[str, ...] = ()
    base: str = ""
    turn: str = ""
    begins: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON keys are the command line's contract."""
        return {
            "device_id": str(self.device_id),
            "device": self.device,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "diff": self.diff,
            "commands": list(self.commands),
            "base": self.base,
            **({"turn": self.turn} if self.turn else {}),
            **({"begins": self.begins} if self.begins else {}),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a person confirms and a job executes.

    `waves` are sizes that add up to the devices that change, canary first; `parallel` bounds how
    many run at once; after `stop_after` failures no further device is started (0: never stop).
    `estimate_s` is seconds for the whole, 0 where nothing is known.
    """

    id: UUID
    action: str
    title: str
    params: Mapping[str, Any]
    created_by: str
    created: datetime
    rows: tuple[PlanRow, ...]
    waves: tuple[int, ...] = ()
    parallel: int = 10
    stop_after: int = 2
    estimate_s: float = 0.0
    changes: bool = True
    confirm: Confirm = Confirm.NONE
    fleet: str = "main"
    filter: str = ""
    notes: tuple[str, ...] = ()  # ages of the facts it stands on, warnings
    secrets: tuple[str, ...] = field(default=())  # names of secret parameters to be given
    order: str = ""  # "topology": rows and waves are in its order

    def count(self, verdict: Verdict) -> int:
        """How many devices got this verdict."""
        return sum(row.verdict is verdict for row in self.rows)

    @property
    def changing(self) -> tuple[PlanRow, ...]:
        """The rows a job will act on, in order."""
        return tuple(row for row in self.rows if row.verdict is Verdict.CHANGE)

    @property
    def expected(self) -> str:
        """What must be typed to confirm."""
        match self.confirm:
            case Confirm.YES:
                return "y"
            case Confirm.COUNT:
                return str(len(self.changing))
            case Confirm.FLEET:
                return self.fleet
        return ""

    def as_dict(self) -> dict[str, Any]:
        """The saved form; `changes`, `same`, `blocked` count devices for scripts."""
        return {
            "schema": SCHEMA,
            "id": str(self.id),
            "action": self.action,
            "title": self.title,
            "params": dict(self.params),
            "created_by": self.created_by,
            "created": self.created.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "changes": self.count(Verdict.CHANGE),
            "same": self.count(Verdict.SAME),
            "blocked": self.count(Verdict.BLOCKED),
            "changes_devices": self.changes,
            "waves": list(self.waves),
            "parallel": self.parallel,
            "stop_after": self.stop_after,
            "estimate_s": self.estimate_s,
            "confirm": self.confirm.value,
            "fleet": self.fleet,
            "filter": self.filter,
            "notes": list(self.notes),
            "secrets": list(self.secrets),
            **({"order": self.order} if self.order else {}),
            "rows": [row.as_dict() for row in self.rows],
        }

    def to_json(self) -> str:
        """Indented JSON, one plan a file."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a saved plan. Raises InputError that says what is wrong with the file."""
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise InputError(
                f"This is no plan: line {error.lineno} is not JSON ({error.msg}).",
                "Make one with `owtui plan ACTION FILTER --save FILE`.",
            ) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"This is no plan of schema {SCHEMA}: {error}.",
                "Make one with `owtui plan ACTION FILTER --save FILE`.",
            ) from None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError on a foreign shape."""
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']} is not known")
        rows = tuple(
            PlanRow(
                device_id=UUID(row["device_id"]),
                device=str(row["device"]),
                verdict=Verdict(row["verdict"]),
                reason=str(row["reason"]),
                diff=str(row["diff"]),
                commands=tuple(map(str, row["commands"])),
                base=str(row["base"]),
                turn=str(row.get("turn", "")),  # only where an order was asked for
                begins=str(row.get("begins", "")),
            )
            for row in data["rows"]
        )
        if len({row.device_id for row in rows}) != len(rows):
            raise ValueError("a device is in it twice")
        waves = tuple(int(size) for size in data["waves"])
        changing = sum(row.verdict is Verdict.CHANGE for row in rows)
        if sum(waves) != changing or any(size < 1 for size in waves) or int(data["parallel"]) < 1:
            raise ValueError("its waves do not fit the devices that change")
        return cls(
            id=UUID(data["id"]),
            action=str(data["action"]),
            title=str(data["title"]),
            params=dict(data["params"]),
            created_by=str(data["created_by"]),
            created=datetime.fromisoformat(data["created"]),
            rows=rows,
            waves=waves,
            parallel=int(data["parallel"]),
            stop_after=int(data["stop_after"]),
            estimate_s=float(data["estimate_s"]),
            changes=bool(data["changes_devices"]),
            confirm=Confirm(data["confirm"]),
            fleet=str(data["fleet"]),
            filter=str(data["filter"]),
            notes=tuple(map(str, data["notes"])),
            secrets=tuple(map(str, data["secrets"])),
            order=str(data.get("order", "")),
        )
