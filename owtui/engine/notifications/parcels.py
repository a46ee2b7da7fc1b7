"""What is sent, made at the moment it goes: a mail holds what is unread then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from owtui.engine.notifications.mail import DISPLAY_LIMIT, compose
from owtui.engine.notifications.sink import EMAIL, Parcel
from storage import deliveries, notifications
from storage.errors import MissingError
from storage.tables import Delivery, Recipient


@dataclass(frozen=True, slots=True)
class Packer:
    """Takes deliveries out of the outbox as parcels, and writes down that one was sent."""

    site: str = "owtui"
    limit: int = DISPLAY_LIMIT

    def claim(self, session: Session, sink: str, at: datetime) -> Parcel | None:
        """The next parcel of a sink, marked "sending". A mail with nothing to say is dropped."""
        while found := deliveries.claim(session, sink, at):
            if sink != EMAIL:
                return Parcel(found.id, found.payload, found.attempts)
            mail = self._mail(session, found, at)
            if mail is not None:
                return mail
            deliveries.settle(session, found.id, deliveries.DROPPED, at)
        return None

    def sent(self, session: Session, parcel: Parcel, at: datetime) -> None:
        """One went: of a batch the interval counts from now (operations.md §8.3)."""
        deliveries.settle(session, parcel.id, deliveries.SENT, at)
        if "operator" not in parcel.payload:
            return
        deliveries.mark_emailed(session, parcel.payload["told"])
        if parcel.payload["since"]:
            person = _person(session, parcel.payload["operator"])
            if person is not None:
                person.last_email_at = at

    def _mail(self, session: Session, row: Delivery, at: datetime) -> Parcel | None:
        operator, since = row.payload["operator"], row.payload.get("since", "")
        began = datetime.fromisoformat(since) if since else None
        person = _person(session, operator)
        if person is not None and began is not None and person.batch_start == began:
            person.batch_start = None  # what comes from now on is another batch
            session.flush()
        told = deliveries.unread_of(session, row.id)
        if not told or person is None or not person.email:
            return None
        words = compose(self.site, told, since=began, operator=operator, limit=self.limit)
        payload = {
            "to": person.email,
            "operator": operator,
            "since": since,
            "told": [one.id for one in told],
            **words,
        }
        return Parcel(row.id, payload, row.attempts)


def _person(session: Session, operator: str) -> Recipient | None:
    try:
        return notifications.recipient(session, operator)
    except MissingError:
        return None
