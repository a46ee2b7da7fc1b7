"""Who of a running job may not begin now, for whatever reason; its driver asks at each look.

Held: by a schedule or a window (holds.py). Put off: was away and is tried again (delaying.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Change
from owtui.engine.jobs import delays
from owtui.engine.jobs.delaying import Delaying
from owtui.engine.jobs.holds import Hold, Holds
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan, PlanRow


@dataclass(slots=True)
class Waits:
    """What `read` found last. `back`: were sent, and have been put off since."""

    job_id: UUID
    holds: Holds
    delaying: Delaying | None
    held: dict[UUID, Hold] = field(default_factory=dict)
    back: tuple[UUID, ...] = ()

    @classmethod
    def of(cls, means: Means, plan: Plan) -> Self:
        """Those of a plan."""
        action = means.registry.find(plan.action)
        delaying = Delaying(means, action, plan.id) if isinstance(action, Change) else None
        return cls(plan.id, Holds(plan, action), delaying)

    def read(
        self,
        session: Session,
        pending: Collection[UUID],
        sent: Mapping[UUID, int],
        now: datetime,
    ) -> None:
        """Look at the devices that are pending, of which some were sent already."""
        if self.delaying is not None:
            self.delaying.read(session, pending, now)
        self.back = tuple(id_ for id_ in pending if id_ in sent and self.tries(id_) > sent[id_])
        free = [id_ for id_ in pending if id_ not in sent or id_ in self.back]
        self.held = self.holds.read(session, free, now)
        waiting = self.delaying.waiting if self.delaying is not None else {}
        for id_ in free:
            delay = waiting.get(id_)
            if delay is not None and delay.retry_at > now:
                hold = Hold(delay.retry_at, delays.words(delay))
                self.held[id_] = max(hold, self.held.get(id_, hold), key=lambda one: one.until)

    @property
    def is_news(self) -> bool:
        """Whether `write` would write anything."""
        tended = self.delaying is not None and self.delaying.is_news
        return tended or self.holds.is_news(self.held)

    def write(self, session: Session) -> None:
        """Keep what was found, and say it on the rows of the devices."""
        if self.delaying is not None:
            self.delaying.write(session)
        self.holds.say(session, self.held)

    def tries(self, device_id: UUID) -> int:
        """How often a device was put off."""
        delay = self.delaying.waiting.get(device_id) if self.delaying is not None else None
        return delay.retries if delay is not None else 0

    def places(self, rows: Sequence[PlanRow]) -> tuple[set[int], set[int]]:
        """Which of these rows are held, and which are put off."""
        known = self.delaying.known if self.delaying is not None else {}
        return (
            {at for at, row in enumerate(rows) if row.device_id in self.held},
            {at for at, row in enumerate(rows) if row.device_id in known},
        )
