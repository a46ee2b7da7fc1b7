"""One thing that people are told; whoever finds it out makes it, notifications deliver it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.events import Event


@dataclass(frozen=True, slots=True)
class Telling:
    """What to tell. `type` is OpenWISP's ("ping_problem", "ping_recovery", operations.md §8.2).

    level: info, success, warning, error. text: one whole sentence that names the device.
    data: fills the type's texts (subject of a mail, …), JSON.
    """

    type: str
    level: str
    text: str
    at: datetime
    organization_id: UUID | None = None
    device_id: UUID | None = None
    alert_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


Tell = Callable[[Session, Sequence[Telling]], Sequence[Event]]
"""Writes notifications and deliveries inside the transaction of what they tell of; the transaction
may run twice, so nothing is sent here."""


def nobody(session: Session, told: Sequence[Telling]) -> Sequence[Event]:
    """Tells nobody: where notifications are not set up."""
    return ()
