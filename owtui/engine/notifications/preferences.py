"""Who is told, where mail goes, and what each prefers: as people list and change it, audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import NotificationChanged
from owtui.engine.inventory.owners import note
from owtui.engine.notifications.deciding import EVERYBODY, Ways, together
from owtui.engine.notifications.teller import chosen_in
from owtui.engine.notifications.types import TYPES
from owtui.errors import InputError
from owtui.operator import Operator
from storage import notifications, organizations
from storage.db import Database


@dataclass(frozen=True, slots=True)
class PreferencesDesk:
    """Preferences and recipients; `who` None is the operator of this process, "" everybody."""

    database: Database
    operator: Operator
    bus: Bus

    async def rows(self, who: str | None = None, organization: str = "") -> list[dict[str, Any]]:
        """What holds for each type, and what was chosen there: {"type", "web", "email", "own"}.

        `own` is "web email" of the row of this very place, "" where all is inherited.
        """
        name = self._who(who)

        def read(session: Session) -> list[dict[str, Any]]:
            place = organizations.named(session, organization).id if organization else None
            chosen = chosen_in(session)
            return [
                {
                    "type": kind.name,
                    "level": kind.level,
                    "web": ways.web,
                    "email": ways.email,
                    "own": _own(chosen.own((name, place, kind.name))),
                    "fixed": kind.fixed,
                }
                for kind in TYPES
                for ways in [chosen.ways(name, place, kind)]
            ]

        return await self.database.aread(read)

    async def set(
        self,
        *,
        web: bool | None,
        email: bool | None,
        type: str = "",
        organization: str = "",
        who: str | None = None,
    ) -> Ways:
        """Choose for a type or all, in an organization or all; None inherits again.

        Narrower choices of the same operator are forgotten, as in OpenWISP a wide one reaches all
        rows. Raises InputError for a type that nobody knows or that cannot be changed.
        """
        name = self._who(who)
        if type and type not in TYPES:
            raise InputError(
                f"There is no type “{type}”.", "`owtui notifications settings` lists them."
            )
        if type and TYPES.get(type).fixed:
            raise InputError(f"How {type} is told cannot be changed.")
        ways = together(web, email)

        def write(session: Session) -> None:
            place = organizations.named(session, organization).id if organization else None
            notifications.set_preference(session, name, place, type, web=ways.web, email=ways.email)
            detail = {"for": name or "everybody", "type": type, "organization": organization}
            note(
                session,
                self.operator,
                "set_notification_preference",
                {**detail, "web": ways.web, "email": ways.email},
            )

        await self.database.awrite(write)
        self.bus.publish(NotificationChanged(name or "*"))
        return ways

    async def recipients(self) -> list[dict[str, Any]]:
        """Who is told, with the state of his mail; everybody is always there."""

        def read(session: Session) -> list[dict[str, Any]]:
            found = {one.operator: one for one in notifications.recipients(session)}
            names = [EVERYBODY, *(name for name in found if name != EVERYBODY)]
            return [
                {
                    "operator": name or "(everybody)",
                    "email": one.email if one else "",
                    "last_email_at": one.last_email_at if one else None,
                    "batch_start": one.batch_start if one else None,
                    "unread": notifications.unread_count(session, name),
                }
                for name in names
                for one in [found.get(name)]
            ]

        return await self.database.aread(read)

    async def set_email(self, address: str, who: str | None = None) -> None:
        """Where mail goes; "" for nowhere. Raises RuleError."""
        name = self._who(who)

        def write(session: Session) -> None:
            notifications.set_email(session, name, address)
            detail = {"for": name or "everybody", "email": address}
            note(session, self.operator, "set_notification_email", detail)

        await self.database.awrite(write)
        self.bus.publish(NotificationChanged(name or "*"))

    async def forget(self, who: str) -> None:
        """Tell somebody nothing any more, and forget what was told. Raises MissingError."""

        def write(session: Session) -> None:
            notifications.forget(session, who)
            note(session, self.operator, "forget_recipient", {"for": who})

        await self.database.awrite(write)
        self.bus.publish(NotificationChanged(who))

    def _who(self, who: str | None) -> str:
        return self.operator.name if who is None else who


def _own(ways: Ways) -> str:
    words = {None: "inherit", True: "on", False: "off"}
    if ways == Ways():
        return ""
    return f"web {words[ways.web]}, email {words[ways.email]}"
