"""What is around a plan and no part of its verdicts' facts: other jobs, windows, its own time.

A device is in one open upgrade at most (operations.md §6.4: one that is pending in another batch
is a conflict). Other jobs of the device only go before or after: the engine does one at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, not_, select
from sqlmodel import Session

from owtui.engine.actions.base import Action, Change
from owtui.engine.jobs.state import OPEN_RESULTS, JobState, ResultState
from storage.core import DEVICE, DEVICE_GROUP, JOB, JOB_RESULT, among

NAMED = 5  # groups and jobs in notes; of more only the number is told


@dataclass(frozen=True, slots=True)
class Around:
    """By device: why it is `blocked`, when it may `begin`; by words of a note, whom it concerns."""

    blocked: Mapping[UUID, str] = field(default_factory=dict)
    begins: Mapping[UUID, str] = field(default_factory=dict)
    said: Mapping[str, frozenset[UUID]] = field(default_factory=dict)

    def notes(self, changing: Collection[UUID]) -> tuple[str, ...]:
        """What is to be known of the devices that change, with how many each is about."""
        told, counted = set(changing), []
        for words, ids in self.said.items():
            if number := len(ids & told):
                counted.append(f"{words}: {number} device{'s' * (number != 1)}.")
        if len(counted) > NAMED:
            counted[NAMED:] = [f"And {len(counted) - NAMED} more of this kind; see the devices."]
        return tuple(counted)


NOTHING = Around()


def around(
    session: Session,
    action: Action,
    changes: Collection[str],
    ids: Collection[UUID],
    begins: datetime | None,
    now: datetime,
) -> Around:
    """Read it for devices. `changes`: ids of the actions that change devices; `begins`: see
    Action.not_before."""
    if not isinstance(action, Change):
        return NOTHING
    words: dict[UUID, str] = {}
    said: dict[str, frozenset[UUID]] = {}
    if begins is not None:
        text = f"Scheduled, begins {begins.astimezone():%Y-%m-%d %H:%M %Z}"
        said[text] = frozenset(ids)
    if action.windowed:
        for (group, opens), members in _windows(session, ids, begins or now).items():
            said[f"Group {group} {opens}"] = members
            words |= dict.fromkeys(members, opens)
    blocked = busy(session, action, ids)
    others = [one for one in changes if one != action.id or not action.exclusive]
    for text, members in _others(session, others, ids).items():
        said[text] = members
    return Around(blocked, words, said)


def busy(session: Session, action: Action, ids: Collection[UUID]) -> dict[UUID, str]:
    """Devices that another job of an exclusive action is about, with words that name the job."""
    if not isinstance(action, Change) or not action.exclusive:
        return {}
    return {
        device_id: f"Job {number} is about it already, and is not over ({title})."
        for device_id, number, title in _open(session, [action.id], ids)
    }


def _others(
    session: Session, actions: Collection[str], ids: Collection[UUID]
) -> dict[str, frozenset[UUID]]:
    found: dict[str, set[UUID]] = {}
    for device_id, number, title in _open(session, actions, ids):
        words = f"Before or after job {number} ({title}), one at a time"
        found.setdefault(words, set()).add(device_id)
    return {words: frozenset(members) for words, members in found.items()}


def _open(
    session: Session, actions: Collection[str], ids: Collection[UUID]
) -> list[tuple[UUID, int, str]]:
    """(device, number of the job, its title) of what is not over, the oldest job first.

    A device that waits in a cancelled job is over: only who had begun there still ends.
    """
    r, j = JOB_RESULT.c, JOB.c
    left_out = and_(j.state == JobState.CANCELLED.value, r.state == ResultState.PENDING.value)
    query = (
        select(r.device_id, j.number, j.title)
        .select_from(JOB_RESULT.join(JOB, j.id == r.job_id))
        .where(j.finished.is_(None), j.action.in_(list(actions)))
        .where(r.state.in_([one.value for one in OPEN_RESULTS]), not_(left_out))
        .where(among(session, r.device_id, ids))
        .order_by(j.number.desc())
    )
    newest_last = [(row[0], row[1], row[2]) for row in session.execute(query)]
    return newest_last[::-1]


def _windows(
    session: Session, ids: Collection[UUID], at: datetime
) -> dict[tuple[str, str], frozenset[UUID]]:
    """Members of each group whose window is not open at this moment, with when it opens."""
    from owtui.engine.firmware.windows import may_begin

    query = (
        select(DEVICE.c.id, DEVICE_GROUP.c.name, DEVICE_GROUP.c.upgrade_window)
        .join(DEVICE_GROUP, DEVICE_GROUP.c.id == DEVICE.c.group_id)
        .where(among(session, DEVICE.c.id, ids), DEVICE_GROUP.c.upgrade_window != "")
    )
    found: dict[tuple[str, str], set[UUID]] = {}
    for device_id, group, window in session.execute(query):
        found.setdefault((group, window), set()).add(device_id)
    told = {key: may_begin(key[1], at) for key in found}
    return {(key[0], told[key]): frozenset(found[key]) for key in sorted(found) if told[key]}
