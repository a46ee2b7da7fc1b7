"""How credentials went, written down when it is news: a poll a minute that works is none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from owtui.engine.batch import Batch
from owtui.engine.notifications.logins import of_attempt
from owtui.engine.notifications.telling import Tell, Telling, nobody
from storage import credentials
from storage.db import Database
from storage.tables import now


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection row that was tried, whether it worked, else why not."""

    connection_id: UUID
    working: bool
    sentence: str


class Attempts:
    """The record of attempts. `known_working` is what the database says, kept by Targets."""

    def __init__(self, database: Database, known_working: Collection[UUID]) -> None:
        self.tell: Tell = nobody  # people, of what is told of logins
        self._database = database
        self._known_working = known_working
        self._failed: dict[UUID, str] = {}
        self._news: Batch[Attempt, None] = Batch(self._write, "record logins")

    async def record(self, connection_id: UUID | None, working: bool, sentence: str) -> None:
        """Record one attempt; returns once it is written, or at once when it is known."""
        if connection_id is None:
            return
        if working:
            self._failed.pop(connection_id, None)
            if connection_id in self._known_working:
                return
        elif self._failed.get(connection_id) == sentence:
            return
        else:
            self._failed[connection_id] = sentence
        await self._news.ask(Attempt(connection_id, working, sentence))

    async def _write(self, attempts: Sequence[Attempt]) -> Sequence[None]:
        def write(session: Session) -> Sequence[None]:
            told: list[Telling] = []
            for one in attempts:
                id_, at, how = one.connection_id, now(), one.working
                was = credentials.failure_reason(session, id_)
                before = credentials.record_attempt(
                    session, id_, working=how, reason=one.sentence, at=at
                )
                why = was if how else one.sentence
                told += of_attempt(session, id_, at, before=before, working=how, sentence=why)
            if told:
                self.tell(session, told)  # faces learn of it by the topic's counter
            return [None] * len(attempts)

        return await self._database.awrite(write)
