"""Who is told of something, and by which ways: pure (operations.md §8.1).

A preference is looked for from the narrowest to the widest: the operator's own for the type in the
organization, for the organization, for the type, for all; then everybody's in the same order; then
the type's default. web and email are looked for apart, and whoever wants no web gets no email.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from owtui.engine.notifications.types import Type

EVERYBODY = ""
Key = tuple[str, UUID | None, str]  # operator, organization, type; None and "" stand for all


@dataclass(frozen=True, slots=True)
class Ways:
    """By which ways somebody is told: in the console's list, by mail. None inherits."""

    web: bool | None = None
    email: bool | None = None


class Preferences:
    """What was chosen, by key."""

    def __init__(self, chosen: Iterable[tuple[Key, Ways]] = ()) -> None:
        self._chosen = dict(chosen)

    def own(self, key: Key) -> Ways:
        """What was chosen at one place."""
        return self._chosen.get(key, Ways())

    def ways(self, operator: str, organization_id: UUID | None, type: Type) -> Ways:
        """What holds in the end; neither is None."""
        if type.fixed:
            return Ways(type.web, type.email and type.web)
        chain = [self.own(key) for key in _chain(operator, organization_id, type.name)]
        web = next((one.web for one in chain if one.web is not None), type.web)
        email = next((one.email for one in chain if one.email is not None), type.email)
        return Ways(web, email and web)


def _chain(operator: str, organization_id: UUID | None, type: str) -> Iterator[Key]:
    for who in dict.fromkeys((operator, EVERYBODY)):
        for where in dict.fromkeys((organization_id, None)):
            yield (who, where, type)
            yield (who, where, "")


def together(web: bool | None, email: bool | None) -> Ways:
    """A choice as it is kept: no web is no email, and email asks for web."""
    if web is False:
        return Ways(False, False)
    return Ways(True if email else web, email)


class Ignored:
    """Devices of which somebody wants to hear nothing, until a time or for good."""

    def __init__(self, pairs: Iterable[tuple[str, UUID, datetime | None]] = ()) -> None:
        self._till = {(operator, device): till for operator, device, till in pairs}

    def covers(self, operator: str, device_id: UUID | None, at: datetime) -> bool:
        """Whether this operator is told nothing of this device at that time."""
        if device_id is None or (operator, device_id) not in self._till:
            return False
        till = self._till[operator, device_id]
        return till is None or at < till
