"""How devices stand to what they should have: what runs there against what a push would put.

From our own records alone, as a plan is made, and without an intent to change anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs import difftext
from owtui.engine.configs.aims import Aim, aims
from owtui.engine.configs.diff import ConfigDiff, compare_changes
from owtui.engine.configs.grouping import Group, group
from owtui.engine.configs.prospect import UNREAD, landing_of
from owtui.engine.configs.renderer import Render
from owtui.errors import InputError
from storage.secrets import Vault


@dataclass(frozen=True, slots=True)
class Outstanding:
    """One device. `refusal`: why nothing can be compared; else `diff`, which may be empty.

    `read_at`: when it was looked at last.
    """

    device_id: UUID
    device: str
    refusal: str = ""
    diff: ConfigDiff = field(default_factory=ConfigDiff)
    notes: tuple[str, ...] = ()
    read_at: datetime | None = None

    @property
    def text(self) -> str:
        """The difference, masked; "" for none."""
        return difftext.text(self.diff)

    @property
    def summary(self) -> str:
        """The same in a line."""
        return self.refusal or difftext.summary(self.diff)


def outstanding(
    session: Session, vault: Vault, ids: Sequence[UUID], render: Render
) -> list[Outstanding]:
    """Compare each device; in the order given, without those that are gone."""
    found = aims(session, vault, ids, render)
    return [_one(found[id_]) for id_ in ids if id_ in found]


def grouped(found: Sequence[Outstanding]) -> tuple[Group[UUID], ...]:
    """Those that differ, devices with the same difference together; the largest group first."""
    return group({one.device_id: one.diff for one in found if one.diff})


def _one(aim: Aim) -> Outstanding:
    read_at = aim.running.read_at if aim.running else None
    found = Outstanding(aim.device_id, aim.name, read_at=read_at)
    if aim.rendered is None or aim.running is None:
        return replace(found, refusal=aim.refusal or UNREAD)
    try:
        landing = landing_of(aim, aim.running)
    except InputError as error:
        return replace(found, refusal=error.sentence)
    diff = compare_changes(aim.running.files, landing.changes)
    return replace(found, diff=diff, notes=landing.notes)
