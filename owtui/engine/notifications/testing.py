"""A test of a sink: one parcel that says what it is, sent at once."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from owtui.engine.notifications import types
from owtui.engine.notifications.sink import EMAIL, Parcel, Sink, SinkError
from owtui.engine.notifications.teller import as_json
from storage.secrets import Secret


async def try_out(
    sink: Sink, id_: UUID, site: str, to: str, secret: Secret | None, at: datetime
) -> None:
    """Send a test by a sink; `to` is a mail's address. Raises SinkError."""
    text = f"This is a test of the sink {sink.name}: notifications of {site} arrive."
    told = types.telling("generic_message", at, description=text)
    if sink.name == EMAIL:
        subject = types.subject(site, told.type, "A test of owtui", {})
        payload: dict[str, Any] = {
            "to": to,
            "operator": "",
            "subject": subject,
            "text": f"{text}\n",
        }
    else:
        payload = {"site": site, "notifications": [as_json(id_, told)], "test": True}
    try:
        async with asyncio.timeout(sink.deadline_s):
            await sink.send(Parcel(id_, payload), secret)
    except TimeoutError as error:
        raise SinkError(
            f"The sink {sink.name} did not end within {sink.deadline_s:g} s.", perhaps=True
        ) from error
