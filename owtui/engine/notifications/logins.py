"""What is told of logins: a connection that worked and does not, or works again (§8.2).

As in OpenWISP nobody is told of the first login that works, nor of a device that cannot be reached
or is back: that is what its alert "ping" is for.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from owtui.engine.notifications.telling import Telling
from owtui.engine.notifications.types import telling
from storage.tables import Credentials, Device, DeviceConnection

IGNORED = (
    *("no answer from", "took longer than", "refuses connections", "no way to", "is not known"),
    *("no address is known", "did not answer within", "closed the connection", "does not forward"),
)
"""Parts of our sentences for a device that is away; OpenWISP ignores "timed out" and the like."""


def of_attempt(
    session: Session,
    connection_id: UUID,
    at: datetime,
    *,
    before: bool | None,
    working: bool,
    sentence: str,
) -> list[Telling]:
    """What to tell of one attempt; `before` is what was known of the connection until then.

    sentence: why it does not work, or did not until now
    """
    first = before is None and working
    away = any(part in sentence for part in IGNORED)
    if before is working or first or away:
        return []
    connection = session.get_one(DeviceConnection, connection_id)
    device = session.get_one(Device, connection.device_id)
    credentials = session.get(Credentials, connection.credentials_id)
    return [
        telling(
            "connection_is_working" if working else "connection_is_not_working",
            at,
            organization_id=device.organization_id,
            device_id=device.id,
            device=device.name,
            credentials=credentials.name if credentials else "The",
            reason="" if working else sentence,
        )
    ]
