"""What devices register with, as a face uses it: the shared secret of each organization."""

from __future__ import annotations

from sqlmodel import Session

from owtui.engine.configs.ledger import Ledger
from storage import organizations, registration
from storage.packed import Box
from storage.secrets import Secret


class Enrolment:
    """`organization` is its name, slug or id; "" is the default one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def secret(self, organization: str = "") -> Secret:
        """The shared secret; made when it is first asked for."""

        def write(session: Session, box: Box) -> Secret:
            owner = organizations.named(session, organization)
            known = registration.shared_secret(session, box.vault, owner.id)
            if known is None:
                known = registration.set_secret(session, box.vault, owner.id)
                self._ledger.note(session, "new_shared_secret", {"organization": owner.name})
            return known

        return await self._ledger.write(write)

    async def renew(self, organization: str = "", secret: Secret | None = None) -> Secret:
        """Another secret, a random one unless given; keys made of the old one stay what they are.

        Raises RuleError where it is too long or another organization has it.
        """

        def write(session: Session, box: Box) -> Secret:
            owner = organizations.named(session, organization)
            self._ledger.note(session, "new_shared_secret", {"organization": owner.name})
            return registration.set_secret(session, box.vault, owner.id, secret)

        return await self._ledger.write(write)

    async def set_enabled(self, organization: str, enabled: bool) -> None:
        """Whether devices may register themselves."""

        def write(session: Session, box: Box) -> None:
            owner = organizations.named(session, organization)
            registration.set_enabled(session, owner.id, enabled)
            detail = {"organization": owner.name, "enabled": enabled}
            self._ledger.note(session, "set_registration", detail)

        await self._ledger.write(write)
